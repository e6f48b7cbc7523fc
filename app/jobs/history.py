"""The history is sealed each minute, and the heads of its chain are given out (ADR 34)."""

import os
from pathlib import Path
from time import monotonic

from flask import current_app

from app.actions import chain
from app.db.database import transaction
from app.jobs.failures import without_words
from app.now import now
from app.rules.chain import head_line, heads_of

LONGEST = 60.0  # seconds, for what was recorded before there was a chain; the next minute goes on


def seal() -> None:
    """Twice or in parallel it seals nothing twice. Raises JobFailed."""
    with without_words():
        began = monotonic()
        while monotonic() - began < LONGEST:
            with transaction():
                if not chain.seal(at=now()):
                    break
        give_out(current_app.config["KEZEK"].heads)


def give_out(file: Path) -> None:
    """Add the heads that a file has not yet at its end; a file that is away is begun anew. Raises OSError."""
    given = heads_of(file.read_text("utf-8").splitlines()) if file.exists() else {}
    with transaction():
        seals = chain.seals(after=max(given, default=0))
    if not seals:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.writelines(head_line(one.at.isoformat(), one.position, one.head) + "\n" for one in seals)
        out.flush()
        os.fsync(out.fileno())
