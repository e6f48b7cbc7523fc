"""Spec 3.2, notice.quiet and notice.daily: when an SMS may go; and to which address a notice goes at all."""

import pytest

from app.models import Application, Audience, Channel, Kindergarten, Notice
from app.rules import notices
from app.rules.shipped import NORMS
from tests.factories import at

QUIET, DAILY = (next(value for name, value, *_ in NORMS if name == f"notice.{one}") for one in ("quiet", "daily"))
CASES = [  # now, quiet hours, sent today, at most, when it goes
    ("2026-04-08T20:59", QUIET, 0, 5, "2026-04-08T20:59"),
    ("2026-04-08T21:00", QUIET, 0, 5, "2026-04-09T08:00"),
    ("2026-04-09T07:59", QUIET, 0, 5, "2026-04-09T08:00"),
    ("2026-04-09T08:00", QUIET, 0, 5, "2026-04-09T08:00"),
    ("2026-04-08T12:30", "12-14", 0, 5, "2026-04-08T14:00"),
    ("2026-04-08T14:00", "12-14", 0, 5, "2026-04-08T14:00"),
    ("2026-04-08T03:00", "8-8", 0, 5, "2026-04-08T03:00"),
    ("2026-04-08T12:00", QUIET, 4, 5, "2026-04-08T12:00"),
    ("2026-04-08T12:00", QUIET, 5, 5, "2026-04-09T08:00"),
    ("2026-04-08T23:00", QUIET, 5, 5, "2026-04-09T08:00"),
    ("2026-04-08T12:00", "8-8", 5, 5, "2026-04-09T00:00"),
    ("2026-04-08T12:00", QUIET, 99, 0, "2026-04-08T12:00"),
]


@pytest.mark.parametrize(("now", "quiet", "sent", "daily", "goes"), CASES)
def test_an_sms_goes_now_or_when_the_quiet_hours_and_the_day_are_over(now, quiet, sent, daily, goes):
    assert notices.goes_at(at(now), quiet=quiet, sent=sent, daily=daily) == at(goes)


def test_as_shipped_no_sms_comes_at_night_and_no_phone_gets_more_than_five_in_a_day():
    assert (QUIET, DAILY) == ("21-8", "5")


@pytest.mark.parametrize(
    ("phone", "email", "to"),
    [
        ("+77162251234, +77011112233", "a@b.kz", {"sms": "+77011112233", "email": "a@b.kz"}),
        ("+77162251234", "жоқ", {"sms": None, "email": None}),
        ("жоқ", None, {"sms": None, "email": None}),
        (None, "a@b", {"sms": None, "email": None}),
        (None, "a@b.kz, c@d.kz", {"sms": None, "email": "a@b.kz, c@d.kz"}),
    ],
)
def test_an_sms_goes_to_the_first_mobile_phone_and_a_letter_to_what_is_an_address(phone, email, to):
    told = Notice(audience=Audience.family, application=Application(phone=phone, email=email))
    assert {channel: notices.address(told, channel) for channel in Channel} == to


def test_a_kindergarten_gets_letters_alone_and_the_department_reads_in_kezek():
    told = Notice(audience=Audience.kindergarten, kindergarten=Kindergarten(phone="+77011112233", email="a@b.kz"))
    assert [notices.address(told, channel) for channel in notices.WAYS[told.audience]] == ["a@b.kz"]
    assert notices.address(Notice(audience=Audience.kindergarten), Channel.email) is None
    assert notices.WAYS[Audience.department] == ()
