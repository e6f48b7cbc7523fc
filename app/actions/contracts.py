"""S1, spec 3.4.4: two signatures, in either order, complete the contract; then the voucher is used."""

from datetime import datetime
from typing import Any

from app.access.actors import Actor
from app.actions import claims
from app.actions.moving import move, record
from app.actions.preconditions import begin, with_its_paper
from app.models import Application, Contract, ContractStatus, Referral
from app.rules import eligibility
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role


def sign(application: Application, *, by: Actor, at: datetime) -> None:
    """S1, spec 3.4.4: the family or the head signs. For a family at the counter the day of its signed paper is
    required.

    Raises Refusal: not_allowed, too_late (the family after choose_by), wrong_status, reason_required (no paper).
    """
    begin(application, "sign", by=by, at=at)
    referral, contract, side = may_sign(application, by=by, at=at)
    signed: dict[str, Any] = {side: at}
    setattr(contract, side, at)
    complete = contract.family_signed_at is not None and contract.head_signed_at is not None
    half = ContractStatus.signed_by_family if contract.family_signed_at else ContractStatus.draft
    move(contract, "sign", by=by, at=at, to=ContractStatus.signed if complete else half, **signed)
    record(application, "sign", by=by, at=at, tell={"complete": complete})
    if complete and referral.voucher is not None:
        move(referral.voucher, "use", by=by, at=at, ended_at=at)


def may_sign(application: Application, *, by: Actor, at: datetime) -> tuple[Referral, Contract, str]:
    """The referral, its contract, and which signature is still missing there. Raises Refusal: wrong_status,
    reason_required, too_late (the family's paper).
    """
    referral = claims.current_referral(application)
    contract = referral.contract
    if contract is None or contract.status is ContractStatus.void:
        raise Refusal(Reason.wrong_status, verb="sign")
    side = "head_signed_at" if by.role is Role.head else "family_signed_at"
    eligibility.signed_once(getattr(contract, side))
    with_its_paper(application, "sign", by=by, at=at)
    return referral, contract, side
