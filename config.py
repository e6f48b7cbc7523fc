"""What differs between machines: read from the environment, typed, without a default secret (spec 5-house)."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

ROOT = Path(__file__).resolve().parent
LOOPBACK = ("127.0.0.1", "localhost")
LONGEST_URL = 75  # characters: with the code of a paper behind it, what a QR code of its size holds
SHORTEST_TOKEN = 16  # characters
LOGS = ("text", "json")
SMTP_PORTS = {"smtps": 465, "smtp": 587, "plain": 25}


class Wrong(ValueError):
    """A setting cannot be as it is; its text is a sentence for whoever sets it."""


@dataclass(frozen=True)
class Smtp:
    """The server that takes letters: `smtps` speaks TLS from the first byte, `smtp` after STARTTLS, `plain` never."""

    scheme: str
    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def domain(self) -> str:
        """What the Message-ID of a letter ends with, and what we call ourselves."""
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True)
class Sms:
    """The gateway that takes SMS. In `headers` and `body` stand {phone}, {text} and {key}; `accepted`: what its answer
    holds when it has taken one.
    """

    url: str
    body: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    accepted: str = ""

    @property
    def repeats(self) -> bool:
        """Is it told a key, by which it knows a message that comes again and sends it once?"""
        return any("{key}" in part for part in (self.body, *self.headers.values()))


@dataclass(frozen=True)
class Keys:
    """Whose keys families enter and sign with (docs/operations.md)."""

    anchors: Path  # PEM: the authority's own certificates, and those below them
    crls: tuple[str, ...] = ()  # where its lists of revoked ones are fetched
    longest: timedelta = timedelta(hours=24)  # for which a list that was fetched is good
    service: str = ""  # verifies keys of GOST: NCANode's address
    agent: str = "wss://127.0.0.1:13579"  # where the program that signs listens, on the family's own machine


@dataclass(frozen=True)
class Service:
    """Somebody else's service that answers by HTTP."""

    url: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Config:
    """One machine's settings. `secret_key` may be empty: only the web needs it, and refuses to start without."""

    var: Path
    database_url: str
    redis_url: str
    secret_key: str = ""
    demo: bool = False
    url: str = "http://127.0.0.1:8080"  # what people outside type; a paper's QR leads there
    more_hosts: tuple[str, ...] = ()  # other names that this machine answers to
    proxies: int = 0  # how many of our own stand before the web, each adding X-Forwarded-For, -Proto and -Host
    session_idle: timedelta = timedelta(minutes=30)  # nobody clicks for so long: signed out
    session_longest: timedelta = timedelta(hours=12)  # signed out then, whatever one does
    second_factor: bool = False  # must the department and administrators have one?
    invitation: timedelta = timedelta(days=7)  # for which a link to set a password is good
    smtp: Smtp | None = None  # None: no letters are sent
    sms: Sms | None = None  # None: no SMS are sent
    keys: Keys | None = None  # None: nobody enters or signs with a key
    mobile_citizens: Service | None = None  # None: the phones on applications alone are known
    heads_to: tuple[str, ...] = ()  # where the heads of the history's chain go: files, objects of S3, e-mail
    qr: Service | None = None  # passes a text to a phone, which signs it; None: keys sign on a computer alone
    log: str = "text"  # the form of what is logged
    metrics_token: str = field(default="", repr=False)  # opens /metrics to other machines
    own_network: bool = False  # are portals told at addresses of our own network? In tests alone: nothing sets it

    @property
    def files(self) -> Path:
        """Where generated papers are kept."""
        return self.var / "files"

    @property
    def heads(self) -> tuple[str, ...]:
        """Where the heads of the history's chain are written, out of the reach of whoever owns the database."""
        return tuple(one for one in self.heads_to if "@" not in one) or (str(self.var / "history-heads.txt"),)

    @property
    def heads_by_mail(self) -> tuple[str, ...]:
        """Who gets the last head by e-mail each day."""
        return tuple(one for one in self.heads_to if "@" in one)

    @property
    def crls(self) -> Path:
        """Where lists of revoked certificates are kept."""
        return self.var / "crl"

    @property
    def demo_keys(self) -> Path:
        """Where the demo's own authority lies, whose keys are nobody's."""
        return self.var / "demo-keys"

    @property
    def hosts(self) -> list[str]:
        """The names that the web answers to; any other Host is somebody else's idea (spec 7)."""
        return [urlsplit(self.url).hostname or LOOPBACK[0], *self.more_hosts, *LOOPBACK]


def load(env: dict[str, str] | None = None) -> Config:
    """Read the settings from `env` (the process's environment when None). Raises Wrong."""
    env = dict(os.environ) if env is None else env
    var = Path(env.get("KEZEK_VAR") or ROOT / "var").resolve()
    return Config(
        var=var,
        database_url=env.get("DATABASE_URL") or f"sqlite:///{var}/kezek.db",
        redis_url=env.get("REDIS_URL") or "unix://" + quote(str(var / "valkey.sock")),
        secret_key=env.get("SECRET_KEY", ""),
        demo=env.get("KEZEK_DEMO") == "1",
        more_hosts=tuple(env.get("KEZEK_HOSTS", "").split()),
        proxies=int(env.get("KEZEK_PROXIES") or 0),
        session_idle=timedelta(minutes=int(env.get("KEZEK_SESSION_IDLE") or 30)),
        session_longest=timedelta(minutes=int(env.get("KEZEK_SESSION_LONGEST") or 720)),
        second_factor=(env.get("KEZEK_SECOND_FACTOR") or ("0" if env.get("KEZEK_DEMO") == "1" else "1")) != "0",
        invitation=timedelta(days=_days(env, "KEZEK_INVITATION_DAYS", 7, most=30)),
        url=_url(env),
        smtp=_smtp(env),
        sms=_sms(env),
        keys=_keys(env) or _demo_keys(var, env),
        heads_to=tuple(env.get("KEZEK_HEADS", "").split()),
        mobile_citizens=_service(env, "KEZEK_MOBILE_CITIZENS", "https://mobile.example.org/registered"),
        qr=_service(env, "KEZEK_QR", "https://qr.example.org") or _demo_qr(var, env),
        log=_log(env),
        metrics_token=_metrics_token(env),
    )


def _days(env: Mapping[str, str], name: str, usual: int, most: int) -> int:
    """Raises Wrong."""
    days = env.get(name) or str(usual)
    if not (days.isascii() and days.isdecimal() and 0 < int(days) <= most):
        raise Wrong(f"{name}: not a number of days, {most} at most.")
    return int(days)


def _url(env: Mapping[str, str]) -> str:
    """Where people find Kezek, short enough for the QR code of a paper. Raises Wrong."""
    url = (env.get("KEZEK_URL") or f"http://127.0.0.1:{env.get('KEZEK_PORT') or 8080}").rstrip("/")
    to = _address("KEZEK_URL", url, ("https", "http"), "https://kezek.example.org")
    if len(url) > LONGEST_URL or to.query or to.fragment:
        raise Wrong(f"KEZEK_URL: an address of at most {LONGEST_URL} characters, without a question or a mark in it.")
    return url


def _log(env: Mapping[str, str]) -> str:
    """In which form it is logged. Raises Wrong."""
    if (form := env.get("KEZEK_LOG") or LOGS[0]) not in LOGS:
        raise Wrong(f"KEZEK_LOG: one of {', '.join(LOGS)}.")
    return form


def _metrics_token(env: Mapping[str, str]) -> str:
    """What opens the measures to another machine. Raises Wrong."""
    token = env.get("KEZEK_METRICS_TOKEN", "")
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or any(sign.isspace() for sign in token)):
        raise Wrong(
            f"KEZEK_METRICS_TOKEN: {SHORTEST_TOKEN} Latin letters, digits and signs at least: `openssl rand -hex 32`."
        )
    return token


def _smtp(env: Mapping[str, str]) -> Smtp | None:
    """The server for letters, if one is named. Raises Wrong."""
    name, named = "KEZEK_SMTP_URL", env.get("KEZEK_SMTP_URL")
    if not named:
        return None
    to, sender = _address(name, named, SMTP_PORTS, "smtp://mail.example.org:587"), env.get("KEZEK_SMTP_FROM", "")
    if to.username or to.password:
        raise Wrong(f"{name}: the user and the password have settings of their own, KEZEK_SMTP_USER and _PASSWORD.")
    if to.scheme == "plain" and to.hostname not in LOOPBACK:
        raise Wrong(f"{name}: without TLS letters go to a server on this machine alone; use smtp:// or smtps://.")
    if not (sender.partition("@")[0] and sender.isascii() and "." in sender.rpartition("@")[2]) or " " in sender:
        raise Wrong("KEZEK_SMTP_FROM: the e-mail address that letters come from, like kezek@example.org, is missing.")
    user, password = env.get("KEZEK_SMTP_USER", ""), env.get("KEZEK_SMTP_PASSWORD", "")
    if bool(user) != bool(password):
        raise Wrong("KEZEK_SMTP_USER and KEZEK_SMTP_PASSWORD: set both, or none of them.")
    return Smtp(to.scheme, to.hostname or "", to.port or SMTP_PORTS[to.scheme], sender, user, password)


def _sms(env: Mapping[str, str]) -> Sms | None:
    """The gateway for SMS, if one is named. Raises Wrong."""
    name, named = "KEZEK_SMS_URL", env.get("KEZEK_SMS_URL")
    if not named:
        return None
    _by_https(name, named, "https://gateway.example.org/send", "SMS go to a gateway")
    body = env.get("KEZEK_SMS_BODY", "")
    headers = _json("KEZEK_SMS_HEADERS", env.get("KEZEK_SMS_HEADERS") or "{}")
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise Wrong('KEZEK_SMS_HEADERS: names and values as JSON, like {"Authorization": "Bearer ..."}.')
    if not all(value.isascii() and value.isprintable() for one in headers.items() for value in one):
        raise Wrong("KEZEK_SMS_HEADERS: a header has Latin letters, digits and signs alone.")
    if any("{text}" in value for value in headers.values()):
        raise Wrong("KEZEK_SMS_HEADERS: a message is no header; {text} belongs in KEZEK_SMS_BODY.")
    if not ("{phone}" in body and "{text}" in body):
        raise Wrong("KEZEK_SMS_BODY: what is posted, with {phone} and {text} where they belong, is missing.")
    if body.lstrip().startswith(("{", "[")):
        _json("KEZEK_SMS_BODY", body)
    return Sms(named, body, headers, env.get("KEZEK_SMS_ACCEPTED", ""))


def _service(env: Mapping[str, str], name: str, example: str) -> Service | None:
    """Somebody else's service, if its address is named. Raises Wrong."""
    if not (named := env.get(f"{name}_URL")):
        return None
    _by_https(f"{name}_URL", named, example, "it is a service")
    return Service(named, env.get(f"{name}_TOKEN", ""))


def _keys(env: Mapping[str, str]) -> Keys | None:
    """Whose keys families enter and sign with, if anybody's. Raises Wrong."""
    name, named = "KEZEK_KEY_ANCHORS", env.get("KEZEK_KEY_ANCHORS")
    if not named:
        return None
    if not (anchors := Path(named)).is_file():
        raise Wrong(f"{name}: there is no such file.")
    crls = tuple(env.get("KEZEK_KEY_CRLS", "").split())
    if not crls:
        raise Wrong("KEZEK_KEY_CRLS: the addresses of the lists of revoked keys are missing; no key is good without.")
    for one in crls:
        _address("KEZEK_KEY_CRLS", one, ("http", "https"), "http://crl.example.org/nca_rsa.crl")
    hours = env.get("KEZEK_KEY_CRL_HOURS") or "24"
    if not (hours.isascii() and hours.isdecimal() and 0 < int(hours) <= 24 * 31):
        raise Wrong("KEZEK_KEY_CRL_HOURS: not a number of hours of a month at most.")
    if service := env.get("KEZEK_KEY_SERVICE", ""):
        _by_https("KEZEK_KEY_SERVICE", service, "https://ncanode.example.org:14579", "it is a service")
    agent = env.get("KEZEK_KEY_AGENT") or Keys.agent
    if _address("KEZEK_KEY_AGENT", agent, ("wss", "ws"), Keys.agent).hostname not in LOOPBACK:
        raise Wrong("KEZEK_KEY_AGENT: it listens on the family's own machine, 127.0.0.1.")
    return Keys(anchors, crls, timedelta(hours=int(hours)), service, agent)


def _demo_keys(var: Path, env: Mapping[str, str]) -> Keys | None:
    """The demo believes its own authority, once `flask seed` has made it; its lists are never fetched."""
    anchors = var / "demo-keys" / "trust.pem"
    if env.get("KEZEK_DEMO") != "1" or not anchors.exists():
        return None
    return Keys(anchors, longest=timedelta(days=3650), agent=env.get("KEZEK_KEY_AGENT") or "ws://127.0.0.1:13580")


def _demo_qr(var: Path, env: Mapping[str, str]) -> Service | None:
    """The demo's own, which `flask demo phone` begins."""
    return Service(f"http://{LOOPBACK[0]}:13581") if _demo_keys(var, env) else None


def _address(name: str, url: str, schemes: Iterable[str], example: str) -> SplitResult:
    """The parts of an address. Raises Wrong."""
    try:
        to = urlsplit(url)
        known = to.scheme in schemes and bool(to.hostname) and (to.port is None or to.port > 0)
    except ValueError:
        known = False
    if not known or not url.isascii() or any(sign.isspace() for sign in url):
        raise Wrong(f"{name}: not an address like {example}.")
    return to


def _by_https(name: str, url: str, example: str, what: str) -> None:
    """Raises Wrong unless it is an address by TLS, or one of this machine."""
    to = _address(name, url, ("https", "http"), example)
    if to.scheme == "http" and to.hostname not in LOOPBACK:
        raise Wrong(f"{name}: without TLS {what} on this machine alone; use https://.")


def _json(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise Wrong(f"{name}: not JSON; every brace and quote has its other half.") from None
