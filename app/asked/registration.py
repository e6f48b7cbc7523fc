"""S3: an application of a family as it was typed or sent: its lines as people read them, and the application itself.

What is asked is flat: district, child_iin, child_first_name and so on, applicant_..., contacts, queue_kind, privilege;
child_born_on and child_sex where a portal says them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from app import words
from app.access.actors import Actor, Visitor
from app.actions import applications, public
from app.actions.people import NAMES, Contacts, Person
from app.actions.preconditions import sign_in
from app.actions.privileges import Paper
from app.asked.acts import claimed, contacts
from app.db.database import taken_back
from app.db.viewer import decides_in
from app.models import Application, Language, PrivilegeGround, QueueKind, Sex, SignedInBy
from app.rules import iin as iins
from app.rules.roles import Role

VERB = "register"


def signed_with(asked: Mapping[str, str], day: date) -> SignedInBy:
    """Spec 3.10: with what a family signs in for this application. Raises Refusal(no_norm)."""
    norms = (VERB, "claim_privilege") if asked["ground"] else (VERB,)
    by = {sign_in(norm, int(asked["district"]), day) for norm in norms}
    return SignedInBy.key if SignedInBy.key in by else SignedInBy.code


def tried(asked: Mapping[str, str], visitor: Visitor, at: datetime) -> None:
    """It would be taken. Raises Mistyped; Refusal as `register`."""
    with taken_back():
        register(asked, Actor(Role.family, visitor=visitor, on_paper=True), at, files=False)


def register(
    asked: Mapping[str, str], by: Actor, at: datetime, *, files: bool = True, source: str = "", number: str = ""
) -> Application:
    """The application of whoever visits; `source`, `number`: of the portal that sends it. Raises Mistyped, Refusal."""
    assert by.visitor is not None
    decides_in(int(asked["district"]))
    privilege = claimed(asked, by.visitor.iin) if asked["ground"] else None
    papers: list[Paper] = privilege["papers"] if privilege else []
    return applications.register(
        place_id=int(asked["district"]),
        child=Person(asked["child_iin"], **named("child", asked), **_said_of(asked)),
        applicant=Person(by.visitor.iin, **named("applicant", asked)),
        contacts=Contacts(**contacts(asked)),
        queue_kind=QueueKind(asked["queue_kind"]),
        privilege=privilege["claimed"] if privilege else None,
        papers=papers if files else [replace(one, file=None) for one in papers],
        source=source or None,
        source_number=number or None,
        by=by,
        at=at,
    )


def _said_of(asked: Mapping[str, str]) -> dict[str, Any]:
    """What a portal says of a child besides, as its papers have it."""
    read: dict[str, Callable[[str], Any]] = {"born_on": date.fromisoformat, "sex": Sex}
    return {name: of(asked[f"child_{name}"]) for name, of in read.items() if f"child_{name}" in asked}


def named(whose: str, asked: Mapping[str, str]) -> dict[str, str]:
    """The parts of the child's or the applicant's name."""
    return {name: asked[f"{whose}_{name}"] for name in NAMES}


def lines(asked: Mapping[str, str], iin: str) -> dict[str, list[tuple[str, str]]]:
    """All answers as people read them, by the page that asks."""
    child, district = iins.facts(asked["child_iin"]), public.district(int(asked["district"]))
    name = " ".join(filter(None, named("child", asked).values()))
    privilege = [(_("Privilege"), _("No privilege"))]
    if asked["ground"]:
        paper: Paper = claimed(asked, iin)["papers"][0]
        file = f"SHA-256 {asked['paper_file']}" if paper.file else ""
        told = ", ".join(filter(None, (paper.title, paper.number, paper.issued_by, words.day(paper.issued_on), file)))
        privilege = [(_("Privilege"), words.label(PrivilegeGround(asked["ground"]))), (_("Paper that proves it"), told)]
    return {
        "district": [(_("District or city"), words.name(district))],
        "child": [
            (_("Child"), f"{name}, {asked['child_iin']}"),
            (_("Birth date"), f"{words.day(child.born_on)}, {words.label(child.sex)}"),
        ],
        "applicant": [(_("Applicant"), f"{' '.join(filter(None, named('applicant', asked).values()))}, {iin}")],
        "contacts": [
            (_("Phone"), asked["phone"]),
            (_("E-mail"), asked["email"] or "—"),
            (_("Address"), asked["address"] or "—"),
            (_("Language of notices"), words.label(Language(asked["notice_language"]))),
        ],
        "queue": [(_("Queue"), words.label(QueueKind(asked["queue_kind"])))],
        "privilege": privilege,
    }
