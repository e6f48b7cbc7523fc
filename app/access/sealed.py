"""What is kept where others may read it, a cookie or an address, for just one purpose and one person: encrypted with
a key that comes of the application's secret. Time is real.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


def seal(purpose: str, content: bytes) -> str:
    """Sealed for this purpose, in letters that a cookie and an address take."""
    return _key(purpose).encrypt(content).decode()


def open_(purpose: str, sealed: str, *, lasts: int | None = None) -> bytes:
    """What was sealed for this purpose; `lasts`: seconds. ValueError for what is older, or is of anything else."""
    try:
        return _key(purpose).decrypt(sealed.encode(), ttl=lasts)
    except InvalidToken:
        raise ValueError("sealed for something else, or too long ago") from None


def _key(purpose: str) -> Fernet:
    secret = current_app.config["SECRET_KEY"].encode()
    info = f"kezek {purpose}".encode()
    return Fernet(urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=info).derive(secret)))
