"""Whether a paper still holds (S1, spec 3.4.4, 3.6); no database, and the clock may be late."""

from datetime import date, timedelta
from functools import partial

import pytest

from app.models import Application, Contract, Enrolment, Intake, Referral, Voucher
from app.models import ReferralStatus as R
from app.models import VoucherStatus as V
from app.rules import validity
from tests.factories import at

CHOOSE_BY, ENDS_ON = date(2026, 4, 16), date(2026, 4, 30)
ONE_DAY, ISSUED_ON = timedelta(days=1), date(2026, 4, 8)


def voucher(status, kind=Intake.general, ended=None):
    return Voucher(
        status=status,
        kind=kind,
        issued_on=ISSUED_ON,
        confirm_by=date(2026, 4, 10),
        choose_by=None if status in (V.issued, V.lapsed) else CHOOSE_BY,
        ended_at=at(ended) if ended else None,
    )


def referral(status=R.issued, *, of=None, ended=None, ends_on=None, signed=None):
    row = Referral(
        status=status,
        kind=Intake.temporary if ends_on else Intake.general,
        voucher=of,
        issued_on=ISSUED_ON,
        begins_on=ISSUED_ON + ONE_DAY if ends_on else None,
        ends_on=ends_on,
        ended_at=at(ended) if ended else None,
    )
    row.contract = Contract(family_signed_at=at(signed) if signed else None)
    return row


@pytest.mark.parametrize(
    ("status", "last"), [(V.issued, date(2026, 4, 10)), (V.confirmed, CHOOSE_BY)], ids=["issued", "confirmed"]
)
def test_a_live_voucher_holds_through_its_term_and_not_a_day_longer(status, last):
    assert validity.voucher(voucher(status), None, last) == validity.PaperState(last)
    assert validity.voucher(voucher(status), None, last + ONE_DAY) == validity.PaperState(last, last + ONE_DAY)


@pytest.mark.parametrize(
    ("status", "since"),
    [(V.lapsed, "2026-04-11"), (V.expired, "2026-04-17"), (V.refused, "2026-04-12"), (V.revoked, "2026-04-12")],
)
def test_a_voucher_that_ended_is_invalid_since_the_day_it_ended_or_its_term_was_over(status, since):
    ended = (
        "2026-05-20T10:00" if status in (V.lapsed, V.expired) else "2026-04-12T10:00"
    )  # a late clock changes nothing
    standing = validity.voucher(voucher(status, ended=ended), None, date(2026, 6, 1))
    assert (standing.valid, standing.invalid_since) == (False, date.fromisoformat(since))


def attends(ended=None, last=None):
    stay = Enrolment(voucher_id=7, started_on=ISSUED_ON, ended_on=ISSUED_ON + ONE_DAY)
    return Application(enrolments=[stay, Enrolment(started_on=date(2026, 4, 14), ended_on=ended, ends_on=last)])


def of_an_enrolled_child(child):
    """Each paper that goes with it: by voucher, by turn."""
    papers = voucher(V.used), referral(R.used, of=voucher(V.used)), by_turn(R.used, "2026-04-14T10:00")
    for row in papers:
        row.application = child
    return [
        lambda day: validity.voucher(papers[0], None, day),
        *(partial(validity.referral, row) for row in papers[1:]),
    ]


def test_what_was_used_holds_while_the_child_attends():
    for state in of_an_enrolled_child(attends()):
        assert state(date(2030, 1, 1)) == validity.PaperState()


@pytest.mark.parametrize("known", ["ended", "last"])
def test_what_was_used_holds_through_the_child_s_last_day(known):
    """It left, or a sanatorium takes it until a known day."""
    for state in of_an_enrolled_child(attends(**{known: ENDS_ON})):
        assert state(ENDS_ON) == validity.PaperState(ENDS_ON)
        assert state(ENDS_ON + ONE_DAY) == validity.PaperState(ENDS_ON, ENDS_ON + ONE_DAY)


def test_a_place_that_was_given_up_before_its_first_day_has_no_last_one():
    for state in of_an_enrolled_child(attends(date(2026, 4, 12), ENDS_ON)):
        assert state(date(2026, 4, 13)) == validity.PaperState(None, date(2026, 4, 13))


def test_a_voucher_of_a_stay_holds_through_the_stay():
    stay = referral(R.used, ends_on=ENDS_ON)
    held = voucher(V.confirmed, Intake.temporary)
    assert validity.voucher(held, stay, ENDS_ON) == validity.PaperState(ENDS_ON)
    annulled = voucher(V.annulled, Intake.temporary, ended="2026-05-04T00:10")
    for row in (held, annulled):
        assert validity.voucher(row, stay, date(2026, 5, 4)).invalid_since == ENDS_ON + ONE_DAY


def test_a_temporary_referral_holds_through_its_last_day():
    stay = referral(R.used, of=voucher(V.confirmed, Intake.temporary), ends_on=ENDS_ON)
    assert validity.referral(stay, ENDS_ON) == validity.PaperState(ENDS_ON)
    assert validity.referral(stay, ENDS_ON + ONE_DAY).invalid_since == ENDS_ON + ONE_DAY


def test_a_temporary_referral_ends_early_with_its_voucher():
    stay = referral(R.used, of=voucher(V.annulled, Intake.temporary, ended="2026-04-20T09:00"), ends_on=ENDS_ON)
    assert validity.referral(stay, date(2026, 4, 20)) == validity.PaperState(date(2026, 4, 19), date(2026, 4, 20))


def test_a_referral_holds_until_the_term_to_sign_is_over():
    held = referral(of=voucher(V.confirmed))
    assert validity.referral(held, CHOOSE_BY) == validity.PaperState(CHOOSE_BY)
    assert validity.referral(held, CHOOSE_BY + ONE_DAY).invalid_since == CHOOSE_BY + ONE_DAY


def test_a_referral_that_the_family_signed_holds_for_good():
    signed = referral(of=voucher(V.confirmed), signed="2026-04-12T10:00")
    assert validity.referral(signed, date(2027, 1, 1)) == validity.PaperState()


def test_a_revoked_referral_is_invalid_since_it_was_revoked():
    revoked = referral(R.revoked, of=voucher(V.revoked, ended="2026-04-12T10:00"), ended="2026-04-12T10:00")
    assert validity.referral(revoked, date(2026, 4, 12)).invalid_since == date(2026, 4, 12)
    expired = referral(R.revoked, of=voucher(V.expired, ended="2026-05-20T10:00"), ended="2026-05-20T10:00")
    assert validity.referral(expired, date(2026, 6, 1)).invalid_since == CHOOSE_BY + ONE_DAY


def by_turn(status=R.issued, ended=None):
    row = referral(status, ended=ended)
    row.attend_by = date(2026, 4, 16)
    return row


def test_a_referral_by_turn_holds_through_the_day_to_come_by():
    assert validity.referral(by_turn(), date(2026, 4, 16)) == validity.PaperState(date(2026, 4, 16))
    assert validity.referral(by_turn(), date(2026, 4, 17)).invalid_since == date(2026, 4, 17)


def test_a_referral_by_turn_is_invalid_since_it_was_taken_back_or_missed_however_late_the_clock():
    taken_back = by_turn(R.revoked, "2026-04-10T15:00")
    assert validity.referral(taken_back, date(2026, 4, 10)).invalid_since == date(2026, 4, 10)
    missed = by_turn(R.missed, "2026-05-20T00:10")
    assert validity.referral(missed, date(2026, 6, 1)).invalid_since == date(2026, 4, 17)


def test_what_ended_before_it_began_has_no_last_day():
    stay = referral(R.used, of=voucher(V.annulled, Intake.temporary, ended="2026-04-08T15:00"), ends_on=ENDS_ON)
    assert validity.referral(stay, ENDS_ON) == validity.PaperState(None, ISSUED_ON)
    assert validity.referral(by_turn(R.revoked, "2026-04-08T15:00"), ENDS_ON) == validity.PaperState(None, ISSUED_ON)
    assert validity.voucher(voucher(V.revoked, ended="2026-04-08T15:00"), None, ENDS_ON).last_day is None


def test_a_referral_without_a_voucher_holds_while_it_is_live():
    assert validity.referral(referral(), date(2027, 1, 1)) == validity.PaperState()
    missed = referral(R.missed, ended="2026-04-12T00:10")
    assert validity.referral(missed, date(2026, 4, 12)).invalid_since == date(2026, 4, 12)
