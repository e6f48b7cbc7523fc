"""What waits for an official: applications by what is to be done for them, and by whom (spec 3.4-3.8, 8.9).

Each kind is a condition on applications, so that a tile of the first page counts what the list behind it shows.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, select

from app.models import (
    Application,
    ApplicationStatus,
    Base,
    Contract,
    ContractStatus,
    Intake,
    Privilege,
    PrivilegeStatus,
    Proposal,
    Referral,
    ReferralStatus,
    StopListing,
)
from app.rules import texts

A = ApplicationStatus
WITH_A_TERM = (A.notified, A.confirming, A.voucher_issued, A.referred, A.stop_listed)


def _table(model: type[Base]) -> Any:
    return model.__table__.c  # plain tables: the viewer's scope cuts the applications that they belong to


def claims() -> ColumnElement[bool]:
    """Spec 3.3: a privilege is claimed, and nobody has decided yet."""
    privilege = _table(Privilege)
    return Application.id.in_(select(privilege.application_id).where(privilege.status == PrivilegeStatus.claimed))


def heads_signature() -> ColumnElement[bool]:
    """S1, spec 3.8: the family has signed the contract, the head has not; that has no last day of its own."""
    return _with_contract(ContractStatus.signed_by_family)


def familys_signature() -> ColumnElement[bool]:
    """S1, spec 3.4.4: the contract is drawn up, or signed by the head alone; the voucher's term runs."""
    return _with_contract(ContractStatus.draft)


def enrolment() -> ColumnElement[bool]:
    """S1, spec 3.4.4: both have signed; the head takes the child into the group."""
    return _with_contract(ContractStatus.signed)


def release() -> ColumnElement[bool]:
    """S0, spec 3.8: blocked without an end, until the department lets the family go on."""
    listing = _table(StopListing)
    blocked = select(listing.application_id).where(listing.ended_at.is_(None), listing.until.is_(None))
    return Application.id.in_(blocked)


def second_official() -> ColumnElement[bool]:
    """Spec 3.8: somebody asked for what two people decide, and nobody else has answered yet."""
    asked = _table(Proposal)
    open_ones = select(asked.application_id).where(asked.decided_at.is_(None), asked.application_id.is_not(None))
    return Application.id.in_(open_ones)


def unreachable() -> ColumnElement[bool]:
    """A term runs, and the family has neither a phone nor an e-mail to be told of it.

    What was recorded before there was a rule for phones may be a word: by that nobody is told.
    """
    no_email = not_(func.coalesce(Application.email, "").contains("@"))
    return and_(Application.status.in_(WITH_A_TERM), Application.phone_key == "", no_email)


def not_notified(application: Application) -> bool:
    """The same of one application."""
    return application.status in WITH_A_TERM and not reachable(application)


def reachable(application: Application) -> bool:
    """Is there a phone or an e-mail to tell the family anything?"""
    return bool(texts.phone_numbers(application.phone)) or "@" in (application.email or "")


def _with_contract(status: ContractStatus) -> ColumnElement[bool]:
    referral, contract = _table(Referral), _table(Contract)
    signed = select(referral.application_id).where(
        contract.referral_id == referral.id,
        contract.status == status,
        referral.status == ReferralStatus.issued,
        referral.kind == Intake.general,
    )
    return Application.id.in_(signed)


WAITS = {
    "claim": claims,
    "head_signs": heads_signature,
    "family_signs": familys_signature,
    "enrol": enrolment,
    "release": release,
    "second": second_official,
    "unreachable": unreachable,
}
