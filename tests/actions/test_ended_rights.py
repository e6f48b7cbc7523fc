"""Spec 3.6, 3.8: each paper's page says what is true, by whatever the right that it is the paper of has ended."""

from datetime import date

import pytest

from app.actions import applications, clock, contracts, corrections, documents, enrolments, offers, referrals, vouchers
from app.db.extensions import db
from app.models import Document, DocumentKind, KindergartenKind, QueueKind
from app.rules import iin
from app.rules.validity import PaperState
from tests.actions.test_versions import (
    NOW,
    OF_ITSELF,
    WHY,
    by_turn,
    chosen,
    current,
    free_place,
    on_a_stay,
    with_voucher,
)
from tests.factories import DEPARTMENT, application, at, district, family, group, head, kindergarten, vacancy

LATER = at("2026-04-13T12:00")
OF_THE_END = {"refusal", "revocation"}  # what these tell of, as those of the application itself, stays so
VOUCHER, REFERRAL, NOTICE = {"voucher"}, {"referral", "child_card"}, {"registration_notice"}
CHOSEN, STAY = VOUCHER | REFERRAL | {"contract"}, VOUCHER | {"temporary_referral"}


def its_head(child):
    return head(child.referrals[-1].vacancy.group.kindergarten)


def signed_by_both(place):
    child = chosen(place)
    contracts.sign(child, by=family(child), at=NOW)
    contracts.sign(child, by=its_head(child), at=NOW)
    return child


def to_be_signed_anew(place):
    """Another person has become the applicant."""
    child, mother = signed_by_both(place), iin.make(date(1985, 5, 5), "female", 77)
    facts = {"iin": mother, "last_name": "Жаңа", "first_name": "Адам"}
    corrections.correct(child, who="applicant", by=DEPARTMENT, at=NOW, reason=WHY, **facts)
    return child


def enrolled(place):
    child = signed_by_both(place)
    enrolments.enrol(child, by=its_head(child), at=NOW)
    return child


def enrolled_by_turn(_place):
    child = by_turn()
    enrolments.enrol(child, by=its_head(child), at=NOW)
    return child


def in_a_sanatorium(_place):
    """It is enrolled there through 20 April."""
    place = district("Бурабай ауданы", procedure="referral")
    of = {"kind": KindergartenKind.sanatorium, "queue_kind": QueueKind.sanatorium}
    child, free = application(place), vacancy(group(kindergarten(place, **of)))
    child.queue_kind = QueueKind.sanatorium
    offers.offer(free, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    referrals.choose(child, free, by=family(child), at=at("2026-04-08T12:00"))
    enrolments.enrol(child, by=its_head(child), at=NOW, until=date(2026, 4, 20))
    return child


def has_another_place(child):
    """A place for good, of the same application, ends a stay."""
    vouchers.issue_round(child.place_id, by=DEPARTMENT, at=NOW)
    vouchers.confirm(child, by=family(child), at=NOW)
    referrals.choose(child, free_place(child.place, "Теремок"), by=family(child), at=NOW)
    contracts.sign(child, by=family(child), at=NOW)
    contracts.sign(child, by=its_head(child), at=NOW)
    enrolments.enrol(child, by=its_head(child), at=LATER)


def by(act, who=family, when=NOW, **more):
    return lambda child: act(child, by=who(child), at=when, **more)


def office(act):
    return lambda child: act(child, by=DEPARTMENT, at=NOW, reason=WHY)


def late_clock(child):
    clock.run(at=at("2026-05-20T00:10"), place_id=child.place_id)


SINCE, OVER, LEFT = NOW.date(), date(2026, 5, 1), date(2026, 4, 14)
ENDED = {  # a child, how its right ends, and since when which papers hold no longer
    "a voucher is refused": (with_voucher, by(vouchers.refuse), {SINCE: VOUCHER | NOTICE}),
    "a voucher's time to choose is over": (with_voucher, late_clock, {date(2026, 4, 16): VOUCHER | NOTICE}),
    "with a voucher the family withdraws": (with_voucher, by(applications.withdraw), {SINCE: VOUCHER | NOTICE}),
    "a chosen place is taken back": (chosen, office(vouchers.revoke), {SINCE: CHOSEN}),
    "a contract's time is over": (chosen, late_clock, {date(2026, 4, 16): CHOSEN | NOTICE}),
    "with a chosen place the family withdraws": (chosen, by(applications.withdraw), {SINCE: CHOSEN | NOTICE}),
    "with a chosen place an office archives it": (chosen, office(applications.archive), {SINCE: CHOSEN | NOTICE}),
    "with a contract that both have signed the family withdraws": (
        signed_by_both,
        by(applications.withdraw),
        {SINCE: CHOSEN | NOTICE},
    ),
    "with a contract that both have signed an office archives it": (
        signed_by_both,
        office(applications.archive),
        {SINCE: CHOSEN | NOTICE},
    ),
    "with a contract that is to be signed anew an office takes the place back": (
        to_be_signed_anew,
        office(vouchers.revoke),
        {SINCE: CHOSEN},
    ),
    "a contract that is to be signed anew is not signed in time": (
        to_be_signed_anew,
        late_clock,
        {date(2026, 4, 17): CHOSEN | NOTICE},
    ),
    "by turn an office takes the place back": (by_turn, office(referrals.revoke), {SINCE: REFERRAL}),
    "by turn the family withdraws": (by_turn, by(applications.withdraw), {SINCE: REFERRAL | NOTICE}),
    "by turn nobody comes in time": (by_turn, late_clock, {date(2026, 4, 17): REFERRAL}),
    "a child leaves": (enrolled, by(enrolments.leave, its_head, LATER), {LEFT: CHOSEN, LATER.date(): NOTICE}),
    "a child that came by turn leaves": (
        enrolled_by_turn,
        by(enrolments.leave, its_head, LATER),
        {LEFT: REFERRAL, LATER.date(): NOTICE},
    ),
    "a sanatorium's last day is over": (in_a_sanatorium, late_clock, {date(2026, 4, 21): REFERRAL | NOTICE}),
    "a child attends": (enrolled, late_clock, {None: CHOSEN}),
    "a stay's last day is over": (on_a_stay, late_clock, {OVER: STAY}),
    "a stay ends with a place for good": (on_a_stay, has_another_place, {LATER.date(): STAY, None: CHOSEN}),
    # spec 3.8: they "also end a live voucher and a held place; a temporary stay goes on to its end"
    "on a stay the family withdraws": (on_a_stay, by(applications.withdraw), {OVER: STAY, SINCE: NOTICE}),
    "on a stay an office archives it": (on_a_stay, office(applications.archive), {OVER: STAY, SINCE: NOTICE}),
}


def over(child, day):
    """Its papers, and since when each holds no longer, seen on a day."""
    papers = db.select(Document).where(Document.application_id == child.id, Document.replaced_at.is_(None))
    states = {(str(one.kind), documents.standing(one, day).right.invalid_since) for one in db.session.scalars(papers)}
    return {(kind, since) for kind, since in states if kind not in OF_ITSELF | OF_THE_END or since is not None}


@pytest.mark.parametrize("end", ENDED)
def test_a_paper_holds_as_long_as_the_right_that_it_is_the_paper_of(app, end):
    begin, act, expected = ENDED[end]
    child = begin(district()) if begin is not by_turn else begin()
    act(child)
    db.session.flush()
    assert over(child, date(2026, 6, 1)) == {(kind, since) for since, kinds in expected.items() for kind in kinds}


def test_every_kind_of_paper_of_a_child_is_seen_to_end_or_tells_of_what_has_happened():
    ended = {kind for *_, expected in ENDED.values() for kinds in expected.values() for kind in kinds}
    assert ended | OF_ITSELF | OF_THE_END | {"protocol", "daily_protocol"} == set(DocumentKind)


def test_a_child_that_is_withdrawn_attends_to_the_end_of_its_stay_with_a_paper_that_says_so(app):
    """Spec 3.8: "a temporary stay goes on to its end": nobody else has the place, and the paper opens the door."""
    child = on_a_stay(district())
    applications.withdraw(child, by=family(child), at=NOW)
    clock.run(at=at("2026-04-30T23:59"), place_id=child.place_id)
    assert [one.ended_on for one in child.enrolments] == [None]
    paper = current(child, "temporary_referral")
    assert documents.standing(paper, date(2026, 4, 30)).right == PaperState(date(2026, 4, 30))
