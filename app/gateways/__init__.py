"""The ways out of the house: each hands one message over, or says what became of it. None knows a kindergarten."""

from typing import NamedTuple

CONNECT = 5  # seconds to reach a gateway
ANSWER = 10  # seconds for each of its answers


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
