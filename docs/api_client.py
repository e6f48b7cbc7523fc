"""A portal's side of Kezek's API (docs/api.md), in one file and without dependencies: copy it into your portal.

kezek = Kezek("https://kezek.example.org", key)
state = kezek.application("ОДО.2026.248")
text = kezek.challenge(state, "confirm", {"iin": iin})
kezek.act(state, "confirm", {"iin": iin}, signed=Signed(text["challenge"], cms))
"""

import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

FRESH = 300  # seconds for which a webhook's moment is believed

Facts = Mapping[str, Any]


class Problem(Exception):
    """What the API says when it does not do something: `reason` is a name, `detail` a sentence for people; `free`:
    which other places there are for whoever gets none.
    """

    def __init__(self, told: Facts) -> None:
        super().__init__(f"{told['status']} {told['reason']}: {told['detail']}")
        self.status: int = told["status"]
        self.reason: str = told["reason"]
        self.detail: str = told["detail"]
        self.errors: list[dict[str, str]] = list(told.get("errors", ()))
        self.free: list[Facts] = list(told.get("free", ()))


@dataclass(frozen=True)
class State:
    """An application as it was told, and the tag by which this state is known."""

    facts: Facts
    tag: str

    @property
    def address(self) -> str:
        """Where it is found."""
        return f"/applications/{quote(self.facts['number'], safe='')}"

    @property
    def query(self) -> dict[str, Any]:
        """Which district's, where two have this number."""
        return {"district": self.facts["district"]}


@dataclass(frozen=True)
class Signed:
    """What came of a challenge: its key, and the detached CMS of its text, in base64 or PEM."""

    challenge: str
    cms: str


class Kezek:
    """One portal at one Kezek. Every method raises Problem, and OSError where there is no answer."""

    def __init__(self, url: str, key: str, language: str = "kk", timeout: float = 30) -> None:
        self.url, self.timeout = f"{url.rstrip('/')}/api/v1", timeout
        self.headers = {"Authorization": f"Bearer {key}", "Accept-Language": language, "Accept": "application/json"}

    def districts(self) -> list[Facts]:
        """The districts and cities of this portal."""
        return list(self._call("GET", "/districts").facts["items"])

    def norms(self, district: int) -> list[Facts]:
        """The norms in force in a district today."""
        return list(self._call("GET", "/norms", query={"district": district}).facts["items"])

    def vacancies(self, district: int, **asked: Any) -> Iterator[Facts]:
        """The free places of a district; by language, ownership, intake, year."""
        yield from self._pages("/vacancies", {"district": district, **asked})

    def application(self, number: str, district: int | None = None) -> State:
        """An application by its number, in any spelling."""
        query = {} if district is None else {"district": district}
        return self._call("GET", f"/applications/{quote(number, safe='')}", query=query)

    def explanation(self, of: State) -> Facts:
        """Why its number is so, and how many stand ahead."""
        return self._call("GET", f"{of.address}/explanation", query=of.query).facts

    def places(self, of: State) -> Iterator[Facts]:
        """Which places it may choose today."""
        yield from self._pages(f"{of.address}/places", of.query)

    def lots(self, of: State) -> list[Facts]:
        """Which places are given by lot, and for which of them it asks."""
        return list(self._call("GET", f"{of.address}/lots", query=of.query).facts["items"])

    def kindergartens(self, of: State) -> Iterator[Facts]:
        """Which kindergartens it may wait for; `entry`: by which it waits there."""
        yield from self._pages(f"{of.address}/kindergartens", of.query)

    def challenge(self, of: State | None, verb: str, body: Facts) -> Facts:
        """The exact text of an act, to be signed; of None: of a new application (`verb` is then "register")."""
        address = "/applications/challenge" if of is None else f"{of.address}/{verb}/challenge"
        return self._call("POST", address, body, query=of.query if of else {}).facts

    def register(self, body: Facts, *, signed: Signed | None = None, key: str = "") -> State:
        """Put a child into the queue. `key`: the same for the same application, however often it is sent."""
        return self._call("POST", "/applications", _with(body, signed), {"Idempotency-Key": key or uuid4().hex})

    def act(self, of: State, verb: str, body: Facts, *, signed: Signed | None = None, key: str = "") -> State:
        """Do what the family has signed, in the state that was seen."""
        headers = {"Idempotency-Key": key or uuid4().hex, "If-Match": of.tag}
        return self._call("POST", f"{of.address}/{verb}", _with(body, signed), headers, of.query)

    def join(self, of: State, body: Facts, *, signed: Signed | None = None, key: str = "") -> Facts:
        """Another parent asks to join (the text: `challenge` with "join"); an official decides."""
        headers = {"Idempotency-Key": key or uuid4().hex}
        return self._call("POST", f"{of.address}/join", _with(body, signed), headers, of.query).facts

    def joining(self, of: State, id_: int) -> Facts:
        """What became of that."""
        return self._call("GET", f"{of.address}/joinings/{id_}", query=of.query).facts

    def webhook(self) -> Facts:
        """Where this portal is told, and how that goes."""
        return self._call("GET", "/webhook").facts

    def set_webhook(self, url: str) -> Facts:
        """Be told there; `secret` is shown this once, to whoever had none."""
        return self._call("PUT", "/webhook", {"url": url}).facts

    def remove_webhook(self) -> Facts:
        """Be told nothing any more."""
        return self._call("DELETE", "/webhook").facts

    def new_secret(self) -> Facts:
        """Another secret, shown this once; for a day messages are signed with both."""
        return self._call("POST", "/webhook/secret").facts

    def test_webhook(self) -> Facts:
        """Be sent a test."""
        return self._call("POST", "/webhook/test").facts

    def _pages(self, address: str, query: dict[str, Any]) -> Iterator[Facts]:
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            page = self._call("GET", address, query=query | cursor).facts
            yield from page["items"]
            cursor = {"cursor": page["next"]} if page["next"] else None

    def _call(
        self,
        method: str,
        address: str,
        body: Facts | None = None,
        headers: Mapping[str, str] | None = None,
        query: Facts | None = None,
    ) -> State:
        sent = json.dumps(body).encode() if body is not None else None
        asked = Request(f"{self.url}{address}" + (f"?{urlencode(query)}" if query else ""), sent, method=method)
        for name, value in {**self.headers, "Content-Type": "application/json", **(headers or {})}.items():
            asked.add_header(name, value)
        try:
            with urlopen(asked, timeout=self.timeout) as answer:
                return State(json.load(answer), answer.headers.get("ETag", ""))
        except HTTPError as error:
            with error:
                raise Problem(json.load(error)) from None


def _with(body: Facts, signed: Signed | None) -> Facts:
    return body if signed is None else {**body, "signature": {"challenge": signed.challenge, "cms": signed.cms}}


def is_ours(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Is this webhook signed with our secret, and not an old one that somebody sends again?"""
    said = {name.lower(): value for name, value in headers.items()}
    moment = said.get("webhook-timestamp", "")
    if not moment.isdecimal() or abs(time.time() - int(moment)) > FRESH:
        return False
    text = f"{said.get('webhook-id', '')}.{moment}.".encode() + body
    expected = "v1," + b64encode(hmac.digest(b64decode(secret.removeprefix("whsec_")), text, "sha256")).decode()
    return any(hmac.compare_digest(one, expected) for one in said.get("webhook-signature", "").split())
