"""The story of seed 001 as an official lives it: in Chromium, in Kazakh, on what `make run` starts."""

import io
import json
import re
from pathlib import Path

import pypdfium2
from playwright.sync_api import Browser, Page, expect

from tests.chromium import PATIENCE
from tests.running import Kezek

NUMBER = "ОДО.2026.248"


def enter(chromium: Browser, kezek: Kezek, role: str, language: str = "kk") -> Page:
    """Somebody's own window, signed in by the account that the demo shows."""
    address = f"http://127.0.0.1:{kezek.environment['KEZEK_PORT']}"
    context = chromium.new_context(base_url=address, viewport={"width": 1400, "height": 900})
    context.add_cookies([{"name": "language", "value": language, "url": address}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    account = json.loads((Path(kezek.environment["KEZEK_VAR"]) / "demo.json").read_text())[role]
    page.goto("/login/")
    page.get_by_label("Пайдаланушы аты" if language == "kk" else "Имя пользователя").fill(account["login"])
    page.locator("#password").fill(account["password"])
    page.locator("#door button").click()
    expect(page.locator("#menu")).to_be_visible()
    return page


def open_child(page: Page) -> None:
    """Find the application by another spelling of its number, from any page: the only hit opens."""
    page.locator(".find [name=q]").fill("одо-2026-248")
    page.locator(".find [name=q]").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(NUMBER)


def do(page: Page, button: str) -> None:
    """Press a verb's button, read what will follow, and say yes."""
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(".follows")).to_be_visible()
    page.locator("main form button").click()


def move_clock(page: Page, to: str) -> None:
    page.locator(".clock summary").click()
    page.locator("input[name=to]").fill(to)
    page.locator(".clock form button").click()
    expect(page.locator(".flash.success").last).to_be_visible()


def queue_number(page: Page) -> str:
    return page.locator(".lead strong").inner_text()


def test_a_child_gets_a_temporary_place_and_leaves_it_with_its_queue_number_kept(kezek, chromium):
    page = enter(chromium, kezek, "department")
    page.goto("/vouchers/list/")
    page.get_by_role("link", name="Кезек бойынша ваучерлер беру").click()
    page.get_by_label("Аудан немесе қала").select_option(label="Көкшетау қаласы")
    page.locator("main form button").click()
    page.get_by_role("button", name="Беру", exact=True).click()
    expect(page.locator("#progress .facts")).to_be_visible()  # a job holds it
    open_child(page)
    expect(page.locator("h1 .badge")).to_have_text("Растауда")

    do(page, "Қызығушылықты растау")
    expect(page.locator("h1 .badge")).to_have_text("Ваучер берілді")

    page.get_by_role("link", name="Мектепке дейінгі ұйымды таңдаңыз").click()
    place = page.get_by_role("row").filter(has_text="Арман").filter(has_text="Уақытша болу")
    place.get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("30.04.2026")
    page.get_by_role("button", name="Қол қою және жіберу").click()
    expect(page.locator("h1 .badge")).to_have_text("Кезекте")
    number = queue_number(page)

    page.get_by_text("Құжаттар", exact=True).click()
    paper = page.locator("#papers tbody tr").first.get_by_role("link").first
    for _ in range(300):  # behind those of the whole town, at the first start
        if paper.count():
            break
        page.wait_for_timeout(500)
        page.reload()
        page.get_by_text("Құжаттар", exact=True).click()
    pdf = page.request.get(paper.get_attribute("href"))
    text = pypdfium2.PdfDocument(io.BytesIO(pdf.body()))[0].get_textpage().get_text_range()
    for words in (NUMBER, "30.04.2026", "уақытша", "временн"):
        assert words.casefold() in text.casefold()

    page.locator("#papers tbody tr").first.get_by_role("link").nth(1).evaluate("one => one.target = ''")
    page.locator("#papers tbody tr").first.get_by_role("link").nth(1).click()
    expect(page.locator("body")).not_to_contain_text(re.compile(r"\d{12}"))

    page.goto("/")
    move_clock(page, "2026-05-03T12:00")
    open_child(page)
    expect(page.locator("#facts")).to_contain_text("Арман")
    move_clock(page, "2026-05-04T00:10")
    open_child(page)
    expect(page.locator("h1 .badge")).to_have_text("Кезекте")
    expect(page.locator("#facts")).to_contain_text("Күші жойылды")
    assert queue_number(page) == number
    page.get_by_text("Тарих", exact=True).first.click()


def test_a_head_and_an_auditor_cannot_do_or_see_what_is_not_theirs(kezek, chromium):
    head = enter(chromium, kezek, "head", "ru")
    head.goto("/kindergartens/list/")
    expect(head.locator("tbody tr")).to_have_count(1)
    expect(head.locator("tbody")).to_contain_text("Арман")
    assert head.goto("/norms/list/").url.endswith("/norms/list/") is False or head.locator("h1").inner_text() != "Нормы"

    auditor = enter(chromium, kezek, "auditor", "ru")
    open_child(auditor)
    expect(auditor.locator(".verbs button")).to_have_count(0)
    expect(auditor.locator("main")).not_to_contain_text(re.compile(r"\d{12}"))


def test_what_was_not_confirmed_is_not_done_by_the_next_button(kezek, chromium):
    """Spec 6: the framework's dialog keeps what was cancelled, and posts it with the next thing that is confirmed."""
    page = enter(chromium, kezek, "department", "ru")
    page.goto("/vacancies/add")
    group = page.locator("#group option", has_text="Балдырған").first.get_attribute("value")
    page.locator("#group").select_option(group)
    page.locator("#places").fill("1")
    page.locator("main form.card button").last.click()
    page.wait_for_url(re.compile(r"/vacancies/show/\d+$"))
    address, posted = page.url, []
    page.on("request", lambda sent: posted.append(sent.url) if sent.method == "POST" else None)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Удалить", exact=True).click()
    assert posted == []
    page.get_by_role("button", name="Опубликовать", exact=True).click()
    expect(page.locator(".follows")).to_be_visible()
    assert len(posted) == 1 and "/action/publish/" in posted[0]
    assert page.goto(address).status == 200
