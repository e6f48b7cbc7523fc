"""What is kept instead of a secret."""

from hashlib import sha256


def hashed(secret: str) -> str:
    """64 hexadecimal digits, by which a secret is known again that is long, or limited in tries. No password's
    (passwords.py).
    """
    return sha256(secret.encode()).hexdigest()
