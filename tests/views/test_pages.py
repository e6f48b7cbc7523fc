"""Every screen opens for whom it is meant, in both languages."""

import pytest

from app.rules.roles import Role
from tests.registers import OTHERS

LISTS = (
    "applications",
    "vouchers",
    "referrals",
    "vacancies",
    "kindergartens",
    "groups",
    "norms",
    "queue-orders",
    "contract-texts",
    "days-off",
    "history",
    "notices",
    *(one.noun for one in OTHERS if Role.department in one.readers),
)


@pytest.mark.parametrize("noun", LISTS)
def test_the_department_sees_every_list(town, noun):
    answer = town.sign_in("department").get(f"/{noun}/list/")
    assert answer.status_code == 200, answer.text


def test_a_child_has_a_page(town):
    answer = town.sign_in("department").get(f"/applications/show/{town.child}")
    assert answer.status_code == 200
    assert "ОДО.2026.248" in answer.text


def test_the_list_of_notices_says_each_of_them_in_a_sentence(town):
    text = town.sign_in("department").get("/notices/list/").text
    assert "ОДО.2026.248" in text.split("<tbody>")[1]
    assert 'class="none"' not in text.split("<tbody>")[1]
