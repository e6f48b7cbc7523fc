"""Before a custom action: what will follow, for which records, and the reason or day that it needs.

The first POST asks (and changes nothing), the second one, with `sure`, acts; each record in a transaction of its own,
so that one that is refused does not hold the others back.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import inspect, select
from sqlalchemy.orm import joinedload

from app import words
from app.access.actors import Actor
from app.access.permissions import application_of, find, of
from app.actions import dry_run, possible, proposals
from app.actions.preconditions import ITS_PLACE
from app.db.database import read_again
from app.db.extensions import db
from app.models import Application, Base, QueueKind, Referral, Voucher
from app.now import now
from app.rules import waits
from app.rules.calendar import local_day
from app.rules.roles import COUNTER, Role
from app.rules.verbs import ForFamily
from app.views import forms
from app.views.base import answer, attempt
from app.views.form_keys import holding, say_held

ITS_REFERRALS = joinedload(Application.referrals).options(ITS_PLACE)
UNTIL = {  # what the last day is called where it is no running term's
    "absent": _l("Away until"),
    "enrol": _l("Last day in the sanatorium kindergarten"),
}


class Answer(forms.Form):
    """What a verb may need besides a yes."""

    from_on = forms.a_day(_l("Away from"))
    until = forms.a_day(_l("New last day"))
    reason = forms.lines(_l("Reason"))
    paper_on = forms.a_day(_l("Day of the signed paper"))

    def validate_paper_on(self, field: Any) -> None:
        if field.data and field.data > local_day(now()):
            raise forms.ValidationError(_("This day is still to come."))


def answer_to(verb: str, fields: Collection[str]) -> Answer:
    """The form with these fields, under the names that the verb gives them."""
    form = Answer()
    for name in {field.name for field in form} - {"csrf_token", *fields}:
        del form[name]
    if "until" in form and verb in UNTIL:
        form.until.label.text = str(UNTIL[verb])
    return form


def of_voucher(row: Any) -> bool:
    """Is extend or revoke here about a voucher? Else it is about a referral, which a family has rights in as well."""
    if isinstance(row, Referral):
        return row.attend_by is None
    return isinstance(row, Voucher) or (isinstance(row, Application) and possible.by_voucher(row))


def in_sanatorium(rows: Sequence[Any]) -> bool:
    """Spec 3.6: is one of these children to be enrolled in a sanatorium kindergarten, and so until a day?"""
    for row in rows:
        if isinstance(row, Application) and "referrals" in inspect(row).unloaded:
            read_again(row, ITS_REFERRALS)
    last = [[row] if isinstance(row, Referral) else row.referrals[-1:] for row in rows]
    referred = (one.vacancy.group.kindergarten for some in last for one in some)
    return any(kindergarten.queue_kind is QueueKind.sanatorium for kindergarten in referred)


def needed(verb: str, rows: Sequence[Any]) -> dict[str, bool]:
    """The fields that a verb asks for on these records, and whether each must be filled in.

    S2, spec 3.8: what a family and an office may both do is the family's by its signed paper; an office gives a reason.
    """
    row = find(model_of(rows), verb)
    fields = {name: True for name in (row.asks if row else ()) if hasattr(Answer, name)}
    if verb == "enrol" and not in_sanatorium(rows):
        del fields["until"]
    if verb == "sign" and g.actor.role is Role.head:  # or with a key of its organisation (views/contract_signing.py)
        return fields | {"paper_on": True}
    if row is None or (row.family is ForFamily.with_paper and any(map(of_voucher, rows))):
        return fields
    if row.family is ForFamily.with_paper and g.actor.role in COUNTER:
        return fields | {"reason": False, "paper_on": g.actor.stands_for_family(row)}
    return fields | ({"paper_on": True} if g.actor.stands_for_family(row) else {})


def either(verb: str, rows: Sequence[Any]) -> bool:
    """May it be the family's own, by its paper, or the office's, with a reason?"""
    row = find(model_of(rows), verb)
    return row is not None and row.family is ForFamily.with_paper


def model_of(rows: Sequence[Any]) -> type[Base]:
    """What kind of record these are; a choice, of no row yet, is an application's."""
    return type(rows[0]) if rows else Application


def confirmed(verb: str, rows: Sequence[Any] = ()) -> bool:
    """Has the person seen what will follow, said yes, and answered all that the verb needs?"""
    return request.form.get("sure") == "yes" and not problem_with(verb, rows)


def problem_with(verb: str, rows: Sequence[Any] = ()) -> str:
    """What is wrong with the answer that a verb needs, said to the person; "" for nothing."""
    if sentence := say_held():
        return sentence
    fields = needed(verb, rows)
    form = answer_to(verb, fields)
    form.validate()
    for field in form:
        if field.errors and (fields.get(field.name, True) or (field.raw_data or [""])[0].strip()):
            return f"{field.label.text}: {field.errors[0]}"
    if either(verb, rows) and "paper_on" in fields and not (form.paper_on.data or form.reason.data):
        return _("Give a reason, or the day of the family's signed paper.")
    return ""


def ask(
    view: Any,
    verb: str,
    rows: Sequence[Any],
    problem: str = "",
    details: Sequence[str] = (),
    hidden: Sequence[tuple[str, str]] = (),
) -> tuple[str, int]:
    """The page that says what will follow and asks for what the verb needs; what was typed is kept.

    `details`: what will follow for each record, where more can be said than for all of them. `hidden`: names and
    values that the form brings back.
    """
    if request.form.get("sure") == "yes" or holding():
        problem = problem or problem_with(verb, rows)
    if nobody_told := [one for one in map(application_of, rows) if one and not waits.reachable(one)]:
        names = ", ".join(words.name(one) for one in nobody_told)
        details = [
            *details,
            _("No phone and no e-mail is on record; nobody will tell the family: %(names)s", names=names),
        ]
    fields = needed(verb, rows)
    html = render_template(
        "pages/ask.html",
        view=view,
        verb=verb,
        title=words.verb(verb, view.subject.__tablename__),
        follows=dict.fromkeys(
            words.follows(verb, view.subject.__tablename__, by_voucher=of_voucher(row)) for row in rows
        ),
        details=details,
        hidden=hidden,
        rows=rows,
        fields=fields,
        labels={field.name: field.label.text for field in answer_to(verb, fields)},
        either=either(verb, rows),
        today=local_day(now()),
        problem=problem,
        typed=request.form,
    )
    return html, 422 if problem else 200


def signer(verb: str = "", rows: Sequence[Any] = ()) -> Actor:
    """Who acts: the signed-in official, with the day of the paper that a family signed where one was named."""
    if verb and "paper_on" not in needed(verb, rows):
        return g.actor
    return replace(g.actor, paper_on=day_of("paper_on"))


def day_of(name: str) -> date | None:
    """The day that was typed into a field; None for none."""
    return forms.local_date(request.form.get(name, ""))


def reason() -> str | None:
    """The reason that was typed, None for none; what cannot be one was refused by `asked`."""
    field = Answer().reason
    return field.data if field.validate(None) else None


READ: dict[str, Callable[[], Any]] = {  # what was typed, by the names of a function's arguments
    "from_on": partial(day_of, "from_on"),
    "until": partial(day_of, "until"),
    "reason": reason,
}


def by_row(*verbs: str) -> dict[str, Callable[[Any, Sequence[Any]], Any]]:
    """The verbs of a view that do to each record what their rows and functions say, once that was seen and answered."""
    return {verb: partial(_by_row, verb) for verb in verbs}


def _by_row(verb: str, view: Any, rows: Sequence[Any]) -> Any:
    if not confirmed(verb, rows):
        return ask(view, verb, rows, details=view.details(verb, rows))
    by = signer(verb, rows)
    return done(view, rows, lambda row: _do(verb, row, by), verb)


def _do(verb: str, row: Any, by: Actor) -> None:
    """What takes a second person is asked of one here (views/proposals.py)."""
    fields = needed(verb, [row])
    answers = {name: READ[name]() if name in fields else None for name in of(type(row), verb).asks}
    if of(type(row), verb).alone == 0:
        proposals.ask(row, verb, by=by, at=now(), **answers)
    else:
        subject = dry_run.application_of(row) if isinstance(row, Voucher | Referral) else row
        possible.act(type(row), verb).do(subject, by=by, at=now(), **answers)


def done(view: Any, rows: Sequence[Any], act: Callable[[Any], Any], verb: str = "") -> Any:
    """Act on each record and say how many were done; why the others were not is said one by one.

    Where one record's `verb` needed an answer and was refused, the page asks again, with what was typed.
    """
    ids = [row.id for row in rows]
    form = Answer() if len(rows) == 1 and needed(verb, rows) else None
    succeeded = [id_ for id_, row in zip(ids, rows, strict=True) if attempt(lambda row=row: act(row) or True, form)]
    if form is not None and form.errors:
        return ask(view, verb, rows, " ".join(sentence for said in form.errors.values() for sentence in said))
    if succeeded:
        flash(ngettext("Done for %(num)d record.", "Done for %(num)d records.", len(succeeded)), "success")
    if len(ids) == 1 and _still_seen(view.subject, ids[0]):
        return answer(url_for(f"{view.endpoint}.show", pk=ids[0]))
    return answer(url_for(f"{view.endpoint}.list"))


def _still_seen(model: type[Base], pk: int) -> bool:
    """A head sees no longer what it took back; from nobody else does a verb take an application out of sight."""
    if model is Application and g.actor.role is not Role.head:
        return True
    return db.session.scalars(select(model.id).where(model.id == pk)).first() is not None
