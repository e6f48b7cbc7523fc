"""An official with an authenticator, as tests hold one: the secret, and its codes step by step."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pyotp
import sqlalchemy as sa

from app.jobs import outbox
from app.models import AccountLetter, Outbox, SecondFactor
from tests.views.city import PASSWORD
from tests.views.conftest import Browser

OWN = "/second-factor/"


class Authenticator:
    """Codes of one secret."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret)

    def code(self, steps: int = 0) -> str:
        """The code of now, or of so many steps later (earlier)."""
        return self.totp.at(datetime.now(UTC), counter_offset=steps)


def forget_step(city: SimpleNamespace) -> None:
    """As if half a minute had passed since the last code: nobody waits for it here."""
    with city.tables.engine.begin() as connection:
        connection.execute(sa.update(SecondFactor.__table__).values(last_step=0))


def set_up(city: SimpleNamespace, browser: Browser) -> tuple[Authenticator, list[str]]:
    """As its owner sets it up: the authenticator, and the recovery codes."""
    assert browser.post(OWN, {"do": "begin"}).status_code == 303
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", browser.get(OWN).text)[1].replace(" ", "")
    holds = Authenticator(secret)
    answer = browser.post(OWN, {"do": "confirm", "authenticator_code": holds.code()})
    assert answer.status_code == 200, answer.text
    del browser.csrf
    forget_step(city)
    return holds, re.findall(r"<li><code>(.+?)</code>", answer.text)


def by_password(city: SimpleNamespace, name: str, password: str = PASSWORD) -> Browser:
    """Somebody whose password was right, wherever that leads."""
    browser = Browser(city.web.test_client())
    browser.answer = browser.post("/login/", {"username": name, "password": password})
    del browser.csrf
    return browser


def with_code(browser: Browser, code: str):
    """What follows from a code at the door; the page itself gives the token."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login/code/").text)[1]
    return browser.client.post("/login/code/", data={"csrf_token": token, "authenticator_code": code})


def post_letters(city: SimpleNamespace) -> list[str]:
    """What the letters to officials say, in the order in which they were left; the demo shows them."""
    with city.web.app_context():
        left = sa.select(Outbox.id).where(Outbox.letter_id.is_not(None), Outbox.done_at.is_(None))
        with city.tables.engine.connect() as connection:
            outbox.handle(list(connection.scalars(left.order_by(Outbox.id))))
        with city.tables.engine.connect() as connection:
            return list(connection.scalars(sa.select(AccountLetter.text).order_by(AccountLetter.id)))


def link(text: str) -> str:
    """The page that a letter leads to."""
    return re.search(r"/invitation/[\w-]+", text)[0]
