"""S0, S2, spec 3.5.3-6: a referral is used, extended, taken back or missed; the stop-list and private places."""

from datetime import date, timedelta

import pytest

from app.actions import applications, claims, clock, enrolments, numbers, offers, proposals, referrals, vouchers
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Change,
    Enrolment,
    Holding,
    OnLapse,
    Ownership,
    ReferralStatus,
    Unit,
)
from app.rules.refusals import Refusal
from app.rules.roles import Role
from tests.factories import (
    DEPARTMENT,
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

CHOSEN = at("2026-04-08T12:00")
ATTEND_BY = date(2026, 4, 15)  # five working days
MISSED = at("2026-04-16T00:00")


@pytest.fixture
def of(app):
    """A published place of a state kindergarten, by referral."""
    return vacancy(group(kindergarten(district(procedure="referral")), capacity=2), places=2)


def place_of(of):
    return of.group.kindergarten.place


def referred(of, moment=CHOSEN) -> Application:
    """A child whose turn came and who chose."""
    child = application(place_of(of), queued_at=at("2026-03-02T10:00"))
    offers.offer(of, by=DEPARTMENT, at=moment)
    referrals.choose(child, of, by=family(child), at=moment)
    return child


def refused(act, *args, **kwargs) -> str | None:
    try:
        with db.session.begin_nested():
            act(*args, **kwargs)
    except Refusal as refusal:
        return str(refusal.reason)
    return None


def again(child: Application, of, moment) -> None:
    """The child chooses a place once more, in its turn."""
    offers.offer(of, by=DEPARTMENT, at=moment)
    referrals.choose(child, of, by=family(child), at=moment)


# ---------------------------------------------------------------- enrol


def test_a_referral_holds_a_place_names_its_last_day_and_has_a_paper(of):
    child = referred(of)
    referral = child.referrals[0]
    assert (referral.attend_by, referral.revocable_until) == (ATTEND_BY, CHOSEN + timedelta(hours=24))
    assert (referral.attend_norm.name, referral.voucher, referral.contract) == ("referral.attend", None, None)
    assert {document.kind for document in child.documents} >= {"referral", "child_card"}


@pytest.mark.parametrize(("moment", "told"), [("2026-04-15T23:59", None), ("2026-04-16T00:00", "too_late")])
def test_the_head_takes_the_child_in_through_the_last_day_whether_or_not_the_clock_has_acted(of, moment, told):
    child, its_head = referred(of), head(of.group.kindergarten)
    assert refused(enrolments.enrol, child, by=its_head, at=at(moment)) == told
    if told is None:
        assert (child.status, child.referrals[0].status) == (ApplicationStatus.enrolled, ReferralStatus.used)


def test_no_other_head_and_no_official_takes_the_child_in(of):
    child = referred(of)
    for by in (head(kindergarten(place_of(of), "Мадина")), DEPARTMENT, family(child)):
        assert refused(enrolments.enrol, child, by=by, at=CHOSEN) == "not_allowed"


def test_an_open_place_is_open_no_more_once_a_child_is_enrolled(of):
    child, late = application(place_of(of)), application(place_of(of))
    offers.offer(of, by=DEPARTMENT, at=CHOSEN)
    referrals.choose(child, of, by=family(child), at=at("2026-04-14T10:00"))  # both windows are over
    enrolments.enrol(child, by=head(of.group.kindergarten), at=at("2026-04-14T11:00"))
    held = db.session.scalars(db.select(Holding).where(Holding.ended_at.is_(None))).one()
    assert (held.kind, held.seat.opened_at, late.status) == ("enrolment", None, ApplicationStatus.queued)


def test_enrolling_in_a_state_kindergarten_ends_the_private_place_the_day_before(of):
    private = private_place(of)
    child = application(place_of(of))
    referrals.choose(child, private, by=family(child), at=at("2026-04-02T10:00"))
    enrolments.enrol(child, by=head(private.group.kindergarten), at=at("2026-04-03T10:00"))
    new = applications.register(
        place_id=place_of(of).id,
        child=applications.Person(child.child.iin),
        applicant=applications.Person(child.applicant.iin),
        by=DEPARTMENT,
        at=at("2026-04-06T10:00"),
    )
    again(new, of, CHOSEN)
    enrolments.enrol(new, by=head(of.group.kindergarten), at=at("2026-04-09T10:00"))
    left, there = db.session.scalars(db.select(Enrolment).order_by(Enrolment.id))
    assert (left.ended_on, there.ended_on) == (date(2026, 4, 8), None)
    assert (child.status, new.status) == (ApplicationStatus.archived, ApplicationStatus.enrolled)


def test_a_child_of_a_state_kindergarten_is_not_put_into_the_queue_again(of):
    child = referred(of)
    enrolments.enrol(child, by=head(of.group.kindergarten), at=CHOSEN)
    person, parent = applications.Person(child.child.iin), applications.Person(child.applicant.iin)
    told = refused(
        applications.register, place_id=place_of(of).id, child=person, applicant=parent, by=DEPARTMENT, at=CHOSEN
    )
    assert told == "already_waiting"


# ---------------------------------------------------------------- extend


def extend(child: Application, until: str, by=None, moment=CHOSEN, reason=None) -> str | None:
    return refused(
        referrals.extend, child, until=date.fromisoformat(until), by=by or family(child), at=moment, reason=reason
    )


def test_a_family_extends_its_referral_up_to_thirty_days_from_the_day_it_asks(of):
    child = referred(of)
    assert extend(child, "2026-05-09") == "too_long"
    assert extend(child, "2026-05-08") is None
    assert (child.referrals[0].attend_by, child.referrals[0].extensions) == (date(2026, 5, 8), 1)
    clock.run(at=at("2026-05-08T23:59"), place_id=child.place_id)
    assert child.status is ApplicationStatus.referred
    clock.run(at=at("2026-05-09T00:00"), place_id=child.place_id)
    assert child.status is ApplicationStatus.stop_listed


def test_a_referral_is_extended_once_and_to_a_later_day(of):
    child = referred(of)
    assert extend(child, "2026-04-15") == "too_late"
    assert extend(child, "2026-04-16", by=DEPARTMENT) is None
    assert extend(child, "2026-04-17") == "already_used"


def test_a_district_may_allow_more_extensions(of):
    norm("referral.extensions", "2", Unit.COUNT, place_of(of))
    child = referred(of)
    assert [extend(child, f"2026-04-{day}") for day in (16, 17, 18)] == [None, None, "already_used"]


def test_after_its_last_day_a_referral_is_extended_no_more(of):
    child = referred(of)
    assert extend(child, "2026-04-20", moment=MISSED) == "too_late"


def test_at_the_counter_the_extension_is_the_familys_with_the_day_of_its_paper(of):
    child = referred(of)
    office = role(Role.specialist, paper_on=date(2026, 4, 8))
    extend(child, "2026-04-16", by=office)
    changes = db.session.scalars(db.select(Change).where(Change.verb == "extend")).all()
    assert {(c.subject, c.for_family, c.paper_on) for c in changes} == {
        ("application", True, date(2026, 4, 8)),
        ("referral", True, date(2026, 4, 8)),
    }


def test_a_voucher_has_no_referral_to_extend_or_to_revoke(app):
    place = district()
    of = vacancy(group(kindergarten(place)))
    child = application(place)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=CHOSEN)
    vouchers.confirm(child, by=family(child), at=CHOSEN)
    referrals.choose(child, of, by=family(child), at=CHOSEN)
    assert extend(child, "2026-05-01") == "wrong_status"
    assert revoke(child, by=DEPARTMENT, reason="a mistake") == "wrong_status"


# ---------------------------------------------------------------- revoke


def revoke(child: Application, by=None, moment=CHOSEN, reason=None) -> str | None:
    return refused(referrals.revoke, child, by=by or family(child), at=moment, reason=reason)


def test_a_family_takes_its_referral_back_through_the_last_moment_of_24_hours(of):
    child, late = referred(of), referred(of)
    last = CHOSEN + timedelta(hours=24)
    assert revoke(late, moment=last + timedelta(seconds=1)) == "too_late"
    assert revoke(child, moment=last) is None
    assert (child.status, child.queued_at) == (ApplicationStatus.queued, at("2026-03-02T10:00"))
    assert child.referrals[0].status is ReferralStatus.revoked
    assert db.session.scalar(db.select(db.func.count(Holding.id)).where(Holding.ended_at.is_(None))) == 1


def test_an_official_and_the_head_take_a_referral_back_at_any_time_with_a_reason(of):
    child, other = referred(of), referred(of)
    later = at("2026-04-14T10:00")
    assert revoke(child, by=head(kindergarten(place_of(of), "Мадина")), moment=later, reason="x") == "not_allowed"
    assert revoke(child, by=DEPARTMENT, moment=later) == "reason_required"
    assert revoke(child, by=DEPARTMENT, moment=later, reason="wrong group") is None
    assert revoke(other, by=head(of.group.kindergarten), moment=later, reason="the papers are false") is None


def test_at_the_counter_the_familys_24_hours_hold_just_the_same(of):
    child = referred(of)
    late = CHOSEN + timedelta(hours=25)
    for who in (Role.operator, Role.specialist):
        assert revoke(child, by=role(who, paper_on=late.date()), moment=late) == "too_late"
    assert revoke(child, by=role(Role.operator, paper_on=CHOSEN.date()), moment=CHOSEN) is None


# ---------------------------------------------------------------- miss and release


def test_who_does_not_come_is_stop_listed_for_ten_working_days_and_the_place_is_free(of):
    child = referred(of)
    clock.run(at=at("2026-05-20T10:00"), place_id=child.place_id)  # late: the days are what they were
    listing = child.stop_listings[0]
    assert (listing.from_on, listing.until, listing.ended_with) == (MISSED.date(), date(2026, 4, 30), "release")
    assert (child.status, child.queued_at) == (ApplicationStatus.queued, at("2026-03-02T10:00"))
    days = {
        c.verb: c.effective_on for c in db.session.scalars(db.select(Change).where(Change.subject == "application"))
    }
    assert (days["miss"], days["release"]) == (MISSED.date(), date(2026, 5, 1))
    assert db.session.scalars(db.select(Holding).where(Holding.ended_at.is_(None))).first() is None


def test_on_the_stop_list_nothing_is_offered_and_nothing_chosen(of):
    child = referred(of)
    clock.run(at=MISSED, place_id=child.place_id)
    assert child.status is ApplicationStatus.stop_listed
    assert offers.offer(of, by=DEPARTMENT, at=MISSED).served == 0
    assert refused(referrals.choose, child, of, by=family(child), at=MISSED) == "stop_listed"
    assert numbers.of(child, MISSED.date()) is None


def test_at_the_second_miss_the_application_is_removed(of):
    child = referred(of)
    again_at = at("2026-05-04T10:00")
    clock.run(at=again_at, place_id=child.place_id)
    again(child, of, again_at)
    clock.run(at=at("2026-06-01T10:00"), place_id=child.place_id)
    assert (child.status, claims.misses(child)) == (ApplicationStatus.removed, 2)
    assert len(child.stop_listings) == 1


def test_a_district_may_remove_at_the_first_miss(of):
    norm("referral.misses", "1", Unit.COUNT, place_of(of), on_lapse=OnLapse.remove)
    child = referred(of)
    clock.run(at=MISSED, place_id=child.place_id)
    assert child.status is ApplicationStatus.removed


def test_blocked_and_not_deleted_has_no_end_and_only_the_department_ends_it(of):
    norm("referral.attend", "5", Unit.CD, place_of(of), on_lapse=OnLapse.hold)
    norm("referral.misses", "1", Unit.COUNT, place_of(of), on_lapse=OnLapse.remove)
    child = referred(of)
    clock.run(at=at("2026-09-01T10:00"), place_id=child.place_id)
    assert (child.status, child.stop_listings[0].until) == (ApplicationStatus.stop_listed, None)
    later = at("2026-09-01T11:00")
    assert refused(applications.release, child, by=role(Role.specialist), at=later) == "not_allowed"
    assert refused(applications.release, child, by=DEPARTMENT, at=later) is None
    assert (child.status, claims.misses(child)) == (ApplicationStatus.queued, 1)


def test_an_official_lets_a_family_off_the_stop_list_before_its_end(of):
    child = referred(of)
    clock.run(at=MISSED, place_id=child.place_id)
    assert refused(applications.release, child, by=role(Role.head), at=MISSED) == "not_allowed"
    assert refused(applications.release, child, by=role(Role.specialist), at=MISSED) is None
    assert refused(applications.release, child, by=DEPARTMENT, at=MISSED) == "wrong_status"


def test_a_voucher_stop_list_is_left_by_the_family_and_a_referrals_by_the_office(of):
    child = referred(of)
    clock.run(at=MISSED, place_id=child.place_id)
    assert refused(applications.restore, child, by=family(child), at=MISSED) == "wrong_status"


def test_a_family_is_reminded_one_working_day_before_the_last_day_to_come(of):
    child = referred(of)
    clock.run(at=at("2026-04-14T00:10"), place_id=child.place_id)
    assert [(n.template, n.due_on) for n in child.notices if n.template == "remind"] == [("remind", ATTEND_BY)]


# ---------------------------------------------------------------- private on state order


def private_place(of, **more):
    name, owner = more.pop("name", "Балапан"), {"ownership": Ownership.private, "state_order": True}
    return vacancy(group(kindergarten(place_of(of), name, **owner | more)))


def test_a_private_place_needs_no_turn_and_costs_the_standing_at_once(of):
    private = private_place(of)
    first, second = application(place_of(of)), application(place_of(of))
    referrals.choose(second, private, by=family(second), at=CHOSEN)
    assert (second.status, second.standing, first.standing) == (ApplicationStatus.referred, False, True)


def test_a_child_is_at_least_three_on_the_day_it_chooses_a_private_place(of):
    private = vacancy(private_place(of).group.kindergarten.groups[0])
    private.group.birth_year_to = 2023
    child = application(place_of(of), date(2023, 4, 9))
    assert refused(referrals.choose, child, private, by=family(child), at=CHOSEN) == "too_young"
    assert refused(referrals.choose, child, private, by=family(child), at=CHOSEN + timedelta(days=1)) is None


def test_the_standing_comes_back_with_the_old_day_when_the_family_revokes_in_time(of):
    private, child = private_place(of), application(place_of(of), queued_at=at("2026-03-02T10:00"))
    referrals.choose(child, private, by=family(child), at=CHOSEN)
    assert revoke(child) is None
    assert (child.standing, numbers.of(child, CHOSEN.date()).value) == (True, 1)


def test_the_standing_comes_back_when_an_office_revokes_however_late(of):
    private, child = private_place(of), application(place_of(of))
    referrals.choose(child, private, by=family(child), at=CHOSEN)
    later = CHOSEN + timedelta(hours=25)
    assert revoke(child, by=DEPARTMENT, moment=later, reason="the group is closed") is None
    assert (child.status, child.standing, numbers.of(child, later.date()).value) == (ApplicationStatus.queued, True, 1)
    offers.offer(of, by=DEPARTMENT, at=later)
    assert child.status is ApplicationStatus.notified


def test_the_standing_comes_back_when_a_private_referral_is_missed(of):
    private, child = private_place(of), application(place_of(of))
    referrals.choose(child, private, by=family(child), at=CHOSEN)
    clock.run(at=at("2026-05-01T10:00"), place_id=child.place_id)
    assert (child.status, child.standing, claims.misses(child)) == (ApplicationStatus.queued, True, 1)


def test_a_private_kindergarten_without_state_order_is_no_place_of_the_queue(of):
    paid, child = private_place(of, state_order=False), application(place_of(of))
    assert refused(referrals.choose, child, paid, by=family(child), at=CHOSEN) == "wrong_place"


def test_nobody_chooses_in_another_district(of):
    there = vacancy(
        group(kindergarten(district("Степногорск қаласы", "referral"), ownership="private", state_order=True))
    )
    child = application(place_of(of))
    assert refused(referrals.choose, child, there, by=family(child), at=CHOSEN) == "wrong_place"


def test_one_child_is_referred_once_at_a_time(of):
    private, child = private_place(of), referred(of)
    assert refused(referrals.choose, child, private, by=family(child), at=CHOSEN) == "wrong_status"


# ---------------------------------------------------------------- reinstate


def test_one_of_the_department_asks_another_one_decides_and_the_child_waits_from_its_old_day(of):
    child = referred(of)
    applications.withdraw(child, by=family(child), at=CHOSEN)
    first, second = (role(Role.department, user_id=id_) for id_ in users(2))
    asked = proposals.ask(child, "reinstate", by=first, at=CHOSEN, reason="withdrawn by mistake")
    assert refused(proposals.ask, child, "reinstate", by=second, at=CHOSEN, reason="again") == "wrong_status"
    assert refused(proposals.decide, asked, approved=True, by=first, at=CHOSEN) == "not_allowed"
    proposals.decide(asked, approved=True, by=second, at=CHOSEN)
    assert (child.status, child.queued_at) == (ApplicationStatus.queued, at("2026-03-02T10:00"))
    assert refused(proposals.decide, asked, approved=False, by=second, at=CHOSEN) == "wrong_status"


def test_what_is_rejected_changes_nothing_and_may_be_asked_for_again(of):
    child = application(place_of(of))
    applications.archive(child, by=DEPARTMENT, at=CHOSEN, reason="moved away")
    asked = proposals.ask(child, "reinstate", by=DEPARTMENT, at=CHOSEN, reason="moved back")
    proposals.decide(asked, approved=False, by=DEPARTMENT, at=CHOSEN)
    assert child.status is ApplicationStatus.archived
    assert refused(proposals.ask, child, "reinstate", by=DEPARTMENT, at=CHOSEN, reason="moved back indeed") is None


def test_a_child_that_grew_too_old_or_waits_by_another_application_does_not_come_back(of):
    old = application(place_of(of), date(2020, 4, 9))
    applications.archive(old, by=DEPARTMENT, at=at("2026-04-02T10:00"), reason="moved away")
    told = refused(proposals.ask, old, "reinstate", by=DEPARTMENT, at=at("2026-04-09T10:00"), reason="moved back")
    assert told == "too_old"
    child = application(place_of(of))
    applications.withdraw(child, by=family(child), at=CHOSEN)
    applications.register(
        place_id=place_of(of).id,
        child=applications.Person(child.child.iin),
        applicant=applications.Person(child.applicant.iin),
        by=DEPARTMENT,
        at=CHOSEN,
    )
    assert refused(proposals.ask, child, "reinstate", by=DEPARTMENT, at=CHOSEN, reason="a mistake") == "already_waiting"


def users(n: int) -> list[int]:
    table = db.metadata.tables["ab_user"]
    rows = [{"first_name": "x", "last_name": "x", "username": f"u{i}", "email": f"u{i}@example.org"} for i in range(n)]
    return [db.session.execute(table.insert().values(**row)).inserted_primary_key[0] for row in rows]
