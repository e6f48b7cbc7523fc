"""What a family decides itself (S0-S3; spec 3.10): first the exact text of an act is shown, then it is signed and done.

The text and what the act was asked with are kept until then (access/challenges.py): what is done is what was shown, and
a second click does nothing twice. A code is enough where the norm says so; else the text is signed with a key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from flask import current_app, g, make_response, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app import words
from app.access import challenges, login_limits, visits
from app.access.actors import Visitor
from app.access.hashes import hashed
from app.actions import choosing, families, possible, public, referrals, signatures
from app.actions.preconditions import sign_in
from app.actions.privileges import Paper
from app.cabinet import signing
from app.cabinet.own import KEY, blueprint, own_application, send_after, signed_in
from app.cabinet.public import render, today
from app.db.database import DEADLOCK, retried, taken_back
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Challenge, Intake, Language, PrivilegeGround, Purpose, SignedInBy, Vacancy
from app.now import is_demo, now
from app.rules import texts
from app.rules.refusals import Reason, Refusal
from app.words.problems import sentence_of

LONGEST = {"paper_title": 200, "paper_number": 60, "paper_issued_by": 200}  # characters
READ: dict[str, texts.Reader] = {"phone": texts.phones, "email": texts.email, "address": texts.printed(300)}
ASKS = {
    "choose": ("vacancy",),
    "extend": ("until",),
    "claim_privilege": ("ground", "paper_issued_on", *LONGEST),
    families.CONTACTS: (*READ, "notice_language"),
}
NEEDS = ", ".join(ASKS)


class Mistyped(Exception):
    """What was typed cannot be: a sentence for whoever typed it."""


@dataclass(frozen=True)
class FamilyAct:
    """An act that a family asks for: its verb, what it is asked with as JSON keeps it, and what the verb is given."""

    verb: str
    asked: Mapping[str, str]
    given: Mapping[str, Any]

    @property
    def vacancy(self) -> Vacancy | None:
        return self.given.get("vacancy")

    @property
    def norm(self) -> str:
        """By the name of which norm it is signed."""
        temporary = self.vacancy is not None and self.vacancy.intake is Intake.temporary
        return "choose_temporary" if temporary else self.verb


class Shown(NamedTuple):
    """What a family is shown before it signs: what follows, a warning, and the lines of the text, each a name and what
    it says."""

    follows: str
    warning: str
    lines: list[tuple[str, str]]


@blueprint.get(f"/a/<id:application_id>/<any({NEEDS}):verb>")
@signed_in
def form(iin: str, application_id: int, verb: str) -> Any:
    """What an act has to be told first: which place, which day, which privilege, which contacts."""
    return _form(own_application(iin, application_id), verb)


@blueprint.post("/a/<id:application_id>/<any({verbs}):verb>".format(verbs=", ".join(families.ACTS)))
@signed_in
def ask(iin: str, application_id: int, verb: str) -> Any:
    """The exact text of an act, to be signed; nothing is changed yet."""
    application = own_application(iin, application_id)
    try:
        with unscoped():
            act = _act(verb, {name: request.form.get(name, "").strip() for name in ASKS.get(verb, ())})
            retried(partial(_try, application, act), (DEADLOCK,))
            shown = _shown(application, act)
            by = sign_in(act.norm, application.place_id, today())
    except Mistyped as wrong:
        return _form(application, verb, str(wrong), 422)
    except Refusal as refusal:
        return _refused(application, verb, words.refusal(refusal))
    if by is SignedInBy.key and not (g.visitor.sign_in is SignedInBy.key and signing.set_up()):
        facts = {"application": application, "verb": verb, "shown": shown, "to_sign": None, "keys": signing.set_up()}
        return render("act.html", place=application.place, **facts)
    code, phone, known_by = "", act.given.get("phone", ""), dict(act.asked)
    if phone and phone != application.phone:
        if seconds := login_limits.wait_for_code(g.visitor.iin, phone, request.remote_addr):
            page, _status = _form(application, verb, _("A code was asked for too often. Try again later."))
            return page, 429, {"Retry-After": str(seconds)}
        code = visits.new_code()
        known_by["code"] = hashed(request.cookies[KEY] + code)
    text = words.to_sign(verb, application, shown.lines, shown.follows or shown.warning)
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
        "shown": shown,
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
        return _refused(own_application(iin, application_id), "", words.refusal(Refusal(Reason.challenge_over)))
    verb, code = challenge.verb or "", (challenge.asked or {}).get("code")
    if code is not None and code != hashed(request.cookies[KEY] + request.form.get("code", "").replace(" ", "")):
        said = _("That is not the code that was sent to the new phone. Ask for another one.")
        return _refused(own_application(iin, application_id), verb, said)
    try:
        retried(partial(_do, challenge, _checked(challenge), g.visitor), (DEADLOCK,))
    except (Refusal, Mistyped) as refused:
        said = words.refusal(refused) if isinstance(refused, Refusal) else str(refused)
        return _refused(own_application(iin, application_id), verb, said)
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
    act = _act(challenge.verb or "", challenge.asked or {})
    families.do(application, act.verb, by=families.actor(application, visitor), at=now(), **act.given)


def _try(application: Application, act: FamilyAct) -> None:
    """What is shown to be signed would be done. Raises Refusal as the act itself would."""
    by = replace(families.actor(application, g.visitor), on_paper=True)
    with taken_back():
        families.do(application, act.verb, by=by, at=now(), **act.given)


def _act(verb: str, asked: Mapping[str, str]) -> FamilyAct:
    """An act with what its verb is given. Raises Mistyped."""
    match verb:
        case "choose":
            id_ = asked["vacancy"]
            vacancy = db.session.get(Vacancy, int(id_)) if id_.isascii() and id_.isdecimal() and len(id_) < 10 else None
            if vacancy is None:
                raise Mistyped(_("Mark the place that you choose."))
            return FamilyAct(verb, asked, {"vacancy": vacancy})
        case "extend":
            return FamilyAct(verb, asked, {"until": _day(asked["until"]), "reason": None})
        case "revoke":
            return FamilyAct(verb, asked, {"reason": None})
        case "claim_privilege":
            return FamilyAct(verb, asked, _claimed(asked))
        case families.CONTACTS:
            return FamilyAct(verb, asked, _contacts(asked))
    return FamilyAct(verb, asked, {})


def _claimed(asked: Mapping[str, str]) -> dict[str, Any]:
    """S2, S3: a ground, and the paper that proves it. Raises Mistyped."""
    if asked["ground"] not in list(PrivilegeGround):
        raise Mistyped(_("Choose the ground of the privilege."))
    try:
        title, number, issued_by = (texts.line(longest)(asked[name]) for name, longest in LONGEST.items())
    except texts.Unfit as unfit:
        raise Mistyped(sentence_of(unfit.name, unfit.facts)) from None
    if not title:
        raise Mistyped(_("Say what the paper is that proves it."))
    paper = Paper(title, _day(asked["paper_issued_on"]), number or None, issued_by or None)
    return {"claimed": PrivilegeGround(asked["ground"]), "papers": [paper]}


def _contacts(asked: Mapping[str, str]) -> dict[str, Any]:
    """How the family is reached from now on, by a phone at least: by it one enters. Raises Mistyped."""
    try:
        found: dict[str, Any] = {name: read(asked[name]) if asked[name] else "" for name, read in READ.items()}
    except texts.Unfit as unfit:
        raise Mistyped(sentence_of(unfit.name, unfit.facts)) from None
    if len(texts.phone_numbers(found["phone"])) != 1 or asked["notice_language"] not in list(Language):
        raise Mistyped(_("Type one mobile phone, and choose the language of notices."))
    return {**found, "notice_language": Language(asked["notice_language"])}


def _day(typed: str) -> date:
    """A day as a browser sends it. Raises Mistyped."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Mistyped(_("Name the day.")) from None


def _shown(application: Application, act: FamilyAct) -> Shown:
    """What is shown of an act before it is signed."""
    lines, warning = [], ""
    follows = words.follows(act.verb, "application", by_voucher=possible.by_voucher(application))
    if act.vacancy is not None:
        by_turn = choosing.procedure(application, today()) == "referral"
        terms = referrals.terms(application.place_id, now()) if by_turn else {}
        warning, follows = words.consequences(act.vacancy, terms=terms, today=today())
        lines = words.card(act.vacancy)
    if "until" in act.given:
        lines = [(_("New last day"), words.day(act.given["until"]))]
    if act.verb == families.CONTACTS:
        names = {"phone": _("Phone"), "email": _("E-mail"), "address": _("Address")}
        lines = [(said, act.given[name]) for name, said in names.items() if act.given[name]]
        lines.append((_("Language of notices"), words.label(act.given["notice_language"])))
    if "papers" in act.given:
        paper = act.given["papers"][0]
        lines = [
            (_("Ground of the privilege"), words.label(act.given["claimed"])),
            (_("Paper that proves it"), ", ".join(filter(None, (paper.title, paper.number, paper.issued_by)))),
            (_("Day of issue"), words.day(paper.issued_on)),
        ]
    return Shown(follows, warning, lines)


def _form(application: Application, verb: str, problem: str = "", status: int = 200) -> Any:
    """The page of what an act has to be told; what was typed is kept."""
    with unscoped():
        try:
            families.tried(application, verb, by=families.actor(application, g.visitor), at=now())
        except Refusal as refusal:
            return _refused(application, verb, words.refusal(refusal))
        places = words.choices(choosing.choices(application, today())) if verb == "choose" else []
        kept = public.kept_on({one.group.kindergarten_id for _heading, found in places for one, _free in found})
    typed = request.form or {name: getattr(application, name) or "" for name in ASKS[families.CONTACTS]}
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


def _refused(application: Application, verb: str, sentence: str) -> Any:
    """Nothing was changed, and why."""
    page = render("refused.html", place=application.place, application=application, verb=verb, sentence=sentence)
    return page, 422
