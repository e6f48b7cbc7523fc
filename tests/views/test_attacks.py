"""Issue 14, 4: what is sent to every form and every address that there is, taken from the application itself, so that
one that is added tomorrow is attacked tomorrow. Attacks that have a test of their own: docs/security.md.
"""

import json
from collections.abc import Iterator
from itertools import cycle, islice
from urllib.parse import quote

import hypothesis
import pytest
import sqlalchemy as sa
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app.access import login_limits
from app.actions import families
from app.asked.acts import ASKS
from app.cabinet import new, public
from app.db.extensions import connect_redis, db
from app.models import Application, PrivilegeGround
from app.rules.roles import Role
from tests import authority as of
from tests.views import doors, portals, routes
from tests.views.attacks import NAMES, ORDERS, leads, stays_here
from tests.views.conftest import Browser, forget_tries
from tests.views.forms import Fields
from tests.views.test_api_acts import body
from tests.views.test_cabinet import HERE
from tests.views.test_door import ELSEWHERE
from tests.views.test_enumeration import number
from tests.views.test_forms import found_smuggled, smuggled
from tests.views.test_health import lines  # noqa: F401
from tests.views.test_new_application import answers  # noqa: F401
from tests.views.test_one_click import posting
from tests.views.test_whose_pages import Family, addresses, visiting

SOAK = hypothesis.settings.get_current_profile_name() == "soak"
TURNS = 20 if SOAK else 1  # how often each page is asked, each time with others of the sixty addresses
ON_POSTGRESQL = pytest.mark.parametrize("kind", ["postgresql"])  # which refuses what SQLite takes for a text


@pytest.fixture
def kind() -> str:
    """What a form reads of what is sent is known before a row is asked for."""
    return "sqlite"


@pytest.fixture(autouse=True)
def believed(city, tmp_path):
    """The application believes the tests' authority."""
    with of.believed_by(city.web, tmp_path):
        yield


@pytest.fixture
def family(city) -> Family:
    """The applicant of a child that waits: the IIN, and its applications."""
    with city.web.app_context():
        own = db.session.get_one(Application, city.own.waiting).applicant.iin
        mine = {one.id for one in db.session.scalars(sa.select(Application)) if one.applicant.iin == own}
    return Family(own, frozenset(mine))


def readable(city, family: Family) -> Iterator[tuple[Browser, str]]:
    """Every address that is only read: of the office, of everybody and of a family, with whoever may read it."""
    browsers = {role: city.sign_in(str(role)) for role in (Role.department, Role.head, Role.administrator)}
    browsers[None] = Browser(city.web.test_client())
    for (method, rule), roles in routes.table().items():
        who = next((role for role in (None, *browsers) if role in roles), None)
        if method == "GET" and roles and "/static/" not in rule and who in browsers:
            yield browsers[who], routes.address(rule, city)[0]
    yield browsers[None], f"/places?district={city.own.place}"
    parent = visiting(city, family.iin)
    with city.web.app_context():
        there = [one.path for one in addresses(city.web, family.sees) if one.method == "GET" and not one.foreign]
    for path in there:
        yield parent, path


def test_no_word_of_an_address_makes_a_page_lead_elsewhere(city, family, monkeypatch):
    """Sixty addresses in each of the parameters that a page may ask for; and those by which Flask makes addresses."""
    monkeypatch.setattr(public, "SIZES", (1, 2))  # of what everybody reads there are several pages
    payloads, wrong, asked = cycle(ELSEWHERE), [], 0
    names = NAMES.split()
    for browser, address in readable(city, family):
        for turn in range(TURNS):
            query = {name: next(payloads) for name in names} | (ORDERS if turn == 0 else {})
            for only in (names, [*ORDERS]) if turn == 0 else (names,):
                told = "&".join(f"{name}={quote(query[name][:300])}" for name in only)
                answer = browser.get(f"{address}{'&' if '?' in address else '?'}{told}")
                asked += 1
                if answer.status_code >= 500:
                    wrong.append((address, told, answer.status_code))
                if answer.location and not stays_here(answer.location):
                    wrong.append((address, told, answer.location))
                if answer.mimetype == "text/html":
                    wrong += [(address, told, one) for one in leads(answer.text) if not stays_here(one)]
    assert wrong == []
    assert asked > 200


@pytest.mark.parametrize("end", ("", "/", "/applications/list", "/help", "/%2e%2e"))
def test_no_path_is_an_address_of_somebody_else(city, end):
    wrong = []
    for start in ELSEWHERE:
        for path in (start, f"/{start}", f"/applications/{start}", f"/help/{start}"):
            environ = EnvironBuilder(path="/", base_url="http://localhost/").get_environ()
            environ["PATH_INFO"] = (path + end).encode().decode("latin-1")
            _body, status, headers = run_wsgi_app(city.web.wsgi_app, environ, buffered=True)
            location = headers.get("Location", "/")
            if int(status[:3]) >= 500 or not stays_here(location) or "\n" in location:
                wrong.append((path + end, status, location))
    assert wrong == []


@ON_POSTGRESQL
def test_what_is_no_text_in_an_address_is_no_fault_of_ours(city, family):
    """Raw bytes, bytes twice encoded, much too long ones."""
    wrong = []
    for browser, address in readable(city, family):
        for query in (
            b"q=\xff\xfe",
            b"within=q%3D%2500",
            b"within=%ff%00",
            b"q=%EF%BF%BE&_flt_0_=",
            b"q=" + b"x" * 3000,
        ):
            answer = browser.client.get(
                address.partition("?")[0], environ_overrides={"QUERY_STRING": query.decode("latin-1")}, buffered=True
            )
            if answer.status_code >= 500:
                wrong.append((address, query[:30], answer.status_code))
    assert wrong == []


ABROAD = {"department": ("region",), "administrator": ()}  # others reach a district, or a kindergarten of it


def test_no_form_of_the_office_takes_a_column_that_it_has_not_or_a_record_of_elsewhere(city):
    """Every address that adds or acts, by somebody who may: with a value for each column of each table beside what is
    asked for, and with each record that is asked for taken from another district and another region.
    """
    wrong, forms, foreign = [], 0, 0
    for role, address, typed in posting(city):
        browser = city.sign_in(role)
        shown = browser.post(address, {name: value for name, value in typed.items() if name != "sure"})
        if shown.status_code in (302, 303, 404, 409):
            shown = browser.get(address)
        asked = Fields(shown.text)
        filled = {**typed, **{name: value for name, value in asked.values.items() if value}}
        for name in set(vars(city.region)) & set(asked.kinds):
            for where in ABROAD.get(role, ("district", "region")):
                foreign += 1
                before = city.tables.state()
                answer = browser.post(address, filled | {name: str(getattr(vars(city)[where], name))})
                after = city.tables.state()
                changed = {table for table in before if before[table] != after[table]}
                if changed or answer.status_code not in (404, 409, 422):
                    wrong.append((role, address, name, answer.status_code, changed))
        forms += 1
        answer = browser.post(address, {**smuggled("", {*asked.kinds, *filled}), **filled})
        if answer.status_code >= 500:
            wrong.append((role, address, answer.status_code))
    assert (wrong, found_smuggled(city.tables.rows())) == ([], [])
    assert forms > 80 and foreign > 10, (forms, foreign)


TYPED = {
    "extend": {"until": "2026-05-01", "reason": "себеп"},
    "claim_privilege": {
        "ground": str(PrivilegeGround.large_family),
        "paper_title": "Анықтама",
        "paper_issued_on": "2026-04-01",
    },
    families.CONTACTS: {"phone": "+77021112233", "notice_language": "kk"},
}


def test_no_form_of_a_family_takes_a_column_that_it_has_not_or_a_record_of_elsewhere(city, family):
    wrong, done, foreign = [], 0, 0
    situations = [*family.sees, city.own.application, city.own.enrolled, city.own.late, city.own.notified]
    for application_id in situations:
        with city.web.app_context():
            person = db.session.get_one(Application, application_id).applicant.iin
        browser = doors.entered(city.web, person)
        for verb in families.ACTS:
            forget_tries(city.web)
            asks = set(ASKS.get(verb, ()))
            own = {name: str(getattr(city.own, name, "")) for name in asks} | TYPED.get(verb, {})
            for name in asks & {"vacancy", "kindergarten", "entry"}:
                for where in (city.district, city.region):
                    foreign += 1
                    theirs = str(where.waiting_entry if name == "entry" else getattr(where, name))
                    with city.tables.unchanged():
                        answer = doors.post(browser, f"a/{application_id}/{verb}", **own | {name: theirs})
                    if answer.status_code not in (404, 422) or "challenge" in answer.text:
                        wrong.append((application_id, verb, name, answer.status_code))
            extra = smuggled("", {*asks, "challenge", "cms", "code"})
            answer = doors.post(browser, f"a/{application_id}/{verb}", **extra | own)
            if 'name="challenge"' in answer.text:
                key, text = doors.asked(answer)
                more = {"code": doors.code_in(answer)} if 'name="code"' in answer.text else {}
                cms = of.holder(of.Purpose.act, number=person, curve=True).sign(text.encode())
                answer = doors.post(browser, f"a/{application_id}/signed", **extra, challenge=key, cms=cms, **more)
                done += answer.status_code == 303
            if answer.status_code >= 500:
                wrong.append((application_id, verb, answer.status_code))
    assert (wrong, found_smuggled(city.tables.rows())) == ([], [])
    assert done > 3 and foreign > 20, (done, foreign)


def test_what_a_family_registers_and_joins_by_has_no_column_but_those_that_are_asked(city, answers):  # noqa: F811
    person = of.IIN
    browser = doors.entered(city.web, person)
    for step, typed in answers.items():
        extra = smuggled("", set(typed) | {"paper_file"})
        assert doors.post(browser, f"new/{step}", **extra | typed).status_code == 303
    shown = doors.post(browser, "new/check", **smuggled("", set()))
    key, text = doors.asked(shown)
    cms = of.holder(of.Purpose.act, number=person, curve=True).sign(text.encode())
    code = {"code": doors.code_in(shown)} if 'name="code"' in shown.text else {}
    sent = doors.post(
        browser, "new/signed", **smuggled("", {"challenge", "cms", "code"}), challenge=key, cms=cms, **code
    )
    assert sent.status_code == 303, sent.text
    with city.web.app_context():
        named = db.session.get_one(Application, city.own.waiting)
        typed = {"number": named.number, "child_iin": named.child_iin, "basis": "parent", "phone": "+77021112233"}
    typed |= {"first_name": "Ата", "last_name": "", "patronymic": ""}
    assert doors.post(browser, "join", **smuggled("", set(typed)) | typed).status_code in (200, 422)
    for path in ("enter", "enter/code", "enter/challenge", "leave"):
        doors.post(browser, path, **smuggled("", {"iin", "phone", "code"}), iin=person, phone="+77021112233", code="1")
    assert found_smuggled(city.tables.rows()) == []


# ---------------------------------------------------------------- where no IIN stands

LINES = 100_000 if SOAK else 100


def kept_in(redis) -> str:
    """All that a queue server knows: names and values."""
    read = {
        b"string": lambda key: redis.get(key),
        b"hash": lambda key: redis.hgetall(key),
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": lambda key: redis.smembers(key),
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"stream": lambda key: redis.xrange(key),
    }
    return repr([(key, read[redis.type(key)](key)) for key in redis.scan_iter()])


def typed_forms(city, family: Family) -> Iterator[tuple[Browser, str, dict[str, str]]]:
    """Every form of the office, of everybody and of a family, with whoever may send it, and what it asks for."""
    for role, address, typed in posting(city):
        yield city.sign_in(role), address, typed
    for role, address in (("department", "/search/"), ("operator", "/children/pick"), (None, "/queue")):
        yield (
            city.sign_in(role) if role else Browser(city.web.test_client()),
            address,
            {"q": "", "iin": "", "number": ""},
        )
    parent = visiting(city, family.iin)
    with city.web.app_context():
        there = [one for one in addresses(city.web, family.sees) if one.method == "POST" and not one.foreign]
    for one in there:
        if one.rule != "/my/leave":
            fields = {
                name: "" for asks in (*ASKS.values(), new.STEPS.get(one.path.rpartition("/")[2], ())) for name in asks
            }
            yield parent, one.path, {**fields, "iin": "", "code": "", "challenge": "", "number": "", "child_iin": ""}


def test_an_iin_that_is_typed_anywhere_stands_in_no_header_in_no_line_and_not_in_redis(
    city,
    family,
    lines,  # noqa: F811
    server,
    databases,
    monkeypatch,
):
    """A header is an address that one is led to, and a cookie."""
    monkeypatch.setitem(city.web.extensions, "kezek_redis", connect_redis(f"unix://{databases.folder}/valkey.sock"))
    login_limits.register(city.web)
    server.flushall()
    iins, wrong, sent = [number(n) for n in range(1, 60)], [], 0
    typing = cycle(iins)
    while sent < LINES:
        before = sent
        for browser, address, fields in typed_forms(city, family):
            person, sent = next(typing), sent + 1
            typed = dict.fromkeys(fields, person) | {"sure": "yes", "password": person, "username": person}
            if address.startswith("/my/"):
                answer = browser.client.post(address, data=typed, headers=HERE)
            else:
                answer = browser.post(address, typed)
            wrong += [(address, name) for name, value in answer.headers if person in value]
            if sent % 50 == 0 and sent < LINES - 50:
                server.flushall()  # tries are limited
        assert sent > before + 80
    said = [json.dumps(line, ensure_ascii=False) for line in lines()]
    assert wrong == [] and [line for line in said if any(person in line for person in iins)] == []
    kept = kept_in(server)
    assert len(said) >= LINES and len(kept) > 100 and [person for person in iins if person in kept] == []


# ---------------------------------------------------------------- what is no JSON for us

ODD = ("\x00", "\ud800", "a\udfff", "x" * 20_000, -1, 0, 2**31, 2**63, 10**400, 1.5, float("nan"), float("inf"), True)
ODD += (None, [], {}, [[]], {"x": {}})
SMUGGLED = {"status": "smuggled"}


def parts(schema: dict, all_of: dict) -> Iterator[tuple[str, ...]]:
    """The way to each field of what an operation takes, as its description says."""
    schema = all_of[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for name, field in schema.get("properties", {}).items():
        yield (name,)
        yield from ((name, *rest) for rest in parts(field, all_of))


def put(body: dict, way: tuple[str, ...], value: object) -> bool:
    """Write a value into one field; what is smuggled, beside or below it. Is there such a place?"""
    for name in way[:-1]:
        body = body.setdefault(name, {})
        if not isinstance(body, dict):
            return False
    if value is not SMUGGLED:
        body.update({way[-1]: value} if way else {})
    elif way and isinstance(body.get(way[-1]), dict):
        body[way[-1]].update(SMUGGLED)
    else:
        body.update(SMUGGLED)
    return True


@ON_POSTGRESQL
def test_whatever_stands_in_a_field_of_the_api_is_refused_or_taken_and_no_fault_of_ours(city):
    """Also a field that it has not, wherever: nothing is taken that nobody has described."""
    portal, wrong, fields = portals.made(city.web, city.own.place), [], 0
    said = portal.client.get("/api/v1/openapi.json").json
    number, person = (
        quote(portals.number(city.web, city.own.waiting), safe=""),
        portals.applicant(city.web, city.own.waiting),
    )
    near = {
        "register": body(city.own.place),
        "act": {"iin": person, "vacancy": city.own.vacancy, "until": "2026-05-01", "reason": "себеп"},
        "check": {"iin": person},
    }
    signed = {"signature": {"challenge": "x", "cms": "x"}}
    odd, before = cycle(ODD), city.tables.rows()
    for path, operations in said["paths"].items():
        if "requestBody" not in operations.get("post", {}):
            continue
        content = operations["post"]["requestBody"]["content"]["application/json"]["schema"]
        kind = "check" if "queue-check" in path else "act" if "{verb}" in path else "register"
        address = path.replace("/api/v1/", "").replace("{number}", number).replace("{verb}", "choose")
        for way in sorted({(), *parts(content, said["components"]["schemas"])}):
            for value in (SMUGGLED, *islice(odd, len(ODD) if SOAK else 4)):
                sent = json.loads(json.dumps(near[kind] | ({} if "challenge" in path or kind == "check" else signed)))
                if not put(sent, way, value):
                    continue
                fields += 1
                forget_tries(city.web)
                headers = portal.headers | {"Idempotency-Key": f"odd {fields}", "If-Match": "*"}
                headers["Content-Type"] = "application/json"
                told = portal.client.post(f"/api/v1/{address}", data=json.dumps(sent), headers=headers)
                if told.status_code >= 500 or (value is SMUGGLED and told.status_code != 422):
                    wrong.append((path, way, repr(value)[:20], told.status_code))
    after = city.tables.rows()
    asked = {"challenge", "client"}  # what is only to be signed, and that a key was used
    assert (wrong, {name for name in before if before[name] != after[name]} - asked) == ([], set())
    assert fields > 200


@pytest.mark.parametrize(
    "sent", (b"[" * 200_000, b'{"a":' * 100_000, b"1" * 5000, b'"\xff"', b"NaN", b"", b"\x00", b"{}}")
)
def test_what_is_no_json_is_told_so(city, sent):
    portal = portals.made(city.web, city.own.place)
    for address in ("queue-check", "applications", "applications/challenge"):
        told = portal.client.post(
            f"/api/v1/{address}", data=sent, headers=portal.headers | {"Content-Type": "application/json"}
        )
        assert told.status_code in (400, 422) and told.mimetype == "application/problem+json", told.text[:200]
