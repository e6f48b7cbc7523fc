"""Who asks a running web, over HTTP: a browser's cookies, and officials who click until they are answered."""

import re
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ssl import SSLContext
from threading import Event, Thread
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, HTTPSHandler, Request, build_opener
from uuid import uuid4


class Stays(HTTPRedirectHandler):
    """Where an answer leads is looked at, not followed."""

    def redirect_request(self, *_args: object) -> None:
        return None


class Browser:
    """A browser's cookies, and nothing else of it."""

    def __init__(self, address: str, language: str = "kk", tls: SSLContext | None = None) -> None:
        self.address = address
        self.jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))  # as browsers do on this machine
        self.opener = build_opener(HTTPCookieProcessor(self.jar), Stays, HTTPSHandler(context=tls))
        self.opener.addheaders = [("Accept-Language", language)]
        if tls is not None:  # a post over HTTPS says from which page it comes; a proxy hands on no port
            self.opener.addheaders.append(("Referer", f"{address.rpartition(':')[0]}/"))

    def get(self, path: str) -> SimpleNamespace:
        return self._send(Request(self.address + path))

    def post(self, path: str, page: SimpleNamespace, typed: dict, file: bytes | None = None) -> SimpleNamespace:
        """Send a form with what its page carries; `file`: and this file with it."""
        fields = {name: _hidden(page.text, name) for name in ("csrf_token", "form_key")} | typed
        if file is None:
            return self._send(Request(self.address + path, urlencode(fields).encode()))
        mark = uuid4().hex
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n'
        body = ("".join(parts) + head).encode() + file + f"\r\n--{mark}--\r\n".encode()
        return self._send(Request(self.address + path, body, {"Content-Type": f"multipart/form-data; boundary={mark}"}))

    def sign_in(self, name: str, password: str) -> SimpleNamespace:
        return self.sign_in_at(self.get("/login/"), name, password)

    def sign_in_at(self, door: SimpleNamespace, name: str, password: str) -> SimpleNamespace:
        return self.post("/login/", door, {"username": name, "password": password})

    def _send(self, request: Request) -> SimpleNamespace:
        try:
            answer = self.opener.open(request, timeout=60)
        except HTTPError as error:
            answer = error
        with answer:
            return SimpleNamespace(status=answer.status, headers=answer.headers, text=answer.read().decode())


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.partition("<main")[2]) or re.search(
        rf'name="{name}" value="([^"]*)"', page
    )
    return found[1] if found else ""


class Clerk(Thread):
    """Sends one form after the other, as a person would: each again, as it is, until it is answered with what it did.

    `forms`: the address and the fields of the first one, the second one ...; `page` gives the key. `done`: where the
    answers led, one for each; `said`: how often there was which answer, by status or by the name of an error.
    """

    def __init__(
        self, browser: Browser, account: tuple[str, str], page: str, forms: Callable[[int], tuple[str, dict]]
    ) -> None:
        super().__init__(daemon=True)
        self.browser, self.account, self.page, self.forms = browser, account, page, forms
        self.done, self.said, self.over = list[str](), Counter[int | str](), Event()

    def run(self) -> None:
        page, key = None, ""
        while key or not self.over.is_set():
            page = page or self.tried(lambda: self.browser.get(self.page))
            if page is not None and not _hidden(page.text, "form_key"):
                door = self.tried(lambda: self.browser.get("/login/"))
                page = door and self.tried(partial(self.browser.sign_in_at, door, *self.account)) and None
                time.sleep(0.3)
                continue
            if page is None:
                continue
            key = key or _hidden(page.text, "form_key")
            address, typed = self.forms(len(self.done))
            answer = self.tried(partial(self.browser.post, address, page, typed | {"form_key": key}))
            page = None  # each time with a token of now: that of an hour ago is none
            if answer is None or answer.status not in (302, 303):
                continue  # the same again, with the same key
            if not answer.headers["Location"].startswith("/login"):  # the session is over, the form is not
                self.done.append(answer.headers["Location"])
                key = ""

    def tried(self, ask: Callable[[], SimpleNamespace]) -> SimpleNamespace | None:
        """The answer; None where there was none. Whoever is told nothing or to come again does so after a moment."""
        try:
            answer = ask()
        except (OSError, HTTPException) as nobody:
            self.said[type(nobody).__name__] += 1
            time.sleep(0.3)
            return None
        self.said[answer.status] += 1
        if answer.status >= 400:
            time.sleep(0.3)
        return answer if answer.status < 400 else None

    def ended(self) -> Counter[int | str]:
        """What it was told, once the form at which it is has been answered. AssertionError after five minutes."""
        self.over.set()
        self.join(300)
        assert not self.is_alive(), self.said
        return self.said
