"""Many processes with many threads each, of which every one takes places or gives them back, on one PostgreSQL.

`rush` starts this file as a program, which imports all once and forks into these processes.
"""

import json
import multiprocessing
import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import create_app
from app.actions import referrals
from app.db import database
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Vacancy
from app.rules.refusals import Refusal
from config import ROOT, Config
from tests.factories import at, family

WHEN = at("2026-04-08T12:00")
WARM = 8  # attempts that come before all others
TAKES = 0.75  # of the attempts; the others give a place back


@dataclass(frozen=True)
class Crowd:
    """So many `processes`, each with so many `threads`, which share the `attempts`; `locks`: as the product does."""

    url: str
    var: str
    children: list[int]
    vacancies: list[int]
    attempts: int
    processes: int
    threads: int
    seed: str
    locks: bool = True


def rush(crowd: Crowd) -> Counter[str]:
    """What came of all attempts. CalledProcessError where a process failed."""
    command = [sys.executable, "-m", "tests.crowd", json.dumps(asdict(crowd))]
    return Counter(json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout))


def main() -> None:
    crowd = Crowd(**json.loads(sys.argv[1]))
    if not crowd.locks:
        database._lock = lambda _place_ids: None
    app, fork = application(crowd), multiprocessing.get_context("fork")
    with app.app_context():  # what all of them need is made ready once: how each statement is written
        first = Counter(attempt(crowd, random.Random(f"{crowd.seed} {n}")) for n in range(WARM))
        db.engine.dispose()  # forked is a process that has no thread and no connection
    shared = crowd, app, fork.Barrier(crowd.processes)
    with ProcessPoolExecutor(crowd.processes, fork, SHARED.extend, [shared]) as processes:
        print(json.dumps(sum(processes.map(process, range(crowd.processes)), first)))


def application(crowd: Crowd) -> Flask:
    var, secret = Path(crowd.var), "for tests only, long enough to be one"
    return create_app(Config(var, crowd.url, f"unix://{var}/valkey.sock", secret), web=False)


SHARED: list[Any] = []  # by all processes


def process(number: int) -> Counter[str]:
    """What came of the attempts of one process, all of whose threads begin when every process is there."""
    crowd, app, together = SHARED
    chances = [random.Random(f"{crowd.seed} {number} {thread}") for thread in range(crowd.threads)]
    together.wait()
    with ThreadPoolExecutor(crowd.threads) as threads:
        found = sum(threads.map(partial(thread, app, crowd), chances), Counter())
    with app.app_context():
        db.engine.dispose()
    return found


def thread(app: Flask, crowd: Crowd, chance: random.Random) -> Counter[str]:
    """What came of the attempts of one thread."""
    with app.app_context():
        return Counter(attempt(crowd, chance) for _ in range(crowd.attempts // crowd.processes // crowd.threads))


def attempt(crowd: Crowd, chance: random.Random) -> str:
    """What came of it: taken, given back, the reason of a refusal, or that the database refused."""
    child, vacancy = chance.choice(crowd.children), chance.choice(crowd.vacancies)
    act = take if chance.random() < TAKES else give_back
    try:
        with transaction():
            act(db.session.get_one(Application, child), db.session.get_one(Vacancy, vacancy))
    except Refusal as refusal:
        return str(refusal.reason)
    except IntegrityError:
        return "the database refused"
    except PoolTimeout:  # nothing was tried yet: it has waited for a connection of its process
        return attempt(crowd, chance)
    return act.__name__


def take(child: Application, vacancy: Vacancy) -> None:
    referrals.choose(child, vacancy, by=family(child), at=WHEN)


def give_back(child: Application, _vacancy: Vacancy) -> None:
    referrals.revoke(child, by=family(child), at=WHEN, reason=None)


if __name__ == "__main__":
    main()
