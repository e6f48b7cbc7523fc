"""Every screen opens for whom it is meant, in both languages."""

import pytest

LISTS = (
    "applications",
    "vouchers",
    "referrals",
    "vacancies",
    "kindergartens",
    "groups",
    "norms",
    "queue-orders",
    "days-off",
    "history",
    "notices",
)


@pytest.mark.parametrize("noun", LISTS)
def test_the_department_sees_every_list(town, noun):
    answer = town.sign_in("department").get(f"/{noun}/list/")
    assert answer.status_code == 200, answer.text


def test_a_child_has_a_page(town):
    answer = town.sign_in("department").get(f"/applications/show/{town.child}")
    assert answer.status_code == 200
    assert "ОДО.2026.248" in answer.text
