"""The regulation on screen: two people put it in force, and one page says what holds here, on this day."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape

import pytest
import sqlalchemy as sa

from app.actions import clock
from app.db.database import transaction
from app.db.extensions import db
from app.models import DemoTime, Place, Unit
from app.rules.norms import KNOWN
from app.rules.orders import MOST
from app.rules.roles import Role
from tests import factories
from tests.factories import at
from tests.views.city import official
from tests.views.forms import Fields, says_yes, valid

RULES = {"norms": "norm", "queue-orders": "queue_order", "contract-texts": "contract_text", "days-off": "day_off"}
YES = {"sure": "yes"}
OWN, APPROVED = "согласие даёт другой человек", "Это утверждено"
OTHER_FIELD = {"norms": "note", "queue-orders": "legal_basis", "contract-texts": "legal_basis", "days-off": "name"}


def said(answer) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.text).split()))


def browser(city, name: str, language: str = "ru"):
    found = city.sign_in(name)
    found.client.set_cookie("language", language)
    return found


@pytest.fixture
def author(city):
    return browser(city, "department")


@pytest.fixture
def deputy(city, monkeypatch):
    with city.web.app_context(), transaction():
        official("deputy", Role.department, db.session.get_one(Place, city.own.place).parent)
    return browser(city, "deputy")


def rows(city, table: str) -> dict[int, dict]:
    return {row["id"]: row for row in city.tables.rows()[table]}


def entered(city, author, noun: str, **values) -> int:
    before = rows(city, RULES[noun]).keys()
    answer = author.post(f"/{noun}/add", {**valid(noun, city.own), **values})
    assert answer.status_code == 302, said(answer)
    (added,) = rows(city, RULES[noun]).keys() - before
    return added


def changed(who, noun: str, pk: int, values: dict[str, str]):
    """Open the form for changing, then save it with these values: what it was shown from goes with them."""
    address = f"/{noun}/edit/{pk}"
    shown = Fields(who.get(address).text)
    hidden = {name: value for name, value in shown.values.items() if shown.kinds[name] == "hidden"}
    return who.post(address, {**values, **hidden})


# ---------------------------------------------------------------- two people


@pytest.mark.parametrize("noun", RULES)
def test_one_enters_and_another_approves(city, author, deputy, noun):
    pk = entered(city, author, noun)
    assert rows(city, RULES[noun])[pk]["approved_at"] is None
    with city.tables.unchanged():
        answer = says_yes(author, f"/{noun}/action/approve/{pk}", follow_redirects=True)
        assert OWN in said(answer)
        assert f"/{noun}/action/approve/{pk}" not in answer.text  # what would be refused is not offered
    asked = deputy.post(f"/{noun}/action/approve/{pk}")
    assert (asked.status_code, "не раньше сегодняшнего" in said(asked)) == (200, True)
    assert says_yes(deputy, f"/{noun}/action/approve/{pk}").status_code == 303
    row = rows(city, RULES[noun])[pk]
    assert None not in (row["approved_at"], row["approved_by_id"], row["entered_by_id"])
    assert row["approved_by_id"] != row["entered_by_id"]
    shown = said(deputy.get(f"/{noun}/show/{pk}"))
    assert "deputy" in shown and "department" in shown


@pytest.mark.parametrize("noun", RULES)
def test_what_was_changed_after_it_was_shown_is_not_approved(city, author, deputy, noun):
    """Spec 3.2: the second person stands for what was read, all of which is on the page that asks."""
    pk = entered(city, author, noun)
    field = OTHER_FIELD[noun]
    filled = {**valid(noun, city.own), field: "бірінші"}
    assert changed(author, noun, pk, filled).status_code == 302
    asked = deputy.post(f"/{noun}/action/approve/{pk}")
    assert "бірінші" in said(asked)
    seen = {**Fields(asked.text).values, **YES}
    assert changed(author, noun, pk, {**filled, field: "басқа"}).status_code == 302
    with city.tables.unchanged():
        answer = deputy.post(f"/{noun}/action/approve/{pk}", seen, follow_redirects=True)
        assert ("запись изменили" in said(answer), "басқа" in said(answer)) == (True, True)
    seen = {**Fields(deputy.post(f"/{noun}/action/approve/{pk}").text).values, **YES}
    assert deputy.post(f"/{noun}/action/approve/{pk}", seen).status_code == 303
    assert rows(city, RULES[noun])[pk]["approved_at"]


@pytest.mark.parametrize("noun", RULES)
def test_a_yes_that_does_not_say_what_was_seen_approves_nothing(city, author, deputy, noun):
    pk = entered(city, author, noun)
    with city.tables.unchanged():
        for blind in (YES, {**YES, f"seen-{pk}": ""}, {**YES, "seen-999999": "x"}):
            answer = deputy.post(f"/{noun}/action/approve/{pk}", blind)
            assert (answer.status_code, "сначала посмотрите" in said(answer)) == (422, True)
            answer = deputy.post(f"/{noun}/action_post", {**blind, "action": "approve", "rowid": pk})
            assert answer.status_code == 422
    assert "бірінші" not in said(answer) and says_yes(deputy, f"/{noun}/action/approve/{pk}").status_code == 303


@pytest.mark.parametrize("noun", RULES)
def test_whoever_changed_a_draft_approves_it_no_more_than_its_author(city, author, deputy, noun):
    """Spec 3.2, "Two people are two": a deputy changed a colleague's draft and approved it alone."""
    pk = entered(city, author, noun)
    filled = {**valid(noun, city.own), OTHER_FIELD[noun]: "басқа"}
    assert changed(deputy, noun, pk, filled).status_code == 302
    for who in (deputy, author):
        answer = says_yes(who, f"/{noun}/action/approve/{pk}", follow_redirects=True)
        assert OWN in said(answer) and f"/{noun}/action/approve/{pk}" not in answer.text
    assert rows(city, RULES[noun])[pk]["approved_at"] is None
    with city.web.app_context(), transaction():
        official("third", Role.department, db.session.get_one(Place, city.own.place).parent)
    assert says_yes(browser(city, "third"), f"/{noun}/action/approve/{pk}").status_code == 303


@pytest.mark.parametrize("noun", RULES)
def test_a_draft_is_changed_or_removed_and_what_is_approved_never(city, author, deputy, noun):
    pk = entered(city, author, noun)
    field = OTHER_FIELD[noun]
    filled = {**valid(noun, city.own), field: "басқа"}
    assert changed(author, noun, pk, filled).status_code == 302
    assert rows(city, RULES[noun])[pk][field] == "басқа"
    assert says_yes(deputy, f"/{noun}/action/approve/{pk}").status_code == 303
    page = deputy.get(f"/{noun}/show/{pk}").text
    assert not re.search(f"/{noun}/(edit|delete|action/approve)/{pk}", page)
    with city.tables.unchanged():
        for who in (author, deputy):
            answer = changed(who, noun, pk, {**filled, field: "үшінші"})
            assert (answer.status_code, APPROVED in said(answer)) == (422, True)
            assert APPROVED in said(who.post(f"/{noun}/delete/{pk}", follow_redirects=True))
            assert APPROVED in said(says_yes(who, f"/{noun}/action/approve/{pk}", follow_redirects=True))
    other = {"valid_from": "2028-02-02"} if noun != "days-off" else {}
    removed = entered(city, author, noun, **other)
    assert author.post(f"/{noun}/delete/{removed}").status_code == 302
    assert removed not in rows(city, RULES[noun])


@pytest.mark.parametrize("noun", RULES)
def test_drafts_stand_first_whatever_a_list_is_ordered_by(city, author, noun):
    pk = entered(city, author, noun)
    view = city.view_of(f"/{noun}/")
    for way in ("asc", "desc"):
        column = "day" if noun == "days-off" else "valid_from"
        page = author.get(f"/{noun}/list/?_oc_{view}={column}&_od_{view}={way}").text
        shown = [int(id_) for id_ in re.findall(rf'<td data-label="[^"]*"><a href="/{noun}/show/(\d+)[?"]', page)]
        waiting = {id_ for id_, row in rows(city, RULES[noun]).items() if row["approved_at"] is None}
        assert pk in waiting & set(shown)
        assert waiting.isdisjoint(shown[len(waiting & set(shown)) :])
    page = author.get(f"/{noun}/list/?_flt_0_approved_at=0").text
    assert {int(id_) for id_ in re.findall(rf"/{noun}/show/(\d+)", page)} <= waiting


@pytest.mark.parametrize("noun", RULES)
def test_a_new_row_begins_as_a_copy_of_one_that_is_seen(city, author, noun):
    pk = entered(city, author, noun)
    fields = Fields(author.get(f"/{noun}/add?like={pk}").text).values
    filled = valid(noun, city.own)
    day = "day" if noun == "days-off" else "valid_from"
    assert fields[day] == ""
    assert {name: fields.get(name, "") for name in filled if name not in (day, "decree")} == {
        name: str(value) for name, value in filled.items() if name not in (day, "decree")
    }
    assert author.get(f"/{noun}/add?like=999999").status_code == 404
    if noun != "days-off":
        foreign = city.region.norm if noun == "norms" else city.region.order
        assert author.get(f"/{noun}/add?like={foreign}").status_code == 404


# ---------------------------------------------------------------- queue orders


def lines(*categories: tuple) -> dict[str, str]:
    names = ("rank", "privilege", "months_from", "months_to", "name_kk", "name_ru")
    return {
        f"categories-{n}-{name}": str(value)
        for n, category in enumerate(categories)
        for name, value in zip(names, category, strict=True)
    }


def order_form(city, *categories: tuple, **values) -> dict[str, str]:
    head = {name: value for name, value in valid("queue-orders", city.own).items() if "categories" not in name}
    return {**head, **lines(*categories), **values}


def saved(city, order: int) -> list[tuple]:
    found = sorted(
        (row for row in rows(city, "queue_category").values() if row["queue_order_id"] == order),
        key=lambda c: c["rank"],
    )
    return [(c["rank"], c["privilege"], c["months_from"], c["months_to"], c["name_kk"]) for c in found]


def test_twenty_one_categories_are_saved_by_their_numbers(city, author):
    kinds = ("out_of_turn", "first_order", "")
    steps = [
        (kind, month, month + 9, f"кк {month}{kind}", f"ru {month}") for month in range(0, 70, 10) for kind in kinds
    ]
    numbered = [(rank, *step) for rank, step in enumerate(steps, start=1)]
    author.post("/queue-orders/add", order_form(city, *reversed(numbered)))
    order = max(rows(city, "queue_order"))
    assert saved(city, order) == [(r, kind or None, first, last, kk) for r, kind, first, last, kk, _ in numbered]
    page = author.get(f"/queue-orders/show/{order}")
    assert "кк 60" not in said(page) and "ru 60" in said(page)
    fields = Fields(author.get(f"/queue-orders/edit/{order}").text).values
    moved = {**fields, **{f"categories-{n}-rank": str((n + 3) % 21 + 1) for n in range(21)}}
    assert changed(author, "queue-orders", order, moved).status_code == 302
    assert [c[4] for c in saved(city, order)] == [kk for *_, kk, _ in numbered[-3:] + numbered[:-3]]
    emptied = {
        name: value if re.match(r"categories-[01]-|(?!categories)", name) else "" for name, value in moved.items()
    }
    assert changed(author, "queue-orders", order, emptied).status_code == 302
    assert len(saved(city, order)) == 2


def test_an_empty_age_is_from_birth_and_without_end_and_an_empty_number_is_where_it_stands(city, author):
    author.post(
        "/queue-orders/add", order_form(city, ("", "first_order", "", 23, "а", "а"), ("", "", "", "", "б", "б"))
    )
    assert saved(city, max(rows(city, "queue_order"))) == [(1, "first_order", 0, 23, "а"), (2, None, 0, None, "б")]


def test_an_order_by_ratio_needs_no_categories(city, author):
    pk = entered(city, author, "queue-orders", **{**dict.fromkeys(lines((1,) * 6), ""), "kind": "ratio"})
    assert saved(city, pk) == []


BAD_ORDERS = {
    "no category": ((), {}, "хотя бы один этап"),
    "of a ratio": (((1, "", 0, 10, "а", "а"),), {"kind": "ratio"}, "В порядке по соотношению этапов нет"),
    "no name": (((1, "", 0, 10, "а", ""),), {}, "Название на русском (1)"),
    "only an age": (((1, "", 5, "", "", ""),), {}, "Название на казахском (1)"),
    "ages": (((1, "", 36, 24, "а", "а"),), {}, "Этап 1: последний возраст меньше первого"),
    "no age": (((1, "", 36, 999, "а", "а"),), {}, "Месяцев до (1)"),
    "overlap": (((1, "", 0, 36, "а", "а"), (2, "", 36, "", "б", "б")), {}, "У этапов 1 и 2 одна и та же льгота"),
    "in vain": (((1, "", 0, "", "а", "а"), (2, "first_order", 36, "", "б", "б")), {}, "Этап 2 никому не достанется"),
    "one number twice": (((3, "", 0, 9, "а", "а"), (3, "", 10, 19, "б", "б")), {}, "Порядковый номер 3 указан"),
    "a foreign kind": (((1, "", 0, 9, "а", "а"),), {"kind": "nonsense"}, "Вид порядка"),
}


@pytest.mark.parametrize("what", BAD_ORDERS)
def test_an_order_that_cannot_be_is_a_sentence_and_changes_nothing(city, author, what):
    categories, values, sentence = BAD_ORDERS[what]
    with city.tables.unchanged():
        for address in ("/queue-orders/add", f"/queue-orders/edit/{city.own.order}"):
            form = order_form(city, *categories, **values)
            added = address.endswith("add")
            answer = author.post(address, form) if added else changed(author, "queue-orders", city.own.order, form)
            assert (answer.status_code, sentence in said(answer)) == (422, True), said(answer)[:900]
            kept = Fields(answer.text).values
            assert {name: kept[name] for name in lines(*categories)} == lines(*categories)


def test_a_second_order_for_the_same_day_is_a_sentence(city, author):
    entered(city, author, "queue-orders")
    with city.tables.unchanged():
        answer = author.post("/queue-orders/add", valid("queue-orders", city.own))
        assert (answer.status_code, "для этой территории и дня уже есть" in said(answer)) == (422, True)


def test_lines_that_the_form_does_not_have_are_not_read(city, author):
    odd = {"categories-²-name_kk": "x", "categories-" + "9" * 5000 + "-rank": "1", f"categories-{MOST}-name_kk": "x"}
    pk = entered(city, author, "queue-orders", **odd)
    assert len(saved(city, pk)) == 1


# ---------------------------------------------------------------- norms


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"name": "voucher.confirm", "unit": "H", "on_lapse": "stop_list"},
            "Эта норма считается иначе: ",
        ),
        ({"name": "procedure", "unit": "CHOICE", "value": "both"}, "“по направлениям”, “по ваучерам”"),
        ({"name": "queue.ratio", "unit": "RATIO", "value": "1:0"}, "Возможно: 1:3"),
        ({"name": "voucher.confirm", "value": "два", "on_lapse": "stop_list"}, "целое число"),
        ({"name": "voucher.confirm", "on_lapse": "remove"}, "Возможно: переводится в стоп-лист"),
        ({"name": "rounds", "unit": "CHOICE", "value": "clock", "on_lapse": "remove"}, "Возможно: ничего"),
    ],
)
def test_a_norm_that_cannot_be_says_what_it_may_be(city, author, values, sentence):
    with city.tables.unchanged():
        answer = author.post("/norms/add", {**valid("norms", city.own), **values})
        assert (answer.status_code, sentence in said(answer)) == (422, True), said(answer)[:900]


def test_a_ratio_is_entered_and_read_as_one(city, author):
    pk = entered(city, author, "norms", name="queue.ratio", unit="RATIO", value="2:5")
    assert "2 льготных к 5 общим" in said(author.get(f"/norms/show/{pk}"))


# ---------------------------------------------------------------- days off


def test_a_moved_saturday_counts_once_approved_and_a_later_row_replaces_it(city, author, deputy):
    saturday = {"day": "2026-08-29", "name": "Жұмыс сенбісі", "decree": "№ 12"}
    calendar = f"/rules/?place={city.own.place}&day=2026-08-28"

    def shown() -> str:
        return said(author.get(calendar)).partition("Ближайшие дни календаря")[2]

    working = entered(city, author, "days-off", **saturday, working="y")
    assert "29.08.2026" not in shown()
    says_yes(deputy, f"/days-off/action/approve/{working}")
    assert "29.08.2026 Рабочий день Жұмыс сенбісі № 12" in shown()
    off = entered(city, author, "days-off", **saturday | {"decree": "№ 13"})
    assert "№ 12" in shown()
    says_yes(deputy, f"/days-off/action/approve/{off}")
    assert "29.08.2026 Нерабочий день Жұмыс сенбісі № 13" in shown()
    assert "Заменено" in said(author.get(f"/days-off/show/{working}"))
    assert "Заменено" not in said(author.get(f"/days-off/show/{off}"))


def test_a_day_waits_once_and_needs_its_decree(city, author):
    entered(city, author, "days-off")
    with city.tables.unchanged():
        assert "уже ждёт утверждения" in said(author.post("/days-off/add", valid("days-off", city.own)))
        other = {**valid("days-off", city.own), "day": "2035-05-06", "decree": " "}
        assert author.post("/days-off/add", other).status_code == 422


def test_estimated_days_are_marked_and_nobody_enters_one(city, author):
    assert 'class="badge draft">Предварительно<' in author.get("/days-off/list/?_flt_0_estimated=1").text
    assert "estimated" not in Fields(author.get("/days-off/add").text).kinds


# ---------------------------------------------------------------- the rules in force


@pytest.fixture
def dated(city) -> Iterator[None]:
    """The district's own norm from May on, the region's from June, both approved in time."""
    with city.web.app_context(), transaction():
        here = db.session.get_one(Place, city.own.place)
        for value, place, month in (("4", here, 5), ("9", here.parent, 6), ("7", here, 9)):
            since = at(f"2026-0{month}-01T10:00").date()
            factories.norm("voucher.choose", value, Unit.WD, place, since, legal_basis=f"бұйрық {value}")
        steps = factories.CategoryFacts(None, 0, None, "барлық бала", "все дети")
        factories.order(here, at("2026-10-01T10:00").date(), steps)


def section(answer, heading: str) -> str:
    return said(answer).partition(f" {heading} ")[2]


def test_the_most_specific_norm_of_a_day_is_shown_with_where_it_comes_from(city, dated):
    reader = browser(city, "specialist")
    choose = "Срок выбора детского сада и подписания договора "
    for day, expected in (
        ("2026-04-13", "5 рабочих дней 01.01.2016 Казахстан Страна отправляется в архив"),
        ("2026-05-01", "4 рабочих дня 01.05.2026 Көкшетау Район или город"),
        ("2026-06-01", "4 рабочих дня 01.05.2026 Көкшетау"),
        ("2026-09-01", "7 рабочих дней 01.09.2026 Көкшетау"),
    ):
        page = reader.get(f"/rules/?place={city.own.place}&day={day}")
        assert expected in section(page, "Ваучеры").partition(choose)[2][:120], day
    with city.web.app_context():
        region = db.session.get_one(Place, city.own.place).parent_id
    page = reader.get(f"/rules/?place={region}&day=2026-06-01")
    assert "9 рабочих дней 01.06.2026 Ақмола облысы" in section(page, "Ваучеры").partition(choose)[2][:120]


def test_what_changes_next_is_told_by_day_and_nothing_that_changes_nothing_here(city, dated):
    page = browser(city, "auditor").get(f"/rules/?place={city.own.place}&day=2026-05-02")
    next_, _, waits = section(page, "Что изменится дальше").partition(" Ждёт утверждения ")
    assert re.findall(r"\d\d\.\d\d\.2026", next_) == ["01.09.2026", "01.10.2026"]
    assert "7 рабочих дней (сейчас 4 рабочих дня) Көкшетау · бұйрық 7" in next_
    assert "Порядок очереди: По категориям" in next_
    assert "9 рабочих дней" not in next_  # the region's: the district has its own
    assert "Напоминание" in waits.partition(" Ваучеры ")[0]


def test_the_order_in_force_is_shown_with_its_categories(city, dated):
    reader = browser(city, "operator")
    before = said(reader.get(f"/rules/?place={city.own.place}&day=2026-09-30"))
    assert "дети, имеющие право на внеочередное получение места" in before and "все дети" not in before
    after = said(reader.get(f"/rules/?place={city.own.place}&day=2026-10-01"))
    assert "1 все дети Без льготы любой возраст" in after


@pytest.mark.parametrize("role", ("department", "specialist", "auditor", "operator", "head"))
def test_who_works_by_the_rules_reads_them_for_the_own_district(city, role):
    for language in ("kk", "ru"):
        page = browser(city, role, language).get("/rules/")
        assert page.status_code == 200
        assert "Көкшетау" in said(page) and 'href="/rules/"' in page.text
    registers = re.search("/norms/show/", page.text) is not None
    assert registers == (role in ("department", "specialist", "auditor"))


def test_a_place_that_cannot_be_is_no_page_and_a_day_is_asked_for_again(city):
    reader = browser(city, "head")
    statuses = {
        f"place={city.own.place}": 200,
        f"place={city.district.place}": 404,
        "place=abc": 404,
        "place=" + "9" * 5000: 404,
        "day=2026-02-31": 422,
        "day=nonsense": 422,
        "day=9999-12-31": 422,
        "day=": 200,
        "day=2000-01-01": 200,
    }
    assert {wish: reader.get(f"/rules/?{wish}").status_code for wish in statuses} == statuses


def test_before_any_norm_the_page_says_that_there_is_none(city):
    page = said(browser(city, "department").get(f"/rules/?place={city.own.place}&day=2010-01-01"))
    assert page.count("Действующей нормы нет.") == len(KNOWN)


def test_an_account_without_a_reach_gets_a_page_that_says_so(city):
    with city.web.app_context():
        db.session.execute(sa.text("DELETE FROM user_scope"))
        db.session.commit()
    assert "пока нет ни одной территории" in said(browser(city, "department").get("/rules/"))


def test_all_norms_are_read_in_one_statement(city, author):
    seen = []

    def look(_connection, _cursor, statement, *_):
        seen.append(statement)

    sa.event.listen(city.tables.engine, "before_cursor_execute", look)
    try:
        author.get(f"/rules/?place={city.own.place}")
    finally:
        sa.event.remove(city.tables.engine, "before_cursor_execute", look)
    assert len([s for s in seen if "FROM norm" in s]) <= 3, seen  # in force, to come, waiting
    assert len(seen) <= 17


# ---------------------------------------------------------------- the losing reading of S0, entered


def test_five_days_then_blocked_and_not_deleted_is_entered_on_screen_and_holds_for_a_new_referral(city, author, deputy):
    """S0 against S2, spec 3.2: a district row, 5 CD, hold. A referral that runs already keeps its own last day."""
    running = rows(city, "referral")[city.own.direct]["attend_by"]
    pk = entered(
        city,
        author,
        "norms",
        **{"name": "referral.attend", "place": city.own.refers, "valid_from": "2026-04-13", "value": "5"},
        **{"unit": "CD", "on_lapse": "hold", "legal_basis": "Нұсқаулық: 5 күн, бұғатталады, бірақ ЖОЙЫЛМАЙДЫ"},
    )
    operator, department = browser(city, "operator"), author
    chosen = {"sure": "yes", "vacancy": str(city.own.private), "paper_on": "2026-04-13"}
    assert says_yes(deputy, f"/norms/action/approve/{pk}").status_code == 303
    shown = said(deputy.get(f"/norms/show/{pk}"))
    assert "5 календарных дней" in shown and "блокируется, пока управление образования не снимет блокировку" in shown
    assert operator.post(f"/applications/choose/{city.own.waits}", chosen).status_code == 303
    last = max(rows(city, "referral").values(), key=lambda row: row["id"])
    assert (last["application_id"], last["attend_by"]) == (city.own.waits, date(2026, 4, 18))  # a Saturday
    assert rows(city, "referral")[city.own.direct]["attend_by"] == running
    with city.web.app_context(), transaction():
        clock.run(at=at("2026-04-19T00:10"), place_id=city.own.refers)
        db.session.get_one(DemoTime, 1).at = at("2026-04-20T10:00")
    assert str(rows(city, "application")[city.own.waits]["status"]) == "stop_listed"
    (listing,) = (r for r in rows(city, "stop_listing").values() if r["application_id"] == city.own.waits)
    assert (listing["from_on"], listing["until"], listing["ended_at"]) == (date(2026, 4, 19), None, None)
    release = f"/applications/action/release/{city.own.waits}"
    assert release not in browser(city, "specialist").get(f"/applications/show/{city.own.waits}").text
    assert release in department.get(f"/applications/show/{city.own.waits}").text
    assert department.post(release, YES | {"reason": "құжаттар келді"}).status_code == 303
    assert str(rows(city, "application")[city.own.waits]["status"]) == "queued"
