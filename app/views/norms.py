"""The numbers of the regulation as dated data: the department enters them, a second official approves them."""

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload
from wtforms.validators import DataRequired

from app import words
from app.models import Norm, OnLapse, Unit
from app.rules import texts
from app.rules.norms import KNOWN
from app.views import approval, filters, forms

ENTERED = ["name", "place", "valid_from", "value", "unit", "carry", "on_lapse", "legal_basis", "note"]


LONGEST_VALUE = 40


class ValueField(forms.LineField):
    """A norm's value: a choice is shown and typed by its word in the reader's language, and kept by its name."""

    def _value(self) -> str:
        typed = str(super()._value())
        return str(words.CHOICES.get(typed, typed))


def _named(typed: str | None) -> str | None:
    """The name of the choice that is called so; anything else as it is typed."""
    said = (typed or "").strip()
    return next((name for name, word in words.CHOICES.items() if str(word).casefold() == said.casefold()), said or None)


class NormForm(forms.Form):
    name = forms.SelectField(
        _l("Norm"), choices=lambda: [forms.SelectChoice(name, words.norm_name(name)) for name in sorted(KNOWN)]
    )
    place = forms.row_of(_l("Place"), approval.PLACES)
    valid_from = forms.a_day(_l("In force from"))
    value = ValueField(
        _l("Value"),
        [DataRequired(forms.REQUIRED), forms.Fits(texts.line(LONGEST_VALUE), LONGEST_VALUE)],
        filters=[_named],
        description=_l("A whole number; 1:3 for a ratio; for a choice one of its words."),
    )
    unit = forms.one_of(_l("Unit"), Unit)
    carry = forms.yes(_l("A last day that is off moves to the next working day"))
    on_lapse = forms.one_of(_l("What follows a missed term"), OnLapse, required=False)
    legal_basis = forms.text(_l("Legal basis"), longest=300)
    note = forms.lines(_l("Note"), required=False)


class Norms(approval.Dated):
    """Norms by their names in the reader's language."""

    def in_words(self, row):
        return {**super().in_words(row), "name": words.norm_name(row.name), "value": words.norm_value(row)}


class NormView(approval.ApprovedView):
    verbs = {**approval.ApprovedView.verbs, "take_back": approval.ApprovedView.take_back}
    route_base = "/norms"
    subject, readers = Norm, approval.READERS
    datamodel = Norms(Norm, joinedload(Norm.place))
    list_title, show_title = _l("Norms"), _l("Norm")
    add_title, edit_title = _l("Enter a norm"), _l("Change a norm")
    list_columns = ["name", "place", "valid_from", "value", "entered_by", "approved_at", "legal_basis"]
    show_columns = [
        *(name for name in ENTERED if name != "unit"),
        "entered_by",
        "approved_at",
    ]
    order_columns = ["name", "valid_from"]
    search_columns, more_filters = ["approved_at", "unit"], {"mine": filters.MINE[Norm]}
    base_order = ("name", "asc")
    add_form = edit_form = NormForm
    add_columns = edit_columns = ENTERED
    label_columns = {
        "name": _l("Norm"),
        "place": _l("Place"),
        "valid_from": _l("In force from"),
        "value": _l("Value"),
        "unit": _l("Unit"),
        "carry": _l("A last day that is off moves to the next working day"),
        "on_lapse": _l("What follows a missed term"),
        "legal_basis": _l("Legal basis"),
        "note": _l("Note"),
        **approval.LABELS,
    }
