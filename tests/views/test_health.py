"""What watches over Kezek (issue 14, 8): does it live, what is degraded, its measures, and what it says of itself."""

import io
import json
import logging
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa
import yaml
from alembic.script import ScriptDirectory
from prometheus_client.parser import text_string_to_metric_families

from app import logs
from app.db.database import transaction
from app.db.extensions import connect_redis, db
from app.health import standing
from app.jobs import clock
from app.models import Change, Channel, Delivery, DeliveryStage, Notice, Outbox
from config import ROOT, Wrong, load
from tests.factories import application, district
from tests.views.conftest import Browser
from tools import alarms

TOKEN = "a token of thirty-two characters."
IIN = "220917500123"


@contextmanager
def settings(web, **more):
    """Other ones for a while."""
    before = web.config["KEZEK"]
    web.config["KEZEK"] = replace(before, **more)
    try:
        yield
    finally:
        web.config["KEZEK"] = before


def ready(web):
    answer = web.test_client().get("/health/ready")
    return answer.status_code, answer.json


def measured(web):
    """(name, values of its labels in the order of their names) -> value."""
    answer = web.test_client().get("/metrics")
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {
        (one.name, *(value for _name, value in sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


@pytest.fixture
def running(web, server):
    """The queue server is there, and the clock has had its turn."""
    with web.app_context():
        clock.run()
    return web


def test_all_is_ready(running):
    parts = dict.fromkeys(("database", "queue", "files", "clock", "history", "letters", "sms", "work"), "good")
    assert ready(running) == (200, {"status": "ready", "parts": parts})
    assert running.test_client().get("/health/live").json == {"status": "live"}


def test_what_is_degraded_is_said_and_pages_go_on(running, monkeypatch):
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with running.app_context(), transaction():
        db.session.add(
            Change(
                at=long_ago,
                effective_on=long_ago.date(),
                role="clock",
                verb="archive",
                subject="application",
                subject_id=1,
            )
        )
        told = Notice(application_id=application(district()).id, template="issue", facts={}, at=long_ago, planned=True)
        lost = Delivery(notice=told, channel=Channel.email, stage=DeliveryStage.failed, error="unknown")
        waits = Delivery(notice=told, channel=Channel.sms)
        db.session.add_all([Outbox(job="sms", delivery=waits, asked_at=long_ago), lost])
        db.session.add(Outbox(job="bulk", asked_at=long_ago, given_up_at=long_ago, error="died"))
        db.session.execute(sa.text("UPDATE last_run SET ended_at = :at"), {"at": long_ago.replace(tzinfo=None)})
    monkeypatch.setitem(running.extensions, "kezek_redis", connect_redis("unix:///nowhere/valkey.sock"))
    monkeypatch.setattr(standing, "LEAST_FREE", 2**63)
    status, said = ready(running)
    wrong = {part: word for part, word in said["parts"].items() if word != "good"}
    assert (status, said["status"]) == (200, "degraded")
    assert wrong == {
        "queue": "away",
        "files": "full",
        "clock": "late",
        "history": "late",
        "sms": "late",
        "work": "late",
    }
    found = measured(running)
    assert found["kezek_part_good", "queue"] == 0 and found["kezek_part_good", "database"] == 1
    assert found["kezek_outbox_rows", "sms", "waits"] == found["kezek_outbox_rows", "bulk", "failed"] == 1
    assert 3600 <= found["kezek_outbox_oldest_seconds", "sms"] < 7200
    assert found["kezek_outbox_oldest_seconds", "bulk"] == 0  # nobody does it any more
    assert found["kezek_notices_failed",] == 1


def test_without_its_database_it_lives_and_is_not_ready(web, monkeypatch):
    """Also for a browser that is signed in: nobody's session is looked for."""
    away = sa.create_engine("postgresql+psycopg://127.0.0.1:1/nowhere")
    with web.app_context():
        monkeypatch.setitem(db.engines, None, away)
    client = web.test_client()
    client.set_cookie("session", "a-key")
    assert client.get("/health/live").status_code == 200
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json["status"], answer.json["parts"]["database"]) == (503, "down", "away")
    assert client.get("/metrics").status_code == 200


def test_older_tables_serve_no_page_and_newer_ones_do(web):
    """What the release before did not know of it does not ask for (ADR 39)."""
    newest, known = standing.versions()
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    assert (newest, known) == (scripts.get_current_head(), {one.revision for one in scripts.walk_revisions()})
    for version, status in ((min(known - {newest}), 503), ("of_later", 200)):
        with web.app_context(), transaction():
            db.session.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})
        try:
            assert ready(web)[0] == status, version
        finally:
            with web.app_context(), transaction():
                db.session.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": newest})


@pytest.mark.parametrize("address", ["/health/ready", "/metrics"])
def test_from_elsewhere_the_token_alone_opens_them(web, address):
    elsewhere, here = Browser(web.test_client()).client, web.test_client()
    through = {"X-Forwarded-For": "127.0.0.1"}
    with settings(web, metrics_token=TOKEN):
        opens = [
            elsewhere.get(address, headers={"Authorization": f"Bearer {TOKEN}"}),
            here.get(address),
        ]
        refused = [
            elsewhere.get(address),
            elsewhere.get(address, headers={"Authorization": f"Bearer {TOKEN[:-1]}"}),
            elsewhere.get(address, headers=through),
            here.get(address, headers=through),
        ]
    refused.append(elsewhere.get(address, headers={"Authorization": "Bearer "}))  # no token is set
    assert [one.status_code for one in opens] == [200, 200]
    assert [one.status_code for one in refused] == [403] * 5
    assert not any("kezek_" in one.text or "parts" in one.text for one in refused)


def test_requests_are_counted_by_rule_and_a_stranger_adds_no_name(web):
    before, client = measured(web), web.test_client()
    client.get("/login/")
    client.get("/verify/" + "A" * 22)
    client.get(f"/nowhere/{IIN}")
    client.open("/login/", method="BREW")
    found = measured(web)
    for counted in (
        ("GET", "/login/", "200"),
        ("GET", "/verify/<code>", "404"),
        ("GET", "none", "404"),
        ("other", "none", "405"),
    ):
        assert found["kezek_requests_total", *counted] - before.get(("kezek_requests_total", *counted), 0) == 1
    assert found["kezek_request_seconds_count", "/login/"] == found["kezek_request_seconds_bucket", "+Inf", "/login/"]
    assert IIN not in str(found.keys())


def test_processes_of_one_web_are_counted_together(web, tmp_path, monkeypatch):
    """Where gunicorn says that there are several; test_start.py asks the real ones."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert ("kezek_part_good", "database") in measured(web)


# ---------------------------------------------------------------- what it says of itself


@pytest.fixture
def lines(web):
    """What is logged meanwhile, as JSON."""
    logs.begin("json")
    (handler,) = [one for one in logging.root.handlers if isinstance(one, logs.Told)]
    stream = handler.setStream(io.StringIO())

    def said():
        return [json.loads(line) for line in handler.stream.getvalue().splitlines()]

    yield said
    handler.setStream(stream)
    logs.begin("text")


def test_each_request_is_one_line_with_its_id(web, lines):
    client = web.test_client()
    own = client.get("/login/", headers={"X-Request-ID": "of-our-proxy-1"})
    for wrong in ("short", "a" * 65, "a b c d e f", "<script>a</script>", IIN, f"iin-{IIN}"):
        other = client.get("/login/", headers={"X-Request-ID": wrong}).headers["X-Request-ID"]
        assert re.fullmatch("[a-p]{32}", other)
    assert own.headers.getlist("X-Request-ID") == ["of-our-proxy-1"]
    first = lines()[0]
    assert datetime.fromisoformat(first.pop("at").replace(",", ".")) and first.pop("milliseconds") >= 0
    assert first == {
        "level": "INFO",
        "by": "kezek.requests",
        "about": "of-our-proxy-1",
        "said": "answered",
        "route": "/login/",
        "method": "GET",
        "status": 200,
    }
    assert len({line["about"] for line in lines()}) == len(lines()) == 7


def test_no_line_says_anything_of_anybody(web, lines, monkeypatch):
    """An address, a form, an error's words, another library's line: of none of them a number or a name is left."""
    monkeypatch.setitem(web.config, "TESTING", False)
    monkeypatch.setitem(web.config, "PROPAGATE_EXCEPTIONS", False)

    def broken():
        raise ValueError(f"Ойдан {IIN}")

    monkeypatch.setitem(web.view_functions, "SignIn.login", broken)
    client = web.test_client()
    assert client.get(f"/login/?q={IIN}").status_code == 500
    client.get(f"/verify/{IIN}?name={quote('Ойдан')}")
    client.post("/check", data={"iin": IIN, "name": "Ойдан"})
    logging.getLogger("another.library").warning("no such person: %s", IIN)
    logging.getLogger("gunicorn.error").error("Error handling request /check?iin=%s", IIN)
    said = json.dumps(lines(), ensure_ascii=False)
    assert not re.search(r"(?<!\d)\d{12}(?!\d)", said) and "Ойдан" not in said
    (failed,) = [line for line in lines() if line["by"] == "app"]
    assert failed["said"] == "GET /login/ failed" and failed["exc_info"].endswith("broken > ValueError")
    assert failed["about"] == next(line for line in lines() if line.get("status") == 500)["about"]


def test_people_read_the_same_without_words():
    record = logging.LogRecord("app", logging.ERROR, "file", 1, "number %s", (IIN,), None)
    record.about = "id-of-one"
    try:
        raise ValueError("Ойдан")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    said = logs.FORMS["text"]().format(record)
    assert "[id-of-one] number ************" in said and said.endswith("ValueError") and "Ойдан" not in said


# ---------------------------------------------------------------- alarms


def test_every_alarm_is_of_a_measure_that_is_exported_and_says_what_to_do(running):
    text = running.test_client().get("/metrics").text
    exported = set(re.findall(r"^(?:# TYPE )?(kezek_\w+)", text, re.MULTILINE))
    for alarm in alarms.told():
        assert alarms.measures_of(alarm) and alarms.measures_of(alarm) <= exported, alarm
        assert alarm.means and alarm.to_do


def test_prometheus_is_told_the_same_as_people():
    assert yaml.safe_load(alarms.FILE.read_text("utf-8")) == alarms.rules(), "python -m tools.alarms writes it anew"


def test_what_is_late_for_an_alarm_is_late_for_the_page_of_health():
    said = " ".join(alarm.when for alarm in alarms.told())
    for seconds in (standing.CLOCK_LATE, standing.SEAL_LATE, standing.WORK_LATE, standing.GATEWAY_LATE):
        assert f"> {seconds}" in said
    assert f"< {standing.LEAST_FREE}" in said


@pytest.mark.parametrize("wrong", [{"KEZEK_LOG": "xml"}, {"KEZEK_METRICS_TOKEN": "short"}])
def test_a_setting_that_cannot_be_is_said(wrong):
    with pytest.raises(Wrong, match=next(iter(wrong))):
        load({"KEZEK_VAR": "/tmp", **wrong})
