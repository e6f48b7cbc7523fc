"""What is kept of a password: argon2id (RFC 9106); hashes of older kinds are still known (spec 7, passwords)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.security import check_password_hash

ARGON2 = PasswordHasher()  # the library's own choice, RFC 9106's for little memory: 64 MiB, three times over
KIND = "$argon2id$"


def made(password: str) -> str:
    """A new hash."""
    return ARGON2.hash(password)


def is_of(password: str, kept: str) -> bool:
    """Is this the password that a hash was made of?"""
    if not kept.startswith(KIND):
        return check_password_hash(kept, password)
    try:
        return ARGON2.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def is_old(kept: str) -> bool:
    """Is it of another kind, or of other costs than a new one?"""
    return not kept.startswith(KIND) or ARGON2.check_needs_rehash(kept)


def of_nobody() -> str:
    """A hash of the costs of today that no password has: to try it is as much work as any other."""
    costs = f"m={ARGON2.memory_cost},t={ARGON2.time_cost},p={ARGON2.parallelism}"
    return f"{KIND}v=19${costs}${'A' * 22}${'A' * 43}"
