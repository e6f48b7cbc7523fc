"""Spec 8.1, search: p95 over whatever people type, from the box on every page."""

from itertools import cycle

import sqlalchemy as sa

from app.db.extensions import db
from app.models import Applicant, Application, Child, Voucher
from bench import web
from bench.measure import Figure, alternate
from bench.town import FIRST_NAMES, LAST_NAMES, Town, application

WORK = "search of 1,000,000 applications by number, IIN, name and voucher, each page as it is sent; p95"
PEER = "the limit, 300 ms"
TARGET = 1.0
LIMIT = 0.3  # seconds
A_ROUND = 40  # searches for each run that was asked for


def measure(town: Town, times: int) -> Figure:
    """AssertionError where a search by number, IIN or voucher does not lead to the one record."""
    with town.copy("search") as url, application(url, web=True) as app:
        client = web.signed_in(app)
        token = client.get("/").text.split('name="csrf_token" value="')[1].split('"')[0]

        def ask(text: str):
            return client.post("/search/", data={"q": text, "csrf_token": token})

        exact, names = texts(app, town.size)
        assert all(ask(text).status_code == 303 for text in exact), "an exact search did not find its record"
        assert all("/applications/show/" in ask(text).text for text in names), "a name was not found"
        sought = cycle([*exact, *names])
        figure = alternate(lambda: ask(next(sought)), lambda: None, times=times * A_ROUND)
        ours = sorted(figure.ours)
        slow = ours[int(len(ours) * 0.95)]
        return Figure([slow] * 2, [LIMIT] * 2, note=f"median {ours[len(ours) // 2] * 1000:.0f} ms")


def texts(app, size: int) -> tuple[list[str], list[str]]:
    """What finds one record, and names that many share, whole and by their beginnings."""
    with app.app_context():
        some = [db.session.get_one(Application, 1 + size * one // 7) for one in range(7)]
        exact = [one.number.replace(".", " ").lower() for one in some]
        exact += [db.session.get_one(Child, one.child_id).iin for one in some]
        exact += [voucher.number for voucher in db.session.scalars(sa.select(Voucher).limit(3))]
        lone = sa.select(Application.applicant_id).group_by(Application.applicant_id)
        lone = lone.having(sa.func.count() == 1).limit(2)
        exact += [db.session.get_one(Applicant, pk).iin for pk in db.session.scalars(lone)]
    names = [f"{last} {first}" for last, first in zip(LAST_NAMES[:6], FIRST_NAMES[:6], strict=True)]
    return exact, [*names, *(name.lower()[:4] for name in LAST_NAMES[6:10]), "ай", "айж ахм"]
