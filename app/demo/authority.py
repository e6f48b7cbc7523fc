"""An invented authority with the national one's names and purposes (spec 10): the demo's, and the one of the tests.

Nobody outside believes it, and Kezek itself in the demo alone.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from app.models import Purpose
from app.signing.verify import ORGANISATION, USES

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Holder:
    """A key with its certificate, and those of who vouches for it."""

    key: Key
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()

    def sign(self, text: bytes) -> str:
        """A detached signature, as the agent hands it over."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(text).add_signer(self.certificate, self.key, SHA256())
        for one in self.above:
            builder = builder.add_certificate(one)
        how = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities]
        return armoured(builder.sign(Encoding.DER, how))


def armoured(der: bytes) -> str:
    """A CMS as the agent writes it."""
    return f"-----BEGIN CMS-----\n{base64.encodebytes(der).decode()}-----END CMS-----\n"


def authority(name: str, key: Key, *, above: Holder | None = None) -> Holder:
    """Somebody who issues certificates: a root, or below one."""
    subject = x509.Name([_is(NameOID.COUNTRY_NAME, "KZ"), _is(NameOID.COMMON_NAME, name)])
    usage = {"key_cert_sign", "crl_sign"}
    return issue(subject, key, by=above, usage=usage, ca=True, lasts=10 * YEAR)


def person(
    iin: str, names: Sequence[str], key: Key, *, by: Holder, purpose: Purpose, bin: str = "", **more: object
) -> Holder:
    """A person's certificate: `names` are surname, first name and, where there is one, patronymic."""
    parts = [
        _is(NameOID.COMMON_NAME, " ".join(names[:2])),
        _is(NameOID.SURNAME, names[0]),
        _is(NameOID.SERIAL_NUMBER, f"IIN{iin}"),
        _is(NameOID.COUNTRY_NAME, "KZ"),
        *(_is(NameOID.GIVEN_NAME, one) for one in names[2:3]),
    ]
    if bin:
        parts += [_is(NameOID.ORGANIZATION_NAME, "Invented"), _is(NameOID.ORGANIZATIONAL_UNIT_NAME, f"BIN{bin}")]
    usage = {"digital_signature", "key_encipherment" if purpose is Purpose.entry else "content_commitment"}
    uses = [*USES[purpose], f"{ORGANISATION}.1"] if purpose is Purpose.organisation else USES[purpose]
    return issue(x509.Name(parts), key, by=by, **({"usage": usage, "uses": uses} | more))  # type: ignore[arg-type]


def issue(
    subject: x509.Name,
    key: Key,
    *,
    by: Holder | None,
    usage: set[str],
    uses: Sequence[str] = (),
    ca: bool = False,
    since: datetime | None = None,
    lasts: timedelta = 3 * YEAR,
    digest: HashAlgorithm | None = None,
) -> Holder:
    """A certificate for this key; by itself where nobody vouches for it."""
    since = since or datetime.now(UTC) - timedelta(days=1)
    issuer, issuing = (by.certificate.subject, by.key) if by else (subject, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + lasts)
        .add_extension(x509.KeyUsage(**{name: name in usage for name in USAGE}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False)
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if uses:
        named = [x509.ObjectIdentifier(use) for use in uses]
        builder = builder.add_extension(x509.ExtendedKeyUsage(named), critical=False)
    above = (by.certificate, *by.above) if by else ()
    return Holder(key, builder.sign(issuing, digest or SHA256()), above)


def revoked(
    by: Holder, certificates: Sequence[x509.Certificate] = (), *, since: int = 1, lasts: timedelta = YEAR
) -> bytes:
    """The list of certificates that this authority has taken back, as DER; made so many hours ago."""
    now = datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
    builder = builder.last_update(now - timedelta(hours=since)).next_update(now + lasts)
    for one in certificates:
        entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(now)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(by.key, SHA256()).public_bytes(Encoding.DER)


USAGE = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _is(what: x509.ObjectIdentifier, value: str) -> x509.NameAttribute:
    return x509.NameAttribute(what, value)
