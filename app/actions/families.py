"""What a family may look at: the applications that a person has filed, what is to be done in each and by when.

Who registered a child is its guardian on record (spec 3.10): the same IIN, in whichever district.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.actions import claims
from app.actions.preconditions import latest_referral, latest_voucher
from app.db.extensions import db
from app.models import Applicant, Application, ReferralStatus, VoucherStatus
from app.rules import texts


@dataclass(frozen=True)
class ToDo:
    """What a family has to do, a name in words/rules.py (TERMS), and the last day for it."""

    term: str
    last_day: date


def applications_of(iin: str) -> list[Application]:
    """S2 (113): the applications that this person has filed, the newest first."""
    filed = select(Application).join(Applicant, Applicant.id == Application.applicant_id).where(Applicant.iin == iin)
    listed = filed.options(joinedload(Application.child), joinedload(Application.place))
    return list(db.session.scalars(listed.order_by(Application.id.desc())))


def is_on_record(iin: str, phone: str) -> bool:
    """S1 (52): is this phone registered for this IIN? What stands on the person's applications is the register."""
    sought = texts.phone_numbers(phone)
    return any(one in texts.phone_numbers(row.phone) for row in applications_of(iin) for one in sought)


def to_do(application: Application) -> ToDo | None:
    """What the family has to do now, and by when; None where nothing is."""
    voucher, referral, offer = latest_voucher(application), latest_referral(application), claims.live_offer(application)
    if referral is not None and referral.status is ReferralStatus.issued and referral.attend_by is not None:
        return ToDo("attend", referral.attend_by)
    if offer is not None:
        return ToDo("priority", offer.priority_by)
    if voucher is not None and voucher.status is VoucherStatus.issued:
        return ToDo("confirm", voucher.confirm_by)
    if voucher is not None and voucher.status is VoucherStatus.confirmed and voucher.choose_by is not None:
        return ToDo("choose", voucher.choose_by)
    return None
