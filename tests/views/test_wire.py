"""Spec 7: secrets, spoofed Host, proxies, cookies and HTTPS: what a machine is set up for before any page."""

import tempfile
from dataclasses import replace

import pytest
from flask import Flask, request
from flask_appbuilder import IndexView

from app import create_app
from app.db.extensions import db
from app.views import BackOffice, security, transport
from config import Config, load

SECRET = "q7Zk2-vN9xT4bLr8mWc1sHy6uEp3dGf5"
EVIL = (
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "evil.example#localhost",
    "localhost@evil.example",
    "evil.example/localhost",
    "127.0.0.1.evil.example",
    "evil.example\\localhost",
    "localhost,evil.example",
    "localhost evil.example",
    "[::1",
    "%6cocalhost",
    "office.example.evil.example",
    "еvil.example".encode().decode("latin-1"),
    "169.254.169.254",
    "0.0.0.0",
    "*",
    ".",
)


def machine(**settings) -> Config:
    return replace(load({"KEZEK_VAR": "/tmp"}), database_url="sqlite://", **{"secret_key": SECRET, **settings})


def start(**settings) -> Flask:
    return create_app(machine(**settings), web=True)


@pytest.fixture(scope="module")
def office() -> Flask:
    """One for real use, behind its own address."""
    return start(url="https://office.example", more_hosts=("second.example",))


@pytest.fixture(scope="module")
def demo() -> Flask:
    return start(demo=True)


@pytest.fixture(scope="module")
def proxied() -> Flask:
    return start(url="https://office.example", proxies=1)


@pytest.mark.parametrize("host", EVIL)
@pytest.mark.parametrize("address", ["/login/", "/", "/static/kezek.css", "/nowhere", "/my/enter", "/api/v1/districts"])
def test_a_host_that_is_not_ours_is_400_and_told_nothing(office, host, address):
    for method in ("GET", "POST"):
        answer = office.test_client().open(address, method=method, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.text and not answer.location


@pytest.mark.parametrize("host", ["office.example", "second.example", "office.example:443", "127.0.0.1", "localhost"])
def test_our_own_hosts_are_answered(office, host):
    assert office.test_client().get("/login/", headers={"Host": host}).status_code == 200


def test_what_a_stranger_says_of_a_proxy_is_not_believed(office):
    said = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "gopher"}
    with office.test_request_context("/login/", headers={"Host": "office.example", **said}) as context:
        assert context.request.host == "office.example"
        assert context.request.remote_addr != "10.0.0.1"
    assert "evil" not in office.test_client().get("/password/", headers={"Host": "office.example", **said}).location


def test_our_own_proxy_is_believed_once(proxied):
    """The last one that was added is our proxy's; what stands before it a stranger wrote."""
    seen = []
    proxied.before_request_funcs[None].insert(0, lambda: seen.append(request.remote_addr))
    said = {"X-Forwarded-For": "6.6.6.6, 10.0.0.1", "X-Forwarded-Host": "office.example"}
    assert proxied.test_client().get("/login/", headers={"Host": "inside:8080", **said}).status_code == 200
    assert seen == ["10.0.0.1"]
    said["X-Forwarded-Host"] = "evil.example"
    assert proxied.test_client().get("/login/", headers={"Host": "office.example", **said}).status_code == 400


WEAK = (
    "",
    "x" * 31,
    "x" * 64,
    "0123456789" * 6,
    "changeme-changeme-changeme-changeme",
    "this is the default key, please replace",
    "my very own kezek key for the office 1",
    "secret" * 8,
    "\\2\\1thisismyscretkey\\1\\2\\e\\y\\y\\h",
)


@pytest.mark.parametrize("secret", WEAK)
def test_a_weak_secret_starts_nothing(secret):
    with pytest.raises(RuntimeError, match="SECRET_KEY"):
        start(secret_key=secret)


def test_the_demo_starts_with_a_shorter_one_but_not_with_none():
    transport.refuse_weak("sixteen letters!", demo=True)
    with pytest.raises(RuntimeError):
        transport.refuse_weak("", demo=True)


def test_nothing_starts_without_csrf_protect():
    bare = Flask(__name__)
    bare.config.update(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI="sqlite://", FAB_CREATE_DB=False)
    with bare.app_context(), pytest.raises(RuntimeError, match="CSRFProtect"):
        BackOffice(bare, db.session, indexview=IndexView, security_manager_class=security.Security)


def test_browsers_are_told_to_come_by_https_and_the_demo_s_are_not(office, demo):
    assert "max-age=" in office.test_client().get("/login/").headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in demo.test_client().get("/login/").headers


def test_cookies_go_over_https_alone_but_in_the_demo(office, demo):
    assert "; Secure;" in office.test_client().get("/login/").headers["Set-Cookie"]
    assert "__Host-session=" in office.test_client().get("/login/").headers["Set-Cookie"]
    cookie = demo.test_client().get("/login/").headers["Set-Cookie"]
    assert "Secure" not in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_settings_are_read_from_the_environment():
    told = {"KEZEK_URL": "https://a.kz/", "KEZEK_HOSTS": "b.kz c.kz", "KEZEK_PROXIES": "2", "KEZEK_SESSION_IDLE": "5"}
    config = load(told | {"KEZEK_SESSION_LONGEST": "60"})
    assert config.hosts == ["a.kz", "b.kz", "c.kz", "127.0.0.1", "localhost"]
    assert (config.proxies, config.session_idle.seconds, config.session_longest.seconds) == (2, 300, 3600)


def test_what_is_sent_needs_no_room_in_a_folder_for_temporary_files(web, monkeypatch):
    """Nor do a list's families lie there while it is read."""
    large = b"x" * 700_000  # Werkzeug's own keeps half a megabyte in memory
    body = (
        b'--mark\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n%b\r\n--mark--\r\n' % large
    )
    sent = {"method": "POST", "data": body, "content_type": "multipart/form-data; boundary=mark"}
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with web.test_request_context("/imports/begin", **sent):
        assert request.files["file"].read() == large
