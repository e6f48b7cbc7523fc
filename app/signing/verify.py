"""Is this the signature of this text, by a key for this purpose, of whom? (spec 10; ADR 28)

asn1crypto takes the CMS apart, cryptography verifies signature and chain. What is accepted is narrow: one signer,
detached, signed attributes, RSA of 2048 bits or a NIST curve of 256 up, SHA-256 up. All else is a named Refusal.
"""

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import new
from typing import Any

from asn1crypto import cms as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Uses
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from app.models import Purpose
from app.rules.refusals import Reason, Refusal
from app.signing.trust import Trust

LARGEST = 64 * 1024  # bytes; those of a person have 4
CERTIFICATES = 8  # at most in one signature
RSA_BITS, CURVE_BITS = 2048, 256
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
PERSON, ORGANISATION = "1.2.398.3.3.4.1.1", "1.2.398.3.3.4.1.2"
USES = {  # what an agent is asked for: keys with all of these
    Purpose.entry: (Uses.CLIENT_AUTH.dotted_string, PERSON),
    Purpose.act: (Uses.EMAIL_PROTECTION.dotted_string, PERSON),
    Purpose.organisation: (Uses.EMAIL_PROTECTION.dotted_string, ORGANISATION),
}
SIGNS_FOR_IT = {f"{ORGANISATION}.1", f"{ORGANISATION}.2"}  # its head, and whoever has the right to sign
GOST = "1.2.398.3.10.1."  # of the national authority's keys; no library here knows them


@dataclass(frozen=True)
class Signed:
    """Whose signature it is, as its certificate says. `chain`: the certificates up to the anchor, the own one first;
    that one alone where a service has verified it.
    """

    iin: str
    bin: str | None
    name: str
    serial: str
    issuer: str
    algorithm: str
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class Opened:
    """A CMS taken apart, of which nothing is believed yet."""

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    attributes: bytes  # as they were signed
    digest: str
    of_text: bytes
    encoded: bytes
    bare: bytes  # the same signature with its own certificate and nothing else, written anew

    @property
    def is_gost(self) -> bool:
        return self.certificate.public_key_algorithm_oid.dotted_string.startswith(GOST)


def verify(cms: bytes, text: bytes, *, purpose: Purpose, trust: Trust, at: datetime) -> Signed:
    """Spec 10: who signed exactly this text, with a key for this purpose that was valid then. Raises Refusal.

    Whether the certificate was revoked is asked apart (revocation.py).
    """
    return verified(opened(cms), text, purpose=purpose, trust=trust, at=at)


def verified(one: Opened, text: bytes, *, purpose: Purpose, trust: Trust, at: datetime) -> Signed:
    """The same of what was taken apart already. Raises Refusal; no_service for a key that no library here knows."""
    if one.is_gost:
        raise Refusal(Reason.no_service)
    try:
        key = _strong(one)
        chain = _chain(one, trust, at)
        _is_of(text, one, key)
        if not fits(one.certificate, purpose):
            raise Refusal(Reason.wrong_key, purpose=str(purpose))
        kind = f"RSA-{key.key_size}" if isinstance(key, rsa.RSAPublicKey) else f"ECDSA {key.curve.name}"
        return whose(one.certificate, purpose, f"{kind} {one.digest}", chain)
    except (ValueError, TypeError, x509.DuplicateExtension, x509.ExtensionNotFound, UnsupportedAlgorithm):
        raise _bad() from None


def opened(cms: bytes) -> Opened:
    """A CMS as DER, BER, base64 of it, or PEM. Raises Refusal(bad_signature, weak_key)."""
    if len(cms) > LARGEST:
        raise _bad()
    try:
        return _opened(_unpacked(cms))
    except Refusal:
        raise
    except Exception:  # a parser of bytes that anybody may send: whatever it stumbles over, it is no signature
        raise _bad() from None


def _bad() -> Refusal:
    return Refusal(Reason.bad_signature)


def _unpacked(cms: bytes) -> bytes:
    found = re.fullmatch(rb"\s*-----BEGIN (CMS|PKCS7)-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*", cms)
    text = found[2] if found else cms
    if found or re.fullmatch(rb"[A-Za-z0-9+/=\s]+", text):
        return base64.b64decode(re.sub(rb"\s", b"", text), validate=True)
    return cms


def _opened(der: bytes) -> Opened:
    content = asn1.ContentInfo.load(der, strict=True)
    if content["content_type"].native != "signed_data":
        raise _bad()
    data = content["content"]
    held = data["encap_content_info"]
    if held["content_type"].native != "data" or not _is_empty(held["content"]) or len(data["signer_infos"]) != 1:
        raise _bad()
    signer = data["signer_infos"][0]
    every = [one.chosen for one in data["certificates"] if one.name == "certificate"]
    own = [one for one in every if _is_meant(signer["sid"], one)]
    if len(own) != 1 or len(every) > CERTIFICATES:
        raise _bad()
    digest = signer["digest_algorithm"]["algorithm"].native
    leaf = x509.load_der_x509_certificate(own[0].dump())
    attributes = signer["signed_attrs"]
    one = Opened(
        certificate=leaf,
        others=tuple(x509.load_der_x509_certificate(each.dump()) for each in every if each is not own[0]),
        attributes=b"\x31" + attributes.dump()[1:],  # RFC 5652, 5.4: signed as a SET, kept under a tag of its own
        digest=digest,
        of_text=_only(attributes, "message_digest"),
        encoded=signer["signature"].native,
        bare=_bare(data, signer, own[0]),
    )
    if _only(attributes, "content_type") != "data":
        raise _bad()
    if one.is_gost:
        return one
    if digest not in HASHES:
        raise Refusal(Reason.weak_key)
    how = signer["signature_algorithm"]
    if how.signature_algo not in ("rsassa_pkcs1v15", "ecdsa"):
        raise _bad()
    if how["algorithm"].native.startswith("sha") and how.hash_algo != digest:  # plain RSA names no hash
        raise _bad()
    return one


def _bare(data: Any, signer: Any, certificate: Any) -> bytes:
    """Whoever reads this with another parser finds no second signer and no text in it, whatever came."""
    told = {"digest_algorithms": data["digest_algorithms"], "encap_content_info": {"content_type": "data"}}
    told |= {"version": "v1", "certificates": [certificate], "signer_infos": [signer]}
    written: bytes = asn1.ContentInfo({"content_type": "signed_data", "content": asn1.SignedData(told)}).dump()
    return written


def _is_empty(value: Any) -> bool:
    """Is the text not inside? A signature that holds its own text says nothing of ours."""
    return value.native is None


def _is_meant(sid: Any, certificate: Any) -> bool:
    if sid.name == "issuer_and_serial_number":
        named = sid.chosen
        same: bool = named["issuer"] == certificate.issuer
        return same and named["serial_number"].native == certificate.serial_number
    return bool(sid.chosen.native == certificate.key_identifier)


def _only(attributes: Any, name: str) -> Any:
    """The one value of a signed attribute. ValueError where there are more, or none."""
    [value] = [value for one in attributes if one["type"].native == name for value in one["values"]]
    return value.native


def _strong(one: Opened) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    key = one.certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES):
        return key
    raise Refusal(Reason.weak_key)


def _is_of(text: bytes, one: Opened, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> None:
    """Raise Refusal unless the attributes speak of this text and this key has signed them."""
    if new(one.digest, text).digest() != one.of_text:
        raise _bad()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(one.encoded, one.attributes, padding.PKCS1v15(), HASHES[one.digest])
        else:
            key.verify(one.encoded, one.attributes, ec.ECDSA(HASHES[one.digest]))
    except InvalidSignature:
        raise _bad() from None


def _chain(one: Opened, trust: Trust, at: datetime) -> tuple[x509.Certificate, ...]:
    """Up to one of our anchors, all of it valid at that moment. Raises Refusal."""
    valid_at(one.certificate, at)
    if not trust.anchors:
        raise Refusal(Reason.unknown_issuer)
    policy = PolicyBuilder().store(Store(list(trust.anchors))).time(at)
    policy = policy.extension_policies(ca_policy=AUTHORITY, ee_policy=ExtensionPolicy.permit_all())
    try:
        found = policy.build_client_verifier().verify(one.certificate, [*trust.between, *one.others])
    except VerificationError:
        raise Refusal(Reason.unknown_issuer) from None
    return tuple(found.chain)


def valid_at(leaf: x509.Certificate, at: datetime) -> None:
    """Raise Refusal(certificate_expired) unless its days are these."""
    if not leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc:
        raise Refusal(Reason.certificate_expired)


def _may_issue(_policy: Any, _certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("no authority")


def _signs_certificates(_policy: Any, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise ValueError("signs no certificates")


# The rules of the web's certificates ask for host names; those of people have none, and purposes of their own.
AUTHORITY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _may_issue)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs_certificates)
)


def whose(leaf: x509.Certificate, purpose: Purpose, algorithm: str, chain: tuple[x509.Certificate, ...]) -> Signed:
    """What a certificate says of its owner. ValueError where it says it twice, or not."""
    bin = _numbered(leaf, NameOID.ORGANIZATIONAL_UNIT_NAME, "BIN") if purpose is Purpose.organisation else None
    return Signed(
        iin=_numbered(leaf, NameOID.SERIAL_NUMBER, "IIN"),
        bin=bin,
        name=" ".join(_said(leaf, NameOID.COMMON_NAME) + _said(leaf, NameOID.GIVEN_NAME))[:300],
        serial=f"{leaf.serial_number:x}",
        issuer=leaf.issuer.rfc4514_string()[:500],
        algorithm=algorithm,
        chain=chain,
    )


def fits(leaf: x509.Certificate, purpose: Purpose) -> bool:
    """Spec 10: an authentication key enters and does nothing else; a signature key signs: a person's for the person, an
    organisation's, of its head or of whoever may sign for it, for the organisation.
    """
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    named = {use.dotted_string for use in uses}
    of_organisation = any(use == ORGANISATION or use.startswith(f"{ORGANISATION}.") for use in named)
    if not usage.digital_signature or usage.content_commitment is (purpose is Purpose.entry):
        return False
    if (Uses.CLIENT_AUTH if purpose is Purpose.entry else Uses.EMAIL_PROTECTION) not in uses:
        return False
    if purpose is Purpose.organisation:
        return bool(named & SIGNS_FOR_IT)
    return PERSON in named and not of_organisation


def _said(leaf: x509.Certificate, what: x509.ObjectIdentifier) -> list[str]:
    return [str(one.value) for one in leaf.subject.get_attributes_for_oid(what)]


def _numbered(leaf: x509.Certificate, what: x509.ObjectIdentifier, begins: str) -> str:
    """The twelve digits of an IIN or a BIN. ValueError where there is not just one."""
    [digits] = [found[1] for one in _said(leaf, what) if (found := re.fullmatch(rf"{begins}(\d{{12}})", one, re.A))]
    return digits
