"""Spec 9, papers: from the rows that ask for them to the stored files, by one worker for each core."""

import os
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from app.actions import versions
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import outbox
from app.models import Document, DocumentKind, Outbox, Voucher
from app.papers import documents
from bench.measure import Figure, seconds
from bench.town import AT, Town, application

WORK = "vouchers, from their outbox rows to stored papers, by one process for each core; Redis left out"
PEER = "the same papers only set, by as many processes"
TARGET = 3.0  # to set one takes some ten milliseconds, to keep it two waits for the disk; 40 a second are asked for
MOST = 1_000
CORES = os.cpu_count() or 1


def measure(town: Town, times: int) -> Figure:
    """Both sides set the same papers, each time others."""
    with town.copy("papers") as url, application(url, web=False):
        found = db.session.scalars(sa.select(Voucher).where(Voucher.status == "confirmed").order_by(Voucher.id)).all()
        share = min(MOST, len(found) // times)
        ours, peer = [], []
        for turn in range(times):
            rows, facts = asked_for(found[turn * share : (turn + 1) * share])
            peer.append(
                seconds(lambda facts=facts: on_every_core(lambda said: [documents.render(s) for s in said], facts))
            )
            ours.append(seconds(lambda rows=rows: on_every_core(in_portions, rows)))
            assert db.session.scalar(sa.select(sa.func.count()).where(Document.file_key.is_(None))) == 0
            db.session.rollback()
        each = sorted(ours)[times // 2] / share
        return Figure(ours, peer, f"{share} papers each time, {1 / each:.0f} a second on {CORES} cores")


def asked_for(found: Sequence[Voucher]) -> tuple[list[int], list[documents.Facts]]:
    """A paper of each is asked for: the outbox rows, and what they print."""
    with transaction():
        papers = [versions.ask_for(db.session.merge(one), DocumentKind.voucher, at=AT) for one in found]
    facts = [documents.printed(one) for one in papers]
    ids = [one.id for one in papers]
    rows = db.session.scalars(sa.select(Outbox.id).where(Outbox.document_id.in_(ids))).all()
    db.session.rollback()
    return list(rows), facts


def in_portions(rows: Sequence[int]) -> None:
    """As a worker is given them."""
    for start in range(0, len(rows), outbox.CHUNK):
        outbox.handle(list(rows[start : start + outbox.CHUNK]))


def on_every_core(work: Callable[[Sequence], object], these: Sequence) -> None:
    """Each process a part of it. AssertionError where one fails."""
    db.session.remove()
    db.engine.dispose()
    pids = []
    for core in range(CORES):
        if not (pid := os.fork()):
            try:
                work(these[core::CORES])
                os._exit(0)
            finally:
                os._exit(1)
        pids.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * CORES
