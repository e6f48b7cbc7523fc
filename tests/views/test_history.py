"""The history is read by people: which record, what changed in words, by whom; filtered, never raw."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask_babel import force_locale

from app import words
from app.access.permissions import EVERY_VERB
from app.actions import applications, chain, records
from app.actions.accounts import actor_of
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change, Kindergarten, KindergartenKind, User
from app.rules.roles import Role
from app.views.history import _verbs
from tests import factories
from tests.factories import DEPARTMENT, at
from tests.reading import LANGUAGES, raw, text_of
from tests.views import routes
from tests.views.forms import Fields
from tests.views.test_lists import reader, shown

NAMES = frozenset(map(str, Role))  # the city's accounts are called by their roles


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verb_of_every_record_has_words_in_every_language(web, language):
    verbs = {(verb, model.__tablename__) for model, known in EVERY_VERB.items() for verb in known}
    with web.test_request_context(), force_locale(language):
        told = {pair: words.happened(*pair) for pair in verbs} | {("", s): str(words.SUBJECTS[s]) for _v, s in verbs}
        asked = {pair: words.verb(*pair) for pair in verbs} | {(v, ""): text for v, text in _verbs()}
        bare = [
            (pair, text) for pair, text in [*told.items(), *asked.items()] if text == pair[0] or not text or "_" in text
        ]
        english = {pair for pair, text in told.items() if re.fullmatch(r"[A-Za-z ,.']+", text)}
    assert bare == []
    assert language == "en" or english == set()


def test_every_fact_that_is_kept_has_a_label_or_is_nothing_to_be_read(city):
    with city.web.app_context():
        kept = {name for row in db.session.scalars(sa.select(Change)) for name in row.details or ()}
    assert {name for name in kept if not words.known(name)} <= {"text"}  # the city's canaries alone


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_shows_a_code_or_braces_or_a_clause_of_our_own(city, language):
    found = []
    for noun in routes.REGISTERS:
        browser = city.sign_in(reader(noun))
        browser.client.set_cookie("language", language)
        pages = [f"/{noun}/list/"]
        pages += [
            f"/{noun}/show/{pk}" for pk in shown(noun, browser.get(pages[0]).text)[: 40 if noun == "history" else 4]
        ]
        found += [(page, one) for page in pages for one in raw(text_of(browser.get(page).text), language, NAMES)]
    browser = city.sign_in("department")
    browser.client.set_cookie("language", language)
    for page in ("/", "/rules/", f"/applications/why/{city.own.waiting}", f"/rounds/show/{city.own.round}"):
        found += [(page, one) for one in raw(text_of(browser.get(page).text), language, NAMES)]
    assert found == []


def test_a_row_names_and_links_its_record_and_says_what_changed_from_what_to_what(city):
    browser = city.sign_in("specialist")
    browser.client.set_cookie("language", "ru")
    with city.web.app_context(), transaction():
        row = db.session.get_one(Kindergarten, city.own.kindergarten)
        by = actor_of(db.session.get_one(User, city.own.specialist_account))
        values = {"kind": KindergartenKind.mini_centre, "address": "Абай 1"}
        records.change(row, values, by=by, at=at("2026-04-13T09:00"))
        name = row.name
    text = browser.get("/history/list/?_flt_0_subject=kindergarten").text
    first = re.search(r"(?s)<tbody>.*?</tr>", text)[0]
    assert f'href="/kindergartens/show/{city.own.kindergarten}">{name.replace("«", "«")}</a>' in first
    assert re.search(r"Вид</b>: Ясли-сад → Мини-центр", first) and "Адрес</b>: " in first and "→ Абай 1" in first
    assert "13.04.2026" in first and "mini_centre" not in first


def test_what_was_chosen_of_several_is_kept_and_read_before_and_after(city):
    browser, address = city.sign_in("administrator"), f"/clients/edit/{city.own.client}"
    given = Fields(browser.get(address).text).values
    assert given["verbs"] == ["confirm", "choose"]
    assert browser.post(address, {**given, "verbs": ["sign", "confirm"]}).status_code == 302
    with city.web.app_context():
        change = db.session.scalars(sa.select(Change).order_by(Change.id.desc())).first()
        assert (change.subject, change.details) == ("client", {"verbs": [["confirm", "choose"], ["confirm", "sign"]]})
        with city.web.test_request_context(), force_locale("ru"):
            (told,) = words.changed(change, lambda *_fact: "")
    assert told == (
        "Какие действия",
        "Подтвердить интерес; Выбор детского сада",
        "Подтвердить интерес; Подписать договор",
    )
    assert browser.post(address, {**Fields(browser.get(address).text).values, "verbs": []}).status_code == 302
    assert Fields(browser.get(address).text).values["verbs"] == []  # what is not ticked is not sent


def test_a_record_outside_of_ones_reach_is_neither_named_nor_linked(city):
    browser, named = city.sign_in("head"), {}
    for pk in shown("history", browser.get("/history/list/?psize_HistoryView=100").text):
        page = browser.get(f"/history/show/{pk}")
        named |= dict.fromkeys(re.findall(r'href="(/[a-z-]+/show/\d+)"', page.text), pk)
    assert len(named) > 10
    assert [(pk, address) for address, pk in named.items() if browser.get(address).status_code != 200] == []


def test_the_history_is_filtered_by_person_verb_record_district_and_day(city):
    browser = city.sign_in("department")
    with city.web.app_context():
        every = {row.id: row for row in db.session.scalars(sa.select(Change).options(sa.orm.joinedload(Change.user)))}
        for row in every.values():
            row.local = row.at.astimezone(factories.LOCAL).date()

    def seen(**asked: str) -> set[int]:
        query = "&".join(f"_flt_0_{name}={value}" for name, value in asked.items())
        return set(shown("history", browser.get(f"/history/list/?psize_HistoryView=100&{query}").text))

    whole = seen(verb="sign") | seen(verb="choose")
    assert whole and {every[pk].verb for pk in whole} == {"sign", "choose"}
    assert {every[pk].subject for pk in seen(subject="contract")} == {"contract"}
    day = max(row.local for row in every.values() if row.place_id == city.own.place)
    on_it = seen(place=str(city.own.place), since=day.isoformat(), to=day.isoformat())
    assert on_it and {(every[pk].local, every[pk].place_id) for pk in on_it} == {(day, city.own.place)}
    assert not on_it & seen(to=(day - timedelta(1)).isoformat(), place=str(city.own.place))
    person = next(row.user for row in every.values() if row.user and row.place_id == city.own.place)
    found = seen(person=person.last_name.upper())
    assert found and {every[pk].user.last_name for pk in found} == {person.last_name}
    assert seen(person="жоқ") == set()
    for name, value in (("verb", "fly"), ("subject", "moon"), ("since", "2026-02-30"), ("to", "x")):
        assert browser.get(f"/history/list/?_flt_0_{name}={value}").status_code == 400


def test_what_is_known_of_people_stays_closed_to_an_auditor_in_the_history_too(city):
    with city.web.app_context(), transaction():
        row = db.session.get_one(Application, city.own.waiting)
        applications.change(row, by=factories.DEPARTMENT, at=at("2026-04-13T09:30"), address="Құпия көше 5")
    pages = {
        role: city.sign_in(role).get("/history/list/?_flt_0_verb=change").text for role in ("department", "auditor")
    }
    assert "Құпия көше 5" in pages["department"] and "Құпия көше 5" not in pages["auditor"]


def test_whoever_reads_the_history_sees_until_when_it_is_sealed(city):
    browser = city.sign_in("auditor")
    with city.web.app_context(), transaction():
        renamed = db.session.get_one(Kindergarten, city.own.kindergarten)
        records.change(renamed, {"address": "Абай 1"}, by=DEPARTMENT, at=at("2026-04-10T10:00"))
        assert chain.seal(at=at("2026-04-10T10:00:30")) == 1
        count, head = chain.last_seal().position, chain.last_seal().head.hex()
    browser.client.set_cookie("language", "en")
    page = text_of(browser.get("/history/list/").text)
    assert f"Sealed until 10.04.2026 10:00:30: {count:,} records" in page
    assert f"Head of the chain: {head[:16]}…" in page
