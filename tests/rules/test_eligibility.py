"""Spec 3.4-3.8: why a verb is refused, at the borders of each rule."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.models import ApplicationStatus, KgGroup, Referral, ReferralStatus, StopListing, Voucher, VoucherStatus
from app.rules import eligibility
from app.rules.refusals import ORDER, Reason, Refusal

LAST = date(2026, 4, 10)
AFTER = date(2026, 4, 11)
BORN = date(2020, 5, 10)


def refused(function, *args, **kwargs) -> Reason | None:
    try:
        function(*args, **kwargs)
    except Refusal as refusal:
        return refusal.reason
    return None


def voucher(status: VoucherStatus) -> Voucher:
    return Voucher(status=status, confirm_by=LAST, choose_by=LAST)


def in_time(verb: str, day: date, **records) -> Reason | None:
    """Why a verb comes too late, given the last records of an application; None when it does not."""
    nothing = {"voucher": None, "referral": None, "stop_listing": None}
    return refused(eligibility.in_time, verb, day, **nothing | records)


IN_TIME = [
    *(("confirm", status) for status in (VoucherStatus.issued, VoucherStatus.lapsed)),
    *((verb, status) for verb in ("choose", "sign") for status in (VoucherStatus.confirmed, VoucherStatus.expired)),
    *(("extend", status) for status in VoucherStatus if status in ("issued", "lapsed", "confirmed", "expired")),
]


@pytest.mark.parametrize(("verb", "status"), IN_TIME)
def test_a_term_lasts_through_its_last_day_whether_or_not_the_clock_has_acted(verb, status):
    assert in_time(verb, LAST, voucher=voucher(status)) is None
    assert in_time(verb, AFTER, voucher=voucher(status)) is Reason.too_late


@pytest.mark.parametrize("verb", ["confirm", "choose", "sign", "refuse", "withdraw", "archive", "extend", "revoke"])
@pytest.mark.parametrize("status", VoucherStatus)
def test_no_other_verb_and_no_other_voucher_has_a_term_to_miss(verb, status):
    if (verb, status) not in IN_TIME:
        assert in_time(verb, AFTER, voucher=voucher(status)) is None


@pytest.mark.parametrize("status", ReferralStatus)
def test_a_child_is_taken_in_through_the_last_day_of_its_referral_and_after_it_hears_so(status):
    referral = Referral(status=status, attend_by=LAST)
    late = Reason.too_late if status in (ReferralStatus.issued, ReferralStatus.missed) else None
    for verb in ("enrol", "extend"):
        assert in_time(verb, LAST, referral=referral) is None
        assert in_time(verb, AFTER, referral=referral) is late
    for verb in ("choose", "revoke", "withdraw"):
        assert in_time(verb, AFTER, referral=referral) is None


def test_the_referral_of_a_voucher_has_no_last_day():
    assert in_time("enrol", AFTER, referral=Referral(status=ReferralStatus.issued)) is None


def test_a_referral_is_taken_back_through_the_last_moment_of_its_hours():
    until = datetime(2026, 4, 10, 12, tzinfo=UTC)
    assert refused(eligibility.within_hours, until, until) is None
    assert refused(eligibility.within_hours, until + timedelta(microseconds=1), until) is Reason.too_late
    assert refused(eligibility.within_hours, until, None) is None


@pytest.mark.parametrize(
    ("ended_with", "told"),
    [(None, Reason.too_late), ("archive", Reason.too_late), ("restore", None), ("refuse", None), ("revoke", None)],
)
def test_the_place_in_the_queue_comes_back_within_the_stop_list_that_ran_out_by_itself(ended_with, told):
    listing = StopListing(until=LAST, ended_with=ended_with, voucher_id=1)
    assert in_time("restore", LAST, stop_listing=listing) is None
    assert in_time("restore", AFTER, stop_listing=listing) is told
    of_referral = StopListing(until=LAST, ended_with=ended_with, referral_id=1)
    assert in_time("restore", AFTER, stop_listing=of_referral) is None  # nobody is restored from it


def test_without_a_voucher_or_a_stop_listing_there_is_no_term():
    for verb in ("confirm", "choose", "sign", "restore"):
        assert eligibility.last_day(verb, None, None) is None


@pytest.mark.parametrize("verb", ["issue", "issue_out_of_turn", "offer", "choose"])
def test_on_the_stop_list_nothing_is_issued_offered_or_chosen_and_that_is_said_first(verb):
    assert refused(eligibility.right_status, verb, ApplicationStatus.stop_listed) is Reason.stop_listed
    assert refused(eligibility.right_status, verb, ApplicationStatus.enrolled) is Reason.wrong_status


def test_a_choice_may_start_from_each_of_its_statuses():
    fits = {status for status in ApplicationStatus if refused(eligibility.right_status, "choose", status) is None}
    assert fits == {ApplicationStatus.voucher_issued, ApplicationStatus.notified, ApplicationStatus.queued}


def test_extend_and_sign_look_at_the_voucher_and_the_contract_instead():
    for status in ApplicationStatus:
        assert refused(eligibility.right_status, "extend", status) is None
        assert refused(eligibility.right_status, "sign", status) is None


@pytest.mark.parametrize("nothing", [None, "", "  ", "\n\t"])
def test_blanks_are_no_reason(nothing):
    assert refused(eligibility.given, nothing) is Reason.reason_required


def test_a_reason_is_kept_without_the_blanks_around_it():
    assert eligibility.given("  moved away ") == "moved away"


@pytest.mark.parametrize(
    ("year", "told"), [(2020, Reason.wrong_birth_year), (2021, None), (2022, None), (2023, Reason.wrong_birth_year)]
)
def test_a_place_serves_the_birth_years_of_its_group_both_ends_included(year, told):
    group = KgGroup(birth_year_from=2021, birth_year_to=2022)
    assert refused(eligibility.in_birth_years, date(year, 12, 31), group) is told


def test_a_child_is_too_old_on_the_day_on_which_it_reaches_the_age():
    assert refused(eligibility.not_too_old, BORN, date(2026, 5, 9), 72) is None
    assert refused(eligibility.not_too_old, BORN, date(2026, 5, 10), 72) is Reason.too_old


def test_a_longer_term_ends_later_than_the_running_one():
    assert refused(eligibility.later, AFTER, LAST) is None
    assert refused(eligibility.later, LAST, LAST) is Reason.too_late


def test_a_child_is_old_enough_on_the_day_on_which_it_reaches_the_age():
    assert refused(eligibility.not_too_young, BORN, date(2023, 5, 10), 36) is None
    assert refused(eligibility.not_too_young, BORN, date(2023, 5, 9), 36) is Reason.too_young


def test_an_extension_reaches_its_last_day_and_no_further():
    assert refused(eligibility.not_too_long, LAST, LAST) is None
    assert refused(eligibility.not_too_long, AFTER, LAST) is Reason.too_long


def test_restorations_and_extensions_are_counted():
    assert [refused(eligibility.times_left, used, 2) for used in (0, 1, 2, 3)] == [
        None,
        None,
        Reason.already_used,
        Reason.already_used,
    ]
    assert refused(eligibility.times_left, 0, 0) is Reason.already_used


def test_a_temporary_place_is_open_through_its_last_day_and_a_general_one_always():
    assert refused(eligibility.still_open, LAST, LAST) is None
    assert refused(eligibility.still_open, LAST, AFTER) is Reason.too_late
    assert refused(eligibility.still_open, None, AFTER) is None


def test_nobody_signs_twice():
    assert refused(eligibility.signed_once, None) is None
    assert refused(eligibility.signed_once, datetime(2026, 4, 10, tzinfo=UTC)) is Reason.wrong_status


def test_each_reason_that_competes_has_its_turn():
    assert ORDER.index(Reason.not_allowed) < ORDER.index(Reason.too_late) < ORDER.index(Reason.stop_listed)
    assert ORDER.index(Reason.wrong_status) < ORDER.index(Reason.reason_required) < ORDER.index(Reason.wrong_place)
