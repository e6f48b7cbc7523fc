"""Spec 10: what a family signs with a key is verified against the text that we kept, and kept itself.

Two steps, for a service may be asked: `check` before any transaction begins, `keep` within the verb's own.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from flask import current_app

from app.db.extensions import db
from app.models import Challenge, Purpose, Signature
from app.rules.refusals import Reason, Refusal
from app.signing import revocation, trust
from app.signing.verify import Signed, opened, verified


@dataclass(frozen=True)
class Checked:
    """A signature that is good: of what was asked, by whom, and against what it was held."""

    challenge: Challenge
    cms: bytes
    signed: Signed
    against: dict[str, Any]


def check(challenge: Challenge | None, cms: str) -> Checked:
    """Verify a signature, as a browser brought it, of the text that was kept with a challenge. Raises Refusal: each of
    spec 10's by its name; challenge_over for None, which is what was used, is over or was asked elsewhere.
    """
    if challenge is None or challenge.used_at is None:
        raise Refusal(Reason.challenge_over)
    at, believed, told = challenge.used_at, trust.of(current_app.config["KEZEK"]), cms.encode("utf-8", "replace")
    one = opened(told)
    signed = verified(one, challenge.text, purpose=challenge.purpose, trust=believed, at=at)
    if challenge.iin not in (None, signed.iin):
        raise Refusal(Reason.foreign_iin)
    if challenge.purpose is Purpose.organisation and challenge.bin != signed.bin:
        raise Refusal(Reason.foreign_bin)
    lists = revocation.check(signed.chain, believed, at=at)
    against = {"anchor": signed.chain[-1].fingerprint(SHA256()).hex(), "lists": lists}
    return Checked(challenge, told, signed, against)


def keep(checked: Checked) -> Signature:
    """The signature on record, in the caller's transaction, which does what it is for."""
    of, signed = checked.challenge, checked.signed
    kept = Signature(
        sha256=sha256(of.text).hexdigest(),
        text=of.text,
        cms=checked.cms,
        purpose=of.purpose,
        iin=signed.iin,
        bin=signed.bin,
        name=signed.name,
        serial=signed.serial,
        issuer=signed.issuer,
        algorithm=signed.algorithm,
        certificates="".join(one.public_bytes(Encoding.PEM).decode() for one in signed.chain),
        verb=of.verb,
        application_id=of.application_id,
        checked_at=of.used_at,
        checked_against=checked.against,
    )
    db.session.add(kept)
    db.session.flush()
    return kept
