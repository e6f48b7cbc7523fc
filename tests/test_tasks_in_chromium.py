"""Issue 4: the eight main tasks, each by mouse and by keyboard alone, in Kazakh, on what `make run` starts.

Each hand has a child of its own, so that no test waits for another one.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from python_calamine import CalamineWorkbook

from tests.chromium import PATIENCE
from tests.hands import HANDS, Hand
from tests.running import Kezek

TASKS = Path(__file__).resolve().parents[1] / "docs/keyboard.md"
ME = "Қалиева"  # who works for the department
Work = Callable[..., Hand]


@pytest.fixture(params=HANDS)
def by(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def windows() -> dict[tuple[str, str], Hand]:
    """Who sits where, by (hand, role), between two tasks that went well: nobody signs in anew for each."""
    return {}


@pytest.fixture
def work(kezek, chromium, windows, by) -> Work:
    """Somebody at work with one hand, from wherever the last task ended."""

    def begin(role: str = "department") -> Hand:
        hand = windows.pop((by, role), None) or sign_in(chromium, kezek, by, role)
        hand.keys = 0
        hand.role = role
        return hand

    return begin


def sign_in(chromium: Browser, kezek: Kezek, by: str, role: str) -> Hand:
    address = f"http://127.0.0.1:{kezek.environment['KEZEK_PORT']}"
    screen = {"viewport": {"width": 1400, "height": 900}, "locale": "kk-KZ", "reduced_motion": "reduce"}
    context = chromium.new_context(base_url=address, **screen)
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": "language", "value": "kk", "url": address}])
    hand = HANDS[by](context.new_page())
    account = json.loads((Path(kezek.environment["KEZEK_VAR"]) / "demo.json").read_text())[role]
    hand.page.goto("/login/")
    hand.fill(hand.page.get_by_label("Пайдаланушы аты"), account["login"])
    hand.fill(hand.page.get_by_label("Құпиясөз"), account["password"])
    hand.press(hand.page.locator("#door button"))
    return hand


@pytest.fixture
def done(windows, by) -> Callable[[Hand, str], None]:
    """The end of a task: it was this hand alone, with as few keys as docs/keyboard.md promises."""

    def check(hand: Hand, task: str) -> None:
        assert hand.honest(), hand.seen
        promised = re.search(rf"\| {task} \|.*\| (\d+) \|$", TASKS.read_text(), re.M)
        assert by == "mouse" or hand.keys <= int(promised[1]), f"{task} takes {hand.keys} keys"
        windows[by, hand.role] = hand

    return check


def button(page: Page, name: str) -> Locator:
    return page.locator("main").get_by_role("button", name=name, exact=True)


def says(page: Page, sentence: str | re.Pattern) -> None:
    """The page says it, and one goes on from there."""
    said = page.locator("#errors, main > .flash").first
    expect(said).to_contain_text(sentence)
    expect(said).to_be_focused()


def status(page: Page, name: str) -> None:
    expect(page.locator("h1 .badge")).to_have_text(name)


def last_line(page: Page) -> str:
    """The last line of the child's history, as another visit shows it."""
    witness = page.context.new_page()
    witness.goto(page.url)
    line = witness.locator("#history .timeline li").first.text_content()
    witness.close()
    return " ".join(line.split())


def test_search(work, done):
    hand = work()
    hand.search("Қасымоввв")
    expect(hand.page.locator("main .empty")).to_be_visible()
    expect(hand.page.locator(".find [name=q]")).to_have_value("Қасымоввв")
    hand.search("Қасымов")
    expect(hand.page.locator("main tbody tr")).to_have_count(8)
    hand.open(hand.page.get_by_role("link", name="Ө-2025-000014", exact=True))
    expect(hand.page.locator(".lead")).to_contain_text("Қасымов Арлан")
    hand.search("одо 2026 248")  # another spelling; the only hit opens at once
    expect(hand.page.locator("h1")).to_contain_text("ОДО.2026.248")
    done(hand, "search")


def test_open(work, done):
    hand = work()
    hand.go("Өтініштер журналы")
    hand.filter(hand.page.get_by_label("Мәртебе"), "Хабарлама жіберілді")
    expect(hand.page.locator("main tbody tr")).to_have_count(3)
    hand.open(hand.page.get_by_role("link", name="Ө-2024-000008", exact=True))
    for _ in range(60):  # until what `make run` has just started has told the families of the town
        if "Хабарлама" in hand.page.locator("h1 .badge").inner_text():
            break
        hand.page.wait_for_timeout(1000)
        hand.page.reload()
    status(hand.page, "Хабарлама жіберілді")
    hand.tab("Тарих")
    expect(hand.page.locator("#history .timeline li").first).to_be_visible()
    done(hand, "open")


def test_confirm_for_a_family(work, done, by):
    hand = work()
    hand.search({"mouse": "Волков Роман", "keyboard": "Тілеуов Сұлтан"}[by])
    status(hand.page, "Растауда")
    hand.press(button(hand.page, "Қызығушылықты растау"), key="a")
    paper = hand.page.get_by_label("Қол қойылған қағаз құжаттың күні")
    hand.fill(paper, "05012026")
    hand.press(button(hand.page, "Қызығушылықты растау"))
    says(hand.page, "Бұл күн әлі келген жоқ")
    expect(paper).to_have_value("2026-05-01")
    hand.fill(paper, "04072026")
    hand.press(button(hand.page, "Қызығушылықты растау"))
    says(hand.page, "1 жазба")
    status(hand.page, "Ваучер берілді")
    line = last_line(hand.page)
    assert ME in line and "07.04.2026" in line
    done(hand, "confirm")


def test_issue(work, done, by):
    hand = work()
    district = {"mouse": "Степногорск қаласы", "keyboard": "Көкшетау қаласы"}[by]
    hand.go("Ваучерлер")
    hand.press(hand.page.get_by_role("link", name="Кезек бойынша ваучерлер беру"), key="a")
    place = hand.page.get_by_label("Аудан немесе қала")
    hand.choose(place, "Бурабай ауданы")
    hand.press(button(hand.page, "Не болатынын көру"))
    says(hand.page, "басқа тәртіп қолданылады")
    expect(place.locator(":checked")).to_have_text("Бурабай ауданы")
    hand.choose(place, district)
    hand.press(button(hand.page, "Не болатынын көру"))
    hand.press(button(hand.page, "Беру"))
    expect(hand.page.locator("#progress .facts")).to_contain_text(re.compile("[1-9]"))  # a job holds it meanwhile
    hand.go("Ваучерлер")
    hand.open(hand.page.locator("main tbody tr").first.get_by_role("link").first)
    expect(hand.page.locator(".facts")).to_contain_text("Берілді")
    done(hand, "issue")


def test_extend(work, done, by):
    hand = work()
    number = {"mouse": "Ж-2026-000006", "keyboard": "Ж-2026-000009"}[by]
    hand.go("Жолдамалар")
    hand.open(hand.page.get_by_role("link", name=number))
    hand.press(button(hand.page, "Мерзімін ұзарту"), key="a")
    until, reason = hand.page.get_by_label("Жаңа соңғы күні"), hand.page.get_by_label("Себебі")
    hand.fill(until, "04022026")
    hand.fill(reason, "отбасының өтініші бойынша")
    hand.press(button(hand.page, "Мерзімін ұзарту"))
    says(hand.page, "Жаңа соңғы күн қазіргі белгіленген күннен кейін болуға тиіс. Соңғы күн: ")
    expect(until).to_have_value("2026-04-02")
    expect(reason).to_have_value("отбасының өтініші бойынша")
    hand.fill(until, "04162026")
    hand.press(button(hand.page, "Мерзімін ұзарту"))
    says(hand.page, "1 жазба")
    expect(hand.page.locator(".facts")).to_contain_text("16.04.2026")
    hand.press(hand.page.locator(".facts").get_by_role("link"))
    line = last_line(hand.page)
    assert ME in line and "отбасының өтініші бойынша" in line
    done(hand, "extend")


def test_revoke(work, done, by):
    hand = work()
    hand.search({"mouse": "Кузнецов Тимофей", "keyboard": "Рахимова Раяна"}[by])
    status(hand.page, "Ваучер берілді")
    hand.press(button(hand.page, "Қайтарып алу"), key="a")
    hand.press(button(hand.page, "Қайтарып алу"))
    says(hand.page, "Себебі: Осы өрісті толтырыңыз.")
    hand.fill(hand.page.get_by_label("Себебі"), "қате берілген")
    hand.press(button(hand.page, "Қайтарып алу"))
    says(hand.page, "1 жазба")
    status(hand.page, "Кезекте")
    line = last_line(hand.page)
    assert ME in line and "қате берілген" in line
    done(hand, "revoke")


def test_enrol(work, done, by):
    hand = work("head")
    number = {"keyboard": "Ө-2024-000011", "mouse": "Ө-2025-000046"}[by]
    hand.open(hand.page.locator("#expected").get_by_role("link", name=number))
    for verb in ("Келісімшартқа қол қою", "Қабылдау"):
        hand.press(button(hand.page, verb), key="a")
        expect(hand.page.locator(".follows")).to_be_visible()
        hand.press(button(hand.page, verb))
        says(hand.page, "1 жазба")
    status(hand.page, "Қабылданды")
    assert "Захарова" in last_line(hand.page)
    hand.go("Бастапқы бет")
    expect(hand.page.locator("#expected")).not_to_contain_text(number)
    done(hand, "enrol")


def test_export(work, done):
    hand = work()
    hand.go("Өтініштер журналы")
    hand.filter(hand.page.get_by_label("Туған жылы"), "2020")
    shown = hand.page.locator("main tbody tr td:nth-child(2)").all_inner_texts()
    assert len(shown) == 3
    book = hand.take(hand.page.get_by_role("button", name="XLSX"), key="a")
    titles, *rows = CalamineWorkbook.from_path(book.path()).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == shown
    text = hand.take(hand.page.get_by_role("button", name="CSV"))
    assert text.path().read_text("utf-8-sig").splitlines()[0].split(";") == titles
    done(hand, "export")
