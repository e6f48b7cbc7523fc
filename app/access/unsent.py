"""What a person has typed into a form of its own pages when it had to enter anew: it lies on its browser alone,
encrypted for just this person, for a quarter of an hour, and stands in the form after the next entry. Time is real.
"""

import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

LASTS = 900  # seconds
LONGEST = 2_600  # bytes, packed: a cookie holds no more


def packed(iin: str, path: str, typed: Mapping[str, str]) -> str | None:
    """What the browser keeps of a form of this person at this path; None where that is too much."""
    text = zlib.compress(json.dumps([path, dict(typed)], ensure_ascii=False).encode())
    return _key(iin).encrypt(text).decode() if len(text) <= LONGEST else None


def unpacked(iin: str, path: str, kept: str) -> dict[str, str]:
    """What this person has typed at this path; {} for what is older, is another's, or of another form."""
    try:
        of, typed = json.loads(zlib.decompress(_key(iin).decrypt(kept.encode(), ttl=LASTS)))
    except (InvalidToken, ValueError):
        return {}
    return typed if of == path else {}


def _key(iin: str) -> Fernet:
    secret = current_app.config["SECRET_KEY"].encode()
    info = b"kezek unsent form of " + iin.encode()
    return Fernet(urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=info).derive(secret)))
