"""A notice that asks a family for something leaves as long as that can be done, and is not sent afterwards (ADR 23)."""

from datetime import date

import pytest

from app.actions import applications, clock, deliveries, offers, privileges, referrals, vouchers
from app.db.database import taken_back
from app.db.extensions import db
from app.models import Channel, Delivery, DeliveryStage, Notice, PrivilegeGround, Unit
from app.rules.due import ASKS, running
from tests.actions.test_versions import CHOSEN, ISSUED, WHY, by_turn, issued, on_a_stay, with_voucher
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, norm, vacancy

SMS = Channel.sms


def offered(_place):
    of = vacancy(group(kindergarten(district("Бурабай ауданы", procedure="referral"))))
    child = application(of.group.kindergarten.place)
    offers.offer(of, by=DEPARTMENT, at=ISSUED)
    return child


def with_certificate(place):
    child, paper = application(place), privileges.Paper("Анықтама", date(2026, 4, 1))
    privileges.claim(child, PrivilegeGround.military, papers=[paper], by=family(child), at=ISSUED)
    privileges.confirm(child, by=DEPARTMENT, at=ISSUED)
    return child


def extended(act):
    return lambda child: act(child, until=date(2026, 5, 4), by=DEPARTMENT, at=at("2026-04-09T14:00"), reason=WHY)


def choose(child):
    referrals.choose(child, child.offers[0].vacancy, by=family(child), at=CHOSEN)


def reject(child):
    privileges.reject(child, by=DEPARTMENT, at=at("2026-04-30T10:00"), reason=WHY)


def restore(child):
    applications.restore(child, by=family(child), at=at("2026-05-08T14:00"))


def revoke(child):
    vouchers.revoke(child, by=DEPARTMENT, at=at("2026-04-08T14:00"), reason=WHY)


def nothing(_child):
    """The day alone passes."""


NOTICES = {  # what asks, of which term: a child, when it is told, what happens then, and when the notice would leave
    ("issue", "confirm_by"): (issued, None, revoke, "2026-04-08T15:00"),
    ("confirm", "choose_by"): (with_voucher, None, revoke, "2026-04-08T15:00"),
    ("offer", "priority_by"): (offered, None, choose, "2026-04-10T08:00"),
    ("remind", "confirm_by"): (issued, "2026-04-09T08:00", extended(vouchers.extend), "2026-04-09T15:00"),
    ("remind", "choose_by"): (with_voucher, "2026-04-14T08:00", nothing, "2026-04-16T08:00"),
    ("remind", "priority_by"): (offered, "2026-04-10T08:00", nothing, "2026-04-14T08:00"),
    ("remind", "attend_by"): (lambda _: by_turn(), "2026-04-15T08:00", nothing, "2026-04-17T08:00"),
    ("remind", "until"): (issued, "2026-05-08T08:00", restore, "2026-05-08T15:00"),
    ("remind_stay", "ends_on"): (on_a_stay, "2026-04-29T08:00", nothing, "2026-05-01T08:00"),
    ("remind_privilege", "valid_until"): (with_certificate, "2026-04-30T08:00", reject, "2026-04-30T11:00"),
}


def of(child, template, term) -> Notice:
    told = db.select(Notice).where(Notice.application_id == child.id, Notice.template == template)
    return next(one for one in db.session.scalars(told) if one.facts.get("term", term) == term)


@pytest.mark.parametrize("which", NOTICES, ids="-".join)
def test_what_asks_for_something_that_cannot_be_done_any_more_is_not_sent(app, which):
    begin, told_at, act, leaves = NOTICES[which]
    child = begin(district())
    norm("notice.quiet", "0-0", Unit.HOURS, child.place)
    applications.change(child, by=DEPARTMENT, at=ISSUED, phone="+77011112233")
    if told_at:
        clock.run(at=at(told_at), place_id=child.place_id)
    notice = of(child, *which)
    deliveries.plan({SMS}, at=ISSUED)
    sms = db.session.scalars(db.select(Delivery).where(Delivery.notice_id == notice.id)).one()
    with taken_back():
        assert deliveries.begin(sms.id, at=at(told_at) if told_at else ISSUED, repeats=True) is sms
    act(child)
    assert deliveries.begin(sms.id, at=at(leaves), repeats=True) is None
    assert (sms.stage, sms.error) == (DeliveryStage.overtaken, None)


def test_every_notice_that_asks_for_something_by_a_day_was_tried_above():
    assert set(NOTICES) == {*ASKS.items(), *((term.template, term.last_day.key) for term in running())}


def test_a_reminder_of_a_day_that_was_extended_is_not_sent_and_what_was_told_is(app):
    child = by_turn()
    norm("notice.quiet", "0-0", Unit.HOURS, child.place)
    applications.change(child, by=DEPARTMENT, at=ISSUED, phone="+77011112233")
    clock.run(at=at("2026-04-15T08:00"), place_id=child.place_id)
    later = at("2026-04-15T14:00")
    referrals.extend(child, until=date(2026, 4, 30), by=DEPARTMENT, at=later, reason=WHY)
    deliveries.plan({SMS}, at=later)
    waiting = db.session.scalars(db.select(Delivery).order_by(Delivery.id)).all()
    begun = {one.notice.template: deliveries.begin(one.id, at=later, repeats=True) for one in waiting}
    assert begun.pop("remind") is None and begun.pop("offer") is None
    assert {*begun} == {"register", "choose", "extend"} and None not in begun.values()
