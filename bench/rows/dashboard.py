"""Spec 8.9, dashboard: the department's first page, every number counted as it is now."""

from dataclasses import replace

from app.db.database import transaction
from app.db.extensions import db
from app.models import DemoTime
from bench import web
from bench.measure import Figure, alternate
from bench.town import AT, Town, application

WORK = "the first page of the department: who waits by district and year, what runs out, what is free and to decide"
PEER = "the limit, 300 ms"
TARGET = 1.0
LIMIT = 0.3  # seconds
A_ROUND = 5  # pages for each run that was asked for


def measure(town: Town, times: int) -> Figure:
    """On the town's day. AssertionError where the page does not count all who wait."""
    with town.copy("dashboard") as url, application(url, web=True) as app:
        client = web.signed_in(app)
        app.config["KEZEK"] = replace(app.config["KEZEK"], demo=True)
        with app.app_context(), transaction():
            db.session.add(DemoTime(id=1, at=AT))
        with web.statements(app) as said:
            text = client.get("/").text
        assert f'data-total="{town.size * 86 // 100}"' in text, "the page counts not all who wait"
        figure = alternate(lambda: client.get("/"), lambda: None, times=times * A_ROUND)
        return Figure(figure.ours, [LIMIT] * len(figure.ours), note=f"{len(said)} SQL statements")
