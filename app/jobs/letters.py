"""Letters to officials leave. The link of one is made while it is written, and is kept nowhere: each try has another.

In the demo nothing is sent: what it says is kept with it, for its account's page.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal
from uuid import uuid4

from flask import current_app

from app import words
from app.actions import invitations
from app.db.database import locked, retried
from app.gateways import Message, NotSent, Unsure, mail
from app.models import AccountLetter, Invitation, Outbox
from app.now import is_demo, now

NO_GATEWAY = timedelta(minutes=10)  # until it is looked again whether there is one
ROWS = 5  # a job: a server that hangs keeps so many waiting

Made = NotSent | Unsure | datetime | Literal["sent"] | None


def read(row: Outbox) -> int | None:
    """Which letter it is."""
    return row.letter_id


def make(letter_id: int) -> Made:
    """Write it, and then send it, with no transaction open; or when to look again; None: there is nothing to send."""
    begun = retried(partial(_begin, letter_id))
    if not isinstance(begun, Message):
        return begun
    try:
        mail.send(current_app.config["KEZEK"].smtp, begun)
    except (NotSent, Unsure) as missed:
        return missed
    return "sent"


def _begin(letter_id: int) -> Message | datetime | None:
    """What is handed over; its link opens from the moment on that this is committed."""
    letter, config = locked(AccountLetter, letter_id), current_app.config["KEZEK"]
    shown = is_demo()
    if config.smtp is None and not shown:
        return datetime.now(UTC) + NO_GATEWAY
    link = ""
    if letter.invitation_id is not None:
        invitation = locked(Invitation, letter.invitation_id)
        if invitations.standing(invitation, now()) is not invitations.Standing.waits:
            return None
        link = address(invitations.new_key(invitation))
    written = words.letter(letter, link)
    if shown:
        letter.text = written.text
        return None
    return Message(uuid4().hex, letter.address, written.subject, written.text)


def address(key: str) -> str:
    """The link that this opens."""
    return f"{current_app.config['KEZEK'].url}/invitation/{key}"


def keep(row: Outbox, made: Made) -> datetime | str | None:
    """What became of it. Where nobody knows it is not sent again by itself: the page of the account says so."""
    letter = row.letter
    if isinstance(made, datetime) or letter is None:
        return made if isinstance(made, datetime) else None
    if isinstance(made, NotSent | Unsure):
        letter.error = made.why
        return made.why if isinstance(made, NotSent) and not made.final else None
    if made == "sent":
        letter.sent_at, letter.error = datetime.now(UTC), None
    return None


def give_up(row: Outbox) -> None:
    """Its last try has failed, or its process died over it again and again."""
    if row.letter is not None:
        row.letter.error = row.letter.error or "died"
