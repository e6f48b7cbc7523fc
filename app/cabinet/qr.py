"""Signing on a phone (spec 10): a QR code for another phone, links for this one, and the signature that comes back.

The service is asked here, never by the page, and never for long: «check again», which a script presses, is one short
call. What has come is sent by the family as the agent's signature is, to the same address, and verified as that is.
"""

import secrets
from collections.abc import Mapping
from threading import BoundedSemaphore
from typing import Any

from flask import abort, current_app, make_response, redirect, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import words
from app.access import challenges, login_limits
from app.cabinet import joining, new, sending
from app.cabinet.own import ENTRY, KEY, blueprint, cookie, entry_text
from app.cabinet.public import later, render
from app.models import Challenge, Language, Purpose
from app.rules.refusals import Reason, Refusal
from app.signing import qr
from config import Service

KEYS = {Purpose.entry: "AUTH", Purpose.act: "SIGN"}  # as people know them by the names of their files
AT_ONCE = BoundedSemaphore(8)  # calls to the service, of one process: the others' pages say that they wait
LASTING = (Reason.qr_over, Reason.qr_cancelled)  # nothing more comes after these


@blueprint.route("/enter/qr", methods=["GET", "POST"])
def enter_by_qr() -> Any:
    """The way in by a key that lies in a phone."""
    _service()
    if request.method != "POST":
        return render("enter_by_qr.html")
    if seconds := login_limits.wait_for_key(request.remote_addr):
        problem = _("Too many entries were begun from your network. Try again later.")
        return later(render("enter_by_qr.html", problem=problem), seconds)
    browser = secrets.token_urlsafe(32)
    asked = challenges.ask(entry_text(), purpose=Purpose.entry, browser=browser)
    try:
        answer = _begun(asked.key, browser)
    except Refusal as refusal:
        return render("enter_by_qr.html", problem=words.refusal_to_family(refusal)), 422
    answer.set_cookie(ENTRY, browser, max_age=600, path="/my", **cookie())
    return answer


@blueprint.post("/qr")
def to_phone() -> Any:
    """A text that waits to be signed with a key is to be signed on a phone."""
    _service()
    try:
        return _begun(request.form.get("challenge", ""), request.cookies.get(KEY, ""))
    except Refusal as refusal:
        return _ended(refusal, url_for("own.journal")), 422


@blueprint.get("/qr/<id:challenge_id>")
def on_phone(challenge_id: int) -> Any:
    """How far it is: the code to scan, the text that the phone has, or its signature, to be sent."""
    asked = _own(challenge_id)
    known = asked.qr or {}
    action, back = _leads(asked)
    if challenges.is_over(asked):
        return _ended(Refusal(Reason.challenge_over), back)
    if known.get("problem") in LASTING:
        return _ended(Refusal(Reason(known["problem"])), back)
    stage = "signed" if "cms" in known else "passed" if "passed" in known else "waits"
    problem = words.refusal_to_family(Refusal(Reason(known["problem"]))) if "problem" in known else ""
    more = {"code": sending.CODE in (asked.asked or {}), "shown_code": request.args.get("demo", "")}
    text = asked.text.decode()
    facts = {"asked": asked, "known": known, "stage": stage, "action": action, "back": back, "problem": problem}
    return render("qr.html", text=text, **facts, **more)


@blueprint.post("/qr/<id:challenge_id>")
def check_again(challenge_id: int) -> Any:
    """One short question to the service."""
    asked = _own(challenge_id)
    known = asked.qr or {}
    done = "cms" in known or known.get("problem") in LASTING or challenges.is_over(asked)
    if not done and AT_ONCE.acquire(blocking=False):
        try:
            if challenges.turn(asked.id):
                challenges.learn(asked.id, _learnt(asked))
        finally:
            AT_ONCE.release()
    return redirect(url_for("own.on_phone", challenge_id=challenge_id, **_demo(request.args)), code=303)


def _ended(why: Refusal, back: str) -> str:
    """Nothing comes from the phone any more; where one begins again."""
    return render("qr_ended.html", sentence=words.refusal_to_family(why), reason=why.reason, back=back)


def _learnt(asked: Challenge) -> dict[str, Any]:
    """What is known after the service was asked for the next thing."""
    known = {name: value for name, value in (asked.qr or {}).items() if name != "problem"}
    try:
        if "passed" not in known:
            return known | (
                {"passed": True} if qr.pass_on(_service(), known, asked.text, _names(), key=KEYS[asked.purpose]) else {}
            )
        cms = qr.signature(_service(), known)
        return known | ({"cms": cms} if cms else {})
    except Refusal as refusal:
        return known | {"problem": str(refusal.reason)}


def _begun(key: str, browser: str) -> Response:
    """The page of a signing that begins, or has begun. Raises Refusal: challenge_over, qr_away."""
    asked = challenges.waiting(key, browser=browser)
    if asked is None:
        raise Refusal(Reason.challenge_over)
    if asked.qr is None:
        known = qr.register(_service(), "Kezek") | {"key": key}
        challenges.pass_on(asked, known)
    led = url_for("own.on_phone", challenge_id=asked.id, **_demo(request.form))
    return make_response(redirect(led, code=303))


def _own(challenge_id: int) -> Challenge:
    """One that this browser has asked for; 404 for any other."""
    browsers = [told for name in (KEY, ENTRY) if (told := request.cookies.get(name))]
    return challenges.on_phone(challenge_id, browsers=browsers) or abort(404)


def _leads(asked: Challenge) -> tuple[str, str]:
    """Where the signature is sent, and where one begins again."""
    if asked.purpose is Purpose.entry:
        return url_for("own.enter_by_key"), url_for("own.enter_by_qr")
    if asked.verb == joining.VERB:
        return url_for("own.joined"), url_for("own.join")
    if asked.verb == new.VERB:
        return url_for("own.registered"), url_for("own.look_over")
    of = {"application_id": asked.application_id}
    return url_for("own.signed", **of), url_for("own.application", **of)


def _names() -> dict[str, str]:
    """What the text is called on the phone, in each language."""
    names = {}
    for language in Language:
        with force_locale(language):
            names[str(language)] = _("Text to sign")
    return names


def _demo(told: Mapping[str, str]) -> dict[str, str]:
    return {"demo": told["demo"]} if told.get("demo") else {}


def _service() -> Service:
    kezek = current_app.config["KEZEK"]
    return kezek.qr if kezek.keys is not None and kezek.qr is not None else abort(404)
