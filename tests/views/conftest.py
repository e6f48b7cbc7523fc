"""A small town on screen: one signed-in client for each role, and a second district and kindergarten to stay out of."""

import itertools
import math
import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree, rmtree
from types import SimpleNamespace

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.access import login_limits
from app.rules.roles import Role
from app.views import form_keys
from tests import factories, running
from tests.conftest import Standing
from tests.views import city as cities
from tests.views.city import PASSWORD, official
from tests.views.tables import Tables
from tests.views.walking import SAID, crawl


@pytest.fixture
def town(web: Flask, standing: Standing) -> SimpleNamespace:
    made = standing("town", _town)
    made.sign_in = lambda name: sign_in(web, name)
    return made


def _town() -> SimpleNamespace:
    here, there = factories.district("Көкшетау қаласы"), factories.district("Степногорск қаласы")
    arman, other = factories.kindergarten(here), factories.kindergarten(there, "№62 «Чирок»")
    group, foreign_group = factories.group(arman, capacity=5), factories.group(other, capacity=5)
    vacancy = factories.vacancy(group, places=2)
    foreign_vacancy = factories.vacancy(foreign_group, places=2, publish=False)
    child = factories.application(here, number="ОДО.2026.248")
    foreign = factories.application(there, number="СТ-2026-1")
    region = here.parent
    official("department", Role.department, region)
    official("specialist", Role.specialist, here)
    official("operator", Role.operator, here)
    official("head", Role.head, arman)
    official("auditor", Role.auditor, region)
    official("administrator", Role.administrator)
    return SimpleNamespace(
        here=here.id,
        there=there.id,
        arman=arman.id,
        other=other.id,
        group=group.id,
        foreign_group=foreign_group.id,
        vacancy=vacancy.id,
        foreign_vacancy=foreign_vacancy.id,
        child=child.id,
        foreign=foreign.id,
    )


def forget_tries(web: Flask) -> None:
    """As if nobody had tried anything; from now on it is counted in this process."""
    login_limits.register(web)
    web.extensions[login_limits.LIMITS].away_until = math.inf


@pytest.fixture(autouse=True)
def fresh_tries(request: pytest.FixtureRequest) -> None:
    """What one test tried at the door is nothing to the next: counted in this process, with no queue server."""
    if "web" in request.fixturenames:
        forget_tries(request.getfixturevalue("web"))


@pytest.fixture
def city(web: Flask, kind: str, standing: Standing, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """tests/views/city.py, at its own time, with somebody of each role who can sign in."""
    machine = web.config["KEZEK"]
    papers = machine.var / f"city-{kind}"  # they lie apart: another test's row of the same id would write over them
    monkeypatch.setitem(web.config, "KEZEK", replace(machine, demo=True, var=papers))
    made = standing("city", cities.build)
    _as_built(papers)
    made.web, made.tables = web, Tables(web)
    made.sign_in = lambda name, language="kk": sign_in(web, name, language)
    views = {view.route_base: type(view).__name__ for view in web.appbuilder.baseviews}
    made.view_of = lambda address: views["/" + address.split("/")[1]]
    yield made


@pytest.fixture
def walked(city: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Role], dict[str, str]]:
    """All pages of the city that a role comes to, address -> text; whoever asks first walks for all workers."""

    def walked(role: Role) -> dict[str, str]:
        def walk(folder: Path) -> None:
            (folder / "pages").write_bytes(pickle.dumps(crawl(city, role, SAID[role])))

        return pickle.loads((running.once(tmp_path_factory, f"walked-{role}", walk) / "pages").read_bytes())

    return walked


def _as_built(folder: Path) -> None:
    """A folder as it was the first time: what a test made anew there would not be what its row says of it."""
    kept = folder.with_name(f"{folder.name}-kept")
    if kept.exists():
        rmtree(folder)
        copytree(kept, folder)
    else:
        folder.mkdir(exist_ok=True)
        copytree(folder, kept)


ADDRESSES = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(1))


class Browser:
    """A client that keeps its CSRF token, as pages do, and gives each form a key; each at an address of its own."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        client.environ_base["REMOTE_ADDR"] = next(ADDRESSES)

    def get(self, address: str, **more: object):
        return self.client.get(address, buffered=True, **more)

    def post(self, address: str, data: dict | None = None, **more: object):
        carried = {"csrf_token": self.token(), "form_key": self.key()}
        return self.client.post(address, data={**carried, **(data or {})}, buffered=True, **more)

    def look_for(self, noun: str, text: str):
        """A list after this was typed into the search box above it."""
        if f'action="/search/in/{noun}"' in self.get(f"/{noun}/list/").text:
            return self.post(f"/search/in/{noun}", {"q": text}, follow_redirects=True)
        return self.get(f"/{noun}/list/", query_string={"q": text})

    def token(self) -> str:
        """Out of a page that costs little: the own password's, or for somebody unknown the door that it leads to."""
        if "csrf" not in self.__dict__:
            page = self.client.get("/password/", follow_redirects=True).text
            self.csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
            keys = page.split('name="form_key" value="')[1:]
            self.user_id = form_keys.owner_of(keys[0].split('"')[0], self.secret) if keys else None
        return self.csrf

    def key(self) -> str:
        """What a form that is rendered now would have for a key; nobody has none."""
        self.token()
        return form_keys.made(self.secret, self.user_id) if self.user_id else ""

    @property
    def secret(self) -> str:
        return self.client.application.config["SECRET_KEY"]


def sign_in(web: Flask, name: str, language: str = "kk") -> Browser:
    browser = Browser(web.test_client())
    answer = browser.post("/login/", {"username": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    del browser.csrf  # whoever is let in gets a new one
    if language != "kk":
        browser.client.set_cookie("language", language)
    return browser


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """What is timed is no part of `make test`: other tests run beside it."""
    timed = hypothesis.settings.get_current_profile_name() != "soak" and collection_path.name == "test_timing.py"
    return timed or None
