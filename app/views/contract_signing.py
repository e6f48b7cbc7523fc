"""S1, spec 10: the head reads the contract and signs it with the key of the kindergarten; on paper, it names the day on
the page that asks (confirmation.py). What is signed is the text that was shown, verified as a family's is (ADR 28).
"""

from base64 import b64encode
from dataclasses import replace
from typing import Any

from flask import current_app, flash, g, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _

from app import words
from app.access import challenges
from app.actions import contracts, possible, signatures
from app.actions.preconditions import latest_referral
from app.db.viewer import unscoped
from app.models import Application, Purpose
from app.now import now
from app.papers import documents
from app.rules.refusals import Reason, Refusal
from app.signing.verify import USES
from app.views.base import answer, attempt

ORGANISATION = Purpose.organisation


class ContractSigning:
    """The page of an application's contract, for the head who is to sign it."""

    @expose("/contract/<pk>", methods=["GET", "POST"])
    @has_access
    def contract(self, pk: str) -> Any:
        """All that the contract says; then the same to be signed; then it is signed, once."""
        row, refused = self.load(pk), False
        try:
            lines, bin_ = _told(row)
        except Refusal as refusal:
            flash(words.refusal(refusal), "danger")
            return redirect(self.after(row))
        if request.method == "POST" and "cms" in request.form:
            if _sign(row):
                flash(_("The contract was signed."), "success")
                return answer(self.after(row))
            refused = True
        keys = current_app.config["KEZEK"].keys
        can = keys is not None and bin_ is not None
        signing = _to_sign(row, lines, bin_) if can and request.method == "POST" and not refused else None
        page = {"application": row, "lines": lines, "bin": bin_, "keys": keys, "can": can, "signing": signing}
        title = _("Sign the contract")
        return self.render_template("pages/contract.html", title=title, view=self, **page), 422 if refused else 200


def _told(row: Application) -> tuple[list[tuple[str, str]], str | None]:
    """What is signed, and the BIN of the kindergarten. Raises Refusal as signing would."""
    with unscoped():
        possible.tried(row, "sign", by=g.actor, at=now())
        referral = latest_referral(row)
        assert referral is not None, "without one signing was refused"
        kindergarten = referral.vacancy.group.kindergarten
        who = (_("For the kindergarten"), ", ".join(filter(None, (kindergarten.name, kindergarten.bin))))
        return [who, *words.contract(referral, documents.to_sign(referral))], kindergarten.bin


def _to_sign(row: Application, lines: list[tuple[str, str]], bin_: str | None) -> dict[str, Any]:
    """What the agent is handed, as the template that families sign with needs it."""
    text = words.to_sign("sign", row, lines, "")
    of = {"application_id": row.id, "verb": "sign", "bin": bin_}
    asked = challenges.ask(text, purpose=ORGANISATION, browser=_browser(), **of)
    g.reaches = current_app.config["KEZEK"].keys.agent
    data = b64encode(asked.text.encode()).decode()
    told = {"key": asked.key, "text": asked.text, "data": data, "agent": g.reaches, "by_qr": False}
    return told | {"uses": " ".join(USES[ORGANISATION])}


def _sign(row: Application) -> bool:
    """Is it signed now? Else it has been said why not."""
    id_, brought = row.id, request.form.get("challenge", "")
    try:
        asked = challenges.take(brought, browser=_browser(), purpose=ORGANISATION)
        if asked is not None and asked.application_id != id_:
            raise Refusal(Reason.challenge_over)
        checked = signatures.check(asked, request.form["cms"])
    except Refusal as refusal:
        flash(words.refusal(refusal), "danger")
        return False

    def act() -> bool:
        by = replace(g.actor, signature_id=signatures.keep(checked).id)
        contracts.sign(row, by=by, at=now())
        return True

    return attempt(act) is not None


def _browser() -> str:
    """The secret of this browser's own session."""
    return request.cookies.get(current_app.config["SESSION_COOKIE_NAME"], "")
