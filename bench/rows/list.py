"""Spec 9, list: the first 25 of 1,000,000 applications, for an official of the department."""

import re
from dataclasses import replace

from bench import web
from bench.measure import Figure, alternate
from bench.town import Town, application

WORK = "a page of 25 applications, of which the reader has been told today that they are more than 10,000"
PEER = "Django admin on the same tables, tuned"
TARGET = 0.5
OURS, PEERS = "/applications/list/", "/admin/django_desk/application/"
NUMBER = re.compile(r"ОДО\.2026\.\d+")
A_ROUND = 20  # pages for each run that was asked for: one page takes milliseconds, and noise as much


def measure(town: Town, times: int) -> Figure:
    """Both in this process, by their test clients. AssertionError where they show different applications."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench import django_desk

    with town.copy("list") as url, application(url, web=True) as app:
        ours, peer = web.signed_in(app), django_desk.signed_in(url)
        with web.statements(app) as said:
            shown = set(NUMBER.findall(ours.get(OURS).text))
        with CaptureQueriesContext(connection) as queries:
            peer_shows = set(NUMBER.findall(peer.get(PEERS).content.decode()))
            note = f"{len(said)} SQL statements beside {len(queries)}"
        assert len(shown) == 25 and shown == peer_shows, "the two pages show different applications"
        figure = alternate(lambda: ours.get(OURS), lambda: peer.get(PEERS), times=times * A_ROUND)
        django_desk.leave()
        return replace(figure, note=note)
