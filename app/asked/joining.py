"""S2, «Өтінішті ата-ананың ЖСН-ға біріктіру» (spec 3.10): what another parent types to join an application, the text of
it that is signed, and the asking itself.

What is typed is flat, as JSON keeps it: number, child_iin, basis, the parts of the own name, phone.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from flask_babel import gettext as _

from app import words
from app.access.actors import Actor, Visitor
from app.actions import families, guardianships, people
from app.db.database import taken_back
from app.models import Application, Guardianship, GuardianshipBasis
from app.rules import texts

VERB = "join"
FIELDS = ("number", "child_iin", "basis", *people.NAMES, "phone")


def understood(typed: Mapping[str, str]) -> dict[str, str] | None:
    """What was typed, in the form in which it is kept; None where a name, the one phone or the basis is missing."""
    try:
        names = {name: texts.name(typed[name]) for name in people.NAMES}
        phone, basis = texts.mobile(typed["phone"]), GuardianshipBasis(typed["basis"])
    except (texts.Unfit, ValueError):
        return None
    if not names["first_name"]:
        return None
    number, child_iin = typed["number"], typed["child_iin"].replace(" ", "")
    return {**names, "phone": phone, "basis": str(basis), "number": number, "child_iin": child_iin}


def tried(application: Application, said: Mapping[str, str], visitor: Visitor, at: datetime) -> None:
    """What is shown to be signed would be done. Raises Refusal as guardianships.join does."""
    with taken_back():
        ask(application, said, replace(families.actor(application), on_paper=True), visitor.iin, at)


def ask(application: Application, said: Mapping[str, str], by: Actor, iin: str, at: datetime) -> Guardianship:
    """This person asks to join. Raises Refusal as guardianships.join does."""
    who = people.Person(iin, **{name: said[name] for name in people.NAMES})
    basis = GuardianshipBasis(said["basis"])
    return guardianships.join(application, who, basis=basis, phone=said["phone"], by=by, at=at)


def text(iin: str, said: Mapping[str, str]) -> str:
    """What is signed: all that is asked, in the reader's language; of the application no more than was typed."""
    name = " ".join(filter(None, (said[one] for one in people.NAMES)))
    return _(
        "I, %(name)s, IIN %(iin)s, phone %(phone)s, ask to join application %(number)s of the child with the IIN "
        "%(child_iin)s to my IIN. Basis: %(basis)s.",
        iin=iin,
        **{**said, "name": name, "basis": words.label(GuardianshipBasis(said["basis"]))},
    )
