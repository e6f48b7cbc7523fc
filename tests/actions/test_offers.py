"""S0, S2, spec 3.5.1-2: the turn comes, a place waits for three working days, then it is free for the birth years."""

from datetime import date

import pytest

from app.actions import applications, choosing, claims, clock, numbers, offers, referrals, vacancies, vouchers
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Change,
    Holding,
    HoldingKind,
    KindergartenKind,
    Offer,
    OfferStatus,
    Ownership,
    PrivilegeKind,
    Round,
    Side,
    Unit,
)
from app.rules.refusals import Refusal
from app.rules.roles import Role
from tests.factories import (
    DEPARTMENT,
    START,
    application,
    at,
    district,
    family,
    group,
    head,
    kindergarten,
    norm,
    role,
    vacancy,
)

OFFERED, LAST, AFTER = at("2026-04-07T10:00"), at("2026-04-10T23:59"), at("2026-04-11T00:00")  # three working days


def town(places: int = 1, **more):
    """A district, one group of 2022 with so many published places, its vacancy."""
    place = district(procedure="referral")
    return place, vacancy(group(kindergarten(place, **more), capacity=places), places=places)


def offer(of, **more) -> Round:
    return offers.offer(of, by=more.pop("by", DEPARTMENT), at=more.pop("at", OFFERED), **more)


def refused(act, *args, **kwargs) -> str | None:
    try:
        with db.session.begin_nested():
            act(*args, **kwargs)
    except Refusal as refusal:
        return str(refusal.reason)
    return None


def choose(child: Application, of, moment=OFFERED) -> str | None:
    return refused(referrals.choose, child, of, by=family(child), at=moment)


# ---------------------------------------------------------------- offer


def test_as_many_next_children_as_there_are_free_places_are_notified(app):
    place, of = town(places=2)
    first, second, third = (application(place) for _ in range(3))
    held = offer(of)
    assert [child.status for child in (first, second, third)] == ["notified", "notified", "queued"]
    assert (held.served, held.passed, held.vacancy) == (2, 0, of)
    live = first.offers[0]
    assert (live.priority_by, live.side, live.birth_year) == (LAST.date(), Side.general, 2022)
    assert [notice.template for notice in first.notices] == ["register", "offer"]


def test_each_offer_holds_a_seat_of_its_own_and_the_next_offer_sees_what_is_left(app):
    place, of = town(places=2)
    for _ in range(2):
        application(place)
    offer(of)
    seats = list(db.session.scalars(db.select(Holding.seat_id).where(Holding.kind == HoldingKind.offer)))
    assert len(set(seats)) == 2
    application(place)
    assert refused(offer, of) == "no_free_place"


def test_fewer_children_than_places_leave_places_that_are_offered_later(app):
    place, of = town(places=2)
    application(place)
    assert offer(of).served == 1
    late = application(place)
    assert (offer(of, at=at("2026-04-08T10:00")).served, late.status) == (1, ApplicationStatus.notified)


def test_what_offers_would_do_is_what_they_do_one_after_the_other_after_what_is_due(app):
    """Spec 3.1: a window is over that no clock has ended yet; two vacancies are offered at once."""
    place, first = town()
    later = [vacancy(group(first.group.kindergarten, capacity=1)) for _ in range(2)]
    child, second, _third = (application(place) for _ in range(3))
    offer(first)
    told = offers.expected([*later, first], by=DEPARTMENT, at=AFTER)
    assert [[one.application_id for one in each.children] for each in told[:2]] == [[child.id], [second.id]]
    assert told[2].reason == "no_free_place"  # it is free choice by then
    assert (child.status, second.status, child.offers[0].status) == ("notified", "queued", OfferStatus.live)
    for of in later:
        offer(of, at=AFTER)
    live = db.session.scalars(db.select(Offer).where(Offer.ended_at.is_(None)))
    offered = {one.application_id: one.vacancy_id for one in live}
    assert offered == {child.id: later[0].id, second.id: later[1].id}


def test_no_offer_goes_to_a_child_that_is_too_young_on_that_day(app):
    place = district(procedure="referral")
    of = vacancy(group(kindergarten(place), years=(2024, 2024)))
    young = application(place, date(2024, 4, 8))
    assert (offer(of).served, young.status) == (0, ApplicationStatus.queued)
    assert offer(of, at=at("2026-04-08T10:00")).served == 1


def test_a_child_on_the_stop_list_without_standing_or_of_another_year_is_not_offered_a_place(app):
    place, of = town(places=2)
    older, lost, next_ = application(place, date(2021, 9, 17)), application(place), application(place)
    lost.standing = False
    offer(of)
    assert [child.status for child in (older, lost, next_)] == ["queued", "queued", "notified"]


def test_the_cycle_goes_on_from_round_to_round(app):
    place = district(procedure="referral")
    kids = group(kindergarten(place), capacity=6)
    general = [application(place) for _ in range(4)]
    privileged = [application(place, privilege=PrivilegeKind.first_order) for _ in range(2)]
    served = []
    for n in range(6):
        offer(vacancy(kids), at=at(f"2026-04-07T1{n}:00"))
        served.append(db.session.scalars(db.select(Application).where(Application.status == "notified")).all())
    order = [next(iter(set(now) - set(before))) for before, now in zip([[], *served], served, strict=False)]
    assert order == [privileged[0], *general[:3], privileged[1], general[3]]


def test_a_group_of_two_birth_years_takes_the_earlier_child_of_both_lines(app):
    place = district(procedure="referral")
    of = vacancy(group(kindergarten(place), years=(2021, 2022)))
    application(place, date(2022, 9, 17), at("2026-03-02T10:00"))
    earlier = application(place, date(2021, 9, 17), at("2026-03-01T10:00"))
    offer(of)
    assert earlier.status is ApplicationStatus.notified


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (Role.specialist, None),
        (Role.clock, None),
        (Role.head, "not_allowed"),
        (Role.operator, "not_allowed"),
        (Role.family, "not_allowed"),
        (Role.auditor, "not_allowed"),
    ],
)
def test_the_department_its_specialist_and_the_clock_make_offers(app, who, told):
    place, of = town()
    application(place)
    assert refused(offer, of, by=role(who)) == told


def test_a_specialist_of_another_district_makes_no_offers_here(app):
    _place, of = town()
    stranger = role(Role.specialist, place_ids=frozenset({district("Степногорск қаласы").id}))
    assert refused(offer, of, by=stranger) == "not_allowed"


def test_only_published_general_places_that_go_by_turn_are_offered(app):
    place, of = town()
    draft = vacancy(group(kindergarten(place, "Мадина")), publish=False)
    private = vacancy(group(kindergarten(place, "Балапан", ownership=Ownership.private, state_order=True)))
    temporary = vacancy(of.group, ends_on=date(2026, 4, 30))
    told = [refused(offer, one) for one in (draft, private, temporary)]
    assert told == ["wrong_status", "wrong_place", "wrong_place"]


def test_where_vouchers_are_given_no_place_is_offered_and_where_places_are_offered_no_voucher_is_given(app):
    place = district()
    assert refused(offer, vacancy(group(kindergarten(place)))) == "wrong_place"
    there = district("Степногорск қаласы", "referral")
    assert refused(vouchers.issue_round, there.id, by=DEPARTMENT, at=OFFERED) == "wrong_place"


@pytest.mark.parametrize(("turn", "told"), [("needed", None), ("none", "wrong_place")])
def test_a_mini_centre_goes_by_turn_as_the_norm_says(app, turn, told):
    place, of = town(kind=KindergartenKind.mini_centre)
    norm("mini_centre.turn", turn, Unit.CHOICE, place)
    child = application(place)
    assert refused(offer, of) == told
    assert choose(child, of) is None


@pytest.mark.parametrize(("turn", "told"), [("needed", None), ("none", "wrong_place")])
def test_a_private_place_goes_by_turn_as_the_norm_says(app, turn, told):
    place, of = town(ownership=Ownership.private, state_order=True)
    norm("state_order.turn", turn, Unit.CHOICE, place)
    application(place)
    assert refused(offer, of) == told


# ---------------------------------------------------------------- choose, in the window and after it


def test_the_family_takes_the_offered_place_through_the_last_day_of_its_window(app):
    place, of = town()
    child = application(place)
    offer(of)
    assert choose(child, of, LAST) is None
    assert (child.status, child.offers[0].status) == (ApplicationStatus.referred, OfferStatus.chosen)
    held = db.session.scalars(db.select(Holding).where(Holding.ended_at.is_(None))).one()
    assert (held.kind, held.referral_id) == (HoldingKind.held, child.referrals[0].id)


def test_a_place_in_a_window_belongs_to_nobody_else(app):
    place, of = town()
    child, other = application(place), application(place)
    offer(of)
    assert choose(other, of) == "not_their_turn"
    choose(child, of)
    assert choose(other, of) == "no_free_place"


def test_after_the_window_the_child_waits_on_from_its_old_day_and_whoever_comes_first_takes_the_place(app):
    place, of = town()
    child, other = application(place, queued_at=at("2026-03-01T10:00")), application(place)
    offer(of)
    assert choose(other, of, AFTER) is None  # though no clock has run
    assert (child.status, child.queued_at) == (ApplicationStatus.queued, at("2026-03-01T10:00"))
    assert (child.offers[0].status, numbers.of(child, AFTER.date()).value) == (OfferStatus.passed_over, 1)
    passed = db.session.scalars(db.select(Change).where(Change.verb == "pass_over", Change.subject == "offer")).one()
    assert (passed.effective_on, passed.role) == (AFTER.date(), "clock")


def test_who_let_the_window_pass_may_still_take_the_open_place(app):
    place, of = town()
    child = application(place)
    offer(of)
    assert choose(child, of, AFTER) is None


def test_an_open_place_is_offered_to_nobody_any_more(app):
    place, of = town()
    application(place)
    offer(of)
    clock.run(at=AFTER, place_id=place.id)
    assert refused(offer, of, at=AFTER) == "no_free_place"


def test_an_open_place_is_for_the_birth_years_of_its_group_and_for_children_old_enough(app):
    place = district(procedure="referral")
    of = vacancy(group(kindergarten(place), years=(2023, 2024)))
    application(place, date(2023, 9, 17))
    offer(of)
    other, young = application(place, date(2022, 9, 17)), application(place, date(2024, 9, 17))
    assert [choose(child, of, AFTER) for child in (other, young)] == ["wrong_birth_year", "too_young"]
    assert choose(application(place, date(2024, 4, 11)), of, AFTER) is None


def test_an_open_place_stays_open_after_a_miss_and_after_a_revocation(app):
    place, of = town()
    child, other, third = (application(place) for _ in range(3))
    offer(of)
    choose(other, of, AFTER)
    referrals.revoke(other, by=family(other), at=at("2026-04-11T09:00"), reason=None)
    assert choose(third, of, at("2026-04-11T10:00")) is None
    assert choose(child, of, at("2026-04-25T10:00")) is None  # the third never came


def test_who_chooses_another_place_gives_the_offered_one_to_the_next(app):
    place, of = town()
    private = vacancy(group(kindergarten(place, "Балапан", ownership=Ownership.private, state_order=True)))
    child, next_ = application(place), application(place)
    offer(of)
    assert choose(child, private) is None
    assert (child.offers[0].status, claims.live_offer(child)) == (OfferStatus.ended, None)
    assert (offer(of, at=at("2026-04-07T12:00")).served, next_.status) == (1, ApplicationStatus.notified)


@pytest.mark.parametrize("verb", ["withdraw", "archive"])
def test_who_leaves_the_queue_frees_the_offered_place_for_the_next_child(app, verb):
    place, of = town()
    child, next_ = application(place), application(place)
    offer(of)
    if verb == "withdraw":
        applications.withdraw(child, by=family(child), at=OFFERED)
    else:
        applications.archive(child, by=DEPARTMENT, at=OFFERED, reason="moved away")
    assert child.offers[0].status is OfferStatus.ended
    assert choose(next_, of) == "not_their_turn"
    assert (offer(of, at=at("2026-04-08T10:00")).served, next_.status) == (1, ApplicationStatus.notified)


def test_a_vacancy_that_closes_in_a_window_keeps_the_offered_place_and_opens_none_afterwards(app):
    place, of = town(places=2)
    child, other = application(place), application(place)
    other.standing = False
    offer(of)
    vacancies.close(of, by=DEPARTMENT, at=OFFERED)
    assert choose(other, of) == choose(other, of, AFTER) == "no_free_place"
    assert child.status is ApplicationStatus.notified  # the refused verb undid what it found due
    clock.run(at=AFTER, place_id=place.id)
    assert choose(child, of, AFTER) == "no_free_place"


def test_the_offered_place_of_a_closed_vacancy_can_still_be_chosen(app):
    place, of = town()
    child = application(place)
    offer(of)
    vacancies.close(of, by=head(of.group.kindergarten), at=OFFERED)
    assert choose(child, of, LAST) is None


def test_a_family_is_shown_the_offered_place_the_open_ones_and_those_without_turn(app):
    place, of = town()
    open_one, by_turn = (vacancy(group(kindergarten(place, name))) for name in ("Мадина", "Қарлығаш"))
    private = vacancy(group(kindergarten(place, "Балапан", ownership=Ownership.private, state_order=True)))
    paid = vacancy(group(kindergarten(place, "Жұлдыз", ownership=Ownership.private)))
    application(place, queued_at=at("2026-03-01T10:00"))
    offer(open_one, at=at("2026-04-01T10:00"))
    clock.run(at=OFFERED, place_id=place.id)
    child = db.session.scalars(db.select(Application)).one()
    offer(of)
    shown = {found.id: free for found, free in choosing.choices(child, OFFERED.date())}
    assert shown == {of.id: 1, open_one.id: 1, private.id: 1}
    assert choose(child, by_turn) == "not_their_turn"
    assert choose(child, paid) == "wrong_place"


# ---------------------------------------------------------------- by the clock


def test_where_the_norm_says_so_the_clock_makes_the_offers_once_a_day(app):
    place, of = town()
    norm("rounds", "clock", Unit.CHOICE, place)
    first, second = application(place), application(place)
    for moment in ("2026-04-07T00:10", "2026-04-07T00:10", "2026-04-07T12:00"):
        clock.run(at=at(moment), place_id=place.id)
    assert [child.status for child in (first, second)] == ["notified", "queued"]
    assert [held.automatic for held in db.session.scalars(db.select(Round).where(Round.vacancy_id == of.id))] == [True]
    assert of.status == "published"


def test_as_shipped_nobody_but_officials_makes_offers(app):
    place, _of = town()
    child = application(place)
    clock.run(at=OFFERED, place_id=place.id)
    assert child.status is ApplicationStatus.queued


def test_the_window_is_as_long_as_the_norm_said_on_the_day_of_the_offer(app):
    place, of = town()
    child = application(place)
    norm("referral.priority", "1", Unit.WD, place, date(2026, 4, 8), on_lapse="open")
    offer(of)
    assert child.offers[0].priority_by == LAST.date()
    clock.run(at=LAST, place_id=place.id)
    assert child.status is ApplicationStatus.notified


def test_a_family_is_reminded_one_working_day_before_its_window_ends(app):
    place, of = town()
    child = application(place, queued_at=START)
    offer(of)
    clock.run(at=at("2026-04-09T00:10"), place_id=place.id)
    clock.run(at=at("2026-04-09T12:10"), place_id=place.id)
    assert [(n.template, n.due_on) for n in child.notices][2:] == [("remind", LAST.date())]
