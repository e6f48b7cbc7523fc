"""The history is sealed each minute, each day gets its protocol, and the heads of the chain are given out (ADR 34)."""

import logging
from time import monotonic

from flask import current_app

from app.actions import chain, daily_protocols
from app.actions.chain import SealedAt
from app.db.database import transaction
from app.gateways import Message, NotSent, Unsure, mail
from app.jobs.runs import turn
from app.logs import described
from app.now import now
from app.papers import storage
from app.rules.chain import head_line, heads_of

LONGEST = 60.0  # seconds, for what was recorded before there was a chain; the next minute goes on
SUBJECT = "Kezek: тарих тізбегінің басы · голова цепи истории"

log = logging.getLogger(__name__)


def seal() -> None:
    """Twice or in parallel it seals nothing twice. Raises JobFailed."""
    with turn("history"):
        began = monotonic()
        while monotonic() - began < LONGEST:
            with transaction():
                if chain.seal(at=now()) < chain.AT_ONCE:
                    daily_protocols.ask_for(at=now())
                    break
        for place in current_app.config["KEZEK"].heads:
            give_out(place)


def give_out(place: str) -> None:
    """Add the heads that are not there yet to a file or an object of S3; what is away is begun anew. Raises OSError."""
    given = heads_of(storage.last_lines_at(place))
    with transaction():
        seals = chain.seals(after=max(given, default=0))
    if seals:
        storage.add_lines(place, map(_line, seals))


def mail_head() -> None:
    """Send the last head to whoever the settings name; twice does no harm. An address that fails holds up no other."""
    config = current_app.config["KEZEK"]
    with transaction():
        last = chain.last_seal()
        head = SealedAt(last.at, last.position, last.head) if last else None
    for address in config.heads_by_mail if head and config.smtp else ():
        assert head is not None
        try:
            mail.send(config.smtp, Message(f"history-{head.position}", address, SUBJECT, _line(head)))
        except (NotSent, Unsure, ValueError) as error:
            log.warning("the head of the history was not sent: %s", described(error))


def _line(seal: SealedAt) -> str:
    return head_line(seal.at.isoformat(), seal.position, seal.head)
