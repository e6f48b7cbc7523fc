"""S2, «Өтінішті ата-ананың ЖСН-ға біріктіру» (spec 3.10): a parent asks to see the application that the other one has
filed. What is wrong of its number and the child's IIN is told to nobody, and nothing of it is shown until an official
has approved. What is asked is shown as a text and signed, as any act is (acts.py).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import g, redirect, request, url_for
from flask_babel import gettext as _

from app import words
from app.access import login_limits
from app.access.actors import Visitor
from app.actions import families
from app.actions.preconditions import sign_in
from app.asked import joining as asking
from app.asked.acts import Mistyped
from app.asked.joining import FIELDS, VERB
from app.cabinet import sending
from app.cabinet.own import back_here, blueprint, keep_typed, signed_in, typed_before
from app.cabinet.public import later, render, today
from app.db.database import DEADLOCK, retried
from app.db.extensions import db
from app.db.viewer import decides_in, unscoped
from app.models import Application, Challenge, GuardianshipBasis
from app.now import now
from app.rules.refusals import Reason, Refusal


@blueprint.route("/join", methods=["GET", "POST"])
@signed_in
def join(iin: str) -> Any:
    """What was asked for, and the form that asks; then the exact text, to be signed. Nothing is changed yet."""
    if request.method != "POST":
        return _page(typed_before())
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    if seconds := login_limits.wait_to_join(iin, request.remote_addr):
        return later(_page(typed, _("Too many questions from your network. Try again later.")), seconds)
    if (said := asking.understood(typed)) is None:
        return _page(typed, _("Look at your name, at your mobile phone and at the basis: all of them are needed.")), 422
    try:
        with unscoped():
            application = families.to_join(said["number"], said["child_iin"])
            if application is None:
                sentence = _("There is no such application. Look at its number and at the child's IIN.")
                return _page(typed, sentence), 404
            decides_in(application.place_id)
            retried(partial(asking.tried, application, said, g.visitor, now()), (DEADLOCK,))
            by = sign_in(VERB, application.place_id, today())
            new = "" if families.is_on_record(iin, said["phone"], today()) else said["phone"]
        if not sending.can_sign(by):
            back_here(url_for("own.join"))
            keep_typed(iin)
            raise Refusal(Reason.signature_required)
    except Refusal as refusal:
        return _refused(typed, refusal)
    of = {"application_id": application.id, "verb": VERB, "asked": said}
    try:
        return sending.shown("join_sign.html", asking.text(iin, said), by=by, phone=new, **of)
    except sending.TooOften as often:
        return later(_page(typed, str(often)), often.seconds)


@blueprint.post("/join/signed")
@signed_in
def joined(iin: str) -> Any:
    """It is asked as it was shown and signed, once."""
    try:
        challenge = sending.taken(VERB)
        with unscoped():
            asked_for = db.session.get_one(Application, challenge.application_id).place_id
        decides_in(asked_for)
        address = sending.done(challenge, partial(_do, challenge))
    except sending.Again as again:
        address = again.address
    except Refusal as refusal:
        return _refused({}, refusal)
    except Mistyped as wrong:  # what was typed stays
        return _page(getattr(wrong, "asked", {}), str(wrong)), 422
    return redirect(address, code=303)


def _do(challenge: Challenge, visitor: Visitor) -> str:
    application = db.session.get_one(Application, challenge.application_id)
    asking.ask(application, challenge.asked or {}, families.actor(application, visitor), visitor.iin, now())
    return url_for("own.join")


def _refused(typed: Mapping[str, str], refusal: Refusal) -> Any:
    return _page(typed, words.refusal_to_family(refusal), refusal.reason), 422


def _page(typed: Mapping[str, str], problem: str = "", reason: str = "") -> str:
    with unscoped():
        facts = {"asked": families.askings_of(g.visitor.iin, g.visitor.phones), "bases": GuardianshipBasis}
        return render("join.html", typed=typed, problem=problem, reason=reason, **facts)
