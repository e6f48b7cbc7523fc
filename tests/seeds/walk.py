"""One walk through a seed: a parent with a phone, in Kazakh, in Chromium, with a stand-in of the signing agent on wss
of loopback and an authority of its own, in a district with nobody else.
"""

import io
import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect
from werkzeug.serving import make_server

from app.db.database import transaction
from app.db.extensions import db
from app.jobs import deliveries, outbox
from app.models import Application, DemoTime, Outbox
from tests import agent as stand_in
from tests import authority
from tests.chromium import EVERY_RULE, launched
from tests.factories import at
from tests.gateways import MailServer, SmsGateway, mail_server, set_up, sms_gateway
from tests.seeds import Seed, Step
from tests.views.conftest import forget_tries
from tests.views.test_look_in_chromium import AXE, WIDTH

PHONE_SCREEN = {"width": 360, "height": 740}
PHONE, SHOWN = "+77001112233", "+7 700 111 2233"  # as it is kept, and as pages show it


def _awake(moment: str) -> datetime:
    """The moment, or the next hour of its day in which a phone may ring (norm notice.quiet)."""
    day, _, hour = moment.partition("T")
    return at(f"{day}T08:30") if hour < "08" else at(f"{day}T20:30") if hour >= "20" else at(moment)


@dataclass
class Walk:
    """Somebody's window, and the town around it. `own`: addresses of applications by what the walk calls them."""

    web: Flask
    page: Page
    agent: stand_in.Told
    sms: SmsGateway
    mail: MailServer
    town: SimpleNamespace
    own: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    # ------------------------------------------------------------ what happens meanwhile

    def it_is(self, moment: str, act: Callable[[], Any] | None = None) -> None:
        """Something happens at this moment; messages leave, as they do where time is the real one, and papers are made.
        Then whoever opens a page opens it at this moment.
        """
        with self.web.app_context():
            with transaction():
                db.session.execute(db.delete(DemoTime))
                if act:
                    act()
            with pytest.MonkeyPatch.context() as then:  # what asks for something that is over by now would not be sent
                then.setattr(deliveries, "_utc", lambda: _awake(moment))
                deliveries.plan()
                outbox.handle(list(db.session.scalars(db.select(Outbox.id).where(Outbox.done_at.is_(None)))))
            with transaction():
                db.session.add(DemoTime(id=1, at=at(moment)))

    def row(self, number: str) -> Application:
        """An application by its number, inside of what `it_is` does."""
        return db.session.scalars(db.select(Application).where(Application.number == number)).one()

    # ------------------------------------------------------------ what a parent does

    def goes(self, to: str) -> None:
        self.page.goto(to)
        self.fits()

    def opens(self, number: str) -> None:
        """An application, from wherever one is: by its row in the journal the first time."""
        if number in self.own:
            return self.goes(self.own[number])
        self.goes("/my/")
        self.page.get_by_role("link", name=number, exact=True).last.click()
        self.page.wait_for_url(re.compile(r"/my/a/\d+$"))
        self.own[number] = self.page.url
        return self.fits()

    def follows(self, link: str) -> None:
        """A link of this name, which leads to another page."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=link, exact=True).first.click()
        self.fits()

    def presses(self, button: str) -> None:
        """A button that sends something, and the page that comes."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).click()
        self.fits()

    def signs(self) -> None:
        """«Қол қою және жіберу» over the text that is shown, by the key or without one, and it is done."""
        self.proves()
        self.page.get_by_role("button", name="Қол қою және жіберу", exact=True).click()
        self.page.wait_for_url("**done=**")
        expect(self.page.get_by_role("status").filter(visible=True).first).to_be_visible()
        self.fits()

    def proves(self) -> None:
        """A phone that is new here, by the code that the demo shows instead of sending it."""
        if self.page.locator("[name=code]").count():
            said = self.page.locator("form .note").first.inner_text()
            self.page.locator("[name=code]").fill(re.search(r"\d{6}", said)[0])

    def enters_by_key(self, iin: str) -> None:
        self.agent.number = iin
        self.goes("/my/enter/key")
        self.page.get_by_role("button", name="Сертификатты таңдаңыз").click()
        expect(self.page.get_by_role("heading", name="ЭЦҚ иесінің деректері")).to_be_visible()

    def answers(self, district: str, child: str, name: str, parent: str) -> None:
        """The questions of a new application up to the kind of the queue."""
        self.page.get_by_label("Аудан немесе қала").select_option(label=district)
        self.presses("Жалғастыру")
        self.page.get_by_label("Баланың ЖСН").fill(child)
        self.page.get_by_label("Баланың тегі").fill("Ойдан")
        self.page.get_by_label("Баланың аты").fill(name)
        self.presses("Жалғастыру")
        self.page.get_by_label("Өтініш берушінің тегі").fill("Ойдан")
        self.page.get_by_label("Өтініш берушінің аты").fill(parent)
        self.presses("Жалғастыру")
        self.page.get_by_label("Ұялы телефон").fill(PHONE)
        self.presses("Жалғастыру")

    # ------------------------------------------------------------ what a parent sees

    def fits(self) -> None:
        """On a phone nothing is cut off."""
        assert self.page.evaluate(WIDTH) <= PHONE_SCREEN["width"], f"{self.page.url} is wider than a phone"

    def no_barrier(self) -> None:
        self.page.evaluate("window.axe === undefined") and self.page.evaluate(AXE)
        assert (found := self.page.evaluate(EVERY_RULE)) == [], f"{self.page.url}: {found}"

    def said(self) -> str:
        return " ".join(self.page.locator("main").inner_text().split())

    def sees(self, *texts: str, gone: tuple[str, ...] = ()) -> None:
        said = self.said()
        assert [one for one in texts if one not in said] == [], f"{self.page.url}: {said}"
        assert [one for one in gone if one in said] == [], f"{self.page.url}: {said}"

    def buttons(self) -> list[str]:
        """What can be done with the application that is open."""
        return self.page.locator(".answer .acts").locator("button, a").all_inner_texts()

    def fact(self, name: str) -> Locator:
        """What stands beside a name, wherever it stands first."""
        return self.page.locator("dl.facts > div").filter(has=self.page.get_by_text(name, exact=True)).locator("dd")

    def paper(self, name: str) -> str:
        """The text of a paper's first page, as it comes out of the link that is beside its name."""
        row = self.page.locator("tr").filter(has_text=name).first
        answer = self.page.request.get(row.get_by_role("link").first.get_attribute("href"))
        assert answer.headers["content-type"] == "application/pdf"
        return pypdfium2.PdfDocument(io.BytesIO(answer.body()))[0].get_textpage().get_text_range()


@contextmanager
def begun(web: Flask, folder: Path, found: Callable[[], SimpleNamespace]) -> Iterator[Walk]:
    """A town, and a parent's window on it, for as long as it is walked through."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    settings = {"SESSION_COOKIE_SECURE": False, "KEZEK": replace(web.config["KEZEK"], demo=True)}
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name, value in settings.items():
            patch.setitem(web.config, name, value)
        agent, address = stack.enter_context(stand_in.running(folder))
        sms, mail = stack.enter_context(sms_gateway()), stack.enter_context(mail_server())
        stack.enter_context(authority.believed_by(web, folder, agent=address))
        stack.enter_context(set_up(web, sms=sms.sms(), smtp=mail.smtp()))
        with web.app_context(), transaction():
            town = found()
        forget_tries(web)
        server = make_server("127.0.0.1", 0, web, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            trusted = f"--ignore-certificate-errors-spki-list={stand_in.spki()}"
            with launched(trusted) as chromium:
                url = f"http://127.0.0.1:{server.server_port}"
                context = chromium.new_context(
                    base_url=url, viewport=PHONE_SCREEN, locale="kk-KZ", reduced_motion="reduce"
                )
                context.add_cookies([{"name": "language", "value": "kk", "url": url}])
                page = context.new_page()
                page.set_default_timeout(30_000)
                yield Walk(web, page, agent, sms, mail, town)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def told(
    seed: Seed,
    web: Flask,
    folder: Path,
    found: Callable[[], SimpleNamespace],
    after: Callable[[Walk, Step], None] = lambda _walk, _step: None,
) -> dict[str, str]:
    """What became of each step that was reached, by its number: "" where it is as the seed has it. The walk ends where
    one is not: nobody can go on from there. `after`: what is done after each.
    """
    outcomes: dict[str, str] = {}
    with begun(web, folder, found) as walk:
        for step in seed.ours:
            assert step.act is not None
            try:
                step.act(walk)
                after(walk, step)
                outcomes[str(step.number)] = ""
            except Exception as error:  # whatever it is, the step's own test says it
                outcomes[str(step.number)] = f"{type(error).__name__}: {error}"
                break
    return outcomes
