"""Spec 10: what a family signs with a key is verified against the text that we kept, and kept itself.

Two steps, for a service may be asked: `check` before any transaction begins, `keep` within the verb's own.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from flask import current_app

from app.db.extensions import db
from app.models import Challenge, Purpose, Signature
from app.rules.refusals import Reason, Refusal
from app.signing import gost, revocation, trust
from app.signing.verify import Signed, opened, verified, verify, whose

TOLD = ("iin", "bin", "name", "serial", "issuer", "algorithm")  # of a certificate, on record


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
    at, told, purpose = challenge.used_at, cms.encode("utf-8", "replace"), challenge.purpose
    keys, believed, one = current_app.config["KEZEK"].keys, trust.of(current_app.config["KEZEK"]), opened(told)
    if one.is_gost:
        service = keys.service if keys else ""
        signed, against = gost.verified(one, challenge.text, purpose=purpose, service=service, at=at)
    else:
        signed = verified(one, challenge.text, purpose=purpose, trust=believed, at=at)
        lists = revocation.check(signed.chain, believed, at=at)
        against = {"anchor": signed.chain[-1].fingerprint(SHA256()).hex(), "lists": lists}
    if challenge.iin not in (None, signed.iin):
        raise Refusal(Reason.foreign_iin)
    if purpose is Purpose.organisation and challenge.bin != signed.bin:
        raise Refusal(Reason.foreign_bin)
    return Checked(challenge, told, signed, against | {"cms": sha256(told).hexdigest()})


def by_service(kept: Signature) -> bool:
    """Did a service verify it, because no library here knows its kind (GOST)? Then only that can verify it again."""
    return "service" in kept.checked_against


def wrong(kept: Signature) -> str | None:
    """What is wrong with a signature that was kept, verified again as of the moment when it was; None where nothing is.

    It is asked of whoever we believe today, with the certificates between that were kept. Whether it was revoked then
    stands in `checked_against`: the lists of that day are gone. What a service has verified is only compared with
    what was kept: it judges as of today. ValueError or OSError where the anchors cannot be read.
    """
    if sha256(kept.text).hexdigest() != kept.sha256:
        return "its text is not the one that was signed"
    if sha256(kept.cms).hexdigest() != kept.checked_against["cms"]:
        return "it is not as it was kept"
    believed = trust.of(current_app.config["KEZEK"])
    try:
        chain = tuple(load_pem_x509_certificates(kept.certificates.encode()))
        then = replace(believed, between=(*believed.between, *chain[1:-1]))
        found = (
            whose(opened(kept.cms).certificate, kept.purpose, kept.algorithm, chain)
            if by_service(kept)
            else verify(kept.cms, kept.text, purpose=kept.purpose, trust=then, at=kept.checked_at)
        )
    except ValueError:
        return "its certificates are not as they were kept"
    except Refusal as refused:
        return str(refused)
    told = {name: getattr(found, name) for name in TOLD}
    if changed := [name for name, value in told.items() if value != getattr(kept, name)]:
        return f"on record it is another's: {', '.join(changed)}"
    return None


def keep(checked: Checked) -> Signature:
    """The signature on record, in the caller's transaction, which does what it is for."""
    of, signed = checked.challenge, checked.signed
    kept = Signature(
        sha256=sha256(of.text).hexdigest(),
        text=of.text,
        cms=checked.cms,
        purpose=of.purpose,
        **{name: getattr(signed, name) for name in TOLD},
        certificates="".join(one.public_bytes(Encoding.PEM).decode() for one in signed.chain),
        verb=of.verb,
        application_id=of.application_id,
        checked_at=of.used_at,
        checked_against=checked.against,
    )
    db.session.add(kept)
    db.session.flush()
    return kept
