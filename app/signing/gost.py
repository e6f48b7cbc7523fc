"""Keys of GOST are verified by a service, for no open library knows them (spec 10): NCANode's POST /cms/verify.

What the service would take otherwise than we mean is looked at here before: one signer, no text inside (it would take
that one), one certificate, its purpose, its days and whose it is. It says whether signature, chain and revocation hold.
"""

import json
from base64 import b64encode
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cryptography import x509

from app.models import Purpose
from app.rules.refusals import Reason, Refusal
from app.signing.verify import Opened, Signed, fits, valid_at, whose

ANSWER = 10  # seconds
LARGEST = 256 * 1024  # bytes of an answer


def verified(
    one: Opened, text: bytes, *, purpose: Purpose, service: str, at: datetime
) -> tuple[Signed, dict[str, Any]]:
    """Who signed this text with such a key, and what the service said. Raises Refusal: no_service where none is named,
    service_away where it gives no answer that can be understood, the others as verify.verify does.
    """
    if not service:
        raise Refusal(Reason.no_service)
    try:
        valid_at(one.certificate, at)
        if not fits(one.certificate, purpose):
            raise Refusal(Reason.wrong_key, purpose=str(purpose))
        algorithm = f"GOST {one.certificate.public_key_algorithm_oid.dotted_string}"
        signed = whose(one.certificate, purpose, algorithm, (one.certificate,))
    except (ValueError, x509.DuplicateExtension, x509.ExtensionNotFound):
        raise Refusal(Reason.bad_signature) from None
    said = _asked(service, one.bare, text)
    try:
        [signer] = said["signers"]
        [told] = signer["certificates"]
        same = int(told["serialNumber"], 16) == one.certificate.serial_number and told["subject"]["iin"] == signed.iin
        revoked = [each for each in told["revocations"] or () if each["revoked"] is not False]
        good, known, asked = said["valid"] is True, told["valid"] is True, bool(told["revocations"])
    except (KeyError, TypeError, ValueError):
        raise Refusal(Reason.service_away) from None
    if revoked:
        raise Refusal(Reason.certificate_revoked)
    if not good or not same:
        raise Refusal(Reason.bad_signature if known or not same else Reason.unknown_issuer)
    if not known or not asked:
        raise Refusal(Reason.revocation_unknown if known else Reason.unknown_issuer)
    return signed, {"service": service, "revocations": told["revocations"]}


def _asked(service: str, cms: bytes, text: bytes) -> Any:
    """What the service answers."""
    body = {"cms": b64encode(cms).decode(), "data": b64encode(text).decode(), "revocationCheck": ["OCSP"]}
    asks = Request(f"{service.rstrip('/')}/cms/verify", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(asks, timeout=ANSWER) as answer:
            return json.loads(answer.read(LARGEST))
    except HTTPError as error:
        error.close()
        raise Refusal(Reason.bad_signature if error.code in (400, 422) else Reason.service_away) from None
    except (OSError, HTTPException, ValueError):
        raise Refusal(Reason.service_away) from None
