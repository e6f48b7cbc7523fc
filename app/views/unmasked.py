"""What a reader has opened in this session, and until when: kept with the session, on the server, by the real time."""

from collections.abc import Iterable
from time import time

from flask import session

from app.access import personal_data

KEPT = "opened"


def keep(keys: Iterable[str]) -> None:
    """These rows are open for this session from now on, for a while."""
    until = time() + personal_data.OPEN_FOR.total_seconds()
    still = {key: last for key, last in session.get(KEPT, {}).items() if last > time()}
    session[KEPT] = still | dict.fromkeys(keys, until)


def now_open() -> frozenset[str]:
    """The rows that are open for this session now."""
    return frozenset(key for key, last in session.get(KEPT, {}).items() if last > time())
