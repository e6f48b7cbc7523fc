"""Pages without an account (issue 13, 2): what they say of the queue, and that they say nothing of people."""

import json
import re
from datetime import date

import pytest
import sqlalchemy as sa

from app.actions import explanations, public
from app.cabinet import public as entrance
from app.db.extensions import db
from app.models import (
    Applicant,
    Application,
    ApplicationStatus,
    Change,
    Child,
    Document,
    KgGroup,
    Kindergarten,
    Notice,
    Referral,
    Vacancy,
    Voucher,
)
from tests.seeds import pictures
from tests.views.city import CANARIES
from tests.views.conftest import Browser, forget_tries
from tests.views.test_personal_data import CANARY, canaries, leaks, secrets_of  # noqa: F401


@pytest.fixture
def visitor(city):
    """Somebody without an account, at the city's own time."""
    return Browser(city.web.test_client())


def crawled(browser) -> dict[str, str]:
    """Every kind of page that whoever begins at the first one comes to, some of each: address -> text."""
    pages, todo, kinds = dict[str, str](), ["/"], dict[str, int]()
    while todo:
        address = todo.pop(0)
        kind = re.sub(r"\d+", "0", address)
        if address in pages or kinds.get(kind, 0) >= 4:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = browser.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        pages[address] = answer.text
        found = [one.replace("&amp;", "&") for one in re.findall(r'href="(/[^"]*)"', answer.text)]
        todo += [one for one in found if not one.startswith(("/static", "/login", "/my/")) and "lang=" not in one]
    return pages


def asked(browser, **typed: str):
    return browser.post("/queue", typed)


def waiting(city) -> Application:
    found = sa.select(Application).where(Application.status == ApplicationStatus.queued, Application.standing)
    return db.session.scalars(found.where(Application.place_id == city.own.place).order_by(Application.id)).first()


# ---------------------------------------------------------------- who comes in by `/`


def test_the_first_address_is_everybodys_and_an_officials_own_page_for_an_official(city, visitor):
    assert "Балабақшаға кезек" in visitor.get("/").text and "Көкшетау" in visitor.get("/").text
    assert "Балабақшаға кезек" not in city.sign_in("specialist").get("/").text


def test_no_page_asks_for_an_account_and_none_leaves_a_session(city, visitor):
    pages = crawled(visitor)
    assert len(pages) > 20
    for part in ("/d/", "/places?", "/k/", "/queue", "/protocol/", "/statistics", "/help/", "/check"):
        assert any(address.startswith(part) for address in pages), part
    assert visitor.client.get_cookie("session") is None
    with city.web.app_context():
        assert not any("<script" in text for text in pages.values())


def test_a_page_in_another_language_is_a_link_that_is_remembered(visitor):
    led = visitor.get("/help/voucher?district=3&lang=ru")
    assert (led.status_code, led.location) == (303, "/help/voucher?district=3")
    assert 'lang="ru"' in visitor.get("/queue").text and "Проверить очередь" in visitor.get("/queue").text
    assert visitor.get("/queue?lang=xx").status_code == 404


@pytest.mark.parametrize(
    "address",
    (
        *("/d/999999", "/k/999999", "/protocol/999999", "/help/nothing", "/places?district=1&size=7"),
        *("/places?district=x", "/places?district=3&language=xx", "/places?district=3&page=999999999"),
        *("/places?year=20２4", "/protocol/99999999999999999999999", "/k/99999999999999999999", "/d/0"),
    ),
)
def test_what_is_not_there_is_not_found(visitor, address):
    assert visitor.get(address).status_code == 404


def test_an_address_that_there_is_not_is_told_as_everybodys_pages_look_and_to_an_official_as_the_offices(city, visitor):
    for address in ("/nothing", "/a/1/b", "/health/nothing"):
        answer = visitor.get(address)
        assert answer.status_code == 404 and '<a href="/queue' in answer.text
        office = city.sign_in("specialist").get(address)
        assert office.status_code == 404 and '<a href="/queue' not in office.text


@pytest.mark.parametrize("typed", ("a%0d%0ab", "http://x/verify/ab", "a/../b", "%00a"))
def test_a_typed_code_leads_to_a_page_of_ours_and_nowhere_else(visitor, typed):
    led = visitor.get(f"/check?code={typed}")
    assert led.status_code == 400 or re.fullmatch(r"/verify/[A-Za-z0-9_-]+", led.location)


# ---------------------------------------------------------------- nobody's name


def test_whoever_has_no_account_learns_of_nobody(canaries, caplog):  # noqa: F811
    caplog.set_level("DEBUG")
    browser, pages = Browser(canaries.web.test_client()), dict[str, str]()
    pages |= crawled(browser)
    with canaries.web.app_context():
        people = db.session.scalars(sa.select(Application).order_by(Application.id)).all()
        facts = [(one.number_key, one.born_on, one.child.iin) for one in people]
    for number, born_on, child_iin in facts[::9]:
        forget_tries(canaries.web)
        for typed in ({"number": number, "born_on": born_on.isoformat()}, {"iin": child_iin}):
            answer = asked(browser, **typed)
            assert answer.status_code == 200 or number.startswith(tuple(CANARIES.values()))
            said = answer.text
            for own in typed.values():
                said = said.replace(f'value="{own}"', "")  # as it was typed
            pages[str(typed)] = said
    assert leaks(pages, secrets_of(canaries)) == set()
    assert not any(CANARY in text for text in pages.values())
    assert leaks({"log": caplog.text}, secrets_of(canaries)) == set()


def test_what_a_visitor_may_see_is_what_a_family_of_no_application_may(city):
    with city.web.app_context(), entrance.seen():
        for private in (Application, Child, Applicant, Voucher, Referral, Change, Notice, Document):
            assert db.session.scalars(sa.select(private.id)).first() is None
        assert db.session.scalars(sa.select(Kindergarten.id)).first() is not None


# ---------------------------------------------------------------- "Кезекті тексеру"


def test_a_number_is_told_with_who_stands_ahead_as_the_office_sees_it(city, visitor):
    with city.web.app_context():
        child = waiting(city)
        told = explanations.of(child, date(2026, 4, 13), date(2026, 4, 13))
        typed, value = {"number": child.number.lower(), "born_on": child.born_on.isoformat()}, told.number.value
        by_iin = {"iin": child.child.iin}
    for how in (typed, by_iin):
        said = asked(visitor, **how).text
        assert f"<strong>{value}</strong>" in said and "Кезекте" in said


def test_the_wrong_of_two_facts_is_told_to_nobody(city, visitor):
    with city.web.app_context():
        child = waiting(city)
        number, born_on, other = child.number, child.born_on, child.born_on.replace(year=child.born_on.year - 1)
    wrong = asked(visitor, number=number, born_on=other.isoformat())
    unknown = asked(visitor, number="ЖОҚ.2026.1", born_on=born_on.isoformat())
    assert (wrong.status_code, unknown.status_code) == (404, 404)

    def bare(answer, *typed):
        text = answer.text
        for one in typed:
            text = text.replace(f'value="{one}"', "")
        return text

    assert bare(wrong, number, other.isoformat()) == bare(unknown, "ЖОҚ.2026.1", born_on.isoformat())


@pytest.mark.parametrize(
    "typed",
    (
        {},
        {"number": "ОДО.2026.248"},
        {"number": "ОДО.2026.248", "born_on": "2026-13-45"},
        {"iin": "123456789012"},
        {"iin": "1' OR 1=1"},
        {"number": "%" * 60, "born_on": "2022-09-17"},
        {"number": "—", "born_on": "2022-09-17"},
        {"number": "\x00", "born_on": "2022-09-17"},
    ),
)
def test_what_cannot_be_asked_is_answered_with_a_sentence(visitor, typed):
    answer = asked(visitor, **typed)
    assert answer.status_code == 422 and "Мұндай өтініш жоқ" in answer.text


def test_who_asks_too_often_waits_and_others_do_not(city):
    def ask(address):
        browser = Browser(city.web.test_client())
        browser.client.environ_base["REMOTE_ADDR"] = address
        return asked(browser, number="ЖОҚ.2026.1", born_on="2022-09-17")

    found = [ask("10.1.1.1") for _ in range(8)]
    assert [one.status_code for one in found] == [404] * 5 + [429] * 3
    assert int(found[-1].headers["Retry-After"]) > 0 and "тым көп" in found[-1].text
    assert ask("10.1.1.2").status_code == 404


def test_an_official_who_is_signed_in_may_ask_as_everybody_may(city):
    with city.web.app_context():
        child = waiting(city)
        typed = {"number": child.number, "born_on": child.born_on.isoformat()}
    browser = city.sign_in("auditor")
    assert browser.client.post("/queue", data=typed).status_code == 200


def test_an_answer_is_kept_nowhere_on_its_way(city, visitor):
    with city.web.app_context():
        child = waiting(city)
        typed = {"number": child.number, "born_on": child.born_on.isoformat()}
    answer = asked(visitor, **typed)
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"


# ---------------------------------------------------------------- places, figures, protocol


def test_the_places_are_those_that_are_free_and_hold_for_what_is_asked(city, visitor):
    with city.web.app_context():
        place = public.district(city.own.place)
        every, count = public.free_places(place, page=1, size=100)
        assert count == len(every) > 2
        for free in every:
            group = free.vacancy.group
            rows, _ = public.free_places(
                place, page=1, size=100, language=group.language, year=group.birth_year_from, intake=free.vacancy.intake
            )
            assert free.vacancy.id in {one.vacancy.id for one in rows}
            assert {one.vacancy.group.language for one in rows} == {group.language}
        figures = public.figures([place], date(2026, 4, 13))[place.id]
        assert figures.free == sum(one.places for one in every)
        names = {one.vacancy.group.kindergarten.name for one in every}
    page = visitor.get(f"/places?district={city.own.place}&size=100").text
    assert all(name in page for name in names)
    assert "Барлығы" in visitor.get(f"/places?district={city.own.place}").text


def test_the_protocol_names_every_right_once_in_its_order(city, visitor):
    with city.web.app_context():
        place = public.district(city.own.place)
        rows, count = public.protocol(place, page=1, size=100)
        by_turn = sa.select(Referral).join(Application).where(Referral.voucher_id.is_(None))
        every = [
            *db.session.scalars(sa.select(Voucher).join(Application).where(Application.place_id == place.id)),
            *db.session.scalars(by_turn.where(Application.place_id == place.id)),
        ]
        assert count == len(every) > 0 and {one.number for one in every} == {row.number for row in rows}
        assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)
        groups = db.session.scalars(sa.select(Kindergarten.name).join(KgGroup).join(Vacancy)).all()
    page = visitor.get(f"/protocol/{city.own.place}?size=100").text
    assert all(row.number in page for row in rows) and not any(name in page for name in groups)


def test_the_phone_at_the_top_is_the_one_that_an_official_has_set(city, visitor):
    browser = city.sign_in("department")
    form = {
        "place": str(city.own.place),
        "name_kk": "Білім бөлімі",
        "name_ru": "Отдел образования",
        "address": "Абай, 1",
    }
    form |= {"phone": "", "support_phone": "+77162250001", "responsible": "Темірова А."}
    assert browser.post("/offices/add", form).status_code == 302
    assert 'href="tel:+77162250001"' in visitor.get(f"/d/{city.own.place}").text
    assert "+77162250001" not in visitor.get("/queue").text


def test_the_instructions_say_the_terms_in_force_in_the_district(city, visitor):
    said = " ".join(visitor.get(f"/help/voucher?district={city.own.place}").text.split())
    assert "<strong>2 жұмыс күні</strong> ішінде растаңыз" in said and "<strong>28 күнтізбелік күн</strong>" in said


def test_each_instruction_has_its_pictures_which_are_ours_small_and_said_in_words(city):
    """Issue 13, 2: by `make screenshots`, in the reader's language, loaded when one comes to them."""
    for language in ("kk", "ru"):
        browser, shown = Browser(city.web.test_client()), set()
        browser.get(f"/?lang={language}")
        for topic in ("join", "keys", "voucher", "referral", "private", "temporary"):
            said = browser.get(f"/help/{topic}").text
            found = re.findall(r'<img src="(/static/help/(\w+)-(\w+)\.png)[^"]*"([^>]*)>', said)
            assert found, topic
            for address, name, of, more in found:
                assert of == language and 'loading="lazy"' in more and re.search(r'alt="[^"]{9,}"', more)
                assert 2_000 < len(browser.get(address).data) <= pictures.LARGEST
                shown.add(name)
        assert shown == {name for name, _top in pictures.TAKEN.values()}


@pytest.mark.parametrize("language", ("kk", "ru"))
def test_the_pages_are_an_app_on_the_home_screen_in_the_readers_language(city, language):
    browser = Browser(city.web.test_client())
    browser.get(f"/?lang={language}")
    page = browser.get("/places")
    address = re.search(r'rel="manifest" href="([^"]+)"', page.text)[1]
    assert "manifest-src 'self'" in page.headers["Content-Security-Policy"]
    told = browser.get(address)
    facts = json.loads(told.data)
    assert (told.mimetype, facts["lang"], facts["display"]) == ("application/manifest+json", language, "standalone")
    for one in (*facts["icons"], *facts["shortcuts"], {"url": facts["start_url"]}):
        assert browser.get(one.get("src") or one["url"]).status_code in (200, 303)


def test_whoever_knows_an_iin_learns_of_no_right_and_of_no_health(city):
    """What a category or another queue says of a child is told by its number and birth date alone, not by its IIN."""
    with city.web.app_context():
        child = db.session.get_one(Application, city.own.waiting)  # first in order
        number, born_on, person = child.number, child.born_on.isoformat(), child.child_iin
    browser = Browser(city.web.test_client())
    by_number = browser.client.post("/queue", data={"number": number, "born_on": born_on}).text
    by_iin = browser.client.post("/queue", data={"iin": person}).text
    assert "бірінші кезекте" in by_number and "Жалпы білім беретін кезек" in by_number
    assert number in by_iin and "бірінші кезекте" not in by_iin and "Жалпы білім беретін кезек" not in by_iin
