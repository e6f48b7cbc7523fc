"""Spec 10, spec 7 "signatures": nothing is accepted but the signature of the text that was kept, by a right key."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.authority import armoured
from app.models import Purpose
from app.rules.refusals import Reason, Refusal
from app.signing import revocation
from app.signing.trust import Trust
from app.signing.verify import LARGEST, Signed, verify
from tests import authority as of
from tests.authority import BIN, IIN, Odd, another, holder, signed

TEXT = "Растаймын: өтініш № 0001\n\n2026-11-30 · 5b6f\n".encode()
ACT, ENTRY, ORGANISATION = Purpose.act, Purpose.entry, Purpose.organisation
DAY = timedelta(days=1)


@cache
def believed() -> Trust:
    return of.trust()


@cache
def good() -> bytes:
    """One signature, the same each time: a curve's differ in length."""
    return signed(TEXT, holder(ACT, curve=True))


def asked(cms: bytes | str, purpose: Purpose, *, trust: Trust | None = None, text: bytes = TEXT) -> Signed:
    """As `signatures.check` asks, without a database."""
    trust, at = trust or believed(), datetime.now(UTC)
    found = verify(cms.encode() if isinstance(cms, str) else cms, text, purpose=purpose, trust=trust, at=at)
    revocation.check(found.chain, trust, at=at)
    return found


@pytest.mark.parametrize("curve", (False, True), ids=("rsa", "curve"))
@pytest.mark.parametrize("purpose", Purpose)
def test_a_right_key_signs_for_what_it_is(purpose, curve):
    who = holder(purpose, curve=curve, bin=BIN if purpose is ORGANISATION else "")
    for cms in (who.sign(TEXT), signed(TEXT, who), signed(TEXT, who, odd=Odd(digest="sha512"))):
        found = asked(cms, purpose)
        assert (found.iin, found.name) == (IIN, "Ойдан Шығарылған Әкесіқызы")
        assert found.bin == (BIN if purpose is ORGANISATION else None)
        assert found.chain[-1] == of.root().certificate and len(found.chain) == 3


@pytest.mark.parametrize("purpose", Purpose)
def test_a_key_is_for_one_purpose_alone(purpose):
    who = holder(purpose, bin=BIN if purpose is ORGANISATION else "")
    for other in set(Purpose) - {purpose}:
        assert refused(lambda other=other: asked(who.sign(TEXT), other)) == Reason.wrong_key


def two_signers() -> bytes:
    return signed(TEXT, holder(ACT), holder(ACT, curve=True))


def employee() -> bytes:
    """Somebody of an organisation who may not sign for it."""
    uses = ["1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.5"]
    return signed(TEXT, another(ORGANISATION, uses=uses, bin=BIN))


def both_uses() -> bytes:
    """One key for both, as none is issued: it signs and does not enter."""
    uses = ["1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.2", "1.2.398.3.3.4.1.1"]
    return signed(TEXT, another(ACT, uses=uses))


WRONG: dict[str, tuple[Reason, Purpose, Callable[[], bytes | str]]] = {
    "authentication key signs": (Reason.wrong_key, ACT, lambda: holder(ENTRY).sign(TEXT)),
    "signature key enters": (Reason.wrong_key, ENTRY, lambda: holder(ACT).sign(TEXT)),
    "organisation's key for a person": (Reason.wrong_key, ACT, lambda: holder(ORGANISATION, bin=BIN).sign(TEXT)),
    "person's key for an organisation": (Reason.wrong_key, ORGANISATION, lambda: holder(ACT).sign(TEXT)),
    "employee for an organisation": (Reason.wrong_key, ORGANISATION, employee),
    "a key for all enters": (Reason.wrong_key, ENTRY, both_uses),
    "no purpose": (Reason.wrong_key, ACT, lambda: signed(TEXT, another(ACT, uses=["1.3.6.1.5.5.7.3.1"]))),
    "no use named": (Reason.bad_signature, ACT, lambda: signed(TEXT, another(ACT, uses=()))),
    "expired": (
        Reason.certificate_expired,
        ACT,
        lambda: signed(TEXT, another(ACT, since=datetime.now(UTC) - 3 * DAY, lasts=2 * DAY)),
    ),
    "not yet": (Reason.certificate_expired, ACT, lambda: signed(TEXT, another(ACT, since=datetime.now(UTC) + DAY))),
    "unknown issuer": (Reason.unknown_issuer, ACT, lambda: signed(TEXT, another(ACT, by=of.stranger()))),
    "self-signed": (Reason.unknown_issuer, ACT, lambda: signed(TEXT, self_signed())),
    "issued by a person": (Reason.unknown_issuer, ACT, lambda: signed(TEXT, another(ACT, by=holder(ACT)))),
    "issued by another key": (Reason.unknown_issuer, ACT, lambda: signed(TEXT, by_another_key())),
    "altered text": (Reason.bad_signature, ACT, lambda: holder(ACT).sign(TEXT.replace(b"1", b"2"))),
    "altered text, right digest": (Reason.bad_signature, ACT, lambda: of_another_text()),
    "speaks of another text": (Reason.bad_signature, ACT, lambda: signed(TEXT, holder(ACT), odd=Odd(says=b"x" * 32))),
    "attached": (Reason.bad_signature, ACT, lambda: signed(TEXT, holder(ACT), odd=Odd(attached=True))),
    "two signers": (Reason.bad_signature, ACT, two_signers),
    "no signer": (Reason.bad_signature, ACT, lambda: signed(TEXT)),
    "no attributes": (Reason.bad_signature, ACT, lambda: signed(TEXT, holder(ACT), odd=Odd(attributes=False))),
    "SHA-1": (Reason.weak_key, ACT, lambda: signed(TEXT, holder(ACT), odd=Odd(digest="sha1"))),
    "RSA-1024": (Reason.weak_key, ACT, lambda: signed(TEXT, another(ACT, key=of.rsa_key(1024)))),
    "a small curve": (Reason.weak_key, ACT, lambda: signed(TEXT, another(ACT, key=small_curve()))),
    "truncated": (Reason.bad_signature, ACT, lambda: signed(TEXT, holder(ACT))[:-40]),
    "with a tail": (Reason.bad_signature, ACT, lambda: signed(TEXT, holder(ACT)) + b"\0"),
    "5 MB": (Reason.bad_signature, ACT, lambda: signed(TEXT, holder(ACT)) + b"\0" * 5_000_000),
    "5 MB of PEM": (Reason.bad_signature, ACT, lambda: armoured(b"\0" * 5_000_000)),
    "nothing": (Reason.bad_signature, ACT, lambda: b""),
    "somebody else's signature": (Reason.bad_signature, ACT, lambda: swapped()),
}


def self_signed() -> of.Holder:
    key = of.curve_key("self")
    return another(ACT, key=key, by=of.Holder(key, holder(ACT).certificate))


def by_another_key() -> of.Holder:
    """Whoever has issued it uses the name of the authority and has not its key."""
    return another(ACT, by=of.Holder(of.curve_key("other"), of.national().certificate))


def small_curve() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP224R1())


def of_another_text() -> bytes:
    """What was signed speaks of another text; the digest inside is changed to that of ours."""
    other = TEXT.replace(b"1", b"2")
    return signed(other, holder(ACT)).replace(sha256(other).digest(), sha256(TEXT).digest())


def swapped() -> bytes:
    """The certificate of one person beside what another one's key of the same kind has signed."""
    mine, other = another(ACT), another(ACT, key=of.curve_key("other"))
    return signed(TEXT, of.Holder(of.curve_key("other"), mine.certificate, other.above))


def refused(ask: Callable[[], object]) -> Reason:
    with pytest.raises(Refusal) as refusal:
        ask()
    return refusal.value.reason


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_refused_by_its_name(wrong):
    reason, purpose, cms = WRONG[wrong]
    assert refused(lambda: asked(cms(), purpose)) == reason


def test_a_revoked_key_is_refused_and_so_is_one_of_which_nobody_knows():
    who = holder(ACT)
    assert refused(lambda: asked(who.sign(TEXT), ACT, trust=of.trust(who.certificate))) == Reason.certificate_revoked
    for trust in (of.trust(longest=-DAY), Trust(of.trust().anchors, of.trust().between)):
        assert refused(lambda trust=trust: asked(who.sign(TEXT), ACT, trust=trust)) == Reason.revocation_unknown


def test_where_nobody_is_believed_nobody_signs():
    assert refused(lambda: asked(holder(ACT).sign(TEXT), ACT, trust=Trust())) == Reason.unknown_issuer


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_no_bytes_are_more_than_refused(told):
    assert refused(lambda: verify(told, TEXT, purpose=ACT, trust=believed(), at=datetime.now(UTC))) in Reason


@settings(max_examples=300)
@given(st.data())
def test_no_part_of_a_signature_can_be_another_one(data):
    """What still holds has changed only what nobody has signed, and is by the same person."""
    cms = bytearray(good())
    where, many = data.draw(st.integers(0, len(cms) - 1)), data.draw(st.integers(0, 30))
    cms[where : where + many] = data.draw(st.binary(max_size=30))  # changed, cut out, put in
    try:
        found = asked(bytes(cms), ACT)
    except Refusal:
        return
    assert found.iin == IIN


def test_the_longest_signature_is_looked_at_and_not_one_byte_more():
    cms = signed(TEXT, holder(ACT))
    assert asked(armoured(cms) + "\n" * (LARGEST - len(armoured(cms))), ACT).iin == IIN
    assert refused(lambda: asked(armoured(cms) + "\n" * (LARGEST + 1 - len(armoured(cms))), ACT))
