"""What waits for an official is counted and listed by one condition each (spec 3.3, 3.4.4, 3.8)."""

import pytest

from app.actions import applications, contracts, privileges, proposals, referrals, vouchers
from app.db.extensions import db
from app.models import Application, PrivilegeGround, StopListing, Unit
from app.rules import waits
from tests.factories import DEPARTMENT, application, at, district, family, group, head, kindergarten, norm, vacancy
from tests.test_constraints import users

CHOSEN = at("2026-04-08T12:00")


def waiting(kind: str) -> list[str]:
    return sorted(db.session.scalars(db.select(Application.number).where(waits.WAITS[kind]())))


@pytest.fixture
def chosen(app):
    """Three families that have chosen a place, and one that waits."""
    place = district()
    own = kindergarten(place)
    places = vacancy(group(own, capacity=3), places=3)
    found = [application(place, number=f"Ш-{n}") for n in range(4)]
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    for child in found[:3]:
        vouchers.confirm(child, by=family(child), at=at("2026-04-08T11:00"))
        referrals.choose(child, places, by=family(child), at=CHOSEN)
    return found[:3], found[3], own


def test_a_contract_waits_for_the_family_then_for_the_head_who_then_enrols(chosen):
    (first, second, third), _waits, own = chosen
    contracts.sign(first, by=family(first), at=CHOSEN)
    contracts.sign(second, by=head(own), at=CHOSEN)
    contracts.sign(third, by=family(third), at=CHOSEN)
    contracts.sign(third, by=head(own), at=CHOSEN)
    found = {kind: waiting(kind) for kind in ("family_signs", "head_signs", "enrol")}
    assert found == {"head_signs": ["Ш-0"], "family_signs": ["Ш-1"], "enrol": ["Ш-2"]}


def test_a_claim_and_a_return_wait_for_an_official(chosen):
    _chosen, child, _own = chosen
    other = application(child.place, number="Ш-9")
    privileges.claim(child, PrivilegeGround.large_family, by=family(child), at=CHOSEN)
    applications.archive(other, by=DEPARTMENT, at=CHOSEN, reason="a mistake")
    asked = proposals.ask(other, "reinstate", by=DEPARTMENT, at=CHOSEN, reason="it was one")
    asked.asked_by_id = users(1)[0]
    db.session.flush()
    assert (waiting("claim"), waiting("second")) == (["Ш-3"], ["Ш-9"])


def test_who_is_blocked_without_an_end_waits_for_the_department(chosen):
    (first, second, _third), _waits, _own = chosen
    term = norm("referral.stop_list", "5", Unit.WD, first.place)
    for child, until in ((first, None), (second, at("2026-05-01T00:00").date())):
        row = StopListing(referral_id=child.referrals[0].id, from_on=CHOSEN.date(), until=until, norm_id=term.id)
        child.stop_listings.append(row)
    db.session.flush()
    assert waiting("release") == ["Ш-0"]


def test_by_what_is_no_phone_and_no_e_mail_no_family_is_told(chosen):
    """Recorded before there was a rule for them; the list and the page say the same of each."""
    families, _waits, _own = chosen
    for child, (phone, email) in zip(families, (("жоқ", "нет"), ("87001112233", None), ("12345", "")), strict=True):
        child.phone, child.email = phone, email
    db.session.flush()
    assert waiting("unreachable") == [child.number for child in families if waits.not_notified(child)] == ["Ш-0", "Ш-2"]


def test_a_family_without_phone_and_e_mail_cannot_be_told_of_its_term(chosen):
    families, waits_on, _own = chosen
    first, second, third = families
    first.phone, first.email = "+77011112233", None
    second.phone, second.email = "", "a@example.org"
    third.phone, third.email = None, ""
    waits_on.phone = waits_on.email = None
    db.session.flush()
    everybody = [*families, waits_on]
    assert waiting("unreachable") == [child.number for child in everybody if waits.not_notified(child)]
    assert waits.not_notified(third) and not (waits.not_notified(first) or waits.not_notified(second))
