"""Spec 3.8, Corrections: what was typed wrong of a child, of an applicant, or who the latter is, is put right here."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from flask import flash, g, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import words
from app.actions import corrections
from app.models import Application, Sex
from app.now import now
from app.views import forms, two_editors
from app.views.base import attempt

WHO = ("child", "applicant")


class CorrectForm(forms.Form):
    """Both people as they are recorded; what is not typed otherwise stays. The reason is of all of it."""

    child_iin = forms.an_iin(_l("Child's IIN"))
    child_born_on = forms.a_day(_l("Child's birth date"))
    child_sex = forms.one_of(_l("Child's sex"), Sex)
    child_last_name = forms.name(_l("Child's last name"), required=False)
    child_first_name = forms.name(_l("Child's first name"))
    child_patronymic = forms.name(_l("Child's patronymic"), required=False)
    applicant_iin = forms.an_iin(_l("Applicant's IIN"))
    applicant_last_name = forms.name(_l("Applicant's last name"), required=False)
    applicant_first_name = forms.name(_l("Applicant's first name"))
    applicant_patronymic = forms.name(_l("Applicant's patronymic"), required=False)
    reason = forms.lines(_l("Reason"))
    parts = {
        "child": "child_iin",
        "born_on": "child_born_on",
        "applicant": "applicant_iin",
        "applicant_name": "applicant_last_name",
    }


class NotYetSeen(Exception):
    """The person has not seen yet what follows; nothing is changed before that."""

    def __init__(self, follows: Sequence[str]) -> None:
        super().__init__("asked")
        self.follows = follows


class Correcting:
    """Mixed into the view of applications."""

    @expose("/correct/<pk>", methods=["GET", "POST"])
    @has_access
    def correct(self: Any, pk: str) -> Any:
        """The facts that are typed otherwise are set, with a reason; what stands otherwise by now is shown first, and
        so is what follows for the queue, and for what the family holds.
        """
        row, beside, seen = self.load(pk), [], request.form.get("seen", "")
        follows: Sequence[str] = ()
        if request.method == "POST":
            form = CorrectForm.refresh()
            form.seen = seen
            try:
                if form.validate() and attempt(lambda: _correct(row, form, seen), form) is not None:
                    flash(_("Saved."), "success")
                    return redirect(self.after(row))
            except NotYetSeen as asked:
                follows = asked.follows
            except two_editors.Changed as changed:
                on, beside = two_editors.beside(form, seen, changed.standing)
                form = CorrectForm(formdata=None, data={**on, "reason": form.reason.data})
                form.seen = two_editors.shown(changed.standing)
        else:
            form = CorrectForm(data=standing(row))
            form.seen = two_editors.shown(standing(row))
        facts = {"title": _("Correct the record"), "application": row, "form": form, "beside": beside}
        facts |= {"follows": follows, "sure": _sure(follows)}
        page = self.render_template("pages/correct.html", **facts)
        return page, 409 if beside else 422 if form.errors else 200


def standing(row: Application) -> dict[str, Any]:
    """What is recorded of both people, by the fields of the form."""
    fields = [name for name in CorrectForm(formdata=None)._fields if name.startswith(WHO)]
    return {name: getattr(getattr(row, who), rest) for name in fields for who, _sep, rest in [name.partition("_")]}


def _correct(row: Application, form: CorrectForm, seen: str) -> Application:
    """Raises NotYetSeen where something follows that nobody has said yes to; the transaction undoes all of it."""
    two_editors.lock_rows([row])
    two_editors.lock_rows([row.child, row.applicant])  # whoever they are now
    values = two_editors.touched(form, seen, standing(row))
    told = {
        who: {n.removeprefix(f"{who}_"): v or "" for n, v in values.items() if n.startswith(f"{who}_")} for who in WHO
    }
    was = corrections.standing(row, at=now()) if told["child"] else {}
    others = corrections.with_this_applicant(row) if "iin" in told["applicant"] else []
    another = corrections.another_person(row.applicant, told["applicant"])
    for who, facts in told.items():
        if facts:
            corrections.correct(row, who=who, by=g.actor, at=now(), reason=form.reason.data, **facts)
    follows = words.corrected(was, corrections.standing(row, at=now())) if was else []
    if another:
        follows.append(words.another_applicant())
    if others:
        follows.append(words.same_applicant([one.number for one in others]))
    if follows and request.form.get("sure") != _sure(follows):
        raise NotYetSeen(follows)
    return row


def _sure(follows: Sequence[str]) -> str:
    """What the form brings back once the person has seen what follows."""
    return sha256("\n".join(follows).encode()).hexdigest()[:16]
