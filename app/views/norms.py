"""The numbers of the regulation as dated data: the department enters them, a second official approves them."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from app import words
from app.models import Norm
from app.registers.norms import NORMS
from app.rules import texts
from app.rules.norms import KNOWN
from app.views import approval, filters, forms
from app.views.confirmation import by_row

LONGEST_VALUE = NORMS.field("value").type.longest


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
    value = ValueField(
        _l("Value"),
        [DataRequired(forms.REQUIRED), forms.Fits(texts.line(LONGEST_VALUE), LONGEST_VALUE)],
        filters=[_named],
        description=_l("A whole number; 1:3 for a ratio; 21-8 for hours of a day; for a choice one of its words."),
    )


class Norms(approval.Dated):
    """Norms by their names in the reader's language."""

    def in_words(self, row):
        return {
            **super().in_words(row),
            "name": lambda: words.norm_name(row.name),
            "value": lambda: words.norm_value(row),
        }


class NormView(approval.ApprovedView):
    register, rows, form = NORMS, Norms, NormForm
    verbs = {**approval.ApprovedView.verbs, **by_row("take_back")}
    more_filters = {"mine": filters.MINE[Norm]}
