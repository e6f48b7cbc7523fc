"""Was a certificate taken back? (spec 10; ADR 28: what is not known is a no, at the door too)"""

import os
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.request import Request, urlopen

from cryptography import x509

from app.rules.refusals import Reason, Refusal
from app.signing.trust import Kept, Trust, has_signed, named, read, read_if_whole

LARGEST = 64 * 1024 * 1024  # bytes of a list
ANSWER = 30  # seconds for one to begin
KNOWN = (x509.CRLNumber, x509.AuthorityKeyIdentifier, x509.DeltaCRLIndicator, x509.FreshestCRL)


def check(chain: tuple[x509.Certificate, ...], trust: Trust, *, at: datetime) -> list[dict[str, Any]]:
    """By which lists nothing of this chain was revoked at that moment. Raises Refusal(certificate_revoked) and, where
    no list of an issuer holds now, Refusal(revocation_unknown).
    """
    asked = []
    for one, issuer in pairwise(chain):
        lists = [kept for kept in trust.lists.get(named(issuer), ()) if _holds(kept, trust, at)]
        if any(_takes_back(kept.crl, one) for kept in trust.lists.get(named(issuer), ())):
            raise Refusal(Reason.certificate_revoked)
        if all(_is_part(kept.crl) for kept in lists):  # none, or what has changed since one that does not hold
            raise Refusal(Reason.revocation_unknown)
        asked += [kept.described for kept in lists]
    return asked


def fetch(url: str, folder: Path, known: Sequence[x509.Certificate]) -> bool:
    """Keep the list of this address, unless the one that is kept is newer: whoever sits on the way may send an old one.
    Returns whether it was kept. Raises OSError, and ValueError for what is no list of any of these authorities.
    """
    with urlopen(Request(url, headers={"User-Agent": "Kezek"}), timeout=ANSWER) as answer:
        told = answer.read(LARGEST + 1)
    if len(told) > LARGEST:
        raise ValueError("a list of revoked certificates is longer than we read")
    crl = read(told)
    if not any(has_signed(one, crl) for one in known):
        raise ValueError("a list of revoked certificates is of nobody whom we believe")
    file = folder / f"{sha256(url.encode()).hexdigest()[:16]}.crl"
    older = read_if_whole(file) if file.exists() else None
    if older is not None and older.last_update_utc > crl.last_update_utc:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, delete=False) as new:
        new.write(told)
    os.replace(new.name, file)
    return True


def _holds(kept: Kept, trust: Trust, at: datetime) -> bool:
    """Was it fetched lately, is it not over, and does nothing in it say that it is another kind of list?"""
    ends = kept.crl.next_update_utc
    strange = [one for one in kept.crl.extensions if one.critical and not isinstance(one.value, KNOWN)]
    return not strange and ends is not None and at <= ends and at - kept.fetched_at <= trust.longest


def _is_part(crl: x509.CertificateRevocationList) -> bool:
    """Does it say only what has changed since another one?"""
    return any(isinstance(one.value, x509.DeltaCRLIndicator) for one in crl.extensions)


def _takes_back(crl: x509.CertificateRevocationList, one: x509.Certificate) -> bool:
    found = crl.get_revoked_certificate_by_serial_number(one.serial_number)
    if found is None:
        return False
    why = [each.value.reason for each in found.extensions if isinstance(each.value, x509.CRLReason)]
    return x509.ReasonFlags.remove_from_crl not in why
