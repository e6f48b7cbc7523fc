"""Whose certificates are believed, and which of them were taken back: read from the files that the settings name."""

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from config import Config

log = logging.getLogger(__name__)
DEMO = "Kezek demo"  # how the names of its authority begin, whose keys anybody makes


@dataclass(frozen=True)
class Kept:
    """A list of revoked certificates, and when it was fetched."""

    crl: x509.CertificateRevocationList
    fetched_at: datetime

    @cached_property
    def described(self) -> dict[str, Any]:
        """By what this list is known again."""
        return {
            "issuer": self.crl.issuer.rfc4514_string(),
            "since": self.crl.last_update_utc.isoformat(),
            "sha256": sha256(self.crl.tbs_certlist_bytes).hexdigest(),
        }


@dataclass(frozen=True)
class Trust:
    """`anchors` are believed by themselves, `between` where an anchor vouches for them. `lists`: those of each of them,
    by its public key, whose signature was verified. `longest`: how long a list that was fetched is good.
    """

    anchors: tuple[x509.Certificate, ...] = ()
    between: tuple[x509.Certificate, ...] = ()
    lists: dict[bytes, tuple[Kept, ...]] = field(default_factory=dict)
    longest: timedelta = timedelta(hours=24)


_known: dict[Path, tuple[object, Trust]] = {}


def of(config: Config) -> Trust:
    """What this machine believes, read anew when a file has changed. OSError, ValueError for one that is none."""
    if config.keys is None:
        return Trust()
    files = [config.keys.anchors, *sorted(config.crls.glob("*.crl"))]
    changed = tuple((file, (told := file.stat()).st_mtime_ns, told.st_size) for file in files)
    seen = config.keys, config.demo, changed
    known = _known.get(config.keys.anchors)
    if known is None or known[0] != seen:
        lists = [Kept(crl, _fetched(file)) for file in files[1:] if (crl := read_if_whole(file)) is not None]
        anchors = certificates(config.keys.anchors)
        if not config.demo and any(DEMO in one.subject.rfc4514_string() for one in anchors):
            raise ValueError("the authority of the demo is believed in the demo alone")
        known = seen, make(anchors, lists, longest=config.keys.longest)
        _known[config.keys.anchors] = known
    return known[1]


def make(known: Iterable[x509.Certificate], lists: Iterable[Kept] = (), **more: timedelta) -> Trust:
    """What follows from these files: whoever has signed its own certificate is an anchor."""
    known, of_each = list(known), dict[bytes, tuple[Kept, ...]]()
    for kept in lists:
        for one in known:
            if has_signed(one, kept.crl):
                of_each[named(one)] = (*of_each.get(named(one), ()), kept)
    anchors = tuple(one for one in known if one.subject == one.issuer)
    return Trust(anchors, tuple(one for one in known if one not in anchors), of_each, **more)


def named(certificate: x509.Certificate) -> bytes:
    """By what an authority is known: its public key."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificates(file: Path) -> list[x509.Certificate]:
    """Those of a PEM file; of algorithms that nothing here knows there are none. OSError, ValueError."""
    found = []
    for one in x509.load_pem_x509_certificates(file.read_bytes()):
        try:
            one.public_key()
        except (ValueError, UnsupportedAlgorithm):
            continue
        found.append(one)
    return found


def has_signed(one: x509.Certificate, crl: x509.CertificateRevocationList) -> bool:
    """Is it this authority's list?"""
    try:
        return one.subject == crl.issuer and crl.is_signature_valid(one.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def read(told: bytes) -> x509.CertificateRevocationList:
    """A list of revoked certificates, as DER or PEM. ValueError for what is none."""
    return x509.load_pem_x509_crl(told) if b"-----BEGIN" in told[:100] else x509.load_der_x509_crl(told)


def read_if_whole(file: Path) -> x509.CertificateRevocationList | None:
    """A file that was damaged is as if it were not there: the next time it is fetched anew."""
    try:
        return read(file.read_bytes())
    except (OSError, ValueError):
        log.warning("a list of revoked keys is damaged: %s", file.name)
        return None


def _fetched(file: Path) -> datetime:
    return datetime.fromtimestamp(os.stat(file).st_mtime, UTC)
