"""Spec 9, verb: a confirmation, a choice and an enrolment as an official sends them over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import psycopg
from flask import Flask, abort, redirect, request
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from app.access.actors import Actor
from app.actions import accounts, contracts, referrals
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, DemoTime, User, Vacancy
from app.rules.roles import Role
from bench import web
from bench.measure import Figure, Side, alternate, seconds
from bench.rows.burst import CHOICES
from bench.town import AT, Town, application, connect

WORK = "three requests: a family's confirmation and its choice at the counter, an enrolment by the head"
PEER = "the same rows by hand in SQL, a transaction each, on one connection"
TARGET = 4.0
BY_HAND = Path(__file__).with_suffix(".sql")
STEPS = ("confirm", "choose", "enrol")
PAPER = {"sure": "yes", "paper_on": AT.date().isoformat()}
SIGNED_IN = "SELECT id FROM ab_user WHERE id = %(user)s"
FORMS = "SELECT count(*) FROM sent_form WHERE answer IS NOT NULL"
LEFT = """
    SELECT 'change', subject, verb, status_from, status_to, role, for_family::text, paper_on::text FROM change
    WHERE application_id = %(id)s AND effective_on = %(today)s
    UNION ALL SELECT 'notice', template, audience, NULL, NULL, NULL, NULL, NULL FROM notice
    WHERE application_id = %(id)s AND template IN ('confirm', 'choose', 'enrol')
    UNION ALL SELECT 'voucher', status, confirmed_on::text, choose_by::text, NULL, NULL, NULL, NULL FROM voucher
    WHERE application_id = %(id)s
    UNION ALL SELECT 'referral', referral.status, kind, issued_on::text, contract.status, NULL, NULL, NULL
    FROM referral LEFT JOIN contract ON contract.referral_id = referral.id WHERE application_id = %(id)s
    UNION ALL SELECT 'holding', kind, (ended_at IS NULL)::text, NULL, NULL, NULL, NULL, NULL FROM holding
    WHERE application_id = %(id)s
    UNION ALL SELECT 'enrolment', intake, started_on::text, ends_on::text, NULL, NULL, NULL, NULL FROM enrolment
    WHERE application_id = %(id)s
    UNION ALL SELECT 'document', kind, outbox.job, NULL, NULL, NULL, NULL, NULL
    FROM document JOIN outbox ON outbox.document_id = document.id WHERE application_id = %(id)s
    UNION ALL SELECT 'application', status, standing::text, NULL, NULL, NULL, NULL, NULL FROM application
    WHERE id = %(id)s ORDER BY 1, 2, 3, 4, 5
"""


def measure(town: Town, times: int) -> Figure:
    """Each run has children of its own. AssertionError where the two sides leave other rows."""
    with town.copy("verb") as url, application(url, web=True) as app:
        children = prepared(app, url, 5 * times + 4)
        department, head = web.signed_in(app), web.signed_in(app, Role.head, name="head-bench")
        send = {"confirm": web.sender(app, department), "choose": web.sender(app, department)}
        send["enrol"] = web.sender(app, head)

        def read() -> None:
            """What was said is read before the next request: else it is kept, and grows."""
            for browser in (department, head):
                browser.get("/password/")

        with connect(url) as connection:
            by_hand = statements()
            ours, peer = partial(over_http, send, children), partial(in_sql, connection, by_hand, children)
            handler = partial(in_sql_over_http, by_hand_server(connection, by_hand), children)
            same(connection, ours, peer)
            same(connection, ours, handler)
            served = alternate(ours, handler, times=times, before=read)
            own = []
            for _ in range(times):
                read()
                own.append(seconds(ours, process_time))
            note = f"{served.ratio:.1f} times the same SQL sent over HTTP to the smallest handler"
            note += f"; {median(own) * 1000:.0f} ms of a processor for the three requests, the database's own left out"
            return replace(alternate(ours, peer, times=times, before=read), note=note)


def over_http(send: dict[str, Callable[..., None]], children: Iterator[dict[str, int]]) -> dict[str, int]:
    """Who was confirmed, who chose, who was enrolled."""
    who = next(children)
    send["confirm"](f"/applications/action/confirm/{who['confirm']}", PAPER)
    send["choose"](f"/applications/choose/{who['choose']}", {**PAPER, "vacancy": str(who["vacancy"])})
    send["enrol"](f"/applications/action/enrol/{who['enrol']}", {"sure": "yes"})
    return who


def in_sql(
    connection: psycopg.Connection, by_hand: dict[str, list[str]], children: Iterator[dict[str, int]]
) -> dict[str, int]:
    """The same by verb.sql, statement by statement, as a program would send them."""
    who = next(children)
    for step in STEPS:
        facts: dict[str, Any] = {"id": who[step], "vacancy": who["vacancy"], "at": AT, "today": AT.date()}
        for statement in by_hand[step]:
            connection.execute(statement, facts)
        connection.commit()
    return who


def by_hand_server(connection: psycopg.Connection, by_hand: dict[str, list[str]]) -> FlaskClient:
    """The smallest handler that a program with verb.sql could have: it asks who is signed in, acts and redirects."""
    server = Flask("by hand")

    @server.post("/<step>/<int:child>/<int:vacancy>")
    def act(step: str, child: int, vacancy: int) -> Response:
        if connection.execute(SIGNED_IN, {"user": request.form["user"]}).fetchone() is None:
            abort(403)
        facts: dict[str, Any] = {"id": child, "vacancy": vacancy, "at": AT, "today": AT.date()}
        for statement in by_hand[step]:
            connection.execute(statement, facts)
        connection.commit()
        return redirect(f"/{child}")

    return server.test_client()


def in_sql_over_http(browser: FlaskClient, children: Iterator[dict[str, int]]) -> dict[str, int]:
    """The same as `in_sql`, each step a request."""
    who = next(children)
    for step in STEPS:
        answer = browser.post(f"/{step}/{who[step]}/{who['vacancy']}", data={**PAPER, "user": "1"})
        assert answer.status_code == 302, answer.status
    return who


def statements() -> dict[str, list[str]]:
    """The statements of verb.sql by the verb that stands above them."""
    parts = BY_HAND.read_text().split("-- verb: ")[1:]
    found = {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in parts}
    return {verb: [one.strip() for one in text.split(";") if one.strip()] for verb, text in found.items()}


def same(connection: psycopg.Connection, ours: Side, peer: Side) -> None:
    """AssertionError where ours leaves a child otherwise than the peer, or another number of forms."""
    left = []
    for side in (ours, peer):
        before = connection.execute(FORMS).fetchone()
        connection.commit()
        who = side()
        rows = {step: connection.execute(LEFT, {"id": who[step], "today": AT.date()}).fetchall() for step in STEPS}
        now = connection.execute(FORMS).fetchone()
        connection.commit()
        left.append({**rows, "forms": [now[0] - before[0]]})
    for step in left[0]:
        assert left[0][step] == left[1][step], f"the two sides differ in {step}: {left[0][step]} {left[1][step]}"


def prepared(app: Flask, url: str, many: int) -> Iterator[dict[str, int]]:
    """Children to be confirmed, to choose and to be enrolled, all of one district; and a vacancy for all of them."""
    with connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(CHOICES.read_text(), {"families": 3 * many, "turns": 0, "free": 1})
        families = [row[0] for row in connection.execute("SELECT id FROM family ORDER BY id")]
        confirms, chooses, enrols = (families[n::3] for n in range(3))
        connection.execute(
            "UPDATE voucher SET status = 'issued', confirmed_on = NULL, choose_by = NULL, choose_norm_id = NULL,"
            " confirm_by = '2026-04-13' WHERE status = 'confirmed' AND application_id = ANY(%(ids)s)",
            {"ids": confirms},
        )
        connection.execute("UPDATE application SET status = 'confirming' WHERE id = ANY(%(ids)s)", {"ids": confirms})
    with app.app_context(), transaction():
        db.session.add(DemoTime(id=1, at=AT))
        vacancy = db.session.scalars(db.select(Vacancy)).one()
        vacancy_id, kindergarten = vacancy.id, vacancy.group.kindergarten
        user = User(username="head-bench", first_name="Өлшеуші", last_name="head", email="head@example.invalid")
        by = Actor(Role.administrator)
        accounts.save(user, role=Role.head, reach=(kindergarten,), password=web.PASSWORD, by=by, at=AT)
        head = Actor(Role.head, kindergarten_id=kindergarten.id, on_paper=True)
        for id_ in enrols:
            child = db.session.get_one(Application, id_)
            family = Actor(Role.family, application_id=id_, on_paper=True)
            referrals.choose(child, vacancy, by=family, at=AT)
            contracts.sign(child, by=family, at=AT)
            contracts.sign(child, by=head, at=AT)
    with connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return iter(
        [
            {"confirm": one, "choose": two, "enrol": three, "vacancy": vacancy_id}
            for one, two, three in zip(confirms, chooses, enrols, strict=True)
        ]
    )
