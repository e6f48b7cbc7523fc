"""Spec 7, route matrix: every address, method and role against one table; what reads changes nothing; CSRF."""

import re

import pytest

from app.models import Base, User
from app.rules.roles import Role
from app.views import security
from app.views.base import BaseView
from app.views.home import HomeView
from app.views.security import SignIn, permissions_of
from tests.views import routes
from tests.views.conftest import Browser

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
ROLES = (None, *sorted(routes.SIGNED_IN))
TABLE = routes.table()


def rule_of(method: str, address: str) -> tuple[str, str]:
    """The rule of the URL map that a line of the table is about."""
    rule = address.partition("#")[0]
    noun, *rest = rule.strip("/").split("/")
    return method, f"/{noun}/action/<string:name>/<pk>" if rest[:1] == ["action"] else rule


def browser_of(city, role: Role | None) -> Browser:
    return city.sign_in(str(role)) if role else Browser(city.web.test_client())


def refused(role: Role | None, answer) -> bool:
    """403, or for somebody unknown the way to the door; the demo's clock is not there for them at all."""
    to_the_door = answer.status_code == 302 and "/login/" in answer.location
    no_clock = answer.status_code == 404 and answer.request.path == "/demo/clock"
    return answer.status_code == 403 or (role is None and (to_the_door or no_clock))


def test_every_address_stands_in_the_table_and_every_line_of_the_table_is_an_address(web):
    rules = [
        one for one in web.url_map.iter_rules() if not one.rule.startswith(("/my/", "/api/"))
    ]  # test_whose_pages.py walks the first, test_api.py the second
    there = {(m, rule.rule) for rule in rules for m in rule.methods - {"HEAD", "OPTIONS"}}
    assert there == {rule_of(*line) for line in TABLE}


@pytest.mark.parametrize("role", ROLES)
def test_an_address_opens_for_the_roles_of_the_table_and_for_nobody_else(city, role):
    browser, wrong = browser_of(city, role), []
    for (method, rule), roles in TABLE.items():
        address, data = routes.address(rule, city)
        answer = browser.get(address) if method == "GET" else browser.post(address, data)
        opens = answer.status_code in (200, 302, 303, 409, 422)
        opens |= rule in ("/verify/<code>", "/invitation/<key>", *routes.FORMS)  # no such one; nobody says from where
        if refused(role, answer) == (role in roles) or (role in roles and not opens):
            wrong.append((method, address, answer.status_code))
    assert wrong == []


NONSENSE = "?q=x&page=1&psize=2&_oc_X=id&_od_X=asc&_flt_0_status=queued&vacancy=1&sure=yes&action=archive&rowid=1"


@pytest.mark.parametrize("role", (Role.department, Role.head, Role.administrator))
def test_what_only_reads_changes_nothing(city, role):
    browser, wrong = city.sign_in(str(role)), []
    with city.tables.unchanged():
        for (method, rule), roles in TABLE.items():
            address, _ = routes.address(rule, city)
            reading = ("", "HEAD", "GET", "OPTIONS") if method == "GET" else ("OPTIONS",)
            for each in reading if role in roles else ():
                with city.tables.writes() as written:
                    browser.client.open(address + NONSENSE * bool(each), method=each or "GET", buffered=True)
                if written:
                    wrong.append((each, address, written))
    assert wrong == []


def test_a_method_that_is_not_in_the_table_is_405(web):
    browser, wrong, adapter = Browser(web.test_client()), [], web.url_map.bind("localhost")
    for rule in web.url_map.iter_rules():
        address = re.sub("<[^>]+>", "1", routes.one_of(rule.rule))
        for method in METHODS - rule.methods - set(adapter.allowed_methods(address)):  # of two rules at one address
            status = browser.client.open(address, method=method).status_code
            if status != 405:
                wrong.append((method, address, status))
    assert wrong == []


@pytest.mark.parametrize("role", (None, Role.department, Role.head))
def test_a_post_without_its_token_is_400_and_changes_nothing(city, role):
    browser, wrong = browser_of(city, role), []
    stolen = city.sign_in("administrator").token()
    with city.tables.unchanged():
        for method, rule in TABLE:
            address, data = routes.address(rule, city)
            for token in ("", "nonsense", stolen) if method == "POST" and rule not in routes.FORMS else ():
                answer = browser.client.post(address, data=data | {"sure": "yes", "csrf_token": token})
                if answer.status_code != 400:
                    wrong.append((address, token, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", (None, Role.auditor, Role.administrator))
def test_who_decides_nothing_changes_no_row(city, role):
    """Spec 1: the auditor changes nothing at all; the administrator nothing but accounts; a stranger nothing."""
    browser, wrong = browser_of(city, role), []
    yes = {"sure": "yes", "reason": "себеп", "until": "2026-05-01", "vacancy": str(city.own.vacancy)}
    with city.tables.unchanged():
        for (method, rule), roles in TABLE.items():
            if method == "POST" and role not in roles:
                address, data = routes.address(rule, city)
                answer = browser.post(address, data | yes)
                if not refused(role, answer):
                    wrong.append((address, answer.status_code))
    assert wrong == []


def test_every_view_obeys_the_base_view_and_says_who_reads_what(web):
    """Spec 6: no view inherits the framework's directly, its own security views included."""
    views = {type(view) for view in web.appbuilder.baseviews}
    for view in views - {HomeView, SignIn}:
        assert issubclass(view, BaseView), view
        assert {"subject", "readers"} <= vars(view).keys(), view
        assert issubclass(view.subject, (Base, User)), view
        assert view.readers and view.readers <= set(Role), view


def test_every_permission_of_a_view_is_given_to_somebody(web):
    """An address whose permission nobody declared would open for nobody, and nobody would notice."""
    given = {grant for grants in web.appbuilder.sm.grants.values() for grant in grants}
    for view in web.appbuilder.baseviews:
        if isinstance(view, BaseView):
            for permission in view.base_permissions:
                assert (permission, view.class_permission_name) in given, (permission, view)


def test_who_may_what_is_there_when_it_is_whole(city, monkeypatch):
    """The first requests of a web that was just started come at once: none meets a table that is half full."""
    manager, half = city.web.appbuilder.sm, []

    def watched(view):
        half.append(hasattr(manager, "_grants"))
        return permissions_of(view)

    whole = manager.grants
    monkeypatch.delattr(manager, "_grants")
    monkeypatch.setattr(security, "permissions_of", watched)
    assert manager.grants == whole and len(half) > 10 and not any(half)
