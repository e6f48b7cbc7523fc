"""Fields as officials fill them in: labels in their language, days by a calendar, rows only from their own scope."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import wtforms
from flask import flash, has_request_context, request
from flask_appbuilder.forms import DynamicForm
from flask_babel import get_domain
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, StopValidation, ValidationError

from app import words
from app.access import personal_data
from app.db.extensions import db
from app.models import Base, Child, Place, PlaceKind
from app.rules import iin, texts
from app.rules.calendar import LOCAL
from app.rules.refusals import Refusal
from app.views.form_keys import say_held
from app.views.paging import LARGEST
from app.views.rendering import in_words
from app.words.problems import SENTENCES

REQUIRED = _l("Fill this in.")
OFFERED = 50  # rows of a select; where there are more, one looks for the row that one means
PICKED = 20  # rows that such a look finds at most
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)  # no family, norm or vacancy is of another time


class OurWords:
    """What a form says by itself is in our catalogues too."""

    def get_translations(self, form: Any) -> Any:
        return get_domain().get_translations()


class Form(DynamicForm):
    """A form whose values go to an action. FlaskForm adds the CSRF token."""

    class Meta(OurWords, DynamicForm.Meta):
        pass

    def validate(self, extra_validators: Any = None) -> bool:
        """What is held is never good: the form is shown again, with the reason (views/refused_forms.py)."""
        good = super().validate(extra_validators)
        if sentence := say_held():
            self.form_errors = [*self.form_errors, sentence]
        return good and not sentence

    def values(self) -> dict[str, Any]:
        """What was filled in, by field name; nothing but fields that are on the form."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


class FormLine(wtforms.Form):
    """One line of several that a form holds; a line in which nothing is filled in is none."""

    class Meta(OurWords, wtforms.Form.Meta):
        pass

    def blank(self) -> bool:
        """Is there nothing but its number?"""
        return not any("".join(field.raw_data or ()).strip() for field in self if field.short_name != "rank")

    def validate(self, extra_validators: Any = None) -> bool:
        return self.blank() or super().validate(extra_validators)


class FormLines(FieldList):
    """As many lines as an order may have, all of them on the form: what is not filled in is left out."""

    def __init__(self, line: type[FormLine], label: Any, most: int, **more: Any) -> None:
        super().__init__(FormField(line), label, min_entries=most, **more)

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterable[int]:
        """The lines that were posted, of those that the form has; whatever else is named like one is not read."""
        return (i for i in range(self.min_entries) if any(name.startswith(f"{prefix}-{i}-") for name in formdata))

    @property
    def filled(self) -> list[Any]:
        """The lines with something in them, by their numbers; one without a number stands where it is."""
        lines = [(line.form.rank.data or place, place, line.form) for place, line in enumerate(self, start=1)]
        return [form for *_, form in sorted(lines, key=lambda line: line[:2]) if not form.blank()]


class Fits:
    """A check: what is typed must be as rules/texts.py has it, as in a file's cell, and is kept in that form."""

    def __init__(self, read: Callable[[str], str], longest: int) -> None:
        self.read, self.field_flags = read, {"maxlength": longest}

    def __call__(self, _form: Any, field: Any) -> None:
        if field.data and field.data == field.object_data:
            return  # as it is on record, which nobody touched
        try:
            field.data = self.read(field.data or "")
        except texts.Unfit as unfit:
            raise StopValidation(str(SENTENCES[unfit.name]) % unfit.facts) from None


class AsTyped:
    """A field that is shown again shows what was typed, not the form in which it would be kept."""

    def _value(self) -> str:
        return self.raw_data[0].strip() if self.raw_data else super()._value()  # type: ignore[attr-defined]


class LineField(AsTyped, StringField):
    """One line of text."""


class LinesField(AsTyped, TextAreaField):
    """Some lines of text."""


def text(
    label: Any,
    longest: int = 200,
    required: bool = True,
    checks: Any = (),
    read: Callable[[str], str] | None = None,
    **more: Any,
) -> LineField:
    """One line of text; an empty optional one is None. `read`: what it must be (rules/texts.py); `checks`: and what
    else."""
    first = DataRequired(REQUIRED) if required else Optional(strip_whitespace=True)
    fits = Fits(read or texts.line(longest), longest)
    return LineField(label, [first, fits, *checks], filters=[_stripped], **more)


def name(label: Any, required: bool = True, longest: int = texts.LONGEST_NAME, **more: Any) -> LineField:
    """A part of a person's name."""
    return text(label, longest, required, read=lambda raw: texts.name(raw, longest), **more)


def real_iin(_form: Any, field: Any) -> None:
    """Spec 3.9: a number that can be a person's, or what is wrong with it."""
    try:
        iin.facts(field.data or "")
    except Refusal as refusal:
        raise ValidationError(words.refusal(refusal)) from None


def an_iin(label: Any, **more: Any) -> Any:
    """An IIN, typed with or without spaces."""
    return text(label, longest=40, checks=[real_iin], read=texts.digits, **more)


def phone(label: Any, **more: Any) -> LineField:
    """A phone number or several; nobody has to have one."""
    return text(label, texts.LONGEST_TYPED_PHONE, required=False, read=texts.phones, **more)


def email(label: Any, required: bool = False, **more: Any) -> LineField:
    """An e-mail address."""
    return text(label, texts.LONGEST_EMAIL, required, read=texts.email, **more)


def emails(label: Any, **more: Any) -> LineField:
    """An e-mail address of a family, and an additional one; nobody has to have any."""
    return text(label, texts.LONGEST_EMAIL, required=False, read=texts.emails, **more)


def lines(
    label: Any,
    longest: int = 500,
    required: bool = True,
    read: Callable[[str], str] | None = None,
    **more: Any,
) -> LinesField:
    """Some lines of text: a reason, a note; `read` as that of a text."""
    checks = [DataRequired(REQUIRED) if required else Optional(), Fits(read or texts.lines(longest), longest)]
    return LinesField(label, checks, filters=[_stripped], **more)


def number(label: Any, least: int, most: int, **more: Any) -> IntegerField:
    """A whole number between two bounds, both included."""
    return IntegerField(label, [InputRequired(REQUIRED), NumberRange(least, most)], **more)


def a_number_or_none(label: Any, least: int, most: int) -> IntegerField:
    """The same, where none is an answer too."""
    return IntegerField(label, [Optional(), NumberRange(least, most)], render_kw={"min": least, "max": most})


def a_day(label: Any, required: bool = True, **more: Any) -> DateField:
    """A local day of our time."""
    return DateField(label, [InputRequired(REQUIRED) if required else Optional(), of_our_time], **more)


def of_our_time(_form: Any, field: Any) -> None:
    """A slip of the pen is no day of the year 202 or 20026."""
    if field.data and not FIRST_DAY <= field.data <= LAST_DAY:
        raise ValidationError(_("There is no such day here."))


def yes(label: Any, **more: Any) -> BooleanField:
    """Yes or no."""
    return BooleanField(label, **more)


def one_of(label: Any, kind: Iterable[StrEnum], required: bool = True, **more: Any) -> SelectField:
    """One of a kind's names, in the reader's language; an unknown one is an error of this field."""
    names = {one.value: one for one in kind}
    empty = [] if required else [SelectChoice("", "—")]
    return SelectField(
        label,
        choices=lambda: [*empty, *(SelectChoice(value, words.label(one)) for value, one in names.items())],
        coerce=lambda value: _known(names, value) if value else None,
        **more,
    )


def row_of(label: Any, rows: Select[Any], required: bool = True, **more: Any) -> "RowField":
    """One row out of those that the viewer may see. Where they may be many: `find` and `pick`, see RowField."""
    return RowField(label, [InputRequired(REQUIRED)] if required else [], rows=rows, required=required, **more)


def a_district(label: Any, required: bool = True, **more: Any) -> "RowField":
    """One of the viewer's districts."""
    return row_of(label, select(Place).where(Place.kind == PlaceKind.district), required, **more)


class RowField(SelectField):
    """A select of records. A foreign record is no choice here, so it cannot be posted either (spec 6).

    More than OFFERED of them are never loaded: `find` says which ones are meant by what is typed beside the select
    (`<name>-find`), and `pick` is the endpoint that a browser with JavaScript asks while somebody types (kezek.js).
    `hint`: what is typed there. `chosen`: where the first of them stands there already; without it somebody has to
    choose, for much follows.
    """

    def __init__(self, label: Any, validators: Any, *, rows: Select[Any], required: bool, **more: Any) -> None:
        rows = rows.order_by(*words.alphabetical(_kind_of(rows)))
        self.rows, self.required = rows, required
        self.find, self.pick, self.chosen = more.pop("find", None), more.pop("pick", None), more.pop("chosen", True)
        self.hint = more.pop("hint", _l("Type a part of the name"))
        found = self._found(rows.limit(OFFERED + 1))
        self.many = self.find is not None and len(found) > OFFERED
        if not self.many and len(found) > OFFERED:
            found = self._found(rows)
        super().__init__(label, validators, coerce=self._row, **more)
        self._offer({} if self.many else found)

    def process(self, formdata: Any, *data: Any, **more: Any) -> None:
        """Of many, only those are offered that are meant by what was typed, and the one that is chosen."""
        sought = (formdata.get(f"{self.name}-find", "") if self.many and formdata else "").strip()
        if sought:
            self._offer(self._found(self.rows.where(self.find(sought)).limit(PICKED)))
        super().process(formdata, *data, **more)
        if self.many and isinstance(self.data, Base):
            self._offer({str(self.data.id): self.data, **self.found})
        if sought and not self.data:
            self.raw_data = []  # nothing is chosen yet: which of those it is, the person says now
            self.sought = sought

    def pre_validate(self, form: Any) -> None:
        """Whatever is chosen was looked up within the viewer's reach."""
        if self.required and not isinstance(self.data, Base):
            raise ValidationError(self._problem())

    def _problem(self) -> str:
        if getattr(self, "sought", ""):
            return (
                _("Choose one of those that were found.") if self.found else _("Nothing was found. Type it otherwise.")
            )
        return self.gettext("Not a valid choice.")

    def _found(self, rows: Select[Any]) -> dict[str, Any]:
        return {str(row.id): row for row in db.session.scalars(rows)} if has_request_context() else {}

    def _offer(self, found: dict[str, Any]) -> None:
        self.found = found
        empty = [] if self.required and self.chosen and not self.many else [SelectChoice("", "—")]
        self.choices = [*empty, *(SelectChoice(pk, called(row)) for pk, row in found.items())]

    def _row(self, value: Any) -> Any:
        """The record that a choice stands for. ValueError for one that is not among them."""
        if isinstance(value, Base) or not value:
            return value or None
        if value not in self.found and self.many and value.isdecimal() and int(value) <= LARGEST:
            self.found |= self._found(self.rows.where(_kind_of(self.rows).id == int(value)).limit(1))
        if value not in self.found:
            raise ValueError(self.gettext("Not a valid choice."))
        return self.found[value]


def called(row: Any) -> str:
    """A record among others: children of one name are told apart by their birth dates, and twins by their IINs."""
    facts = (personal_data.of(row, "born_on"), personal_data.of(row, "iin")) if isinstance(row, Child) else ()
    return ", ".join([words.name(row), *map(in_words, facts)])


def _kind_of(rows: Select[Any]) -> Any:
    """The model that a select finds rows of."""
    return rows.column_descriptions[0]["entity"]


def asked_day(name: str, usual: date, first: date, last: date) -> tuple[date, bool]:
    """A day that the address asks for, and whether it can be told; the usual one where it cannot, which is said."""
    text = request.args.get(name, "")
    asked = local_date(text) if text else usual
    if asked is not None and first <= asked <= last:
        return asked, True
    days = {"first": words.day(first), "last": words.day(last)}
    flash(_("Name a day from %(first)s to %(last)s.", **days), "danger")
    return usual, False


def local_moment(value: str) -> datetime | None:
    """What a datetime-local field sends, as a moment; None when it is none."""
    try:
        moment = datetime.fromisoformat(value).replace(tzinfo=LOCAL)
    except ValueError:
        return None
    return moment if FIRST_DAY <= moment.date() <= LAST_DAY else None


def local_date(value: str) -> date | None:
    """What a date field sends; None when it is none."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _known(names: dict[str, StrEnum], value: str) -> StrEnum:
    if value not in names:
        raise ValueError(value)
    return names[value]


def _stripped(value: str | None) -> str | None:
    return None if texts.blank(value or "") else value
