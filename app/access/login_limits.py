"""How often somebody may try to sign in (spec 7, brute force): by account and by address, counted in Redis.

While Redis is away each process counts by itself: more tries fit in then, never any number, and no page fails.
What somebody typed for a name may be a password: Redis is told its hash.
"""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_network
from math import ceil
from time import monotonic, time
from typing import Any

from flask import Flask, current_app
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis, RedisError

from app.access.hashes import hashed

ACCOUNT = parse_many("5/minute; 20/hour")  # all tries; first one waits a minute, then an hour; a right password ends it
ADDRESS = parse_many("5/minute; 60/hour")  # wrong ones only: a whole office may have one address
CODE = parse_many("1/minute; 3/hour; 6/day")  # codes for one person with one phone: of the IIN alone, anybody who
# knows it could keep its owner out
PHONE = parse_many("3/hour; 10/day")  # codes sent to one phone, whoever asks
CODES = parse_many("5/minute; 30/hour")  # codes asked for from one address
KEYS = parse_many("10/minute; 60/hour")  # entries with a key that are begun from one address
CHECK = parse_many("5/minute; 60/day")  # of a number in the queue, from one address
ACTS = parse_many("20/minute; 200/day")  # of one person: each is tried before it is shown
REGISTER = parse_many("10/day")  # new applications that one person tries: what is refused says who waits already
PORTAL = parse_many("600/minute")[0]  # whatever one portal asks
TOLD = parse_many("5/minute; 30/day")  # of one portal, where and how it is told: each makes us call somebody
NOT_ASKED_FOR = 30  # seconds for which a Redis that was down is not asked again
LIMITS = "kezek_login_limits"


class LoginLimits:
    """One process's counting, shared through Redis with the others."""

    def __init__(self, redis: Redis) -> None:
        self.shared = MovingWindowRateLimiter(RedisStorage("redis://", connection_pool=redis.connection_pool))
        self.own = MovingWindowRateLimiter(MemoryStorage())
        self.away_until = 0.0

    def ask(self, question: Callable[[MovingWindowRateLimiter], Any]) -> Any:
        """The answer of Redis, or this process's own."""
        if monotonic() >= self.away_until:
            try:
                return question(self.shared)
            except (RedisError, OSError):
                self.away_until = monotonic() + NOT_ASKED_FOR
        return question(self.own)


def register(app: Flask) -> None:
    """Count for this application."""
    app.extensions[LIMITS] = LoginLimits(app.extensions["kezek_redis"])


def wait(account: str, address: str | None) -> int:
    """Seconds until this account may be tried from this address; 0: now, and that is one try of it."""
    of_address, of_account = ("address", _network(address)), ("account", hashed(account))

    def count(limits: MovingWindowRateLimiter) -> int:
        if spent := [one for one in ADDRESS if not limits.test(one, *of_address)]:
            return _seconds(limits, spent, of_address)
        spent = [one for one in ACCOUNT if not limits.test(one, *of_account)]  # what is refused counts no further
        return _seconds(limits, spent or [one for one in ACCOUNT if not limits.hit(one, *of_account)], of_account)

    return _ask(count)


def failed(address: str | None) -> None:
    """It was a wrong one."""
    _ask(lambda limits: [limits.hit(one, "address", _network(address)) for one in ADDRESS])


def succeeded(account: str) -> None:
    """It was the right one: its tries are forgotten."""
    _ask(lambda limits: [limits.clear(one, "account", hashed(account)) for one in ACCOUNT])


def wait_to_check(address: str | None) -> int:
    """Seconds until a number in the queue may be asked for from this address; 0: now, and that is one of them."""
    return _wait((CHECK, ("number", _network(address))))


def wait_to_check_through(client_id: int) -> int:
    """The same through a portal, whoever asks it."""
    return _wait((CHECK, ("number", f"portal {client_id}")))


def wait_to_join(iin: str, address: str | None) -> int:
    """Seconds until this person may name another application to join, from this address; 0: now, and that is one."""
    return _wait_to_join(iin, _network(address))


def wait_to_join_through(iin: str, client_id: int) -> int:
    """The same through a portal, whoever asks it."""
    return _wait_to_join(iin, f"portal {client_id}")


def _wait_to_join(iin: str, of: str) -> int:
    return _wait((CHECK, ("join", of)), (CHECK, ("joins", hashed(iin))))


def wait_to_be_told_elsewhere(client_id: int) -> int:
    """Seconds until this portal may change where it is told, or have it tried; 0: now, and that is one of them."""
    return _wait((TOLD, ("told", f"portal {client_id}")))


def wait_to_ask(iin: str) -> int:
    """Seconds until this person may ask for another act; 0: now, and that is one of them."""
    return _wait((ACTS, ("act", hashed(iin))))


def wait_to_register(iin: str) -> int:
    """Seconds until this person may try another new application; 0: now, and that is one of them."""
    return _wait((REGISTER, ("register", hashed(iin))))


def wait_after_wrong_key(address: str | None) -> int:
    """Seconds until another key that is no portal's may be tried from this address; 0: now, and that is one of them."""
    return _wait((ADDRESS, ("portal key", _network(address))))


def room_for_portal(client_id: int) -> tuple[int, int]:
    """How many requests one portal may still make, this one counted (-1: not even this one), and seconds until it may
    make the first of these again.
    """
    of = "portal", str(client_id)

    def count(limits: MovingWindowRateLimiter) -> tuple[int, int]:
        taken = limits.hit(PORTAL, *of)
        return limits.get_window_stats(PORTAL, *of).remaining if taken else -1, _seconds(limits, [PORTAL], of)

    found: tuple[int, int] = _ask(count)
    return found


def wait_for_key(address: str | None) -> int:
    """Seconds until another entry with a key may be begun from this address; 0: now, and that is one of them."""
    return _wait((KEYS, ("key", _network(address))))


def wait_for_code(iin: str, phone: str, address: str | None) -> int:
    """Seconds until another code may be asked for by this person with this phone, from this address; 0: now."""
    of_both, of_phone = ("code", hashed(f"{iin} {phone}")), ("phone", hashed(phone))
    return _wait((CODES, ("codes", _network(address))), (CODE, of_both), (PHONE, of_phone))


def _wait(*asked: tuple[Sequence[RateLimitItem], tuple[str, str]]) -> int:
    """Seconds until there is room in all of these limits; 0: now, and that is one in each."""

    def count(limits: MovingWindowRateLimiter) -> int:
        spent = [(one, of) for kinds, of in asked for one in kinds if not limits.test(one, *of)]
        if not spent:  # what is refused counts no further
            spent = [(one, of) for kinds, of in asked for one in kinds if not limits.hit(one, *of)]
        return max((_seconds(limits, [one], of) for one, of in spent), default=0)

    return _ask(count)


def _ask(question: Callable[[MovingWindowRateLimiter], Any]) -> Any:
    return current_app.extensions[LIMITS].ask(question)


def _seconds(limits: MovingWindowRateLimiter, spent: Iterable[RateLimitItem], of: tuple[str, str]) -> int:
    """Until all the spent limits have room again; 0 where none is spent."""
    return max((max(1, ceil(limits.get_window_stats(one, *of).reset_time - time())) for one in spent), default=0)


def _network(address: str | None) -> str:
    """An address, or the network of 2^64 that one household has in the new kind."""
    address = (address or "0.0.0.0").removeprefix("::ffff:")  # an old address as a new one says it
    return str(ip_network(f"{address}/64", strict=False)) if ":" in address else address
