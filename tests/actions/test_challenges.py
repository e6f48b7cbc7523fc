"""Spec 10: a text is signed once, within five minutes, where it was asked; what is verified is what was kept."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.access import challenges, visits
from app.actions import signatures
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import sessions
from app.models import Challenge, OneTimeCode, Purpose, Signature, Visit
from app.rules.refusals import Reason, Refusal
from tests import authority as of
from tests.authority import BIN, IIN, OTHER_IIN, another, holder

HERE = "the browser's key"
ACT = Purpose.act


@pytest.fixture(autouse=True)
def believed(app, tmp_path):
    """The application believes the tests' authority."""
    with of.believed_by(app, tmp_path):
        yield


def ask(purpose: Purpose = ACT, **of_it):
    return challenges.ask("Растаймын: өтініш № 0001", purpose=purpose, browser=HERE, **of_it)


def take(key: str, purpose: Purpose = ACT, browser: str = HERE):
    return challenges.take(key, browser=browser, purpose=purpose)


def refused(challenge, cms: str) -> Reason:
    with pytest.raises(Refusal) as refusal:
        signatures.check(challenge, cms)
    return refusal.value.reason


def test_a_signature_is_kept_with_all_that_it_was_verified_by(app):
    asked = ask(iin=IIN, verb="confirm", asked={"reason": "иә"})
    challenge = take(asked.key)
    cms = holder(ACT).sign(asked.text.encode())
    with transaction():
        kept_id = signatures.keep(signatures.check(challenge, cms)).id
    kept = db.session.get_one(Signature, kept_id)
    assert (kept.text, kept.cms) == (asked.text.encode(), cms.encode())
    assert (kept.iin, kept.name, kept.verb) == (IIN, "Ойдан Шығарылған Әкесіқызы", "confirm")
    assert kept.checked_at == challenge.used_at and kept.certificates.count("BEGIN CERTIFICATE") == 3
    assert len(kept.checked_against["lists"]) == 2 and challenge.asked == {"reason": "иә"}


def test_a_challenge_is_taken_once_within_five_minutes_on_its_browser_for_its_purpose(app):
    key = ask().key
    assert take(key, browser="another") is None and take(key, Purpose.entry) is None and take("") is None
    assert take(key) is not None and take(key) is None
    late = ask().key
    with transaction():
        db.session.execute(sa.update(Challenge).values(asked_at=datetime.now(UTC) - challenges.LIVES))
    assert take(late) is None
    assert refused(None, holder(ACT).sign(b"")) is Reason.challenge_over


def test_of_ten_who_take_one_challenge_at_once_one_has_it(app):
    key = ask().key

    def in_context(_: int) -> bool:
        with app.app_context():
            return take(key) is not None

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(in_context, range(10))) == [False] * 9 + [True]


def test_the_same_text_asked_twice_is_two_and_a_signature_fits_its_own_alone(app):
    first, second = ask(), ask()
    assert first.text != second.text and first.text.startswith("Растаймын: өтініш № 0001\n\n")
    cms = holder(ACT).sign(first.text.encode())
    assert refused(take(second.key), cms) is Reason.bad_signature
    assert signatures.check(take(first.key), cms).signed.iin == IIN


def test_what_is_verified_is_the_text_that_was_kept(app):
    asked = ask()
    challenge = take(asked.key)
    other = asked.text.replace("0001", "0002")
    assert refused(challenge, holder(ACT).sign(other.encode())) is Reason.bad_signature


def test_another_persons_or_another_organisations_key_is_refused(app):
    asked = ask(iin=OTHER_IIN)
    assert refused(take(asked.key), holder(ACT).sign(asked.text.encode())) is Reason.foreign_iin
    head = holder(Purpose.organisation, bin=BIN)
    for bin, reason in ((BIN, None), ("000440000012", Reason.foreign_bin), (None, Reason.foreign_bin)):
        asked = ask(Purpose.organisation, bin=bin)
        challenge, cms = take(asked.key, Purpose.organisation), head.sign(asked.text.encode())
        if reason:
            assert refused(challenge, cms) is reason
        else:
            assert signatures.check(challenge, cms).signed.bin == BIN


def test_a_signature_that_is_kept_is_not_kept_again(app):
    asked = ask()
    checked = signatures.check(take(asked.key), holder(ACT).sign(asked.text.encode()))
    with transaction():
        signatures.keep(checked)
    with pytest.raises(sa.exc.IntegrityError), transaction():
        signatures.keep(replace(checked))


def test_what_was_asked_who_visited_and_codes_leave_when_they_open_nothing_any_more(app):
    ask(iin=IIN)
    visits.begin(IIN)
    visits.ask(visits.begin_asking("", IIN, "+77020000001"), known=False)
    long_ago = datetime.now(UTC) - challenges.KEPT - timedelta(seconds=1)
    with transaction():
        db.session.execute(sa.update(Challenge).values(asked_at=long_ago))
        db.session.execute(sa.update(OneTimeCode).values(asked_at=long_ago))
        db.session.execute(sa.update(Visit).values(seen_at=long_ago))
    kept = ask(), visits.begin(OTHER_IIN), visits.ask(visits.begin_asking("", OTHER_IIN, "+77020000001"), known=False)
    for _ in range(2):
        sessions.forget()
    assert kept and [db.session.scalars(sa.select(one.iin)).all() for one in (Challenge, Visit, OneTimeCode)] == [
        [None],
        [OTHER_IIN],
        [OTHER_IIN],
    ]


def test_a_damaged_file_of_revoked_keys_is_as_none_until_it_is_fetched_anew(app, tmp_path):
    asked = ask()
    challenge, cms = take(asked.key), holder(ACT).sign(asked.text.encode())
    file = app.config["KEZEK"].crls / "national.crl"
    file.write_bytes(file.read_bytes()[:-9])
    assert refused(challenge, cms) is Reason.revocation_unknown
    of.write(app.config["KEZEK"].crls)
    assert signatures.check(challenge, cms)


def test_a_file_of_revoked_keys_that_comes_anew_is_read_anew(app, tmp_path):
    revoked = another(ACT)
    asked = ask()
    challenge, cms = take(asked.key), revoked.sign(asked.text.encode())
    assert signatures.check(challenge, cms)
    of.write(app.config["KEZEK"].crls, revoked.certificate)
    assert refused(challenge, cms) is Reason.certificate_revoked
