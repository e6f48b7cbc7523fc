"""An authority of the tests' own (spec 10), made once a process: right keys, and each kind of wrong one.

Text that is signed, signatures and lists are real; nothing of them is known outside of these tests.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask

from app.demo.authority import Holder, Key, authority, person, revoked
from app.models import Purpose, Sex
from app.rules import iin
from app.signing.trust import Kept, Trust, make
from config import Keys

IIN, OTHER_IIN, BIN = (
    iin.make(date(1990, 5, 4), Sex.female, 1234),
    iin.make(date(1988, 2, 1), Sex.male, 77),
    "000340000017",
)
NAMES = ("Ойдан", "Шығарылған", "Әкесіқызы")
DIGESTS = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha512": hashes.SHA512()}


@cache
def rsa_key(bits: int = 2048, which: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def curve_key(which: str = "") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def root() -> Holder:
    return authority("Негізгі КО (сынақ)", rsa_key())


@cache
def national() -> Holder:
    return authority("ҰКО (сынақ)", rsa_key(which=1), above=root())


@cache
def stranger() -> Holder:
    """An authority that nobody here believes, by the same name."""
    return authority("ҰКО (сынақ)", curve_key("stranger"))


@cache
def holder(purpose: Purpose, *, number: str = IIN, curve: bool = False, bin: str = "") -> Holder:
    """Somebody with a right key for a purpose."""
    key: Key = curve_key(f"{purpose} {number}") if curve else rsa_key(which=2)
    return person(number, NAMES, key, by=national(), purpose=purpose, bin=bin)


def another(purpose: Purpose, *, number: str = IIN, **more: Any) -> Holder:
    """A certificate for the same person that is not as it should be."""
    told = {"by": national(), "key": curve_key(), "purpose": purpose} | more
    return person(number, NAMES, told.pop("key"), **told)


def trust(*taken_back: x509.Certificate, **more: timedelta) -> Trust:
    """What believes this authority, with its lists of today."""
    now = datetime.now(UTC)
    lists = [revoked(national(), taken_back), revoked(root())]
    kept = [Kept(x509.load_der_x509_crl(one), now) for one in lists]
    return make([root().certificate, national().certificate], kept, **more)


@dataclass(frozen=True)
class Odd:
    """How a signature is made that no agent makes."""

    digest: str = "sha256"
    attached: bool = False
    attributes: bool = True
    says: bytes | None = None  # the digest that it speaks of, instead of the text's
    content_type: str = "data"


def signed(text: bytes, *holders: Holder, odd: Odd | None = None) -> bytes:
    """A CMS by these holders, made by hand, as DER."""
    odd = odd or Odd()
    every = {one.certificate: one for who in holders for one in (who, *(Holder(who.key, c) for c in who.above))}
    inside = {"content_type": odd.content_type, **({"content": core.OctetString(text)} if odd.attached else {})}
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": odd.digest})],
            "encap_content_info": cms.ContentInfo(inside),
            "certificates": [asn1.Certificate.load(one.public_bytes(Encoding.DER)) for one in every],
            "signer_infos": [_signer(text, who, odd) for who in holders],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()


def _signer(text: bytes, who: Holder, odd: Odd) -> cms.SignerInfo:
    certificate = asn1.Certificate.load(who.certificate.public_bytes(Encoding.DER))
    hashing = DIGESTS[odd.digest]
    told = hashes.Hash(hashing)
    told.update(text)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [odd.says or told.finalize()]}),
        ]
    )
    over = attributes.dump() if odd.attributes else text
    if isinstance(who.key, rsa.RSAPrivateKey):
        encoded, how = who.key.sign(over, padding.PKCS1v15(), hashing), "rsassa_pkcs1v15"
    else:
        encoded, how = who.key.sign(over, ec.ECDSA(hashing)), f"{odd.digest}_ecdsa"
    of = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})
    return cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": of}),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": odd.digest}),
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": how}),
            "signature": encoded,
            **({"signed_attrs": attributes} if odd.attributes else {}),
        }
    )


def write(folder: Path, *taken_back: x509.Certificate) -> None:
    """The authority's lists as files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "national.crl").write_bytes(revoked(national(), taken_back))
    (folder / "root.crl").write_bytes(revoked(root()))


@contextmanager
def believed_by(app: Flask, folder: Path, **more: Any) -> Iterator[Keys]:
    """Inside, the application believes this authority, whose files lie in a folder of the test."""
    before = app.config["KEZEK"]
    anchors = folder / "anchors.pem"
    anchors.write_bytes(b"".join(one.certificate.public_bytes(Encoding.PEM) for one in (root(), national())))
    keys = replace(Keys(anchors), **more)
    app.config["KEZEK"] = replace(before, var=folder, keys=keys)
    write(app.config["KEZEK"].crls)
    try:
        yield keys
    finally:
        app.config["KEZEK"] = before


def gost(purpose: Purpose, **more: Any) -> Holder:
    """Somebody whose certificate says that its key is one of GOST; no library here can look at it."""
    right = another(purpose, **more)
    told = right.certificate.public_bytes(Encoding.DER).replace(
        bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a830e030a0101")
    )
    return Holder(right.key, x509.load_der_x509_certificate(told), right.above)
