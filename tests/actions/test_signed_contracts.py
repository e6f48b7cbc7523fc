"""A signed contract is a document between the people who signed it (ADR 25)."""

from datetime import date

import pytest

from app.actions import clock, contracts, documents, enrolments, records
from app.db.extensions import db
from app.models import ContractStatus, Document
from app.rules import iin
from tests import papers
from tests.actions.test_ended_rights import its_head
from tests.actions.test_versions import LATER, NAME, chosen, correct, current
from tests.factories import DEPARTMENT, at, district, family

SIGNED = at("2026-04-09T14:00")
AFTER = at("2026-04-09T18:00")
BY = {"the family": (family,), "the head": (its_head,), "both": (family, its_head)}
CORRECTED = {  # what is recorded otherwise after a signature
    "the child's name": lambda child: correct(child, **NAME),
    "the child's birth date": lambda child: correct(child, born_on=date(2022, 9, 18)),
    "the child's IIN": lambda child: correct(child, iin=iin.make(child.born_on, "male", 77)),
    "the applicant's name": lambda child: correct(child, "applicant", **NAME),
    "the applicant's IIN": lambda child: correct(child, "applicant", iin=iin.make(date(1990, 1, 1), "female", 5)),
    "the kindergarten's address": lambda child: renamed(child, {"address": "Сәтбаев көшесі, 7"}),
    "the kindergarten's name": lambda child: renamed(child, {"name": "Ертегі"}),
}


def renamed(child, values):
    records.change(child.referrals[0].vacancy.group.kindergarten, values, by=DEPARTMENT, at=LATER)


def signed(who) -> tuple:
    child = chosen(district())
    for side in BY[who]:
        contracts.sign(child, by=side(child), at=SIGNED)
    db.session.flush()
    return child, dict(current(child, "contract").facts)


def another(child):
    correct(child, "applicant", iin=iin.make(date(1985, 5, 5), "female", 77), last_name="Жаңа", first_name="Адам")


@pytest.mark.parametrize("who", BY)
@pytest.mark.parametrize("what", CORRECTED)
def test_a_corrected_fact_leaves_a_signed_contract_as_it_was_signed(app, what, who):
    child, was = signed(who)
    CORRECTED[what](child)
    paper = current(child, "contract")
    assert paper.facts == was
    standing = documents.standing(paper, LATER.date())
    assert standing.valid and standing.differs
    assert papers.untrue() == []


def test_a_version_that_is_made_anew_and_the_second_signature_say_what_was_signed_first(app):
    child, was = signed("the family")
    correct(child, **NAME)
    documents.make_anew(current(child, "contract"), by=DEPARTMENT, at=LATER)
    contracts.sign(child, by=its_head(child), at=AFTER)
    assert current(child, "contract").facts == was | {"head_signed_on": "2026-04-09"}


def test_what_nobody_has_signed_follows_the_record(app):
    child = chosen(district())
    correct(child, **NAME)
    paper = current(child, "contract")
    assert "Түзетілген" in paper.facts["child"] and not documents.standing(paper, LATER.date()).differs


@pytest.mark.parametrize("who", BY)
def test_another_applicant_has_signed_nothing_and_signs_anew(app, who):
    child, was = signed(who)
    another(child)
    now = current(child, "contract").facts
    assert (now["applicant"], now["family_signed_on"], now["head_signed_on"]) == ("Жаңа Адам", None, None)
    older = db.session.scalars(db.select(Document).where(Document.kind == "contract")).all()
    assert was in [one.facts for one in older]
    clock.run(at=at("2026-04-16T00:10"), place_id=child.place_id)
    contracts.sign(child, by=family(child), at=at("2026-04-16T10:00"))
    contracts.sign(child, by=its_head(child), at=at("2026-04-16T11:00"))
    enrolments.enrol(child, by=its_head(child), at=at("2026-04-16T12:00"))
    assert child.status == "enrolled" and papers.untrue() == []


def test_of_a_child_that_attends_another_applicant_signs_anew_and_the_child_stays(app):
    child, _was = signed("both")
    enrolments.enrol(child, by=its_head(child), at=NOW_ENROLLED)
    another(child)
    contract = child.referrals[0].contract
    assert (child.status, contract.status) == ("enrolled", ContractStatus.draft)
    contracts.sign(child, by=family(child), at=at("2026-04-20T10:00"))
    contracts.sign(child, by=its_head(child), at=at("2026-04-20T11:00"))
    assert (child.status, contract.status) == ("enrolled", ContractStatus.signed)
    assert current(child, "contract").facts["family_signed_on"] == "2026-04-20"


NOW_ENROLLED = at("2026-04-09T15:30")
