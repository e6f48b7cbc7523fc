"""What follows from a correction of the record, and what is contrary to it (actions/corrections.py)."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.actions.corrections import Contrary, Stands
from app.models import ApplicationStatus, QueueCategory, Side
from app.words.labels import label
from app.words.names import name

CONTRARY = {
    "offer": _l(
        "By its birth date the child could not have been offered its place in %(group)s. The offer stays until its "
        "term is over, and the family may choose the place by it."
    ),
    "referral": _l(
        "By its birth date the child could not have chosen its place in %(group)s. It keeps the place unless you take "
        "the referral back with a reason; then it waits on by its original day."
    ),
    "chosen": _l(
        "By its birth date the child could not have chosen its place in %(group)s. It keeps the place unless you take "
        "the voucher back with a reason; then it waits on by its original day."
    ),
    "enrolment": _l(
        "By its birth date the child could not have got its place in %(group)s. It attends on unless the head of the "
        "kindergarten records the end of the stay."
    ),
    "voucher": _l(
        "By its birth date the child would not have got its voucher on that day. It keeps the voucher unless you take "
        "it back with a reason; then it waits on by its original day."
    ),
    "seat": _l(
        "No free place of this birth year is left for the child's voucher. Publish one, or take the voucher back with "
        "a reason; then the child waits on by its original day."
    ),
}


def contrary(one: Contrary) -> str:
    """A live right that the corrected facts would not have allowed, and the way out."""
    return str(CONTRARY[one.right]) % {"group": one.group and name(one.group)}


def corrected(before: Mapping[int, Stands], after: Mapping[int, Stands]) -> list[str]:
    """What a correction does to each application of the child, a sentence for each; [] for nothing but the record."""
    return [line for pk, now in after.items() if pk in before for line in _changed(before[pk], now)]


def _changed(was: Stands, now: Stands) -> list[str]:
    number, lines = now.application.number, []
    if (was.number, was.among) != (now.number, now.among):
        facts = {"number": number, "before": _number(was), "after": _number(now)}
        lines.append(_("%(number)s: the number in the queue is %(before)s now, and then %(after)s.", **facts))
    if was.status is not now.status:
        if now.status is ApplicationStatus.archived:
            lines.append(_("%(number)s: the child is too old for the queue and goes to the archive.", number=number))
        else:
            facts = {"number": number, "before": label(was.status), "after": label(now.status)}
            lines.append(_("%(number)s: the status is “%(before)s” now, and then “%(after)s”.", **facts))
    return lines + [f"{number}: {contrary(one)}" for one in now.contrary if one not in was.contrary]


def _number(stands: Stands) -> str:
    """The number with what it counts among."""
    if stands.number is None:
        return _("none")
    among = stands.among
    if isinstance(among, QueueCategory):
        return f"{stands.number} ({name(among)})"
    return f"{stands.number} ({label(among)})" if isinstance(among, Side) else str(stands.number)


def same_applicant(numbers: list[str]) -> str:
    """Which other applications keep the applicant whom this one gives up."""
    return _(
        "Other applications of this applicant stay as they are: %(numbers)s. Correct them too if they are of the other "
        "person.",
        numbers=", ".join(numbers),
    )


def another_applicant() -> str:
    """What becomes of the contacts of whoever applied before."""
    return _(
        "Another person is the applicant then: the phone, e-mail and address of the one before are taken off the "
        "application, and that one sees it no more. Write down the contacts of the new one. A contract that was signed "
        "has to be signed anew by both."
    )
