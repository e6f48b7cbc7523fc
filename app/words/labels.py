"""Statuses and kinds by their names in the code."""

from enum import StrEnum
from functools import lru_cache
from typing import Any

from babel import Locale
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from app import registers
from app.models import (
    ApplicationStatus,
    Audience,
    BulkOutcome,
    BulkStage,
    Channel,
    ContractStatus,
    DeliveryStage,
    DocumentKind,
    GuardianshipBasis,
    GuardianshipStatus,
    ImportKind,
    ImportStage,
    Intake,
    KindergartenKind,
    Language,
    LotEntryStatus,
    OfferStatus,
    OnLapse,
    Ownership,
    PlaceKind,
    PrivilegeGround,
    PrivilegeKind,
    PrivilegeStatus,
    QueueKind,
    QueueOrderKind,
    ReferralStatus,
    Sex,
    Side,
    SignedInBy,
    Unit,
    VacancyStatus,
    VoucherStatus,
)
from app.rules.roles import Role

# By kind and then by name: names of different kinds may be the same word.
LABELS: dict[type[StrEnum], dict[str, Any]] = {
    ApplicationStatus: {
        "queued": _l("In the queue"),
        "notified": _l("Notice sent"),
        "confirming": _l("To be confirmed"),
        "voucher_issued": _l("Voucher issued"),
        "referred": _l("Referral issued"),
        "enrolled": _l("Enrolled"),
        "stop_listed": _l("On the stop-list"),
        "removed": _l("Taken out of the queue"),
        "archived": _l("In the archive"),
    },
    VoucherStatus: {
        "issued": _l("Issued"),
        "confirmed": _l("Confirmed"),
        "used": _l("Used"),
        "lapsed": _l("Lapsed"),
        "refused": _l("Refused"),
        "revoked": _l("Revoked"),
        "expired": _l("Expired"),
        "annulled": _l("Annulled"),
    },
    ReferralStatus: {
        "issued": _l("Issued"),
        "used": _l("Used"),
        "missed": _l("Missed"),
        "revoked": _l("Revoked"),
    },
    OfferStatus: {
        "live": _l("Waits for the family"),
        "chosen": _l("Chosen"),
        "passed_over": _l("Passed by"),
        "ended": _l("Ended"),
    },
    Channel: {"sms": _l("SMS"), "email": _l("E-mail")},
    SignedInBy: {"code": _l("by a one-time code"), "key": _l("by a key")},
    DeliveryStage: {
        "waiting": _l("Waits to be sent"),
        "sending": _l("Being sent"),
        "sent": _l("Sent"),
        "perhaps": _l("Perhaps sent"),
        "failed": _l("Not sent"),
        "shown": _l("Would be sent"),
        "overtaken": _l("No longer needed"),
    },
    Side: {
        "out_of_turn": _l("Out of turn"),
        "privileged": _l("Privileged queue"),
        "general": _l("General queue"),
    },
    ContractStatus: {
        "draft": _l("Draft"),
        "signed_by_family": _l("Signed by the family"),
        "signed": _l("Signed by both"),
        "void": _l("Void"),
    },
    VacancyStatus: {
        "draft": _l("Draft"),
        "published": _l("Published"),
        "closed": _l("Closed"),
    },
    PrivilegeStatus: {
        "claimed": _l("Claimed"),
        "confirmed": _l("Confirmed"),
        "rejected": _l("Rejected"),
        "expired": _l("Expired"),
    },
    GuardianshipBasis: {
        "parent": _l("Parent"),
        "adoptive_parent": _l("Adoptive parent"),
        "guardian": _l("Guardian or trustee"),
        "foster_parent": _l("Foster parent"),
        "other": _l("Another legal representative"),
    },
    GuardianshipStatus: {
        "asked": _l("Waits for a decision"),
        "approved": _l("Joined"),
        "rejected": _l("Rejected"),
    },
    LotEntryStatus: {
        "waiting": _l("Takes part"),
        "won": _l("Got the place"),
        "lost": _l("Without a place"),
        "left": _l("Given up by the family"),
    },
    QueueOrderKind: {"ratio": _l("By ratio"), "categories": _l("By categories")},
    PrivilegeKind: {
        "out_of_turn": _l("Out of turn"),
        "first_order": _l("First order"),
    },
    PrivilegeGround: {
        "military": _l("Child of military staff"),
        "special_state_body": _l("Child of staff of a special state body"),
        "parent_disability": _l("Parent with a disability"),
        "child_disability": _l("Child with a disability in the family"),
        "orphan": _l("Orphan, or child without parental care"),
        "large_family": _l("Large family"),
        "special_needs": _l("Special educational needs"),
        "teacher": _l("Child of a teacher"),
    },
    Intake: {
        "general": _l("General intake"),
        "temporary": _l("Temporary stay"),
    },
    KindergartenKind: {
        "nursery_kindergarten": _l("Nursery and kindergarten"),
        "kindergarten": _l("Kindergarten"),
        "mini_centre": _l("Mini-centre"),
        "sanatorium": _l("Sanatorium"),
        "special": _l("Special"),
    },
    Ownership: {
        "state": _l("State-owned"),
        "private": _l("Private"),
        "departmental": _l("Departmental"),
    },
    Language: {
        "kk": _l("Kazakh"),
        "ru": _l("Russian"),
        "en": _l("English"),
    },
    PlaceKind: {
        "country": _l("Country"),
        "region": _l("Region"),
        "district": _l("District or city"),
        "settlement": _l("Settlement"),
    },
    DocumentKind: {
        "registration_notice": _l("Notice of registration"),
        "receipt": _l("Notice of the receipt of papers"),
        "book_entry": _l("Entry in the register book"),
        "voucher": _l("Voucher"),
        "referral": _l("Referral"),
        "temporary_referral": _l("Referral for a temporary stay"),
        "child_card": _l("Child's card"),
        "contract": _l("Electronic contract"),
        "refusal": _l("Statement of the refusal of a voucher"),
        "revocation": _l("Notice of revocation"),
        "protocol": _l("Protocol of a round"),
        "daily_protocol": _l("Daily protocol"),
    },
    Sex: {
        "male": _l("Boy"),
        "female": _l("Girl"),
    },
    Unit: {
        "WD": _l("working days"),
        "CD": _l("calendar days"),
        "H": _l("hours"),
        "MONTHS": _l("months"),
        "COUNT": _l("times"),
        "RATIO": _l("ratio"),
        "HOURS": _l("hours of a day"),
        "CHOICE": _l("choice"),
    },
    Role: {
        "department": _l("Education department"),
        "specialist": _l("District specialist"),
        "head": _l("Head of a kindergarten"),
        "operator": _l("Service-centre operator"),
        "auditor": _l("Auditor"),
        "administrator": _l("Administrator"),
        "family": _l("Family"),
        "clock": _l("The system, by the calendar"),
    },
    Audience: {
        "family": _l("To the family"),
        "guardian": _l("To whoever joins it"),
        "kindergarten": _l("To the kindergarten"),
        "department": _l("To the department"),
    },
    QueueKind: {
        "general": _l("General education queue"),
        "sanatorium": _l("Sanatorium kindergartens"),
        "special": _l("Special kindergartens"),
    },
    OnLapse: {
        "stop_list": _l("to the stop-list"),
        "hold": _l("blocked until the department releases it"),
        "archive": _l("to the archive"),
        "remove": _l("out of the queue"),
        "open": _l("the place becomes free choice"),
    },
    BulkStage: {
        "previewing": _l("Being tried"),
        "previewed": _l("Ready to start"),
        "running": _l("Under way"),
        "done": _l("Finished"),
        "stopped": _l("Stopped"),
    },
    BulkOutcome: {
        "waiting": _l("Waits"),
        "done": _l("Done"),
        "refused": _l("Turned down"),
        "skipped": _l("Skipped"),
    },
    ImportKind: {
        "kindergartens": _l("Kindergartens, groups and free places"),
        "applications": _l("Applications"),
        **{str(kind): one.title for kind, one in registers.BROUGHT.items()},
    },
    ImportStage: {
        "trying": _l("Being tried"),
        "tried": _l("Tried"),
        "running": _l("Under way"),
        "done": _l("Brought in"),
        "refused": _l("Not brought in"),
    },
}


def label(value: Any) -> str:
    """A status or kind in the reader's language."""
    return _label(get_locale(), value) if value in LABELS.get(type(value), ()) else str(value)


@lru_cache(maxsize=None, typed=True)  # lists show hundreds; typed, for two kinds may share a value
def _label(_language: Locale, value: StrEnum) -> str:
    return str(LABELS[type(value)][value])


STATUSES: dict[str, type[StrEnum]] = {
    "application": ApplicationStatus,
    "voucher": VoucherStatus,
    "referral": ReferralStatus,
    "contract": ContractStatus,
    "vacancy": VacancyStatus,
    "privilege": PrivilegeStatus,
    "offer": OfferStatus,
    "guardianship": GuardianshipStatus,
    "lot_entry": LotEntryStatus,
}


def status(subject: str, value: str | None) -> str:
    """A status as the history keeps it, in the reader's language."""
    return label(STATUSES[subject](value)) if value and subject in STATUSES else value or ""


def role(name: str, client: str | None = None) -> str:
    """A role by its name, in the reader's language; a name that is none stays as it is. `client`: through which portal;
    what one does for itself is no doing of the calendar.
    """
    if client and name == Role.clock:
        return str(_l("Portal"))
    return label(Role(name)) if name in set(Role) else name
