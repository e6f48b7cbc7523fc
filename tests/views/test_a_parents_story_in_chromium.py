"""A parent's whole story on a phone, in Kazakh, from an empty database (issue 13, "Done when"; S0, S1, S3)."""

import re
from datetime import date
from types import SimpleNamespace

from playwright.sync_api import expect

from app.actions import clock, vouchers
from app.models import Sex, Unit
from app.rules import iin
from tests import factories
from tests.factories import DEPARTMENT, at
from tests.seeds import walk as seeds
from tests.views.test_look_in_chromium import kind  # noqa: F401

CHILD, PARENT = iin.make(date(2022, 9, 17), Sex.female, 4711), iin.make(date(1994, 3, 2), Sex.female, 815)
CAME, TURN, CONFIRMS, CHOOSES, LAST, OUT = (
    "2026-04-07T11:21",
    "2026-04-08T10:00",
    "2026-04-09T18:00",
    "2026-04-10T12:00",
    "2026-05-03T23:59",  # Sunday
    "2026-05-04T00:10",  # the first working day after 30 April
)


def city() -> SimpleNamespace:
    """One district with one kindergarten, which has a place for good and one until 30 April; no family yet."""
    place = factories.district()
    factories.norm("notice.quiet", "0-0", Unit.HOURS, place)
    factories.norm("notice.daily", "20", Unit.COUNT, place)  # all of a month is told in a minute
    group = factories.group(factories.kindergarten(place), capacity=3)
    factories.vacancy(group, places=1)
    factories.vacancy(group, places=1, ends_on=date(2026, 4, 30))
    return SimpleNamespace(place=place.id, name=place.name_kk)


def test_a_parent_joins_the_queue_takes_a_place_for_a_time_and_waits_on(web, tmp_path):
    with seeds.begun(web, tmp_path, city) as walk:
        told(walk)


def told(walk: seeds.Walk) -> None:
    # in by a code, and into the queue
    walk.it_is(CAME)
    walk.goes("/")
    walk.page.locator("main").get_by_role("link", name="Өтініштер журналы").click()
    walk.page.get_by_label("ЖСН").fill(PARENT)
    walk.page.get_by_label("Телефон нөмірі").fill(seeds.PHONE)
    walk.presses("Кіру")
    walk.page.get_by_label("Код").fill(walk.page.url.rpartition("=")[2])
    walk.presses("Кіру")
    walk.follows("Жаңа электрондық өтініш")
    walk.answers(walk.town.name, CHILD, "Айым", "Әсем")
    for _ in ("the general queue", "no privilege", "checked"):
        walk.presses("Жалғастыру")
    walk.signs()
    own, number = walk.page.url.partition("?")[0], re.search(r"\S+$", walk.page.locator("h1").inner_text())[0]

    # the number is checked by whoever is nobody
    walk.goes("/queue")
    walk.page.get_by_label("Баланың ЖСН").fill(CHILD)
    walk.presses("Тексеру")
    expect(walk.page.locator(".answer .big strong")).to_have_text("1")

    # the turn has come, and the phone says so
    walk.it_is(TURN, lambda: vouchers.issue_round(walk.town.place, by=DEPARTMENT, at=at(TURN)))
    assert any(number in one and "10.04.2026" in one for one in walk.sms.texts(seeds.PHONE)), walk.sms.texts(
        seeds.PHONE
    )

    # in by a key, and interested
    walk.it_is(CONFIRMS)
    walk.enters_by_key(PARENT)
    walk.follows("Кіру")
    walk.opens(number)
    walk.presses("Қызығушылықты растау")
    expect(walk.page.locator(".to-sign")).to_contain_text(CHILD)
    walk.signs()
    walk.sees("расталды")

    # a place for a time, its last day shown; the number is kept
    walk.it_is(CHOOSES)
    walk.goes(own)
    walk.follows("Мектепке дейінгі ұйымды таңдаңыз")
    walk.page.locator("tr").filter(has_text="30.04.2026").get_by_role("radio").check()
    walk.presses("Мектепке дейінгі ұйымды таңдаңыз")
    expect(walk.page.locator(".to-sign")).to_contain_text("30.04.2026")
    walk.signs()
    expect(walk.page.locator(".answer .big strong")).to_have_text("1")

    # the paper
    walk.it_is(CHOOSES)
    walk.goes(own)
    said = walk.paper("Уақытша жолдама")
    for one in (number, "30.04.2026", "Айым"):
        assert one in said

    # out on the next working day, and it waits on
    for moment, is_over in ((LAST, 0), (OUT, 1)):
        walk.it_is(moment, lambda moment=moment: clock.run(at=at(moment), place_id=walk.town.place))
        walk.goes(own)
        expect(walk.page.get_by_text("Уақытша болу мерзімі 30.04.2026 күні аяқталды")).to_have_count(is_over)
    expect(walk.page.locator(".answer .big strong")).to_have_text("1")
    expect(walk.page.locator("tr").filter(has_text="Уақытша жолдама")).to_contain_text("жарамсыз")
    assert "30.04.2026 күні аяқталды" in walk.sms.texts(seeds.PHONE)[-1]
