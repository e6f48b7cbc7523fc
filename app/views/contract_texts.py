"""What contracts say from a day on: entered and approved as norms are, and looked at as the paper that it makes."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, ClassVar

from flask import send_file
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access

from app.models import ContractText
from app.papers import documents
from app.registers.contract_texts import CONTRACT_TEXTS
from app.views import approval, filters
from app.views.confirmation import by_row


class ContractTextView(approval.ApprovedView):
    register, rows = CONTRACT_TEXTS, approval.Dated
    verbs = {**approval.ApprovedView.verbs, **by_row("take_back")}
    more_filters = {"mine": filters.MINE[ContractText]}
    grants: ClassVar = {"can_preview": CONTRACT_TEXTS.readers}
    show_template = "pages/contract_text.html"

    def details(self, _verb: str, rows: Sequence[Any]) -> Sequence[str]:
        """All that each text says, a line for each section."""
        return [line for row in rows[: approval.MOST_TOLD] for line in self._lines(row)]

    @expose("/preview/<pk>", methods=["GET"])
    @has_access
    def preview(self, pk: str) -> Any:
        """The contract of an invented child with this text, as a family would get it."""
        text = self.load(pk)
        paper = documents.render(documents.sample_contract(text))
        return send_file(BytesIO(paper), mimetype="application/pdf", download_name=f"contract-text-{text.id}.pdf")
