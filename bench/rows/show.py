"""Spec 9, show: the page of one application with its history and all that belongs to it."""

from dataclasses import replace
from itertools import cycle

from bench import web
from bench.measure import Figure, alternate
from bench.town import Town, application

WORK = "the page of one application of 1,000,000: its number, history, vouchers, notices, and what can be done"
PEER = "Django admin's change page with the same rows as read-only inlines"
TARGET = 0.5
OURS, PEERS = "/applications/show/{}", "/admin/django_desk/application/{}/change/"
SEEN = 20  # applications, of every kind of the town
A_ROUND = 10  # pages for each run that was asked for


def measure(town: Town, times: int) -> Figure:
    """AssertionError where one of the pages lacks the number or a change of the history."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench import django_desk

    ids = [1 + town.size // SEEN * one + one for one in range(SEEN)]
    with town.copy("show") as url, application(url, web=True) as app:
        ours, peer = web.signed_in(app), django_desk.signed_in(url)
        with web.statements(app) as said:
            text = ours.get(OURS.format(ids[0])).text
        with CaptureQueriesContext(connection) as queries:
            peers_text = peer.get(PEERS.format(ids[0])).content.decode()
            note = f"{len(said)} SQL statements beside {len(queries)}"
        number = f"ОДО.2026.{ids[0] - 1}"
        assert number in text and 'class="timeline"' in text, "our page is not that of the application"
        assert number in peers_text and "register" in peers_text, "the peer's page is not that of the application"
        one, other = cycle(ids), cycle(ids)
        figure = alternate(
            lambda: ours.get(OURS.format(next(one))),
            lambda: peer.get(PEERS.format(next(other))),
            times=times * A_ROUND,
        )
        django_desk.leave()
        return replace(figure, note=note)
