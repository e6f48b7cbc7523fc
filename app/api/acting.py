"""What a portal does for a family (S3; spec 3.10): it puts a child into the queue, and sends the acts that a person has
signed, or for which the portal has asked for a code.

First .../challenge with what is to be done: it is tried, and the exact text comes back. Then the same again, with the
signature. What was done under an Idempotency-Key is answered as it was and not done twice (access/sent_forms.py).
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from time import sleep
from typing import Any
from urllib.parse import quote

from flask import json, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app import words
from app.access import challenges, login_limits, sent_forms
from app.access.actors import Actor, Visitor
from app.access.hashes import hashed
from app.actions import choosing, families, signatures
from app.actions.preconditions import sign_in
from app.api import schemas
from app.api.door import V1, here, own_application, own_district, portal, tag, tagged
from app.api.problems import NoPlace, Unanswerable
from app.api.reading import PAGE, state_of, told, vacancy_told
from app.asked import acts, registration
from app.asked.registration import VERB as REGISTER
from app.db.database import DEADLOCK, lock_district, retried
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Challenge, Purpose, SignedInBy
from app.now import now
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role

TRIES, APART = 8, 0.25  # seconds: as long as an act takes on a busy day
Asked = dict[str, str]
Told = Callable[[], dict[str, Any]]


@portal.post("/applications/challenge")
@portal.arguments(schemas.ApplicationAsked)
@told(200, schemas.ToSignTold, 403)
def to_register(body: dict[str, Any]) -> Any:
    """S3, as through egov: the exact text of an application, to be signed by its applicant. Nothing is done yet."""
    asked, person = _application(body), body["applicant"]["iin"]
    with unscoped():
        visitor = Visitor(person, SignedInBy.key)
        retried(partial(registration.tried, asked, visitor, now()), (DEADLOCK,))
        by = registration.signed_with(asked, local_day(now()))
        text = words.to_register([one for step in registration.lines(asked, person).values() for one in step])
    return to_sign(text, by, iin=person, verb=REGISTER, asked=asked)


@portal.post("/applications")
@portal.arguments(schemas.KeySent, location="headers")
@portal.arguments(schemas.ApplicationSent)
@told(201, schemas.ApplicationTold, 403, 409)
def register(headers: dict[str, str], body: dict[str, Any]) -> Any:
    """S3: a child comes into the queue: signed as through egov, or as through Indigo by the phone that the portal has
    proven. Yours and ours are kept together: the source, and your number.
    """
    asked, person = _application(body), body["applicant"]["iin"]

    def act(visitor: Visitor) -> Told:
        by = Actor(Role.family, visitor=visitor, client=here().name)
        row = registration.register(asked, by, now(), source=here().name, number=body["source_number"])
        return partial(_anew, row)

    of = {"iin": person, "verb": REGISTER, "asked": asked, "application_id": None}
    return once(headers, 201, of, body.get("signature"), asked["phone"], act)


@portal.post("/applications/<number>/<verb>/challenge")
@portal.arguments(schemas.DistrictAsked, location="query")
@portal.arguments(schemas.ActAsked)
@told(200, schemas.ToSignTold, 403, 409)
def to_act(query: dict[str, Any], body: dict[str, Any], number: str, verb: str) -> Any:
    """The exact text of an act, to be signed by this person. It is tried, and nothing is done yet."""
    own, asked = _act_of(query, body, number, verb)
    with _or_what_is_free(own.id, verb), unscoped():
        visitor = Visitor(body["iin"], SignedInBy.key)
        _is_of(own, visitor)
        act = acts.read(verb, asked, body["iin"])
        retried(partial(acts.tried, own, act, visitor, now()), (DEADLOCK,))
        seen = acts.shown(own, act, now())
        by = sign_in(act.norm, own.place_id, local_day(now()))
        text = words.to_sign(verb, own, seen.lines, seen.follows or seen.warning)
    return to_sign(text, by, iin=body["iin"], verb=verb, asked=asked, application_id=own.id)


@portal.post("/applications/<number>/<verb>")
@portal.arguments(schemas.DistrictAsked, location="query")
@portal.arguments(schemas.KeySent, location="headers")
@portal.arguments(schemas.StateSeen, location="headers")
@portal.arguments(schemas.ActSent)
@told(200, schemas.ApplicationTold, 403, 409, 412, 428)
def do(query: dict[str, Any], headers: dict[str, str], state: Any, body: dict[str, Any], number: str, verb: str) -> Any:
    """An act of a family, as it was signed; without a signature where a code is enough (sign.<verb>), by the phone that
    the portal has proven and that stands on the application.
    """
    own, asked = _act_of(query, body, number, verb)
    own_id, place_id = own.id, own.place_id
    if (seen := state.get("if_match")) is None:
        raise Unanswerable(428, "if_match_missing")

    def act(visitor: Visitor) -> Told:
        lock_district(place_id)
        row = db.session.get_one(Application, own_id)
        if seen.removeprefix("W/").strip('"') not in ("*", tag(state_of(row, now()))):
            raise Unanswerable(412, "changed_meanwhile")
        _is_of(row, visitor)
        by = Actor(Role.family, application_id=row.id, visitor=visitor, client=here().name)
        families.do(row, verb, by=by, at=now(), **acts.read(verb, asked, visitor.iin).given)
        return partial(_anew, row)

    of = {"iin": body["iin"], "verb": verb, "asked": asked, "application_id": own_id}
    with _or_what_is_free(own_id, verb):
        return once(headers, 200, of, body.get("signature"), body.get("phone", ""), act)


def _application(body: Mapping[str, Any]) -> Asked:
    """As a family's own pages ask for it. Raises Unanswerable(not_this_portal, too_often), NotFound."""
    if not here().registers:
        raise Unanswerable(403, "not_this_portal")
    own_district(body["district"])
    if seconds := login_limits.wait_to_register(body["applicant"]["iin"]):
        raise Unanswerable(429, "too_often", {"Retry-After": str(seconds)})
    people = {f"{whose}_{name}": body[whose][name] for whose in ("child", "applicant") for name in body[whose]}
    del people["applicant_iin"]
    asked = {"district": str(body["district"]), "queue_kind": body["queue_kind"]}
    return asked | people | body["contacts"] | _claim(body)


def _claim(body: Mapping[str, Any]) -> Asked:
    said = body.get("privilege") or {}
    return {name: str(said.get(name, "")) for name in acts.ASKS["claim_privilege"]}


def _act_of(query: Mapping[str, Any], body: Mapping[str, Any], number: str, verb: str) -> tuple[Application, Asked]:
    """Of which application, and what it is asked with. Raises NotFound, Unanswerable(not_this_portal, too_often)."""
    if verb not in schemas.VERBS:
        raise NotFound
    own = own_application(number, query.get("district"))
    if not here().acts:
        raise Unanswerable(403, "not_this_portal")
    if seconds := login_limits.wait_to_ask(body["iin"]):
        raise Unanswerable(429, "too_often", {"Retry-After": str(seconds)})
    said = {**{name: str(body.get(name) or "") for name in schemas.TOLD_BESIDES}, **_claim(body)}
    return own, {name: said[name] for name in acts.ASKS.get(verb, ())}


def _is_of(own: Application, visitor: Visitor) -> None:
    """Spec 3.10: is it an application of this person, by a phone that stands on it? Raises Refusal(not_allowed)."""
    seen = families.applications_of(visitor.iin, local_day(now()), visitor.phones)
    if own.id not in {one.id for one in seen}:
        raise Refusal(Reason.not_allowed)


@contextmanager
def _or_what_is_free(own_id: int, verb: str) -> Iterator[None]:
    """S1, issue 13, 8: whoever gets no place is told at once what else is free. Raises NoPlace."""
    try:
        yield
    except Refusal as refusal:
        if verb not in acts.OF_PLACES or refusal.reason is Reason.not_allowed:
            raise
        db.session.rollback()  # to see what is free now
        free: list[dict[str, Any]] = []
        with unscoped(), suppress(Refusal):
            found = choosing.choices(db.session.get_one(Application, own_id), local_day(now()))
            free = [vacancy_told(one, left) for one, left in sorted(found, key=lambda one: one[0].id)[:PAGE]]
        raise NoPlace(refusal, {"free": free}) from refusal


def _anew(row: Application) -> dict[str, Any]:
    """What is told of an application that has just been changed."""
    db.session.expire(row)
    return state_of(row, now())


def to_sign(text: str, by: SignedInBy, **of: Any) -> Response:
    """It is known by the portal that asked, which alone can bring it back (access/challenges.py)."""
    asked = challenges.ask(text, purpose=Purpose.act, browser=here().key, **of)
    data = b64encode(asked.text.encode()).decode()
    answer = tagged({"challenge": asked.key, "text": asked.text, "data": data, "sign_in": by})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def once(
    headers: Mapping[str, str],
    status: int,
    of: Mapping[str, Any],
    signature: Mapping[str, str] | None,
    phone: str,
    act: Callable[[Visitor], Told],
) -> Response:
    """Do it in one transaction with what stands for it: the key by which it is known when it comes again, and the
    signature. Raises Unanswerable for a missing or reused key, Refusal as the signature and the act do.

    `act` returns what tells, once all is written, what came of it.
    """
    if not (key := headers.get("key")):
        raise Unanswerable(400, "idempotency_key_missing")
    key, whose = f"portal {here().id} {key}", here().id
    body_hash = sent_forms.digest(key, json.dumps([request.path, request.args, request.get_json()], sort_keys=True))
    if before := _done(key, body_hash):
        return before
    challenge = _taken(signature, of, key, body_hash)
    if isinstance(challenge, Response):
        return challenge
    checked = signatures.check(challenge, signature["cms"]) if signature and challenge else None

    def done() -> dict[str, Any]:
        sent_forms.claim(key, None, body_hash, client_id=whose)
        if checked is None:
            visitor = Visitor(of["iin"], SignedInBy.code, phones=frozenset({hashed(phone)}))
        else:
            visitor = Visitor(of["iin"], SignedInBy.key, signature_id=signatures.keep(checked).id)
        tells = act(visitor)
        db.session.flush()
        answer = {"status": status, "body": tells()}
        sent_forms.answer_within(key, answer)
        return answer

    try:
        return _answer(retried(done, (DEADLOCK,)))
    except sent_forms.Repeated:
        db.session.rollback()
        if first := _done(key, body_hash):
            return first
        raise


def _taken(signature: Any, of: Mapping[str, Any], key: str, body_hash: str) -> Challenge | Response | None:
    """What was shown to be signed, once; or the answer to the first of two that brought it. Raises Refusal."""
    if signature is None:
        return None
    found = challenges.take(signature["challenge"], browser=here().key, purpose=Purpose.act)
    for _try in range(TRIES if found is None else 0):
        if done := _done(key, body_hash):
            return done
        sleep(APART)
    if found is None or any(getattr(found, name) != value for name, value in of.items()):
        raise Refusal(Reason.challenge_over)
    return found


def _done(key: str, body_hash: str) -> Response | None:
    """How it was answered, if it was done. Raises Unanswerable where something else was done under this key."""
    found = sent_forms.find(key)
    db.session.rollback()  # to see next time what was done meanwhile, and to let it be done
    if found is None or found.answer is None:
        return None
    if found.body_hash != body_hash:
        raise Unanswerable(409, "idempotency_key_reused")
    return _answer(found.answer)


def _answer(done: Mapping[str, Any]) -> Response:
    answer = tagged(done["body"], done["status"])
    if done["status"] == 201:
        body = done["body"]
        its = f"/joinings/{body['id']}" if "id" in body else ""
        own = f"{V1}/applications/{quote(body['number'], safe='')}"
        answer.headers["Location"] = f"{own}{its}?district={body['district']}"
    return answer
