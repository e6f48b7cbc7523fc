"""A signed contract is a document between the people who signed it (ADR 25)."""

from datetime import date

import pytest

from app import words
from app.actions import clock, contracts, documents, enrolments, families, records, referrals, vouchers
from app.db.extensions import db
from app.models import Audience, ContractStatus, Document, Notice
from app.rules import iin
from tests import papers
from tests.actions.test_ended_rights import its_head
from tests.actions.test_versions import LATER, NAME, WHY, by_turn, chosen, correct, current
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


def told_anew(child):
    """Whom a notice asks to sign anew, and by which day, in its words and its facts."""
    found = [one for one in child.notices if one.template == "sign_anew"]
    assert all("Арман" in words.notice(one) for one in found if one.audience == "family")
    return {str(one.audience): one.facts["choose_by"] for one in found}


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
    assert told_anew(child) == {"family": "2026-04-16", "kindergarten": "2026-04-16"}
    assert families.to_do(child, at=LATER) == families.ToDo("sign", date(2026, 4, 16))
    assert current(child, "referral").facts["choose_by"] == "2026-04-16"
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
    assert told_anew(child) == {"family": "2026-04-16", "kindergarten": "2026-04-16"}
    assert families.to_do(child, at=LATER) == families.ToDo("sign", date(2026, 4, 16))
    contracts.sign(child, by=family(child), at=at("2026-04-20T10:00"))
    contracts.sign(child, by=its_head(child), at=at("2026-04-20T11:00"))
    assert (child.status, contract.status) == ("enrolled", ContractStatus.signed)
    assert current(child, "contract").facts["family_signed_on"] == "2026-04-20"
    assert families.to_do(child, at=at("2026-04-20T12:00")) is None


def missed(child):
    clock.run(at=at("2026-04-20T00:10"), place_id=child.place_id)


UNTIL = date(2026, 4, 30)
OTHERWISE = {  # what becomes of a chosen place, and of which day its kindergarten is told
    "a voucher's term is extended": (
        lambda: chosen(district()),
        lambda child: vouchers.extend(child, until=UNTIL, by=DEPARTMENT, at=LATER, reason=WHY),
        ("extend", "30.04.2026"),
    ),
    "a referral is extended": (
        by_turn,
        lambda child: referrals.extend(child, until=UNTIL, by=DEPARTMENT, at=LATER, reason=WHY),
        ("extend", "30.04.2026"),
    ),
    "another applicant signs anew": (lambda: signed("both")[0], another, ("sign_anew", "")),
    "a voucher is revoked": (
        lambda: chosen(district()),
        lambda child: vouchers.revoke(child, by=DEPARTMENT, at=LATER, reason=WHY),
        ("revoke", ""),
    ),
    "nobody signs in time": (lambda: chosen(district()), missed, ("revoke", "")),
    "nobody comes in time": (by_turn, missed, ("miss", "16.04.2026")),
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_a_kindergarten_is_told_once_what_becomes_of_a_place_that_a_family_chose(app, what):
    begin, act, (template, day) = OTHERWISE[what]
    child = begin()
    act(child)
    db.session.flush()
    of_it = db.select(Notice).where(Notice.audience == Audience.kindergarten, Notice.template == template)
    [told] = db.session.scalars(of_it)
    assert told.kindergarten is child.referrals[0].vacancy.group.kindergarten and day in words.notice(told)


NOW_ENROLLED = at("2026-04-09T15:30")
