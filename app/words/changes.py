"""What a row of the history changed, in words: which field, its value before and after, as people call and write it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import registers
from app.access import personal_data
from app.models import (
    Base,
    Change,
    Child,
    DocumentKind,
    Intake,
    KgGroup,
    Kindergarten,
    Norm,
    Place,
    Vacancy,
)
from app.rules.texts import phones_said
from app.words.days import day, moment, number
from app.words.labels import label, role, status
from app.words.letters import SEEN
from app.words.lists import LISTS
from app.words.rules import CHOICES, PERIODS, TERMS, norm_name, period, term
from app.words.verbs import SUBJECTS, by_hand, verb

OF_LISTS = {(one.table, field.name): field.label for one in registers.ALL for field in one.fields}
FIELDS: dict[str, Any] = {  # what the history keeps a fact under -> what people call it, where no register says so
    **{name: label for (_table, name), label in OF_LISTS.items()},
    "accepted": _l("Accepted with a reason"),
    "added": _l("Rows added"),
    "address": _l("Address"),
    "approved": _l("Approved"),
    "asked_until": _l("Asked until"),
    "attend_by": _l("To come with the papers by"),
    "begins_on": _l("First day"),
    "birth_year": _l("Birth year"),
    "born_on": _l("Birth date"),
    "by_hand": _l("Changed by hand"),
    "category": _l("What was kept"),
    "changed": _l("Rows changed"),
    "choose_by": _l("To choose by"),
    "claim": _l("Privilege claimed"),
    "confirm_by": _l("To confirm by"),
    "confirmed_on": _l("Confirmed on"),
    "document": _l("Paper"),
    "done": _l("Done"),
    "email": _l("E-mail"),
    "ended_on": _l("Ended on"),
    "ends_on": _l("Last day of a temporary stay"),
    "family_signed_at": _l("Signed by the family"),
    "feasible": _l("Can be done"),
    "first_name": _l("First name"),
    "from_on": _l("Away from"),
    "ground": _l("Ground"),
    "group": _l("Group"),
    "head_signed_at": _l("Signed by the kindergarten"),
    "hopeless": _l("Cannot be done"),
    "iin": _l("IIN"),
    "intake": _l("Admission regime"),
    "kind": _l("Kind"),
    "kindergarten": _l("Kindergarten"),
    "language": _l("Language of instruction"),
    "last_day": _l("Last day"),
    "last_name": _l("Last name"),
    "left": _l("Recovery codes left"),
    "lost_paper": _l("Paper not made yet"),
    "mine": _l("Waits for you"),
    "name": _l("Name"),
    "norm": _l("Norm"),
    "note": _l("Note"),
    "notice_language": _l("Language of notices"),
    "head": _l("Head of the chain that says the order"),
    "lot": _l("Lot"),
    "number": _l("Number"),
    "numbers": _l("Applications"),
    "occupied": _l("Children who attend"),
    "passed": _l("Passed over"),
    "password": _l("New password"),
    "patronymic": _l("Patronymic"),
    "phone": _l("Phone"),
    "position": _l("Position of the head in the history's chain"),
    "place": _l("District or city"),
    "places": _l("Places"),
    "privilege": _l("Privilege"),
    "privilege_until": _l("Privilege valid until"),
    "queue_kind": _l("Queue"),
    "queued_at": _l("In the queue since"),
    "reach": _l("Reach"),
    "refused": _l("Turned down"),
    "register": _l("List"),
    "role": _l("Role"),
    "rows": _l("Rows"),
    "same": _l("Rows as before"),
    "seen": _l("Last seen"),
    "selected": _l("Selected"),
    "served": _l("Served"),
    "sex": _l("Sex"),
    "size": _l("Size, bytes"),
    "skipped": _l("Skipped"),
    "stage": _l("Stage"),
    "standing": _l("Stands in the queue"),
    "started_on": _l("Began on"),
    "status": _l("Status"),
    "subject": _l("Record"),
    "term": _l("Runs out"),
    "until": _l("Away until"),
    "vacancy": _l("Vacancy"),
    "valid_until": _l("Valid until"),
    "verb": _l("What"),
    "version": _l("Version"),
    "waits": _l("Waits for"),
    "warnings": _l("Warnings"),
}
OF_PEOPLE: dict[str, Any] = {"child": _l("Child"), "applicant": _l("Applicant"), "guardianship": _l("Who joins")}
# Facts that the machine needs to rebuild a day, or that stand elsewhere on the row; nobody reads them.
SILENT = frozenset(
    {
        *(
            "id",
            "sha256",
            "key_hash",
            "secret",
            "secret_before",
            "file_key",
            "seating",
            "search_name",
            "sort_name",
            "number_key",
            "child_iin",
            "support_phone",
        ),
        *("years", "minimum", "serves"),  # of the group when its places were offered
        *("ended_at", "published_at", "closed_at", "approved_at", "decided_at", "claimed_at", "issued_at", "issued_on"),
        *("opened_at", "retired_at", "held_at", "held_on", "after_change", "queue_order", "round", "automatic", "side"),
        *(
            "entered_by",
            "approved_by",
            "changed_by",
            "user",
            "application",
            "child",
            "applicant",
            "voucher",
            "referral",
        ),
        *("confirm_norm", "choose_norm", "attend_norm", "revocation_norm", "revocable_until", "extensions"),
    }
)
# What of these is typed in a register, and so is read all the same: of which child a certificate is.
TYPED = frozenset((one.table, field.name) for one in registers.ALL for field in one.typed)
REFERS: dict[str, type[Any]] = {
    "child": Child,
    "place": Place,
    "kindergarten": Kindergarten,
    "group": KgGroup,
    "vacancy": Vacancy,
    "norm": Norm,
}
MODELS: dict[str, Any] = {one.__tablename__: one for one in Base.__subclasses__()}
YES_OR_NO = {True: _l("yes"), False: _l("no")}

Names = Callable[[str, int], str]


class Said(NamedTuple):
    """One fact of a change: of what, and its value before (None: it had none, or that is not told) and after."""

    label: str
    before: str | None
    after: str


def changed(row: Change, names: Names) -> list[Said]:
    """All that a row of the history changed, as its reader may see it (access/personal_data.py).

    `names`: what another table's record is called, by a fact and its id.
    """
    found = []
    if row.status_to:
        before = status(row.subject, row.status_from) if row.status_from else None
        found.append(Said(_("Status"), before, status(row.subject, row.status_to)))
    for name, value in (personal_data.facts(row.subject, row.application_id, row.details) or {}).items():
        found += _said(row, name, value, names)
    return found


def ids(row: Change) -> dict[str, set[int]]:
    """The records that the facts of a row name, by the fact's own name."""
    found: dict[str, set[int]] = {}
    for name, value in (row.details or {}).items():
        if (fact := name.removesuffix("_id")) in REFERS and not _silent(row.subject, fact):
            each = value if isinstance(value, list) else [value]
            found.setdefault(fact, set()).update(int(one) for one in each if str(one).isdecimal())
    return found


def _silent(table: str, fact: str) -> bool:
    return fact in SILENT and (table, fact) not in TYPED


def known(name: str) -> bool:
    """Is there a word for what the history keeps under this name, or is it nothing to be read?"""
    whose, _dot, fact = name.rpartition(".")
    fact = fact.removesuffix("_id")
    return fact in SILENT or (fact in FIELDS and (not whose or whose in OF_PEOPLE))


def _said(row: Change, name: str, value: Any, names: Names) -> list[Said]:
    whose, _dot, fact = name.rpartition(".")
    fact = fact.removesuffix("_id")
    if not known(name) or _silent(row.subject, fact):
        return []
    of = LISTS.get(str((row.details or {}).get("register")), (row.subject,))[0] if row.verb == "export" else row.subject
    called = OF_LISTS.get((whose or of, fact), FIELDS[fact])
    title = f"{OF_PEOPLE[whose]}: {called}" if whose else str(called)
    about = (of, whose, fact, names)
    # A list of two is a value before and after, but for what is a list itself.
    pair = isinstance(value, list) and len(value) == 2 and row.verb not in ("create", "remove", "export")
    if pair and fact not in ("accepted", "reach", "numbers"):
        return [Said(title, _value(value[0], about) or None, _value(value[1], about) or "—")]
    told = _value(value, about)
    return [Said(title, None, told)] if told else []


def _value(value: Any, about: tuple[str, str, str, Names]) -> str:
    """One value as people write it; "" for none."""
    subject, whose, fact, names = about
    if value is None or value == "" or value == []:
        return ""
    if fact in REFERS and str(value).isdecimal():
        return names(fact, int(value))
    if isinstance(value, bool):
        return str(YES_OR_NO[value])
    if fact == "categories":
        return "; ".join(_category(step) for step in value)
    if isinstance(value, list):
        return "; ".join(filter(None, (_value(one, about) for one in value)))
    if isinstance(value, int):
        return str(value) if "year" in fact else number(value)
    return _text(str(value), subject, whose, fact)


def _text(value: str, subject: str, whose: str, fact: str) -> str:
    kind = _enum(MODELS.get(whose or subject), fact)
    if kind is not None and value in set(kind):
        return label(kind(value))
    match fact:
        case "role":
            return role(value)
        case "verb":
            return verb(value, "application")
        case "subject":
            return str(SUBJECTS.get(value, value))
        case "document":
            return label(DocumentKind(value))
        case "register":
            return str(LISTS[value][1]) if value in LISTS else value
        case "by_hand":
            return by_hand(value)
        case "term":
            name, _dot, until = value.partition(".")
            return f"{term(name)}: {period(until)}" if name in TERMS and until in PERIODS else ""
        case "closes":
            return period(value) if value in PERIODS else ""
        case "claim" | "lost_paper" | "automatic" | "mine":
            return str(YES_OR_NO[value == "1"])
        case "category":
            return str(KEPT.get(value, value))
        case "seen":
            return str(SEEN.get(value, value))
        case "waits":
            return ""
        case "phone":
            return phones_said(value)
        case "accepted":
            return str(ACCEPTED.get(value, value))
        case "name" if subject == "norm":
            return norm_name(value)
        case "value" if subject == "norm":
            return str(CHOICES.get(value, value))
    return _day(value)


def _enum(model: Any, fact: str) -> type[StrEnum] | None:
    """The kind of a column's values, where it has one; what is said of an application may be of its papers."""
    if model is None:
        return None
    for name in (fact, f"{fact}_id"):
        column = sa.inspect(model).columns.get(name)
        if column is not None:
            return getattr(column.type, "enum_class", None)
    return Intake if fact == "kind" else None


def _day(value: str) -> str:
    """A day or a moment in local time; anything else is a text that somebody wrote."""
    try:
        if len(value) == 10:
            return day(date.fromisoformat(value))
        return moment(datetime.fromisoformat(value)) if len(value) > 18 and value[4] == "-" else value
    except ValueError:
        return value


def _category(step: Sequence[Any]) -> str:
    """A category of an order by its name in the reader's language (rules/orders.py, Step)."""
    return str(step[4 if get_locale().language == "ru" else 3])


KEPT: dict[str, Any] = {  # what goes when its time is over (rules/retention.py)
    "child": _l("Children with their applications and papers"),
    "applicant": _l("Applicants"),
    "message": _l("Texts and addresses of messages"),
    "letter": _l("Letters to officials"),
    "file": _l("Files that were brought in"),
}
ACCEPTED: dict[str, Any] = {
    "born_on": _l("another birth date than the IIN's"),
    "sex": _l("another sex than the IIN's"),
    "child_name": _l("another name of the child"),
    "applicant_name": _l("another name of the applicant"),
    "namesake": _l("a namesake of the same day"),
}
