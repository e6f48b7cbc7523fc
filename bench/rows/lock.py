"""Issue 14, second lock: what row-level security costs the list and the page of an application (ADR 42)."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle

import sqlalchemy as sa
from flask.testing import FlaskClient

from app.access import policies
from app.db.database import transaction
from bench import web
from bench.measure import Figure, alternate
from bench.town import Town, application, connect

WORK = "the list of 25 applications and the page of one, as a role that sees what policies show"
PEER = "the same pages as the owner of the tables, whom no policy holds"
TARGET = 1.1
LIST, SHOW = "/applications/list/", "/applications/show/{}"
NUMBER = re.compile(r"ОДО\.2026\.\d+")
SEEN = 20  # applications, of every kind of the town
A_ROUND = 10  # pairs of pages for each run that was asked for


def measure(town: Town, times: int) -> Figure:
    """AssertionError where the two show different pages."""
    ids = [1 + town.size // SEEN * one + one for one in range(SEEN)]
    with town.copy("lock") as url, ExitStack() as both:
        with connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE works LOGIN")
        with application(url, web=False), transaction() as session:
            policies.let_work(session.connection(), "works")
        as_worker = sa.make_url(url).set(username="works").render_as_string(hide_password=False)
        owner, worker = (both.enter_context(application(one, web=True)) for one in (url, as_worker))
        peer = web.signed_in(owner)
        ours = web.signed_in(worker, name="department-bench")
        seen = [set(NUMBER.findall(one.get(LIST).text)) for one in (ours, peer)]
        assert len(seen[0]) == 25 and seen[0] == seen[1], "the two pages show different applications"
        one, other = cycle(ids), cycle(ids)

        figure = alternate(pages(ours, one), pages(peer, other), times=times * A_ROUND)
        with connect(url, autocommit=True) as connection:
            connection.execute("DROP OWNED BY works; DROP ROLE works")
    return figure


def pages(browser: FlaskClient, ids: Iterator[int]) -> Callable[[], object]:
    return lambda: (browser.get(LIST), browser.get(SHOW.format(next(ids))))
