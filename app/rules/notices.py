"""Notices leave the house: by which ways, to which address, and when an SMS may come (spec 3.2 notice.quiet, daily)."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberType
from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from app.models import Audience, Channel, Delivery, DeliveryStage, Notice
from app.rules import texts
from app.rules.calendar import LOCAL

# Officials read theirs in Kezek; a kindergarten is told in its office, not on somebody's phone.
WAYS: Mapping[Audience, tuple[Channel, ...]] = {
    Audience.family: (Channel.sms, Channel.email),
    Audience.guardian: (Channel.sms,),
    Audience.kindergarten: (Channel.email,),
    Audience.department: (),
}
ADDRESSED = {Audience.family: "application", Audience.guardian: "guardianship"}  # by whose phone, at home
ENDED_WELL = (DeliveryStage.sent, DeliveryStage.shown)
ON_ITS_WAY = (DeliveryStage.waiting, DeliveryStage.sending)
TAKE_SMS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def address(notice: Notice, channel: Channel) -> str | None:
    """Where a notice goes by this way: the first number that takes an SMS, or the e-mails; None where there is none.
    That the contacts have changed goes where they were before.

    What was recorded before there was a rule for contacts may be a word: nothing is sent there.
    """
    to: Any = getattr(notice, ADDRESSED.get(notice.audience, "kindergarten"))
    if notice.template == "change":
        to = SimpleNamespace(**notice.facts)
    if channel is Channel.email:
        return _email(getattr(to, "email", None))
    return _mobile(getattr(to, "phone", None)) if notice.audience in ADDRESSED else None


def _mobile(phones: str | None) -> str | None:
    for digits in texts.phone_numbers(phones):
        if phonenumbers.number_type(phonenumbers.parse(f"+{digits}")) in TAKE_SMS:
            return f"+{digits}"
    return None


def _email(kept: str | None) -> str | None:
    try:
        return texts.emails(kept) if kept else None
    except texts.Unfit:
        return None


def told_of_their_turn(application_ids: Collection[int]) -> Select[int]:
    """Those of these applications whose family was sent the notice of its last offer (S2: «Хабарлама жіберілді»)."""
    notice = Notice.__table__.c
    last = select(func.max(notice.id)).where(
        notice.application_id.in_(application_ids), notice.template == "offer", notice.audience == Audience.family
    )
    of_offers = last.group_by(notice.application_id)
    return select(Notice.application_id).where(Notice.id.in_(of_offers), REACHED["yes"]())


def goes_at(at: datetime, *, quiet: str, sent: int, daily: int) -> datetime:
    """Spec 3.2: when an SMS may go to a phone that got `sent` today: now (`at` itself), or the first moment after that
    the hours of `quiet` and the limit `daily` leave. 21-8: none from 21:00 local time until 8:00; 8-8: no such hours.
    A limit of 0 is none.
    """
    first, last = map(int, quiet.split("-"))
    moment = at.astimezone(LOCAL)
    if 0 < daily <= sent:
        moment = datetime.combine(moment.date() + timedelta(1), time(), LOCAL)
    hour = moment.hour
    if (first <= hour < last) if first < last else (first != last and (hour >= first or hour < last)):
        day = moment.date() + timedelta(hour >= last)
        moment = datetime.combine(day, time(last), LOCAL)
    return at if moment == at else moment


def _any(*stages: DeliveryStage) -> ColumnElement[bool]:
    delivery = Delivery.__table__.c  # a plain table: the viewer's scope cuts the notices
    held = (delivery.stage.in_(stages),) if stages else ()
    return exists().where(delivery.notice_id == Notice.id, *held)


# What became of a notice that leaves: by any way it reached them; it is on its way; nobody knows; by none.
REACHED: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "no": lambda: and_(_any(DeliveryStage.failed), ~_any(*ENDED_WELL, *ON_ITS_WAY, DeliveryStage.perhaps)),
    "perhaps": lambda: and_(_any(DeliveryStage.perhaps), ~_any(*ENDED_WELL)),
    "waits": lambda: and_(_any(*ON_ITS_WAY), ~_any(*ENDED_WELL)),
    "yes": lambda: _any(*ENDED_WELL),
    "overtaken": lambda: and_(_any(), ~_any(*(set(DeliveryStage) - {DeliveryStage.overtaken}))),
}
