"""A full disk, for real (spec 7, "degradation"): the processes of `make run`, which the kernel lets write no file for a
while. It needs no root, and a write fails in the middle of whatever they are doing, as it does on a full disk.
"""

import errno
import json
import subprocess
import sys
import time
from html import escape
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.actions import accounts, imports
from app.db.database import transaction
from app.db.extensions import db
from app.models import ImportKind, ImportRun
from app.now import now
from app.papers import storage
from app.rules.roles import Role
from app.spreadsheets import reading
from config import ROOT
from tests import factories
from tests.clients import Browser
from tests.running import full, soon
from tests.views.city import official

SAMPLE = (ROOT / "samples" / "applications.csv").read_bytes()
PAGES = ("/", "/applications/list/", "/imports/list/", "/norms/add")


@pytest.fixture(scope="module")
def office(kezek) -> SimpleNamespace:
    """Who can sign in, where, and where files lie."""
    folder = Path(kezek.environment["KEZEK_VAR"])
    passwords = {role: one["password"] for role, one in json.loads((folder / "demo.json").read_text()).items()}
    address = f"http://127.0.0.1:{kezek.environment['KEZEK_PORT']}"

    def signed_in(role: str, language: str = "kk") -> Browser:
        browser = Browser(address, language)
        assert browser.sign_in(role, passwords[role]).status == 302
        return browser

    return SimpleNamespace(
        folder=folder,
        address=address,
        passwords=passwords,
        sign_in=signed_in,
        files=lambda: sorted(path.name for path in folder.glob("files/imports/**/*") if path.is_file()),
    )


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_a_form_that_a_full_disk_could_not_take_is_there_again_and_is_sent_once_there_is_room(kezek, office, language):
    department = office.sign_in("department", language)
    day = "2041-03-04" if language == "kk" else "2041-03-05"
    typed = {"day": day, "name": "Жаңа мереке", "decree": "№ 5 «қаулы»"}
    page = department.get("/days-off/add")
    with full(kezek.pid, "web"):
        told = department.post("/days-off/add", page, typed)
        assert [department.get(one).status for one in PAGES] == [200] * len(PAGES)
    assert (told.status, told.headers["Retry-After"]) == (503, "10")
    assert {"kk": "Дерекқор", "ru": "База данных"}[language] in told.text
    assert [name for name, value in typed.items() if escape(value, quote=False) not in told.text] == []
    assert department.post("/days-off/add", told, typed).status == 302
    assert department.post("/days-off/add", department.get("/days-off/add"), typed).status == 422  # it is there, once


def test_of_a_file_that_a_full_disk_could_not_take_nothing_stays(kezek, office):
    department = office.sign_in("department", "ru")
    page, before = department.get("/imports/begin"), office.files()
    with full(kezek.pid, "web"):
        told = department.post("/imports/begin", page, {"kind": "applications"}, SAMPLE)
        large = department.post("/imports/begin", page, {"kind": "applications"}, b"x;y\n" + b"abc;def\n" * 200_000)
    assert (told.status, large.status, office.files()) == (503, 503, before)
    assert "выберите" in told.text and "Здесь нет строк" not in told.text  # the file is asked for once more
    sent = department.post("/imports/begin", told, {"kind": "applications"}, SAMPLE)
    assert (sent.status, len(office.files())) == (303, len(before) + 1)


def test_on_a_full_disk_signing_out_says_that_one_is_still_in_and_later_no_copy_opens(kezek, office):
    specialist, copy = office.sign_in("specialist", "ru"), Browser(office.address)
    for cookie in specialist.jar:
        copy.jar.set_cookie(cookie)
    page = specialist.get("/password/")
    with full(kezek.pid, "web"):
        told = specialist.post("/logout/", page, {})
        door = Browser(office.address).sign_in("specialist", office.passwords["specialist"])
    assert (told.status, door.status) == (503, 503)
    assert "Вы ещё не вышли" in told.text
    assert specialist.get("/").status == 200
    assert specialist.post("/logout/", told, {}).status == 302
    assert (specialist.get("/password/").status, copy.get("/password/").status) == (302, 302)


def test_jobs_that_met_a_full_disk_are_done_once_there_is_room(kezek, office):
    """Neither the worker nor the queue server can write a thing meanwhile."""
    department = office.sign_in("department", "ru")
    page = department.get("/imports/begin")
    with full(kezek.pid, "worker", "valkey"):
        sent = department.post("/imports/begin", page, {"kind": "applications"}, SAMPLE)
        assert sent.status == 303
        time.sleep(3)
        assert "Проверяется" in department.get(sent.headers["Location"]).text
        assert [department.get(one).status for one in PAGES] == [200] * len(PAGES)
    assert soon(lambda: "Проверяется" not in department.get(sent.headers["Location"]).text)


def test_a_file_goes_with_the_rows_that_named_it(app):
    """Whatever becomes of the transaction after the file was kept."""
    with transaction():
        person = official("жауапты", Role.department, factories.district().parent)
    with pytest.raises(ZeroDivisionError), transaction():
        by = accounts.actor_of(db.session.merge(person))
        run = imports.ask(ImportKind.applications, SAMPLE, file_name="list.csv", by=by, at=now())
        key = run.file_key
        assert storage.read(key) == SAMPLE
        raise ZeroDivisionError
    with pytest.raises(FileNotFoundError):
        storage.read(key)
    with transaction():
        by = accounts.actor_of(db.session.merge(person))
        with db.session.begin_nested():
            pass
        key = imports.ask(ImportKind.applications, SAMPLE, file_name="list.csv", by=by, at=now()).file_key
    db.session.rollback()
    assert storage.read(key) == SAMPLE
    assert db.session.scalar(db.select(ImportRun.file_key)) == key


def test_a_file_that_could_not_be_opened_for_want_of_room_is_not_blamed(monkeypatch, tmp_path):
    """/dev/full is a disk without room: what the process has to say of the file finds no place."""
    command = [sys.executable, "-I", "-S", str(reading.OPENING), "256", "20", "60"]
    with open("/dev/full", "wb") as nowhere:
        ended = subprocess.run(command, input=SAMPLE, stdout=nowhere)
    ends_so = tmp_path / "ends_so.py"
    ends_so.write_text(f"raise SystemExit({ended.returncode})")
    monkeypatch.setattr(reading, "OPENING", ends_so)
    with pytest.raises(OSError) as said:
        reading.opened(SAMPLE)
    assert said.value.errno == errno.ENOSPC
