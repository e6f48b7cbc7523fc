"""Spec 7, retention: what is kept of people, how long after what, and what of it goes (docs/adr/0041-retention.md).

How long is a norm. What stays of a record whose person is gone are numbers, days and statuses of nobody: the queue of a
past day, the statistics and the chain of the history need them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, exists, func, literal, not_, or_, select

from app.models import (
    Absence,
    AccountLetter,
    Applicant,
    Application,
    Base,
    BulkRow,
    Change,
    Child,
    Contract,
    Delivery,
    DeliveryStage,
    Document,
    Enrolment,
    Guardianship,
    ImportRun,
    ImportStage,
    LotEntry,
    Norm,
    Notice,
    Offer,
    Place,
    PlaceKind,
    Privilege,
    PrivilegePaper,
    Proposal,
    Referral,
    Round,
    SanatoriumCertificate,
    Signature,
    StopListing,
    Unit,
    Voucher,
    WaitingEntry,
)
from app.rules.calendar import start_of_day
from app.rules.deadlines import months_later
from app.rules.verbs import APPLICATION_FINAL

NOBODYS = "#"  # what stands where an IIN stood begins so: it is nobody's, and no two are alike

# Whose rows they are: by which column a table names a row of another one, up to the child.
BELONGS: Mapping[type[Base], tuple[type[Base], str]] = {
    Application: (Child, "child_id"),
    SanatoriumCertificate: (Child, "child_id"),
    Guardianship: (Child, "child_id"),
    WaitingEntry: (Child, "child_id"),
    Enrolment: (Child, "child_id"),
    Absence: (Enrolment, "enrolment_id"),
    **dict.fromkeys(
        (
            *(Privilege, Voucher, Offer, Referral, StopListing, LotEntry, Round, Proposal, BulkRow),
            *(Notice, Document, Signature, Change),
        ),
        (Application, "application_id"),
    ),
    PrivilegePaper: (Privilege, "privilege_id"),
    Contract: (Referral, "referral_id"),
    Delivery: (Notice, "notice_id"),
}
_NO_NAME = {"last_name": "", "first_name": "", "patronymic": "", "search_name": ""}
_NO_FILE = {"file_key": None, "sha256": None}
# What of a row tells of its person, and what stands there instead. A birth date becomes the first day of its month
# (`in_its_month`), what a notice says loses its words (`without_words`), and the history its own (actions/erasing.py).
GOES: Mapping[type[Base], Mapping[str, Any]] = {
    Child: _NO_NAME,
    Applicant: {**_NO_NAME, "born_on": None},
    Application: {"phone": None, "phone_key": "", "email": None, "address": None, "source_number": None},
    SanatoriumCertificate: {"issuer": ""},
    Guardianship: {**_NO_NAME, "phone": None, "note": None, "reason": None},
    WaitingEntry: {"note": None},
    Absence: {"reason": None},
    Privilege: {"ground": None},
    PrivilegePaper: {"title": "", "number": None, "issued_by": None, "file_kind": None, **_NO_FILE},
    Round: {"reason": None},
    Proposal: {"reason": ""},
    BulkRow: {"facts": {}},
    Delivery: {"address": None, "subject": None, "text": None},
    Document: {"facts": None, **_NO_FILE},
    Signature: {
        **dict.fromkeys(("text", "cms"), b""),
        **dict.fromkeys(("iin", "name", "serial", "issuer", "certificates"), ""),
        "checked_against": {},
    },
}
NUMBERS: Mapping[type[Base], str] = {  # and what is to be of one row alone
    Child: "iin",
    Applicant: "iin",
    Guardianship: "iin",
    SanatoriumCertificate: "number",
}
FILES = (PrivilegePaper, Document)  # whose files go with them


def instead(model: type[Base]) -> dict[str, Any]:
    """What stands in such a row once its person is gone."""
    column = NUMBERS.get(model)
    return dict(GOES[model]) | ({column: literal(NOBODYS).concat(cast(model.id, String))} if column else {})


def of_children(model: type[Base], children: Select[int]) -> Select[int]:
    """The rows of a table that are of these children."""
    if model is Child:
        return children
    whose, column = BELONGS[model]
    return select(model.id).where(getattr(model, column).in_(of_children(whose, children)))


def in_its_month(day: date) -> date:
    """A birth date as it stays: its month orders no past queue otherwise, and says of nobody when he was born."""
    return day.replace(day=1)


def without_words(facts: Mapping[str, Any], is_personal: Callable[[str], bool]) -> dict[str, Any]:
    """What a notice says, once its person is gone: numbers and days, no reason that somebody typed, and no name."""
    return {name: "" if name == "reason" or is_personal(name) else value for name, value in facts.items()}


def is_gone(person: type[Child] | type[Applicant]) -> ColumnElement[bool]:
    """Was it erased already?"""
    return person.iin.startswith(NOBODYS)


def before(norm: Norm, day: date) -> date:
    """What was over before this day is to go on `day`. ValueError for a norm that is no such term."""
    match norm.unit:
        case Unit.MONTHS:
            return months_later(day, -int(norm.value))
        case Unit.CD:
            return day - timedelta(days=int(norm.value))
    raise ValueError(f"{norm.name} is counted in {norm.unit}")


def children_over(place_id: int, until: date) -> Select[int]:
    """The children of a district with whom all was over before a day: no application that is not final, no change of
    status since, no kindergarten that it attends or attended since, no certificate that held since, nothing that
    waits for a second person; and none that was born since.
    """
    its = Application.child_id == Child.id
    attended = or_(Enrolment.ended_on.is_(None), Enrolment.ended_on >= until)
    return select(Child.id).where(
        Child.place_id == place_id,
        not_(is_gone(Child)),
        Child.born_on < until,
        ~exists().where(its, Application.status.not_in(APPLICATION_FINAL)),
        ~exists().where(
            its, Change.application_id == Application.id, Change.status_to.is_not(None), Change.effective_on >= until
        ),
        ~exists().where(Enrolment.child_id == Child.id, attended),
        ~exists().where(SanatoriumCertificate.child_id == Child.id, SanatoriumCertificate.until >= until),
        ~exists().where(its, Proposal.application_id == Application.id, Proposal.decided_at.is_(None)),
    )


def applicants_over(place_id: int, until: date) -> Select[int]:
    """The applicants of a district who have, or have ever acted for, no child that is kept."""
    kept = select(Child.id).where(Child.place_id == place_id, not_(is_gone(Child)))
    kept = kept.where(Child.id.not_in(children_over(place_id, until)))
    its = select(Application.id).where(Application.child_id.in_(kept))
    return select(Applicant.id).where(
        Applicant.place_id == place_id,
        not_(is_gone(Applicant)),
        ~exists().where(Application.applicant_id == Applicant.id, Application.id.in_(its)),
        ~exists().where(Change.applicant_id == Applicant.id, Change.application_id.in_(its)),
    )


def messages_over(place_id: int, until: date) -> Select[int]:
    """What was sent, or came to nothing, before a day: its words and its address go; the notice stays on its page."""
    said = or_(Delivery.address.is_not(None), Delivery.subject.is_not(None), Delivery.text.is_not(None))
    of_place = Notice.application_id == Application.id, Application.place_id == place_id
    return select(Delivery.id).where(
        exists().where(Notice.id == Delivery.notice_id, *of_place),
        Delivery.stage.not_in((DeliveryStage.waiting, DeliveryStage.sending)),
        Delivery.ended_at < start_of_day(until),
        said,
    )


def letters_over(place_id: int, until: date) -> Select[int]:
    """Letters to officials about their accounts, which are the whole country's."""
    over = AccountLetter.at < start_of_day(until), AccountLetter.address != ""
    here = exists().where(Place.id == place_id, Place.kind == PlaceKind.country)
    return select(AccountLetter.id).where(
        here, or_(AccountLetter.sent_at.is_not(None), AccountLetter.error.is_not(None)), *over
    )


def files_over(place_id: int, until: date) -> Select[int]:
    """Lists that officials brought as files, whatever came of them, but for one that is being brought in."""
    last = func.coalesce(ImportRun.finished_at, ImportRun.tried_at, ImportRun.asked_at)
    return select(ImportRun.id).where(
        ImportRun.place_id == place_id,
        ImportRun.file_key != "",
        ImportRun.stage != ImportStage.running,
        last < start_of_day(until),
    )


@dataclass(frozen=True)
class Category:
    """What goes together: `norm` says how long after what `over` finds (a place's, before a day) is over; `places`:
    where there may be any."""

    norm: str
    over: Callable[[int, date], Select[int]]
    places: Select[int]


def _anywhere(column: Any) -> Select[int]:
    return select(column).distinct().order_by(column)


# In the order in which they go: what would go with a child, when it goes, has gone before by itself, so that who only
# asks what is due is told the same.
CATEGORIES: Mapping[str, Category] = {
    "message": Category("retention.message", messages_over, _anywhere(Application.place_id)),
    "letter": Category("retention.message", letters_over, select(Place.id).where(Place.kind == PlaceKind.country)),
    "file": Category("retention.file", files_over, _anywhere(ImportRun.place_id)),
    "child": Category("retention.application", children_over, _anywhere(Child.place_id)),
    "applicant": Category("retention.application", applicants_over, _anywhere(Applicant.place_id)),
}
