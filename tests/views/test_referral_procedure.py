"""Spec 3.5, 3.8 on the screens: who is offered a place, who chooses, comes late, is let off and comes back."""

import re
from datetime import date
from html import unescape

import pytest

from app import words
from app.actions import offers, referrals
from app.db.database import transaction
from app.db.extensions import db
from app.models import Kindergarten, Notice, Unit
from app.now import now
from app.rules.roles import Role
from tests import factories
from tests.views.city import official
from tests.views.forms import says_yes

BUTTONS = re.compile(r'action="/applications/action/(\w+)/')


def row_of(city, table: str, pk: int) -> dict:
    return next(row for row in city.tables.rows()[table] if row["id"] == pk)


def verbs(browser, pk: int) -> set[str]:
    page = browser.get(f"/applications/show/{pk}").text
    return set(BUTTONS.findall(page)) | ({"choose"} if f"/applications/choose/{pk}" in page else set())


def do(browser, verb: str, pk: int, noun: str = "applications", **answer: str):
    return browser.post(f"/{noun}/action/{verb}/{pk}", {"sure": "yes", **answer}, follow_redirects=True)


def test_a_page_offers_what_can_be_done_and_nothing_else(city):
    department, operator = city.sign_in("department"), city.sign_in("operator")
    every = {"archive", "withdraw"}
    assert verbs(department, city.own.notified) == every | {"choose"}
    assert verbs(department, city.own.chose) == every | {"extend", "revoke"}
    assert verbs(department, city.own.stopped) == every | {"release"}
    assert verbs(department, city.own.back) == set()  # its return is asked for already
    assert verbs(department, city.own.came) == set()  # it has left: the family applies anew
    assert verbs(operator, city.own.chose) == {"extend", "withdraw"}  # the family's 24 hours are over
    assert verbs(operator, city.own.stopped) == {"withdraw"}


def test_choose_is_offered_where_there_is_something_to_choose(city):
    """S0: the button is there only while a place is free; a private one needs no turn here."""
    operator = city.sign_in("operator")
    assert "choose" in verbs(operator, city.own.waits)
    yes = {"sure": "yes", "vacancy": str(city.own.private), "paper_on": "2026-04-13"}
    assert operator.post(f"/applications/choose/{city.own.waits}", yes).status_code == 303
    chosen = row_of(city, "application", city.own.waits)
    assert (str(chosen["status"]), chosen["standing"]) == ("referred", False)
    assert verbs(operator, city.own.notified) == {"withdraw", "choose"}  # its own offer; the private one is taken
    page = operator.get(f"/applications/choose/{city.own.notified}").text
    assert f"vacancy={city.own.turn}" in page and f"vacancy={city.own.private}" not in page


def test_the_places_stand_under_the_seeds_own_headings_and_the_loss_of_the_queue_is_said(city):
    operator = city.sign_in("operator")
    operator.client.set_cookie("language", "kk")
    page = operator.get(f"/applications/choose/{city.own.notified}").text
    assert "Мемлекеттік балабақшаны таңдау" in page
    assert "Жеке балаларға арналған мектепке дейінгі ұйымды таңдау" in page
    assert "Мемлекеттік шағын орталықты таңдау" not in page
    sure = operator.get(f"/applications/choose/{city.own.notified}?vacancy={city.own.private}").text
    assert "мемлекеттік кезектен бірден шығады" in sure and "Қол қою және жіберу" in sure
    assert (
        "мемлекеттік кезектен бірден шығады"
        not in operator.get(f"/applications/choose/{city.own.notified}?vacancy={city.own.turn}").text
    )
    assert "Баланың мемлекеттік кезекте орны жоқ" in operator.get(f"/applications/show/{city.own.went}").text


def test_an_offer_says_what_will_follow_and_tells_the_next_child(city):
    specialist = city.sign_in("specialist")
    page = specialist.get(f"/vacancies/show/{city.own.turn}").text
    assert f"/vacancies/action/offer/{city.own.turn}" in page
    for vacancy in (city.own.private, city.own.vacancy, city.own.draft):  # no turn, other procedure, not published
        assert f"/vacancies/action/offer/{vacancy}" not in specialist.get(f"/vacancies/show/{vacancy}").text
    with city.tables.unchanged():
        asks = specialist.post(f"/vacancies/action/offer/{city.own.turn}")
        assert asks.status_code == 200 and "16.04.2026" in asks.text
    do(specialist, "offer", city.own.turn, "vacancies")
    assert str(row_of(city, "application", city.own.waits)["status"]) == "notified"
    assert f"/applications/show/{city.own.waits}" in specialist.get("/applications/list/?_flt_0_status=notified").text


def test_a_vacancy_shows_its_places_by_state(city):
    specialist = city.sign_in("specialist")
    specialist.client.set_cookie("language", "ru")
    page = unescape(specialist.get(f"/vacancies/show/{city.own.turn}").text)
    shown = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
    states = {name: shown[name] for name in ("Свободно", "Свободный выбор", "Предложено", "Закреплено", "Занято")}
    assert list(states.values()) == ["1", "0", "1", "1", "0"]


def test_a_referral_is_extended_by_the_office_with_a_reason_or_by_the_family_with_its_signature(city):
    operator, department = city.sign_in("operator"), city.sign_in("department")
    with city.tables.unchanged():
        for answer in ({}, {"until": "2026-04-30"}, {"until": "", "reason": "сырқат"}, {"until": "x", "reason": "x"}):
            assert (
                department.post(f"/applications/action/extend/{city.own.chose}", {"sure": "yes", **answer}).status_code
                == 422
            ), answer
        assert (
            operator.post(
                f"/applications/action/extend/{city.own.chose}", {"sure": "yes", "until": "2026-04-30", "reason": "x"}
            ).status_code
            == 422
        )  # who only stands for the family names its paper
        too_long = do(department, "extend", city.own.chose, until="2026-05-14", reason="сырқат")
        assert 'class="flash danger"' in too_long.text
    do(operator, "extend", city.own.chose, until="2026-04-30", paper_on="2026-04-13")
    assert str(row_of(city, "referral", city.own.direct)["attend_by"]) == "2026-04-30"
    told = [row for row in city.tables.rows()["change"] if row["verb"] == "extend"]
    assert {(row["for_family"], str(row["paper_on"])) for row in told} == {(True, "2026-04-13")}
    assert "extend" not in verbs(department, city.own.chose)


def test_a_family_is_too_late_to_take_a_referral_back_where_the_office_may_with_a_reason(city):
    department = city.sign_in("department")
    with city.tables.unchanged():
        answer = do(department, "revoke", city.own.chose, paper_on="2026-04-13")
        assert 'class="flash danger"' in answer.text
    do(department, "revoke", city.own.direct, "referrals", reason="қателік")
    assert str(row_of(city, "referral", city.own.direct)["status"]) == "revoked"
    assert str(row_of(city, "application", city.own.chose)["status"]) == "queued"


def test_an_official_lets_a_child_off_the_stop_list(city):
    do(city.sign_in("specialist"), "release", city.own.stopped)
    assert str(row_of(city, "application", city.own.stopped)["status"]) == "queued"


def test_a_return_is_asked_for_by_one_and_decided_by_another(city):
    department = city.sign_in("department")
    page = department.get(f"/applications/show/{city.own.back}").text
    assert f"/proposals/action/approve/{city.own.proposal}" in page
    assert f"/proposals/show/{city.own.proposal}" in department.get("/proposals/list/").text
    do(department, "reject", city.own.proposal, "proposals")
    assert str(row_of(city, "application", city.own.back)["status"]) == "archived"
    assert f"/proposals/show/{city.own.proposal}" not in department.get("/proposals/list/").text
    do(department, "reinstate", city.own.back, reason="қайтып келді")
    asked = max(row["id"] for row in city.tables.rows()["proposal"])
    assert f"/proposals/action/approve/{asked}" not in department.get(f"/applications/show/{city.own.back}").text
    with city.tables.unchanged():
        refused = says_yes(department, f"/proposals/action/approve/{asked}", follow_redirects=True)
        assert 'class="flash danger"' in refused.text
    assert row_of(city, "proposal", asked)["approved"] is None


def test_a_second_person_puts_a_child_back(city):
    says_yes(city.sign_in("department"), f"/proposals/action/approve/{city.own.proposal}")
    assert str(row_of(city, "application", city.own.back)["status"]) == "queued"


def test_a_head_records_an_absence_and_a_leave(city):
    """S1, spec 3.6, 3.8: the absence drafts a temporary vacancy, the leave frees the place."""
    head = city.sign_in("head")
    assert verbs(head, city.own.enrolled) == {"absent", "leave"}
    days = {"from_on": "2026-04-20", "until": "2026-05-20"}
    with city.tables.unchanged():
        for wrong in ({}, days, {"reason": "шипажай"}, {**days, "until": "2026-04-01", "reason": "шипажай"}):
            answer = do(head, "absent", city.own.enrolled, **wrong)
            assert answer.status_code == 422 or 'class="flash danger"' in answer.text
    page = do(head, "absent", city.own.enrolled, reason="шипажай", **days).text
    drafted = row_of(city, "vacancy", max(row["id"] for row in city.tables.rows()["vacancy"]))
    assert (str(drafted["status"]), str(drafted["ends_on"])) == ("draft", "2026-05-20")
    assert f"/vacancies/show/{drafted['id']}" in page
    do(head, "leave", city.own.enrolled)
    assert str(row_of(city, "application", city.own.enrolled)["status"]) == "archived"


def test_a_head_revokes_no_voucher(city):
    head = city.sign_in("head")
    with city.tables.unchanged():
        assert "revoke" not in verbs(head, city.own.application)
        assert 'class="flash danger"' in do(head, "revoke", city.own.application, reason="қателік").text


def test_a_head_enrols_and_revokes_by_referrals_and_is_not_lost_on_a_page_that_is_no_longer_its_own(web, town):
    with web.app_context(), transaction():
        kindergarten = db.session.get_one(Kindergarten, town.other)
        factories.norm("procedure", "referral", Unit.CHOICE, kindergarten.place, since=date(2026, 2, 1))
        vacancy = factories.vacancy(factories.group(kindergarten, (2023, 2023), capacity=2), places=2)
        children = [factories.application(kindergarten.place, date(2023, 1, 9)) for _ in range(2)]
        offers.offer(vacancy, by=factories.DEPARTMENT, at=now())
        chosen = [referrals.choose(a, vacancy, by=factories.family(a), at=now()).id for a in children]
        official("other head", Role.head, kindergarten)
    head = town.sign_in("other head")
    assert f"/referrals/action/enrol/{chosen[0]}" in head.get(f"/referrals/show/{chosen[0]}").text
    assert do(head, "enrol", chosen[0], "referrals").request.path == f"/referrals/show/{chosen[0]}"
    assert head.get(f"/referrals/show/{chosen[0]}").text.count("/referrals/action/") == 0
    answer = do(head, "revoke", chosen[1], "referrals", reason="орын жоқ")
    assert (answer.status_code, answer.request.path) == (200, "/referrals/list/")


def test_every_row_of_a_list_has_a_cell_for_every_column(city):
    page = city.sign_in("department").get("/vacancies/list/").text
    columns = len(re.findall(r"<th\b", page))
    rows = re.findall(r"<tr>(.*?)</tr>", page.split("<tbody>")[1], re.S)
    assert {len(re.findall(r"<td\b", row)) for row in rows} == {columns}


FACTS = {"kindergarten": "«Арман»", "last_day": "2026-04-16"}
NOTICES = (
    ("offer", {"priority_by": "2026-04-16"}, "не позднее 16.04.2026"),
    ("pass_over", {}, "свободном выборе"),
    ("choose", {"attend_by": "2026-04-16"}, "не позднее 16.04.2026"),
    ("choose", {"choose_by": "2026-04-16"}, "в разделе «Документы»"),
    ("enrol", {}, "«Арман»"),
    ("miss", {"until": "2026-05-04"}, "по 04.05.2026"),
    ("miss", {"misses": 2}, "снят с очереди"),
    ("miss", {"until": None}, "заблокировано"),
    ("release", {}, "стоп-листе закончилось"),
    ("revoke", {"reason": "қате"}, "отозвано: қате"),
    ("revoke", {"reason": None}, "Вы вернули"),
    ("extend", {"attend_by": "2026-05-10"}, "10.05.2026"),
    ("extend", {"choose_by": "2026-05-10"}, "ваучера продлён по 10.05.2026"),
    ("reinstate", {"reason": "қате"}, "снова в очереди"),
    ("leave", {}, "выбыл: «Арман»"),
    ("remind", {"term": "attend_by"}, "Придите с направлением"),
    ("remind", {"term": "priority_by"}, "Предложенное вам место"),
)


@pytest.mark.parametrize(("template", "facts", "said"), NOTICES)
def test_a_notice_says_what_happened(web, template, facts, said):
    told = Notice(template=template, audience="family", facts={**FACTS, **facts})
    with web.test_request_context("/", headers={"Accept-Language": "ru"}):
        assert said in words.notice(told)
        assert "—" not in words.notice(told).replace("Направление —", "") and "%(" not in words.notice(told)
