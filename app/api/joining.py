"""S2, «Өтінішті ата-ананың ЖСН-ға біріктіру», through a portal (spec 3.10): another parent asks to join an application.

As in the cabinet: first the exact text, then the same with its signature; an official decides. Which of the number and
the child's IIN was wrong is told to nobody, and guesses are counted by the portal and by the person.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from app.access import login_limits
from app.access.actors import Visitor
from app.actions import families, people
from app.actions.preconditions import sign_in
from app.api import schemas
from app.api.acting import Told, once, to_sign
from app.api.door import here, own_application, portal
from app.api.problems import Unanswerable
from app.api.reading import joining_told, told
from app.asked import joining
from app.asked.joining import VERB
from app.db.database import DEADLOCK, retried
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, SignedInBy
from app.now import now
from app.rules.calendar import local_day

Said = dict[str, str]


@portal.post("/applications/<number>/join/challenge")
@portal.arguments(schemas.DistrictAsked, location="query")
@portal.arguments(schemas.JoinAsked)
@told(200, schemas.ToSignTold, 403, 409)
def to_join(query: dict[str, Any], body: dict[str, Any], number: str) -> Any:
    """The exact text by which another parent asks to join, to be signed by this person. Nothing is done yet."""
    own, said = _asked(query, body, number, guesses=True)
    with unscoped():
        retried(partial(joining.tried, own, said, Visitor(body["iin"], SignedInBy.key), now()), (DEADLOCK,))
        by = sign_in(VERB, own.place_id, local_day(now()))
    of = {"iin": body["iin"], "verb": VERB, "asked": said, "application_id": own.id}
    return to_sign(joining.text(body["iin"], said), by, **of)


@portal.post("/applications/<number>/join")
@portal.arguments(schemas.DistrictAsked, location="query")
@portal.arguments(schemas.KeySent, location="headers")
@portal.arguments(schemas.JoinSent)
@told(201, schemas.JoiningTold, 403, 409)
def join(query: dict[str, Any], headers: dict[str, str], body: dict[str, Any], number: str) -> Any:
    """It is asked as it was signed; the applicant is told, and an official decides. Both are told what was decided."""
    own, said = _asked(query, body, number, guesses="signature" not in body)  # else they were counted before
    own_id = own.id

    def act(visitor: Visitor) -> Told:
        row = db.session.get_one(Application, own_id)
        by = replace(families.actor(row, visitor), client=here().name)
        return partial(joining_told, joining.ask(row, said, by, visitor.iin, now()))

    of = {"iin": body["iin"], "verb": VERB, "asked": said, "application_id": own_id}
    return once(headers, 201, of, body.get("signature"), said["phone"], act)


def _asked(
    query: Mapping[str, Any], body: Mapping[str, Any], number: str, *, guesses: bool
) -> tuple[Application, Said]:
    """Which application, and what is typed. Raises NotFound, Unanswerable(not_this_portal, too_often, ambiguous)."""
    if not here().acts:
        raise Unanswerable(403, "not_this_portal")
    if seconds := guesses and login_limits.wait_to_join_through(body["iin"], here().id):
        raise Unanswerable(429, "too_often", {"Retry-After": str(seconds)})
    own = own_application(number, query.get("district"))
    with unscoped():
        known = own.child_iin == body["child_iin"]
    if not known:
        raise Unanswerable(404, "not_found")
    names = {name: body[name] for name in (*people.NAMES, "phone", "basis", "child_iin")}
    return own, {**names, "number": own.number}
