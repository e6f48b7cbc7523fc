"""Codes of an authenticator (RFC 6238) and codes for its loss; how a secret is kept (docs/adr/0037-accounts.md).

Time is the real one, never the demo's: an authenticator knows no other.
"""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pyotp
import segno
from pyotp.utils import strings_equal

from app.access.hashes import hashed
from app.access.sealed import open_, seal

STEP = 30  # seconds that one code lasts
DRIFT = 1  # steps that the clock of an authenticator may be off, either way
LASTS = timedelta(minutes=10)  # after which what asks for it once more does so
CODES = 10  # for the loss of an authenticator
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no letter that looks like another one
PARTS, LETTERS = 4, 4  # of a recovery code


def new_secret() -> str:
    """160 bits, as authenticators take them."""
    return pyotp.random_base32()


def sealed(secret: str) -> str:
    """How a secret lies in the database: nobody who has only that can make codes."""
    return seal("second factor", secret.encode())


def opened(kept: str) -> str | None:
    """What was sealed; None where SECRET_KEY is another one by now."""
    try:
        return open_("second factor", kept).decode()
    except ValueError:
        return None


def address(secret: str, name: str) -> str:
    """What an authenticator reads: the secret, and whose it is."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=name, issuer_name="Kezek")


def picture(said: str) -> str:
    """The same as a QR code, dark on light whatever the page is, to stand in a page."""
    return segno.make(said, error="m", micro=False).svg_data_uri(scale=4, border=3, dark="#000", light="#fff")


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """Which step's code this is, of those around a moment; None for none of theirs."""
    codes, this = pyotp.TOTP(secret, interval=STEP), int(at.timestamp()) // STEP
    steps = range(this - DRIFT, this + DRIFT + 1)
    found = [step for step in steps if strings_equal(codes.generate_otp(step), code)]  # each is compared
    return found[-1] if found else None


def step_now(secret: str, code: str) -> int | None:
    """The same at the present moment."""
    return step_of(secret, code, datetime.now(UTC))


def typed(code: str) -> str:
    """A code as it is compared, however it was typed: blanks, dashes and capital letters mean nothing."""
    return "".join(sign for sign in code.lower() if sign.isascii() and sign.isalnum())


def new_recovery_codes() -> list[str]:
    """As they are shown, once."""
    return ["-".join(_part() for _ in range(PARTS)) for _ in range(CODES)]


def _part() -> str:
    return "".join(secrets.choice(READABLE) for _ in range(LETTERS))


def recovery_hashes(user_id: int, codes: Iterable[str]) -> list[str]:
    """What is kept of them: 78 bits of chance each, and tries are limited."""
    return [hashed(f"recovery {user_id} {typed(one)}") for one in codes]
