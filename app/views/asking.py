"""Before a custom action: what will follow, for which records, and the reason or day that it needs.

The first POST asks (and changes nothing), the second one, with `sure`, acts; each record in a transaction of its own,
so that one that is refused does not hold the others back.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.now import now
from app.permissions import Actor
from app.rules.calendar import local_day
from app.views import forms, words
from app.views.base import answer, attempt

WITH_REASON = frozenset({"issue", "extend", "revoke", "archive", "reject_privilege"})
WITH_DAY = frozenset({"extend"})


class Answer(forms.Form):
    """What a verb may need besides a yes."""

    reason = forms.lines(_l("Reason"))
    until = forms.a_day(_l("New last day"))
    paper_on = forms.a_day(_l("Day of the signed paper"), required=False)

    def validate_paper_on(self, field: Any) -> None:
        if field.data and field.data > local_day(now()):
            raise forms.ValidationError(_("This day is still to come."))


def asked(verb: str) -> bool:
    """Has the person seen what will follow, said yes, and answered all that the verb needs?"""
    return request.form.get("sure") == "yes" and not problem_with(verb)


def problem_with(verb: str) -> str:
    """What is wrong with the answer that a verb needs, said to the person; "" for nothing."""
    form = Answer()
    needs = {"reason": verb in WITH_REASON, "until": verb in WITH_DAY, "paper_on": g.actor.stands_for_family(verb)}
    for name in (name for name, needed in needs.items() if not needed):
        del form[name]
    form.validate()
    return next((f"{field.label.text}: {field.errors[0]}" for field in form if field.errors), "")


def ask(view: Any, verb: str, rows: Sequence[Any], problem: str = "") -> tuple[str, int]:
    """The page that says what will follow and asks for what the verb needs; what was typed is kept."""
    if request.form.get("sure") == "yes":
        problem = problem or problem_with(verb)
    html = render_template(
        "pages/ask.html",
        view=view,
        verb=verb,
        title=words.VERBS[verb],
        follows=words.FOLLOWS[verb],
        rows=rows,
        with_reason=verb in WITH_REASON,
        with_day=verb in WITH_DAY,
        with_paper=g.actor.stands_for_family(verb),
        today=local_day(now()),
        problem=problem,
        typed=request.form,
    )
    return html, 422 if problem else 200


def signer() -> Actor:
    """Who acts: the signed-in official, with the day of the paper that a family signed where one was named."""
    return replace(g.actor, paper_on=forms.local_date(request.form.get("paper_on", "")))


def done(view: Any, rows: Sequence[Any], act: Callable[[Any], Any]) -> Any:
    """Act on each record and say how many were done; why the others were not is said one by one."""
    ids = [row.id for row in rows]
    succeeded = [id_ for id_, row in zip(ids, rows, strict=True) if attempt(lambda row=row: act(row) or True)]
    if succeeded:
        flash(ngettext("Done for %(num)d record.", "Done for %(num)d records.", len(succeeded)), "success")
    if len(ids) == 1:
        return answer(url_for(f"{view.endpoint}.show", pk=ids[0]))
    return answer(url_for(f"{view.endpoint}.list"))
