"""What an act of a family is asked with, as it is sent, and what is shown of it before it is signed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from flask_babel import gettext as _
from sqlalchemy.orm.interfaces import ORMOption

from app import words
from app.access import uploads
from app.access.actors import Actor, Visitor
from app.actions import choosing, due, families, lots, possible, referrals
from app.actions.preconditions import latest_referral
from app.actions.privileges import Paper
from app.db.database import DEADLOCK, retried, taken_back
from app.db.extensions import db
from app.models import Application, Base, Intake, Kindergarten, Language, PrivilegeGround, Vacancy, WaitingEntry
from app.papers import documents
from app.rules import texts
from app.rules import uploads as rules
from app.rules.calendar import local_day
from app.rules.refusals import Refusal
from app.rules.seats import ITS_KINDERGARTEN
from app.words.problems import sentence_of

T = TypeVar("T")
R = TypeVar("R", bound=Base)
LONGEST = {"paper_title": 200, "paper_number": 60, "paper_issued_by": 200}  # characters
LONGEST_REASON = 500
READ: dict[str, texts.Reader] = {"phone": texts.mobile, "email": texts.emails, "address": texts.line(300)}
OF_PLACES = ("choose", *families.LOTS)  # acts that want one of several places
ASKS = {
    **dict.fromkeys(OF_PLACES, ("vacancy",)),
    "extend": ("until", "reason"),
    "claim_privilege": ("ground", "paper_issued_on", "paper_file", *LONGEST),
    families.CONTACTS: (*READ, "notice_language"),
    "wish": ("kindergarten", "language"),
    "unwish": ("entry",),
}


class Mistyped(Exception):
    """What was typed cannot be: a sentence for whoever typed it."""


def fit(read: Callable[[T], str], raw: T) -> str:
    """What somebody typed or sent, as it is kept. Raises Mistyped."""
    try:
        return read(raw)
    except texts.Unfit as unfit:
        raise Mistyped(sentence_of(unfit.name, unfit.facts)) from None


def told_why(why: Refusal | Mistyped | str) -> dict[str, str | None]:
    """Why something is refused, in a sentence; and a refusal's name, for whoever helps and for machines."""
    if isinstance(why, Refusal):
        return {"sentence": words.refusal_to_family(why), "reason": why.reason}
    return {"sentence": str(why), "reason": None}


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
        if self.verb == "unwish":
            return "wish"
        if self.verb in families.LOTS:  # as the choice that it is
            return "choose"
        temporary = self.vacancy is not None and self.vacancy.intake is Intake.temporary
        return "choose_temporary" if temporary else self.verb


class Shown(NamedTuple):
    """What a family is shown before it signs: what follows, a warning, and the lines of the text, each a name and what
    it says."""

    follows: str
    warning: str
    lines: list[tuple[str, str]]


def read(verb: str, asked: Mapping[str, str], iin: str) -> FamilyAct:
    """An act of this person with what its verb is given. Raises Mistyped."""
    match verb:
        case "choose" | "enter_lot" | "leave_lot":
            if (vacancy := _row(Vacancy, asked["vacancy"], ITS_KINDERGARTEN)) is None:
                raise Mistyped(_("Mark the place that you choose."))
            return FamilyAct(verb, asked, {"vacancy": vacancy})
        case "wish":
            kindergarten, language = _row(Kindergarten, asked["kindergarten"]), asked["language"]
            if kindergarten is None or language not in ("", *Language):
                raise Mistyped(_("Choose the kindergarten that you wait for."))
            return FamilyAct(
                verb, asked, {"kindergarten": kindergarten, "language": Language(language) if language else None}
            )
        case "unwish":
            if (entry := _row(WaitingEntry, asked["entry"])) is None:
                raise Mistyped(_("Choose the kindergarten that you wait for no longer."))
            return FamilyAct(verb, asked, {"entry": entry})
        case "extend":
            return FamilyAct(verb, asked, {"until": _day(asked["until"]), "reason": _reason(asked["reason"])})
        case "revoke":
            return FamilyAct(verb, asked, {"reason": None})
        case "claim_privilege":
            return FamilyAct(verb, asked, claimed(asked, iin))
        case families.CONTACTS:
            return FamilyAct(verb, asked, contacts(asked))
    return FamilyAct(verb, asked, {})


def _row(model: type[R], id_: str, *options: ORMOption) -> R | None:
    """The record of this id, as a browser sends it; None for none."""
    is_id = id_.isascii() and id_.isdecimal() and len(id_) < 10
    return db.session.get(model, int(id_), options=options) if is_id else None


def claimed(asked: Mapping[str, str], iin: str) -> dict[str, Any]:
    """S2, S3: a ground, and the paper that proves it, with the file that this person has sent. Raises Mistyped."""
    if asked["ground"] not in list(PrivilegeGround):
        raise Mistyped(_("Choose the ground of the privilege."))
    title, number, issued_by = (fit(texts.line(longest), asked[name]) for name, longest in LONGEST.items())
    if not title:
        raise Mistyped(_("Say what the paper is that proves it."))
    file = None
    if checksum := asked.get("paper_file"):
        file = uploads.of(iin, checksum)
        if file is None:
            raise Mistyped(_("The file is no longer here. Send it again."))
    paper = Paper(title, _day(asked["paper_issued_on"]), number or None, issued_by or None, file)
    return {"claimed": PrivilegeGround(asked["ground"]), "papers": [paper]}


def contacts(asked: Mapping[str, str]) -> dict[str, Any]:
    """How the family is reached from now on, by a phone at least: by it one enters. Raises Mistyped."""
    found: dict[str, Any] = {name: fit(read, asked[name]) if asked[name] else "" for name, read in READ.items()}
    if not found["phone"] or asked["notice_language"] not in list(Language):
        raise Mistyped(_("Type one mobile phone, and choose the language of notices."))
    return {**found, "notice_language": Language(asked["notice_language"])}


def _reason(typed: str) -> str | None:
    """Spec 3.5.5: a family may say why, as it may at the counter. Raises Mistyped."""
    return fit(texts.line(LONGEST_REASON), typed) or None


def _day(typed: str) -> date:
    """A day as a browser sends it. Raises Mistyped."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Mistyped(_("Name the day.")) from None


def tried(application: Application, act: FamilyAct, visitor: Visitor, at: datetime) -> None:
    """What is shown to be signed would be done; before any transaction begins. Raises Refusal as the act itself would.

    It is done and taken back. Of a place for good, which many want at once, it is asked what the choice itself asks.
    """
    by = replace(families.actor(application, visitor), on_paper=True)
    wanted = act.vacancy if act.verb == "choose" else None
    for_good = wanted is not None and wanted.intake is Intake.general
    if wanted and for_good and not due.is_anything(due.what(at=at, place_id=application.place_id)):
        referrals.may_take(application, wanted, by=by, at=at)
    else:
        retried(partial(_done_and_taken_back, application, act, by, at), (DEADLOCK,))


def _done_and_taken_back(application: Application, act: FamilyAct, by: Actor, at: datetime) -> None:
    given = dict(act.given)
    if "papers" in given:  # a file is kept for good with its act alone
        given["papers"] = [replace(one, file=None) for one in given["papers"]]
    with taken_back():
        families.do(application, act.verb, by=by, at=at, **given)


def shown(application: Application, act: FamilyAct, at: datetime) -> Shown:
    """What is shown of an act before it is signed. Raises Refusal: no_norm, no_calendar."""
    follows = words.follows(act.verb, "application", by_voucher=possible.by_voucher(application))
    day = local_day(at)
    match act.verb:
        case "enter_lot" | "leave_lot":
            assert act.vacancy is not None
            if act.verb == "leave_lot":
                return Shown(follows, "", words.card(act.vacancy))
            until = _("Asked until"), words.moment(lots.to_enter(application, act.vacancy, at).until)
            return Shown(follows, words.costs(act.vacancy), [*words.card(act.vacancy), until])
        case "choose":
            assert act.vacancy is not None
            by_turn = choosing.procedure(application, day) == "referral"
            terms = referrals.terms(application.place_id, at) if by_turn else {}
            warning, follows = words.consequences(act.vacancy, terms=terms, today=day)
            return Shown(follows, warning, words.card(act.vacancy))
        case "extend":
            why = [(_("Reason"), act.given["reason"])] if act.given["reason"] else []
            return Shown(follows, "", [(_("New last day"), words.day(act.given["until"])), *why])
        case "sign":
            return Shown(follows, "", _contract(application))
        case "claim_privilege":
            return Shown(follows, "", _claim(act))
        case "wish":
            language = act.given["language"]
            taught = [(_("Language of instruction"), words.label(language))] if language else []
            return Shown(follows, "", [*_kindergarten(act.given["kindergarten"]), *taught])
        case "unwish":
            return Shown(follows, "", _kindergarten(act.given["entry"].kindergarten))
        case families.CONTACTS:
            names = {"phone": _("Phone"), "email": _("E-mail"), "address": _("Address")}
            lines = [(said, act.given[name]) for name, said in names.items() if act.given[name]]
            return Shown(follows, "", [*lines, (_("Language of notices"), words.label(act.given["notice_language"]))])
    return Shown(follows, "", [])


def _kindergarten(one: Kindergarten) -> list[tuple[str, str]]:
    return [(_("Kindergarten"), ", ".join(filter(None, (one.name, one.address))))]


def _contract(application: Application) -> list[tuple[str, str]]:
    """S1: all that the contract says."""
    referral = latest_referral(application)
    assert referral is not None, "without one the act was refused"
    return words.contract(referral, documents.to_sign(referral))


def _claim(act: FamilyAct) -> list[tuple[str, str]]:
    paper = act.given["papers"][0]
    return [
        (_("Ground of the privilege"), words.label(act.given["claimed"])),
        (_("Paper that proves it"), ", ".join(filter(None, (paper.title, paper.number, paper.issued_by)))),
        (_("Day of issue"), words.day(paper.issued_on)),
        *_file(paper),
    ]


def _file(paper: Paper) -> list[tuple[str, str]]:
    """By what is signed that it was just this file."""
    if paper.file is None:
        return []
    return [(_("File"), f"{rules.kind_of(paper.file).upper()}, SHA-256 {sha256(paper.file).hexdigest()}")]
