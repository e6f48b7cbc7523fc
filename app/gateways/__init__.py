"""The ways out of the house: each hands one message over, or says what became of it. None knows a kindergarten."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

CONNECT = 5  # seconds to reach a gateway
ANSWER = 10  # seconds for its whole answer


class Message(NamedTuple):
    """One message; `key` is by what it is known when it comes again. `subject` is empty where there is none."""

    key: str
    address: str
    subject: str
    text: str


class NotSent(Exception):
    """The gateway has surely not taken it; `why` is a name in words/notices.py. `final`: it never will."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.why, self.final = why, final


class Unsure(Exception):
    """It was handed over, and what came back says nothing: the gateway may have taken it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@contextmanager
def cut_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Whatever goes on inside with this connection ends after so many seconds, also where a byte comes now and then:
    an OSError is raised there, or the end of what is read is met.
    """
    connection.settimeout(seconds)
    timer = threading.Timer(seconds, _cut, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
