"""One order of locks everywhere: the district, then rows (docs/adr/0002-district-lock.md)."""

import threading
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.access.actors import Actor
from app.actions import clock
from app.db.database import lock_district, retried, transaction
from app.db.extensions import db
from app.imports import command
from app.jobs.clock import do_all_due
from app.models import Application, KgGroup, Kindergarten, Place, Vacancy
from app.now import now
from app.rules.roles import Role
from tests import factories
from tests.locks import watched
from tests.running import soon
from tests.views import city as cities
from tests.views.official import MODELS, Official
from tests.views.test_two_editors import changeable, edit_forms, opened, other

pytestmark = pytest.mark.parametrize("kind", ["postgresql"])  # SQLite has one writer, and locks no rows
ROLES = {  # what each does, and how many things at least
    Role.department: (*MODELS, 30),
    Role.head: ("applications", "referrals", "groups", "vacancies", 9),
}


class Once(Official):
    """Somebody who does each thing that a register offers, once."""

    def walk_register(self, noun: str) -> None:
        done: set[str] = set()
        for pk in self.rows(noun):
            done |= {what for what in self.offers(noun, pk) - done if self.accepted(noun, what, pk, seen=True)}
        self.tried += len(done)


@pytest.mark.parametrize("role", ROLES)
def test_whatever_a_page_offers_locks_its_district_before_any_row(web, standing, kind, role):
    standing("clocked", _town)
    official = Once(web, role, str(role), "clocked")
    *nouns, least = ROLES[role]
    with watched(official.tables.engine) as watch:
        official.walk(*nouns)
    assert sorted(set(watch.wrong)) == []
    assert official.tried >= least
    assert {"place", "application", "kg_group"} <= watch.seen


def _town():
    made = cities.build(marked=False)
    for place_id in clock.districts():
        clock.run(at=factories.at(cities.NOW), place_id=place_id)
    return made


def test_a_kindergarten_that_moves_locks_both_districts_in_order(city):
    watched_moves = []
    for way in (1, -1):
        with city.web.app_context(), transaction():
            first, second = sorted((city.own.place, city.own.refers))[::way]
            empty = factories.kindergarten(db.session.get_one(Place, first), f"№9{way} «Көшкен»")
            pk = empty.id
        browser, address = city.sign_in("department"), f"/kindergartens/edit/{pk}"
        form = opened(browser, address)
        with watched(city.tables.engine) as watch:
            assert browser.post(address, {**form.values, "place": str(second)}).status_code == 302
        watched_moves.append(watch.wrong)
        with city.web.app_context():
            assert db.session.get_one(Kindergarten, pk).place_id == second
    assert watched_moves == [[], []]


def test_no_change_form_and_no_correction_meets_whoever_decides_in_its_district(city, caplog):
    """Somebody has a district and then writes one of its rows, as an import does, while the form is sent."""
    forms = [(role, address) for role, address in edit_forms(city) if address.split("/")[1] in DISTRICTS]
    forms.append(("department", f"/applications/correct/{city.own.application}"))
    assert {address.split("/")[1] for _role, address in forms} == set(DISTRICTS)
    told = {}
    for role, address in forms:
        browser = city.sign_in(role)
        form = opened(browser, address)
        name = "child_first_name" if "correct" in address else changeable(form)
        value = "Түзетілген" if "correct" in address else other(form.values[name], form.kinds[name], 1)
        typed = {**form.values, name: value, "reason": "қате"}
        told[address] = meets(city, browser, address, typed)
    assert {address: found for address, found in told.items() if found != 302} == {}
    assert "tried again" not in caplog.text


DISTRICTS = {"applications": Application, "groups": KgGroup, "kindergartens": Kindergarten, "vacancies": Vacancy}


def meets(city, browser, address: str, typed: dict) -> object:
    """How a form is answered that was sent while another transaction had the district and then took the row."""
    model, pk, answers = DISTRICTS[address.split("/")[1]], int(address.rsplit("/", 1)[1]), []
    browser.token()
    sender = threading.Thread(target=lambda: answers.append(browser.post(address, typed).status_code))
    with city.web.app_context():
        try:
            with transaction():
                lock_district(city.own.place)
                sender.start()
                assert until_one_waits(city.tables.engine)
                db.session.execute(sa.update(model).where(model.id == pk).values(id=pk))
        except sa.exc.OperationalError as error:
            answers.append(type(error.orig).__name__)
        sender.join()
    return answers[0] if len(answers) == 1 else answers


def until_one_waits(engine: sa.Engine) -> bool:
    """Whether a transaction waits for the lock of another by now; a busy machine needs its time until then."""
    waits = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return soon(lambda: connection.scalar(waits), every=0.02)


def test_what_meets_another_transaction_is_done_again_by_itself(app, monkeypatch):
    """Two take two districts in contrary order: PostgreSQL undoes one, which begins once more."""
    with transaction():
        ids = [factories.district().id, factories.district("Степногорск қаласы").id]
    both, begun, tries = threading.Barrier(2, timeout=20), [], []

    def decide(first: int, second: int) -> str:
        tries.append(first)
        lock_district(first)
        if len(tries) <= 2:
            both.wait()
        lock_district(second)
        return "done"

    def one(*order: int) -> None:
        with app.app_context():
            begun.append(retried(lambda: decide(*order)))

    threads = [threading.Thread(target=one, args=order) for order in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert begun == ["done", "done"] and len(tries) > 2


FILE = """\
Язык обучения;Форма собственности;Название детского сада;Группа;Годы рождения;Вместимость;Количество посещающих детей
казахский;государственная;№1 «Арман»;Ботақан;2022;9;0
"""


@pytest.mark.parametrize("job", ["clock", "import"])
def test_a_job_that_a_deadlock_undid_begins_again_and_loses_nothing(app, job, tmp_path, caplog):
    """Somebody has a row and then wants its district, against all order; the job meets that row, and is undone.

    PostgreSQL undoes whoever notices that both wait: the job, for it waits last, and the other one never looks.
    """
    file, done = tmp_path / "list.csv", []
    file.write_text(FILE, encoding="utf-8")
    with transaction():
        place = factories.district()
        child = factories.application(place, date(2020, 8, 1))  # six years old by now
        garden = factories.kindergarten(place, "№1 «Арман»")
        place_id, name = place.id, place.name_kk
        row = sa.select(Application.id).where(Application.id == child.id)
        if job == "import":
            row = sa.select(Kindergarten.id).where(Kindergarten.id == garden.id)

    def let_the_other_wait(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        locked = "FROM place" in statement and "FOR NO KEY UPDATE" in statement
        if locked and threading.current_thread() is thread and not has_its_district.is_set():
            has_its_district.set()
            assert until_one_waits(db.engine)

    def work() -> None:
        with app.app_context():
            if job == "clock":
                done.append(do_all_due())
                return
            by = Actor(Role.department)
            done.append(command.bring_in("kindergartens", file, place=name, by=by, at=now()).added)

    thread, has_its_district = threading.Thread(target=work), threading.Event()
    sa.event.listen(db.engine, "after_cursor_execute", let_the_other_wait)
    try:
        with transaction():
            db.session.execute(sa.text("SET LOCAL deadlock_timeout = '1h'"))
            db.session.execute(row.with_for_update())
            thread.start()
            assert has_its_district.wait(90)
            lock_district(place_id)
        thread.join(90)
    finally:
        sa.event.remove(db.engine, "after_cursor_execute", let_the_other_wait)
    assert done and done[0] >= 1
    assert "tried again: DeadlockDetected" in caplog.text
