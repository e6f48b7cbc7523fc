"""Spec 8.1: search from any page, by IIN, any spelling of a number, name, voucher or referral number."""

import logging
import re

import pytest
import sqlalchemy as sa

from app.access.row_scope import looking_as
from app.actions import search
from app.actions.accounts import actor_of
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Child, Referral, User, Voucher
from app.rules.roles import Role
from tests import factories
from tests.views.test_scope import FOREIGN


def row(city, table: str, pk: int) -> dict:
    return next(one for one in city.tables.rows()[table] if one["id"] == pk)


def hits(text: str) -> set[str]:
    """The addresses that the lines of a page of results lead to."""
    return set(re.findall(r'data-label="[^"]+"><a href="(/[a-z]+/show/\d+)"', text))


def people(city, pk: int) -> tuple[dict, dict]:
    """The child and the applicant of an application."""
    application = row(city, "application", pk)
    return row(city, "child", application["child_id"]), row(city, "applicant", application["applicant_id"])


def rename(city, pk: int, **values: str) -> None:
    with city.web.app_context(), transaction():
        application = db.session.get_one(Application, pk)
        for name, value in values.items():
            setattr(application if name.startswith("number") else application.child, name, value)


@pytest.mark.parametrize(
    "spelling",
    [
        "ОДО.2026.248",
        "odo 2026 248",
        "ОДО-2026/248",
        "№ ОДО.2026.248",
        "№ОДО.2026.248",
        "No. ОДО 2026 248",
        "нөмірі: ОДО.2026.248",
        "өтініш № ОДО.2026.248",
        "Заявление: ОДО.2026.248",
        "одо2026.248",
        "OДО  2026 248",
        " о д о . 2026 . 248".replace(" о д о ", "ОДО"),
    ],
)
def test_a_number_in_any_spelling_leads_straight_to_its_application(town, spelling):
    answer = town.sign_in("department").post("/search/", {"q": spelling})
    assert (answer.status_code, answer.location) == (303, f"/applications/show/{town.child}")


def test_the_beginning_of_a_number_finds_all_that_begin_so_and_a_whole_one_itself_alone(city):
    browser = city.sign_in("department")
    for number, pk in (("ЖБ.2026.77", city.own.waiting), ("ЖБ.2026.771", city.own.late)):
        rename(city, pk, number=number, number_key=search.fold(number))
    own = {f"/applications/show/{city.own.waiting}", f"/applications/show/{city.own.late}"}
    assert hits(browser.post("/search/", {"q": "жб 2026 7"}).text) == own
    assert browser.post("/search/", {"q": "жб-2026-77"}).location == f"/applications/show/{city.own.waiting}"


def test_an_iin_of_the_child_or_of_the_applicant_is_found_as_it_is(city):
    browser = city.sign_in("department")
    for person in people(city, city.own.waiting):
        iin = person["iin"]
        for sought in (iin, f"{iin[:6]} {iin[6:]}", f"ИИН {iin}", f"ЖСН: {iin}"):
            assert browser.post("/search/", {"q": sought}).location == f"/applications/show/{city.own.waiting}"
        assert hits(browser.post("/search/", {"q": person["iin"][:11]}).text) == set()


@pytest.mark.parametrize(
    "sought",
    ["Сейтқали", "сейтқ", "АЙГҮ", "айгү сейт", "фараби", "Әл-Фараби Айгүл", "серікқы", "Сейтқали  Айгүл Серікқызы"],
)
def test_a_child_is_found_by_the_beginning_of_any_word_of_its_name(city, sought):
    rename(city, city.own.waiting, last_name="Сейтқали", first_name="Айгүл Әл-Фараби", patronymic="Серікқызы")
    answer = city.sign_in("department").post("/search/", {"q": sought})
    assert (answer.status_code, answer.location) == (303, f"/applications/show/{city.own.waiting}")


@pytest.mark.parametrize(
    ("last_name", "first_name", "patronymic", "spellings"),
    [
        ("Қарлығашева", "Үміт", "Өмірбекқызы", ["карлыгашева", "Карлыгашева Умит", "умит омирбек кызы", "ҮМІТ"]),
        ("Карлыгашева", "Умит", "Омирбек кызы", ["қарлығашева", "Үміт Өмірбекқызы", "УМIТ"]),
        ("Алёшина", "Зоя", "Серік ұлы", ["алешина", "АЛЁШИНА", "серикулы", "Серiк улы"]),
        ("Tюлeнoва", "Гaухар", "", ["тюленова", "Гауһар", "гауhар"]),  # e, o, T, a are Latin ones
    ],
)
@pytest.mark.parametrize("who", ["child", "applicant"])
def test_a_child_and_an_applicant_are_found_whatever_people_mix_up(
    city, who, last_name, first_name, patronymic, spellings
):
    with city.web.app_context(), transaction():
        person = getattr(db.session.get_one(Application, city.own.waiting), who)
        person.last_name, person.first_name, person.patronymic = last_name, first_name, patronymic
    browser = city.sign_in("department")
    for sought in spellings:
        answer = browser.post("/search/", {"q": sought})
        assert (answer.status_code, answer.location) == (303, f"/applications/show/{city.own.waiting}"), sought


@pytest.mark.parametrize(
    "sought",
    ["+77051234567", "8 705 123 45 67", "8(705)123-45-67", "7051234567", "+7 (705) 123 45 67", "8-705-1234567"],
)
def test_an_application_is_found_by_its_phone_in_any_spelling(city, sought):
    with city.web.app_context(), transaction():
        db.session.get_one(Application, city.own.waiting).phone = "+77162251234, +77051234567"
    browser = city.sign_in("department")
    assert browser.post("/search/", {"q": sought}).location == f"/applications/show/{city.own.waiting}"
    assert hits(browser.post("/search/", {"q": sought[:-1] + "8"}).text) == set()
    assert hits(city.sign_in("auditor").post("/search/", {"q": sought}).text) == set()


def test_hits_stand_in_the_order_of_the_alphabet(city):
    names = ["Әлиев", "Бек", "Қайрат", "Ұлан", "Үсен", "Ырыс", "Ілияс"]
    with city.web.app_context(), transaction():
        place = db.session.get_one(factories.Place, city.own.place)
        for name in names[::-1]:
            factories.application(place).child.last_name = f"Алфавит {name}"
    text = city.sign_in("department").post("/search/", {"q": "алфавит"}).text
    assert re.findall(r"Алфавит (\w+)", text) == names


@pytest.mark.parametrize("sought", ["ейтқали", "Сейтқали Болат", "йгүл", "%", "_", "' OR 1=1 --", "a & | b", "\\", "С"])
def test_the_middle_of_a_name_or_what_is_no_name_finds_nothing(city, sought):
    rename(city, city.own.waiting, last_name="Сейтқали", first_name="Айгүл", patronymic="")
    answer = city.sign_in("department").post("/search/", {"q": sought})
    assert (answer.status_code, hits(answer.text)) == (200, set()), sought


def test_vouchers_and_referrals_are_found_by_their_numbers(city):
    with city.web.app_context():
        numbers = {
            f"/vouchers/show/{city.own.voucher}": db.session.get_one(Voucher, city.own.voucher).number,
            f"/referrals/show/{city.own.referral}": db.session.get_one(Referral, city.own.referral).number,
        }
    browser = city.sign_in("department")
    for address, number in numbers.items():
        spellings = [number, number.lower().replace("-", " "), number.replace("-", "").replace("В", "B")]
        spellings += [f"№ {number}", f"№{number}", f" № {number.replace('-', ' - ')} ", f"N {number}", f"«{number}»"]
        spellings += [f"ваучер {number}", f"Жолдама № {number}", f"voucher: {number}"]
        spellings += [number.replace("В", "v"), f"{number[:-3]} {number[-3:]}", number.replace("-000", "-")]
        for spelling in spellings:
            assert browser.post("/search/", {"q": spelling}).location == address, spelling
        assert browser.post("/search/", {"q": number.replace("2026", "2025")}).status_code == 200
    (number, _) = numbers.values()  # whoever opens no register of vouchers comes to the application
    assert city.sign_in("head").post("/search/", {"q": number}).location == f"/applications/show/{city.own.application}"


def test_more_than_a_page_of_hits_says_so(city):
    with city.web.app_context(), transaction():
        place = db.session.get_one(factories.Place, city.own.place)
        for _ in range(search.MOST + 1):
            factories.application(place).child.last_name = "Көпшілік"
    text = city.sign_in("department").post("/search/", {"q": "көпшілік"}).text
    assert len(hits(text)) == search.MOST
    assert 'class="help"' in text.split("<main")[1]


def test_a_search_finds_nothing_outside_of_ones_reach_whatever_is_typed(city):
    """Of every foreign application: its number, both IINs, the child's names, its voucher and its referral."""
    everything = {role: city.sign_in(str(role)) for role in FOREIGN if FOREIGN[role]}
    found = []
    for role, browser in everything.items():
        for where in FOREIGN[role]:
            pk = vars(city)[where].application
            child, applicant = people(city, pk)
            with city.web.app_context():
                papers = [db.session.get_one(Voucher, vars(city)[where].voucher).number]
                papers += [db.session.get_one(Referral, vars(city)[where].referral).number]
            texts = [
                row(city, "application", pk)["number"],
                child["iin"],
                applicant["iin"],
                child["last_name"],
                *papers,
            ]
            for text in texts:
                answer = browser.post("/search/", {"q": text})
                foreign = [vars(city)[where].application, vars(city)[where].voucher, vars(city)[where].referral]
                if answer.status_code == 303 and int(answer.location.rpartition("/")[2]) in foreign:
                    found.append((role, where, text))
                if any(f'/show/{one}"' in answer.text for one in foreign):
                    found.append((role, where, text))
    assert found == []


def test_each_kind_of_search_is_cut_to_the_viewers_reach(city):
    """The same below the page: what the city's canaries would hide from an exact look-up is not hidden here."""
    with city.web.app_context():
        specialist = actor_of(db.session.get_one(User, city.own.specialist_account))
        abroad = db.session.get_one(Application, city.district.application)
        abroad.child.last_name, abroad.number_key = "Алыстағы", "XX-2026-9"
        child = db.session.scalar(sa.select(Child.iin).where(Child.id == abroad.child_id))
        db.session.flush()
        sought = ("алыстағы", "XX-2026-9", "XX 2026", child if child.isdigit() else "алыс")
        assert all(any(search.find(text)) for text in sought)
        with looking_as(specialist):
            db.session.expire_all()
            assert not any(any(search.find(text)) for text in sought)
        db.session.rollback()


def test_nothing_that_was_typed_stands_in_an_address_a_log_a_cookie_or_a_table(city, caplog):
    browser = city.sign_in("department")
    child, _ = people(city, city.own.waiting)
    with city.tables.unchanged(), city.tables.writes() as written, caplog.at_level(logging.DEBUG):
        answer = browser.post("/search/", {"q": child["iin"]})
        assert child["iin"] not in answer.location and child["iin"] not in caplog.text
        assert child["iin"] not in str(answer.headers)
        text = browser.post("/search/", {"q": "990101300012"}).text
    assert written == []
    assert not re.search(r'(?:href|action)="[^"]*990101300012', text)
    assert 'method="post" action="/search/"' in text and 'name="q"' in text


def test_the_box_is_on_every_page_of_whoever_may_search(city):
    for role in Role:
        if role in FOREIGN:
            text = city.sign_in(str(role)).get("/").text
            assert ('action="/search/"' in text) == (role is not Role.administrator)


def test_a_search_takes_at_most_eight_statements(city):
    browser, seen = city.sign_in("department"), []
    browser.post("/search/", {"q": "-"})  # from now on the browser knows its CSRF token
    sa.event.listen(city.tables.engine, "before_cursor_execute", note := lambda *said: seen.append(said[2]))
    try:
        for sought in ("жб 2026 7", "айгүл", "990101300012", "В-2026-000001"):
            seen.clear()
            browser.post("/search/", {"q": sought})
            selects = [text for text in seen if text.startswith(("SELECT", "WITH"))]
            assert len(selects) <= 8, (sought, selects)
    finally:
        sa.event.remove(city.tables.engine, "before_cursor_execute", note)
