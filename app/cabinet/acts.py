"""What a family decides itself (S0-S3; spec 3.10): first the exact text of an act is shown, then it is signed and done.

The text and what the act was asked with are kept until then (access/challenges.py): what is done is what was shown, and
a second click does nothing twice. A code is enough where the norm says so; else the text is signed with a key.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import current_app, g, make_response, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app import words
from app.access import challenges, login_limits, visits
from app.access.actors import Visitor
from app.access.hashes import hashed
from app.actions import choosing, families, public, signatures
from app.actions.preconditions import sign_in
from app.cabinet import signing
from app.cabinet.asked import ASKS, FamilyAct, Mistyped, read, sent_file, shown, told_why
from app.cabinet.own import KEY, blueprint, own_application, send_after, signed_in
from app.cabinet.public import render, today
from app.db.database import DEADLOCK, retried, taken_back
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Challenge, Language, PrivilegeGround, Purpose, SignedInBy
from app.now import is_demo, now
from app.rules.refusals import Reason, Refusal

NOTHING: Mapping[str, str] = {}


@blueprint.get(f"/a/<id:application_id>/<any({', '.join(ASKS)}):verb>")
@signed_in
def form(iin: str, application_id: int, verb: str) -> Any:
    """What an act has to be told first: which place, which day, which privilege, which contacts."""
    return _form(own_application(iin, application_id), verb)


@blueprint.post("/a/<id:application_id>/<any({verbs}):verb>".format(verbs=", ".join(families.ACTS)))
@signed_in
def ask(iin: str, application_id: int, verb: str) -> Any:
    """The exact text of an act, to be signed; nothing is changed yet."""
    application = own_application(iin, application_id)
    sent: dict[str, str] = {}
    try:
        sent = sent_file() if "paper_file" in ASKS.get(verb, ()) else {}
        with unscoped():
            act = read(verb, {name: request.form.get(name, "").strip() for name in ASKS.get(verb, ())} | sent)
            retried(partial(_try, application, act), (DEADLOCK,))
            seen = shown(application, act)
            by = sign_in(act.norm, application.place_id, today())
    except Mistyped as wrong:
        return _form(application, verb, str(wrong), 422, sent)
    except Refusal as refusal:
        return _refused(application, verb, refusal)
    if by is SignedInBy.key and not (g.visitor.sign_in is SignedInBy.key and signing.set_up()):
        facts = {"application": application, "verb": verb, "shown": seen, "to_sign": None, "keys": signing.set_up()}
        return render("act.html", place=application.place, **facts)
    code, phone, known_by = "", act.given.get("phone", ""), dict(act.asked)
    if phone and phone != application.phone and not visits.entered_by(request.cookies[KEY], phone):
        if seconds := login_limits.wait_for_code(g.visitor.iin, phone, request.remote_addr):
            page, _status = _form(application, verb, _("A code was asked for too often. Try again later."))
            return page, 429, {"Retry-After": str(seconds)}
        code = visits.new_code()
        known_by["code"] = hashed(request.cookies[KEY] + code)
    text = words.to_sign(verb, application, seen.lines, seen.follows or seen.warning)
    db.session.rollback()  # what was read ends: on SQLite there is one writer
    have_signed = signing.to_sign if by is SignedInBy.key else challenges.ask
    to_sign = have_signed(
        text,
        purpose=Purpose.act,
        browser=request.cookies[KEY],
        iin=g.visitor.iin,
        application_id=application_id,
        verb=verb,
        asked=known_by,
    )
    facts = {
        "application": application,
        "verb": verb,
        "shown": seen,
        "to_sign": to_sign,
        "with_key": by is SignedInBy.key,
        "code": code,
        "demo": code if current_app.config["KEZEK"].demo and is_demo() else "",
    }
    answer = make_response(render("act.html", place=application.place, **facts))
    if code and not facts["demo"]:
        send_after(answer, phone, code)
    return answer


@blueprint.post("/a/<id:application_id>/signed")
@signed_in
def signed(iin: str, application_id: int) -> Any:
    """The act itself: what was shown and signed, once."""
    own_application(iin, application_id)
    db.session.rollback()  # as above
    challenge = challenges.take(request.form.get("challenge", ""), browser=request.cookies[KEY], purpose=Purpose.act)
    if challenge is None or (challenge.application_id, challenge.iin) != (application_id, g.visitor.iin):
        return _refused(own_application(iin, application_id), "", Refusal(Reason.challenge_over))
    verb, code = challenge.verb or "", (challenge.asked or {}).get("code")
    if code is not None and code != hashed(request.cookies[KEY] + request.form.get("code", "").replace(" ", "")):
        said = _("That is not the code that was sent to the phone. Ask for another one.")
        return _refused(own_application(iin, application_id), verb, said)
    try:
        retried(partial(_do, challenge, _checked(challenge), g.visitor), (DEADLOCK,))
    except (Refusal, Mistyped) as refused:
        return _refused(own_application(iin, application_id), verb, refused)
    except IntegrityError as error:
        return _refused(own_application(iin, application_id), verb, words.constraint(error))
    return redirect(url_for("own.application", application_id=application_id, done=verb), code=303)


def _checked(challenge: Challenge) -> signatures.Checked | None:
    """The signature that came along, if one did. Raises Refusal as signatures.check does."""
    cms = request.form.get("cms", "")
    return signatures.check(challenge, cms) if cms else None


def _do(challenge: Challenge, checked: signatures.Checked | None, visitor: Visitor) -> None:
    """In one transaction: the signature on record, and the act that stands on it."""
    if checked is not None:
        visitor = replace(visitor, signature_id=signatures.keep(checked).id)
    application = db.session.get_one(Application, challenge.application_id)
    act = read(challenge.verb or "", challenge.asked or {})
    families.do(application, act.verb, by=families.actor(application, visitor), at=now(), **act.given)


def _try(application: Application, act: FamilyAct) -> None:
    """What is shown to be signed would be done. Raises Refusal as the act itself would."""
    by = replace(families.actor(application, g.visitor), on_paper=True)
    given = dict(act.given)
    if "papers" in given:  # a file is kept for good with its act alone
        given["papers"] = [replace(one, file=None) for one in given["papers"]]
    with taken_back():
        families.do(application, act.verb, by=by, at=now(), **given)


def _form(
    application: Application, verb: str, problem: str = "", status: int = 200, sent: Mapping[str, str] = NOTHING
) -> Any:
    """The page of what an act has to be told; what was typed is kept."""
    with unscoped():
        try:
            families.tried(application, verb, by=families.actor(application, g.visitor), at=now())
        except Refusal as refusal:
            return _refused(application, verb, refusal)
        places = words.choices(choosing.choices(application, today())) if verb == "choose" else []
        kept = public.kept_on({one.group.kindergarten_id for _heading, found in places for one, _free in found})
    typed = {**request.form, **sent} or {name: getattr(application, name) or "" for name in ASKS[families.CONTACTS]}
    facts = {"application": application, "verb": verb, "places": places, "kept": kept, "typed": typed}
    page = render(
        "told.html",
        place=application.place,
        problem=problem,
        grounds=list(PrivilegeGround),
        languages=list(Language),
        **facts,
    )
    return page, status


def _refused(application: Application, verb: str, why: Refusal | Mistyped | str) -> Any:
    """Nothing was changed, and why."""
    return render("refused.html", place=application.place, application=application, verb=verb, **told_why(why)), 422
