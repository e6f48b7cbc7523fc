"""S2 «Изменить льготность»: a privilege is claimed, confirmed and rejected on the application's page."""

import pytest

from app.db.extensions import db
from app.models import Application, Privilege, PrivilegeKind
from tests.views.forms import Fields, valid

CLAIM = {
    "ground": "military",
    "paper_title": "Қызмет орнынан анықтама",
    "paper_number": "17/284",
    "paper_issued_by": "Қорғаныс істері жөніндегі басқарма",
    "paper_issued_on": "2026-04-01",
    "paper_on": "2026-04-13",
}


def known(city, pk: int) -> tuple[list[str], str | None]:
    with city.web.app_context():
        row = db.session.get_one(Application, pk)
        return [p.status for p in row.privileges], row.privilege


def test_a_claim_with_its_signature_is_confirmed_and_rejected_on_the_page(city):
    pk, operator, office = city.own.late, city.sign_in("operator"), city.sign_in("specialist")
    claim, show = f"/applications/claim-privilege/{pk}", f"/applications/show/{pk}"
    for status in (303, 422):  # the second time one is undecided
        assert operator.post(claim, {**Fields(operator.get(claim).text).values, **CLAIM}).status_code == status
    page = office.get(show).text
    for text in (
        "17/284",
        "Қызмет орнынан анықтама",
        "01.04.2026",
        f"confirm_privilege/{pk}",
        f"reject_privilege/{pk}",
    ):
        assert text in page
    assert f"confirm_privilege/{pk}" not in operator.get(show).text
    assert office.post(f"/applications/action/confirm_privilege/{pk}", {"sure": "yes"}).status_code == 303
    assert known(city, pk) == (["confirmed"], PrivilegeKind.out_of_turn)
    assert "01.05.2026" in operator.get(show).text
    assert office.post(f"/applications/action/reject_privilege/{pk}", {"sure": "yes"}).status_code == 422
    assert known(city, pk) == (["confirmed"], PrivilegeKind.out_of_turn)
    yes = {"sure": "yes", "reason": "анықтама басқа баланікі"}
    assert office.post(f"/applications/action/reject_privilege/{pk}", yes).status_code == 303
    assert known(city, pk) == (["rejected"], None)
    assert "анықтама басқа баланікі" in operator.get(show).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ground", ""),
        ("ground", "nonsense"),
        ("paper_title", " "),
        ("paper_issued_on", ""),
        ("paper_issued_on", "2026-04-14"),
        ("paper_issued_on", "2026-02-31"),
        ("paper_on", "2026-04-14"),
        ("paper_number", "7" * 61),
    ],
)
def test_a_claim_with_nonsense_says_so_at_its_field_and_changes_nothing(city, field, value):
    with city.tables.unchanged():
        address = f"/applications/claim-privilege/{city.own.late}"
        answer = city.sign_in("operator").post(address, {**CLAIM, field: value})
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text


def test_a_child_is_put_into_the_queue_with_its_ground_and_paper(city):
    answer = city.sign_in("operator").post("/applications/add", valid("applications", city.own))
    assert answer.status_code == 302
    with city.web.app_context():
        row = db.session.scalars(db.select(Privilege).order_by(Privilege.id.desc())).first()
        assert (row.ground, row.kind, row.status) == ("large_family", "first_order", "claimed")
        assert [(p.title, p.number, f"{p.issued_on}") for p in row.papers] == [("Анықтама", "12-345", "2024-02-01")]
