"""S1, spec 3.4.4: two signatures, in either order, complete the contract; then the voucher is used."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.access.actors import CLOCK, Actor
from app.actions import documents, norms, versions
from app.actions.moving import move, record
from app.actions.preconditions import begin, latest_referral, with_its_signature
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Contract,
    ContractStatus,
    DocumentKind,
    Purpose,
    Referral,
    Signature,
    VoucherStatus,
)
from app.rules import eligibility
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role

SIGNING = (ApplicationStatus.referred, ApplicationStatus.enrolled)  # enrolled: by another applicant, anew


def sign(application: Application, *, by: Actor, at: datetime) -> None:
    """S1, spec 3.4.4: the family or the head signs. For a family at the counter the day of its signed paper is
    required.

    Raises Refusal: not_allowed, too_late (the family after choose_by), wrong_status, reason_required (no paper),
    signature_required.
    """
    begin(application, "sign", by=by, at=at)
    referral, contract, side = may_sign(application, by=by, at=at)
    signed: dict[str, Any] = {side: at}
    setattr(contract, side, at)
    complete = contract.family_signed_at is not None and contract.head_signed_at is not None
    half = ContractStatus.signed_by_family if contract.family_signed_at else ContractStatus.draft
    move(contract, "sign", by=by, at=at, to=ContractStatus.signed if complete else half, **signed)
    record(application, "sign", by=by, at=at, tell={"complete": complete})
    if complete and referral.voucher is not None and referral.voucher.status is not VoucherStatus.used:
        move(referral.voucher, "use", by=by, at=at, ended_at=at)


def may_sign(application: Application, *, by: Actor, at: datetime) -> tuple[Referral, Contract, str]:
    """The referral, its contract, and which signature is still missing there. Raises Refusal: wrong_status, no_norm
    (no text of contracts is in force, so there is nothing to sign), reason_required, too_late (the paper),
    signature_required.
    """
    referral, contract = _drawn_up(application)
    if referral is None or contract is None:
        raise Refusal(Reason.wrong_status, verb="sign")
    if contract.text_id is None:
        raise Refusal(Reason.no_norm, no_text=True)
    side = "head_signed_at" if by.role is Role.head else "family_signed_at"
    eligibility.signed_once(getattr(contract, side))
    if by.role is Role.head:
        _signed_by_its_head(referral, by=by, at=at)
    with_its_signature(application, "sign", by=by, at=at)
    return referral, contract, side


def sign_anew(application: Application, *, by: Actor, at: datetime) -> None:
    """ADR 25: another person is the applicant, so nobody has signed this contract: the family and the head sign it
    anew, and both are told. The family has the term of whoever chooses on this day for it. A voucher that both had used
    is confirmed again, for that contract is not complete (spec 3.8); of a child that attends it stays used.

    Raises Refusal: not_allowed, no_norm, no_calendar.
    """
    referral, contract = _drawn_up(application)
    voucher = referral.voucher if referral is not None else None
    if contract is None or voucher is None or voucher.choose_by is None:
        return
    if contract.family_signed_at is None and contract.head_signed_at is None:
        return
    until, norm = norms.last_day("voucher.choose", application.place_id, local_day(at))
    if until > voucher.choose_by:
        details = {"choose_by": [voucher.choose_by, until]}
        voucher.choose_by = until
        record(voucher, "extend", by=by, at=at, norm=norm, details=details)
    if voucher.status is VoucherStatus.used and application.status is ApplicationStatus.referred:
        move(voucher, "sign_anew", by=by, at=at, ended_at=None)
    told = {"kindergarten": contract.referral.vacancy.group.kindergarten.name, "choose_by": voucher.choose_by}
    move(contract, "sign_anew", by=by, at=at, family_signed_at=None, head_signed_at=None, tell=told)


def to_sign(contract: Contract) -> bool:
    """Does it wait for the family: of a chosen place, or anew, of a child that attends (sign_anew)?"""
    signs = contract.referral.application.status in SIGNING
    return signs and contract.status is ContractStatus.draft and contract.family_signed_at is None


def _drawn_up(application: Application) -> tuple[Referral | None, Contract | None]:
    """The last referral of who is referred or attends, and its contract, unless it is void."""
    referral = latest_referral(application) if application.status in SIGNING else None
    contract = referral.contract if referral is not None else None
    return referral, None if contract is None or contract.status is ContractStatus.void else contract


def _signed_by_its_head(referral: Referral, *, by: Actor, at: datetime) -> None:
    """S1, spec 10: with a key of the kindergarten whose BIN is the kindergarten's own, or on paper with its day."""
    if by.on_paper:
        return
    if by.signature_id is None:
        return eligibility.signed_paper(by.paper_on, referral.issued_on, local_day(at))
    found = db.session.get_one(Signature, by.signature_id)
    of = found.verb, found.application_id, found.purpose, found.bin
    own = referral.vacancy.group.kindergarten.bin
    if own is None or of != ("sign", referral.application_id, Purpose.organisation, own):
        raise Refusal(Reason.signature_required)


def waits_for_text(contract: Contract) -> bool:
    """S1: can it not be made, because no text was in force when it was drawn up, nor has been since?"""
    return contract.text_id is None and contract.status is not ContractStatus.void


def give_texts(place_id: int, *, at: datetime) -> int:
    """S1: contracts of a district that were drawn up while no text was in force get the one that is now, for good, and
    are printed. Returns how many. The caller holds the district's lock.
    """
    waiting = (
        select(Contract)
        .join(Referral)
        .join(Application)
        .where(Contract.text_id.is_(None), Contract.status != ContractStatus.void, Application.place_id == place_id)
    )
    found = db.session.scalars(waiting.order_by(Contract.id)).all()
    text = norms.contract_text(place_id, local_day(at)) if found else None
    if text is None:
        return 0
    for contract in found:
        contract.text = text
        record(contract, "draw_up", by=CLOCK, at=at, details={"contract_text": text})
        paper = DocumentKind.contract, contract.referral
        if paper in documents.missing(contract.referral.application):
            versions.ask_for(contract.referral, DocumentKind.contract, at=at)
    return len(found)
