"""Spec 3.5.2, norm free_choice.window: in which order a lot is drawn. Anybody can check it with what it names.

The order is that of SHA-256 of "HEAD NUMBER": the head of the history's chain in hexadecimal, a space, the number of
the application. `printf '%s' "HEAD NUMBER" | sha256sum` says the same.
"""

from collections.abc import Iterable
from hashlib import sha256


def ticket(head: str, number: str) -> str:
    """What an application draws: 64 hexadecimal digits that nobody knew before the head was there."""
    return sha256(f"{head} {number}".encode()).hexdigest()


def drawn(head: str, numbers: Iterable[str]) -> list[str]:
    """The numbers of applications in the order of what they have drawn, the first first."""
    return sorted(numbers, key=lambda number: ticket(head, number))
