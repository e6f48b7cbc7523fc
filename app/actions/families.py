"""What a family may look at: the applications of a person, what is to be done in each and by when.

Whose they are is decided here alone (docs/adr/0029-guardianships.md): who has applied is the guardian on record, the
same IIN in whichever district; others by a guardianship of the child, on the days on which it holds (spec 3.10).
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app.actions import claims
from app.actions.preconditions import latest_referral, latest_voucher
from app.db.extensions import db
from app.models import Applicant, Application, Guardianship, ReferralStatus, VoucherStatus
from app.rules import guardianships, texts


@dataclass(frozen=True)
class ToDo:
    """What a family has to do, a name in words/rules.py (TERMS), and the last day for it."""

    term: str
    last_day: date


def applications_of(iin: str, day: date) -> list[Application]:
    """S2 (113), spec 3.10: what this person sees on this day, the newest first: what it has filed, and all applications
    of each child, in the district where that was approved, for which it stands beside the applicant.
    """
    joined = guardianships.of_person(iin, day).with_only_columns(Guardianship.child_id)
    own = select(Application).where(_filed(iin) | Application.child_id.in_(joined))
    listed = own.options(joinedload(Application.child), joinedload(Application.place))
    return list(db.session.scalars(listed.order_by(Application.id.desc())))


def is_on_record(iin: str, phone: str, day: date) -> bool:
    """S1 (52): is this phone registered for this IIN? The register is what stands on the applications that the person
    has filed, and the own phone with which it has joined others: nobody enters by the other parent's.
    """
    filed = select(Application.phone).where(_filed(iin))
    joined = guardianships.of_person(iin, day).with_only_columns(Guardianship.phone)
    kept = {one for phones in db.session.scalars(filed.union(joined)) for one in texts.phone_numbers(phones)}
    return not kept.isdisjoint(texts.phone_numbers(phone))


def _filed(iin: str) -> ColumnElement[bool]:
    return Application.applicant_id.in_(select(Applicant.id).where(Applicant.iin == iin))


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
