"""What a contract says: the text in force on its day, put in force by two people, and kept for good."""

from datetime import date

import pytest

from app.actions import applications, clock, contracts, possible, referrals, shipping, vouchers
from app.db.extensions import db
from app.models import Application, Change, ContractText, DocumentKind, Outbox
from app.papers import documents, facts
from app.rules.refusals import Reason, Refusal
from tests.factories import (
    DEPARTMENT,
    application,
    at,
    contract_text,
    district,
    family,
    group,
    head,
    kindergarten,
    vacancy,
)


@pytest.fixture
def place(app):
    return district()


def chosen(place, day: str = "2026-04-10") -> Application:
    """A family has chosen a place with its voucher on that day, and the contract was drawn up."""
    free, child = vacancy(group(kindergarten(place, name=f"№{day}"))), application(place)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at(f"{day}T09:00"))
    vouchers.confirm(child, by=family(child), at=at(f"{day}T10:00"))
    referrals.choose(child, free, by=family(child), at=at(f"{day}T12:00"))
    return child


def printed(child: Application) -> list[str]:
    """What the subject of each version of the contract says, the oldest first."""
    papers = [one for one in child.documents if one.kind is DocumentKind.contract]
    return [one.facts["text_ru"][0] for one in sorted(papers, key=lambda one: one.version)]


def test_the_text_in_force_on_the_day_of_the_contract_is_printed(place):
    contract_text(place, date(2026, 4, 1), subject_ru="Прежний предмет.")
    contract_text(place, date(2026, 4, 9), subject_ru="Предмет: {child}, {kindergarten}.")
    contract_text(place, date(2026, 4, 11), subject_ru="Будущий предмет.")
    contract_text(place, date(2026, 4, 10), None, subject_ru="Никем не утверждено.")
    child = chosen(place)
    assert printed(child) == [f"Предмет: {child.child.full_name}, №2026-04-10."]


def test_the_text_of_the_nearest_place_is_printed(place):
    contract_text(place.parent, date(2026, 4, 9), subject_ru="Областной предмет.")
    contract_text(place, date(2026, 4, 1), subject_ru="Городской предмет.")
    assert printed(chosen(place)) == ["Городской предмет."]


def test_a_contract_keeps_its_text_whatever_comes_into_force_afterwards(place):
    """Also on the same day, and in every later version of its paper."""
    contract_text(place, date(2026, 4, 1), subject_ru="Прежний предмет.")
    child = chosen(place)
    contract_text(place, date(2026, 4, 2), at("2026-04-10T12:30"), subject_ru="Новый предмет.")
    clock.run(at=at("2026-04-10T13:00"), place_id=place.id)
    assert printed(child) == ["Прежний предмет."]
    contracts.sign(child, by=family(child), at=at("2026-04-10T14:00"))
    assert printed(child) == ["Прежний предмет."] * 2
    assert printed(chosen(place, "2026-04-13")) == ["Новый предмет."]


@pytest.fixture
def wordless(place):
    """A place where no text of contracts is in force."""
    for text in db.session.scalars(db.select(ContractText)):
        text.approved_at = None
    db.session.flush()
    return place


def test_without_a_text_there_is_no_contract_and_nothing_is_lost(wordless):
    child = chosen(wordless)
    assert child.status == "referred" and printed(child) == []
    assert {one.kind for one in child.documents} >= {DocumentKind.referral, DocumentKind.child_card}
    assert contracts.waits_for_text(child.referrals[0].contract)
    with pytest.raises(Refusal) as refused:
        contracts.sign(child, by=family(child), at=at("2026-04-10T13:00"))
    assert (refused.value.reason, refused.value.facts["no_text"]) == (Reason.no_norm, True)
    assert "sign" not in possible.verbs(child, by=family(child), at=at("2026-04-10T13:00"))


def test_it_is_made_once_a_text_is_in_force(wordless):
    child = chosen(wordless)
    contract_text(wordless, date(2026, 4, 14), at("2026-04-13T10:00"), subject_ru="Предмет договора.")
    clock.run(at=at("2026-04-13T10:01"), place_id=wordless.id)
    assert printed(child) == []
    clock.run(at=at("2026-04-14T00:01"), place_id=wordless.id)
    clock.run(at=at("2026-04-14T00:02"), place_id=wordless.id)
    assert printed(child) == ["Предмет договора."]
    paper = next(one for one in child.documents if one.kind is DocumentKind.contract)
    assert db.session.scalars(db.select(Outbox).where(Outbox.document_id == paper.id)).one().job == "render"
    told = db.select(Change).where(Change.subject == "contract", Change.verb == "draw_up").order_by(Change.id)
    assert [(one.role, one.status_to) for one in db.session.scalars(told)] == [("family", "draft"), ("clock", None)]
    contracts.sign(child, by=family(child), at=at("2026-04-14T10:00"))
    contracts.sign(child, by=head(child.referrals[0].vacancy.group.kindergarten), at=at("2026-04-14T11:00"))
    assert child.referrals[0].contract.status == "signed"


def test_a_void_contract_gets_no_text(wordless):
    child = chosen(wordless)
    applications.withdraw(child, by=family(child), at=at("2026-04-10T13:00"))
    contract_text(wordless, date(2026, 4, 1), at("2026-04-10T14:00"))
    clock.run(at=at("2026-04-10T15:00"), place_id=wordless.id)
    assert printed(child) == [] and child.referrals[0].contract.text is None


def test_the_first_text_is_that_of_the_contracts_which_were_there_before_texts_were_kept(wordless):
    """`flask ship` after the migration."""
    child = chosen(wordless)
    for text in db.session.scalars(db.select(ContractText)):
        db.session.delete(text)
    db.session.flush()
    shipping.ship()
    db.session.expire_all()
    assert child.referrals[0].contract.text.legal_basis.endswith("его должен прочитать юрист")
    shipping.ship()
    assert len(db.session.scalars(db.select(ContractText)).all()) == 1


def test_a_preview_prints_all_that_a_contract_prints(place):
    """And of nobody: the child is invented."""
    text = contract_text(place, date(2026, 4, 1), None, subject_ru="Предмет: {child}.")
    sample = facts.sample_contract(text)
    contract_text(place, date(2026, 4, 2))
    real = documents.PAPERS[DocumentKind.contract].facts(chosen(place).referrals[0])
    assert sample.keys() == real.keys()
    assert sample["text_ru"][0] == f"Предмет: {sample['child']}."
    assert documents.render(documents.sample_contract(text)).startswith(b"%PDF")
