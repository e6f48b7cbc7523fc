"""What a family decides itself (S0-S3; spec 3.10): first the exact text of an act is shown, then it is signed and done.

The text and what the act was asked with are kept until then (access/challenges.py): what is done is what was shown, and
a second click does nothing twice. A code is enough where the norm says so; else the text is signed with a key.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from flask import g, redirect, request, url_for
from flask_babel import gettext as _

from app import words
from app.access import login_limits
from app.access.actors import Visitor
from app.actions import choosing, families, lots, public, wishes
from app.actions.preconditions import sign_in
from app.asked.acts import ASKS, OF_PLACES, Mistyped, read, shown, told_why, tried
from app.cabinet import sending, signing
from app.cabinet.own import back_here, blueprint, keep_typed, own_application, signed_in, typed_before
from app.cabinet.public import later, render, today
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Language, PrivilegeGround, Vacancy
from app.now import now
from app.rules.refusals import Refusal

NOTHING: Mapping[str, str] = {}


@blueprint.get(f"/a/<id:application_id>/<any({', '.join(ASKS)}):verb>")
@signed_in
def form(_iin: str, application_id: int, verb: str) -> Any:
    """What an act has to be told first: which place, which day, which privilege, which contacts."""
    return _form(own_application(application_id), verb)


@blueprint.post("/a/<id:application_id>/<any({verbs}):verb>".format(verbs=", ".join(families.ACTS)))
@signed_in
def ask(iin: str, application_id: int, verb: str) -> Any:
    """The exact text of an act, to be signed; nothing is changed yet."""
    application = own_application(application_id)
    if seconds := login_limits.wait_to_ask(iin):
        page, _status = _refused(application, verb, _("Too many tries. Try again later."))
        return later(page, seconds)
    sent: dict[str, str] = {}
    try:
        sent = sending.sent_file() if "paper_file" in ASKS.get(verb, ()) else {}
        with unscoped():
            act = read(verb, {name: request.form.get(name, "").strip() for name in ASKS.get(verb, ())} | sent, iin)
            tried(application, act, g.visitor, now())
            seen = shown(application, act, now())
            by = sign_in(act.norm, application.place_id, today())
    except Mistyped as wrong:
        return _form(application, verb, str(wrong), 422, sent)
    except Refusal as refusal:
        return _refused(application, verb, refusal)
    facts = {"application": application, "shown": seen, "vacancy": act.vacancy}
    if not sending.can_sign(by):
        keys = signing.set_up()
        of = {"application_id": application.id}
        back_here(url_for("own.form", verb=verb, **of) if verb in ASKS else url_for("own.application", **of))
        keep_typed(iin)
        return render("act.html", place=application.place, to_sign=None, keys=keys, verb=verb, **facts)
    text = words.to_sign(verb, application, seen.lines, seen.follows or seen.warning)
    phone = act.given.get("phone", "")
    of = {"verb": verb, "asked": act.asked, "application_id": application.id}
    new = phone if phone != application.phone else ""
    try:
        return sending.shown("act.html", text, by=by, phone=new, place=application.place, **of, **facts)
    except sending.TooOften as often:
        page, _status = _form(application, verb, str(often))
        return later(page, often.seconds)


@blueprint.post("/a/<id:application_id>/signed")
@signed_in
def signed(_iin: str, application_id: int) -> Any:
    """The act itself: what was shown and signed, once."""
    own_application(application_id)
    verb = ""
    try:
        challenge = sending.taken(*families.ACTS, application_id=application_id)
        verb = challenge.verb or ""
        address = sending.done(challenge, partial(_do, verb, challenge.asked or {}, application_id))
    except sending.Again as again:
        address = again.address
    except sending.WrongCode as wrong:
        return _form(own_application(application_id), families.CONTACTS, str(wrong), 422, wrong.asked)
    except (Refusal, Mistyped) as refused:
        return _refused(own_application(application_id), verb, refused)
    return redirect(address, code=303)


def _do(verb: str, asked: Mapping[str, str], application_id: int, visitor: Visitor) -> str:
    application, act = db.session.get_one(Application, application_id), read(verb, asked, visitor.iin)
    families.do(application, verb, by=families.actor(application, visitor), at=now(), **act.given)
    return url_for("own.application", application_id=application_id, done=verb)


def _form(
    application: Application, verb: str, problem: str = "", status: int = 200, sent: Mapping[str, str] = NOTHING
) -> Any:
    """The page of what an act has to be told; what was typed is kept."""
    with unscoped():
        try:
            found = families.tried(application, verb, by=families.actor(application, g.visitor), at=now())
        except Refusal as refusal:
            return _refused(application, verb, refusal)
        places = words.choices(found) if verb == "choose" else []
        more = _to_choose_from(application, verb)
        kept = public.kept_on({one.group.kindergarten_id for _kind, _heading, found in places for one, _free in found})
    as_it_is = {name: getattr(application, name) or "" for name in ASKS[families.CONTACTS]}
    typed = {**request.form, **sent} or typed_before() or as_it_is
    facts = {"application": application, "verb": verb, "places": places, "kept": kept, "typed": typed, **more}
    page = render(
        "told.html",
        place=application.place,
        problem=problem,
        grounds=list(PrivilegeGround),
        languages=list(Language),
        **facts,
    )
    return page, status


def _to_choose_from(application: Application, verb: str) -> dict[str, Any]:
    """What the page of this act lists besides."""
    match verb:
        case "enter_lot":
            return {"lots": lots.choices(application, now())}
        case "leave_lot":
            return {"entered": lots.of(application)}
        case "wish":
            return {"choices": db.session.scalars(wishes.choices(application)).all()}
        case "unwish":
            return {"entries": wishes.of(application)}
    return {}


def _refused(application: Application, verb: str, why: Refusal | Mistyped | str) -> Any:
    """Nothing was changed, and why; whoever gets no place reads at once what else is free."""
    free: list[tuple[Vacancy, int]] = []
    if verb in OF_PLACES and isinstance(why, Refusal):
        with unscoped(), suppress(Refusal):
            free = choosing.choices(application, today())
    of = {"place": application.place, "application": application, "verb": verb, "free": free}
    return render("refused.html", **of, **told_why(why)), 422
