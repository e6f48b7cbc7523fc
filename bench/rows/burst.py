"""Spec 9, burst: twenty families choose among three free places of one district at once; how long the losers wait."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier
from time import perf_counter
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask

from app.access.actors import Actor
from app.actions import referrals
from app.db.database import retried
from app.db.extensions import db
from app.models import Application, Vacancy
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from bench.measure import Figure
from bench.town import AT, Town, application, connect

WORK = "20 families choose among 3 free places at once: until 19 in 20 of those who get none are told"
PEER = "one choice alone"
TARGET = 10.0
FAMILIES, FREE, LIMIT = 20, 3, 300  # LIMIT: milliseconds, on a quiet machine
PROCESSES = 2  # that answer, as many as the web has (deploy/gunicorn.conf.py)
AT_WORK: list[Any] = []  # in one of them: the application, and what all families wait at
CHOICES = Path(__file__).parent.parent / "choices.sql"


def measure(town: Town, times: int) -> Figure:
    """Each turn has families and places of its own. AssertionError where not all the free places are taken, or more."""
    with town.copy("burst") as url, application(url, web=False) as app, server(app) as processes:
        figure, all_losers = Figure([], []), list[float]()
        for one, families, big, small in turns(url, times + 1):
            alone, _ = choice(app, None, big, one)
            shares = [families[first::PROCESSES] for first in range(PROCESSES)]
            found = [each for share in processes.map(partial(at_once, small), shares) for each in share]
            losers = [seconds for seconds, refused in found if refused is Reason.no_free_place]
            assert len(losers) == FAMILIES - FREE, "more or fewer than the free places were taken"
            figure.ours.append(p95(losers))
            figure.peer.append(alone)
            all_losers += losers
        note = f"p95 of all {p95(all_losers) * 1000:.0f} ms, to be {LIMIT} on a quiet machine"
        return replace(figure, ours=figure.ours[1:], peer=figure.peer[1:], note=note)  # the first turn warms up


@contextmanager
def server(app: Flask) -> Iterator[ProcessPoolExecutor]:
    """Processes that do what is asked for in threads, as the web's own do; they live as long as it is measured."""
    forked = get_context("fork")
    together = forked.Barrier(FAMILIES)
    with ProcessPoolExecutor(PROCESSES, forked, _begin, (app, together)) as processes:
        yield processes


def _begin(app: Flask, together: Barrier) -> None:
    AT_WORK[:] = [app, together]
    with app.app_context():
        db.engine.dispose(close=False)  # the connections are those of the process that this one is forked from


def at_once(vacancy_id: int, families: list[int]) -> list[tuple[float, Reason | None]]:
    """What becomes of these families, whom one process serves; they begin together with those of the others."""
    with ThreadPoolExecutor(len(families)) as threads:
        return list(threads.map(partial(choice, *AT_WORK, vacancy_id), families))


def p95(seconds: list[float]) -> float:
    """So long at most waits everybody but one in twenty."""
    return sorted(seconds)[int(len(seconds) * 0.95)]


def choice(app: Flask, together: Barrier | None, vacancy_id: int, application_id: int) -> tuple[float, Reason | None]:
    """One family's choice: the seconds until its answer, and why not, where it is refused."""

    def choose() -> None:
        family, place = db.session.get_one(Application, application_id), db.session.get_one(Vacancy, vacancy_id)
        by = Actor(Role.family, application_id=application_id, on_paper=True)
        referrals.choose(family, place, by=by, at=AT)

    with app.app_context():
        if together is not None:
            together.wait()
        start, refused = perf_counter(), None
        try:
            retried(choose)
        except Refusal as refusal:
            refused = refusal.reason
        return perf_counter() - start, refused


def turns(url: str, times: int) -> Iterator[tuple[int, list[int], int, int]]:
    """For each turn: a family alone, those together, a vacancy with places for everybody, one with the free places."""
    facts = {"families": times * (FAMILIES + 1), "turns": times, "free": FREE}
    with connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(CHOICES.read_text(), facts)
        families = [row[0] for row in connection.execute("SELECT id FROM family ORDER BY id")]
    with connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    big, *small = db.session.scalars(sa.select(Vacancy.id).order_by(Vacancy.id))
    db.session.rollback()
    for turn, vacancy in enumerate(small):
        one, *others = families[turn * (FAMILIES + 1) : (turn + 1) * (FAMILIES + 1)]
        yield one, others, big, vacancy
