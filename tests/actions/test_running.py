"""Spec 3.1, 3.2: what changes while something runs changes nothing that runs, and no day that was shown."""

from datetime import date

import pytest

from app.actions import choosing, clock, explanations, offers, referrals, vouchers
from app.db.extensions import db
from app.models import Change, Unit
from app.scenarios.checking import read
from app.scenarios.player import play
from app.scenarios.scratch import scratch
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, norm, vacancy
from tests.scenarios import FILES


def failed(databases, kind: str, stem: str) -> list:
    (file,) = [file for file in FILES if file.stem == stem]
    with scratch(databases.url(kind)):
        return play(read(file.read_text("utf-8"))).failed


def test_no_offer_takes_the_place_that_a_live_voucher_needs(databases, kind):
    assert failed(databases, kind, "a-voucher-outlives-its-procedure") == []


def test_no_free_choice_takes_the_place_that_a_live_voucher_needs(databases, kind):
    assert failed(databases, kind, "a-free-choice-leaves-a-voucher-its-seat") == []


def test_an_offer_in_its_window_outlives_its_procedure(databases, kind):
    assert failed(databases, kind, "an-offer-outlives-its-procedure") == []


def test_an_ended_right_has_no_say_in_later_terms(databases, kind):
    assert failed(databases, kind, "an-ended-voucher-has-no-say") == []


def test_what_is_due_is_done_before_a_verb_is_called_too_late(databases, kind):
    assert failed(databases, kind, "restored-after-both-terms") == []


def test_the_age_limit_of_the_day_on_which_it_fell_due_decides(databases, kind):
    assert failed(databases, kind, "a-raised-age-and-a-late-clock") == []


OLD = date(2020, 3, 10)  # 72 months on 10 March 2026
FROM = {  # why a child is archived, and on which day
    "its birthday, though the clock is late": (None, date(2026, 3, 11)),
    "the first day of a lower age": ("66", date(2026, 3, 5)),
}


@pytest.mark.parametrize("why", FROM)
def test_an_archiving_is_dated_after_all_that_it_follows_from(app, why):
    months, on = FROM[why]
    place = district(procedure="referral")
    child = application(place, OLD, queued_at=at("2026-03-01T10:00"))
    if months:
        norm("queue.maximum_age", months, Unit.MONTHS, place, since=on)
    clock.run(at=at("2026-03-25T10:00"), place_id=place.id)
    assert (child.status, archived_on(child.id)) == ("archived", on)


def test_a_child_that_comes_back_too_old_is_archived_on_the_day_of_its_return_and_no_day_before_it_changes(app):
    place = district()
    vacancy(group(kindergarten(place), (2020, 2020)))
    child, other = application(place, OLD, at("2026-03-02T10:00")), application(place, OLD, at("2026-03-02T11:00"))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-03-09T10:00"))
    vouchers.confirm(child, by=family(child), at=at("2026-03-10T10:00"))
    clock.run(at=at("2026-03-12T10:00"), place_id=place.id)
    vouchers.revoke(child, by=DEPARTMENT, at=at("2026-03-13T10:00"), reason="a mistake")
    clock.run(at=at("2026-03-20T10:00"), place_id=place.id)
    assert (child.status, archived_on(child.id)) == ("archived", date(2026, 3, 13))
    assert (other.status, archived_on(other.id)) == ("archived", date(2026, 3, 11))
    days = [explanations.number_on(child, date(2026, 3, day), date(2026, 3, 20)) for day in (11, 12, 13, 14)]
    assert days == [None] * 4


def archived_on(application_id: int) -> date | None:
    of = Change.subject == "application", Change.subject_id == application_id, Change.verb == "archive"
    return db.session.scalars(db.select(Change.effective_on).where(*of)).one()


def test_a_norm_that_is_raised_inside_the_window_takes_no_offered_place_away(app):
    place = district(procedure="referral")
    published = vacancy(group(kindergarten(place), (2023, 2023)))
    child = application(place, date(2023, 9, 17), at("2026-04-02T09:00"))
    offers.offer(published, by=DEPARTMENT, at=at("2026-04-06T10:00"))
    norm("referral.minimum_age", "36", Unit.MONTHS, place, since=date(2026, 4, 7))
    assert [one.id for one, _ in choosing.choices(child, date(2026, 4, 7))] == [published.id]
    referrals.choose(child, published, by=family(child), at=at("2026-04-07T10:00"))
    assert child.status == "referred"
