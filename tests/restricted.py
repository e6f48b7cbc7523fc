"""PostgreSQL as it is to be run (docs/operations.md): Kezek works as a role that does not own the tables (ADR 42).

What tests build and look at themselves is read and written by the owner; what a request does, by that role. So the
tests of FILES go through both locks on PostgreSQL.
"""

from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask, has_request_context

from app.db.database import CUT, POLICED
from app.db.extensions import db

WORKER, READER = "kezek_works", "kezek_looks"
FILES = {  # below tests/views: the doors at which something is read or written
    "test_acts.py",
    "test_api.py",
    "test_bulk_runs.py",
    "test_cabinet.py",
    "test_contract_signing.py",
    "test_import_on_screen.py",
    "test_joining.py",
    "test_lots.py",
    "test_near_names.py",
    "test_new_application.py",
    "test_notices.py",
    "test_paper_tab.py",
    "test_search.py",
    "test_second_factor.py",
    "test_second_lock.py",
    "test_two_editors.py",
    "test_waiting_list.py",
}
_of_requests = {"are the worker's": False}


def role(name: str) -> None:
    """There is such a role in the cluster; all of its databases have it."""
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT true FROM pg_roles WHERE rolname = %s", [name]).fetchone():
            connection.execute(f"CREATE ROLE {name} LOGIN")


def granted(app: Flask, *arguments: str) -> None:
    """What an operator does as the owner."""
    done = app.test_cli_runner().invoke(args=["grant", *arguments])
    assert (done.exit_code, done.output) == (0, ""), done.output


def as_worker(yes: bool) -> None:
    """From now on requests are the worker's, or everything is the owner's."""
    _of_requests["are the worker's"] = yes


def requests_as_worker(app: Flask) -> None:
    """A connection that a request takes is the worker's, where a test says so; any other one is the owner's."""
    role(WORKER)
    granted(app, WORKER)

    @sa.event.listens_for(db.engine, "checkout")
    def _whose(connection: Any, record: Any, _fairy: Any) -> None:
        cut = has_request_context() and _of_requests["are the worker's"]
        if record.info[CUT] is not cut:
            connection.autocommit = True
            connection.execute(f"SET ROLE {WORKER if cut else 'NONE'}")
            connection.autocommit = False
            record.info[CUT] = record.info[POLICED] = cut
