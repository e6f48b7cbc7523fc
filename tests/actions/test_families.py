"""What a family has to do in its application, by when, at each step of the seeds (issue 13, 4)."""

from datetime import date

import pytest

from app import words
from app.access.actors import Visitor
from app.actions import applications, clock, contracts, deliveries, families, offers, referrals, vouchers
from app.db.extensions import db
from app.models import ApplicationStatus, Channel, Purpose, Signature, SignedInBy
from app.rules.refusals import Refusal
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, serials, vacancy


def to_do(child, moment: str):
    found = families.to_do(child, at=at(moment))
    return found and (found.term, found.last_day)


def test_at_each_step_of_a_voucher_a_family_is_told_what_to_do_and_by_when(app):
    place = district()
    places = vacancy(group(kindergarten(place), capacity=3), places=3)
    child = application(place)
    assert to_do(child, "2026-04-08T10:00") is None
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    assert to_do(child, "2026-04-08T11:00") == ("confirm", date(2026, 4, 10))
    clock.run(at=at("2026-04-13T00:10"), place_id=place.id)
    assert to_do(child, "2026-04-13T10:00") == ("restore", date(2026, 5, 9))
    applications.restore(child, by=family(child), at=at("2026-04-13T10:30"))
    assert to_do(child, "2026-04-13T11:00") is None
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-13T12:00"))
    vouchers.confirm(child, by=family(child), at=at("2026-04-13T13:00"))
    assert to_do(child, "2026-04-13T13:00") == ("choose", date(2026, 4, 20))
    referrals.choose(child, places, by=family(child), at=at("2026-04-14T10:00"))
    assert to_do(child, "2026-04-14T10:00") == ("sign", date(2026, 4, 20))
    contracts.sign(child, by=family(child), at=at("2026-04-14T11:00"))
    assert to_do(child, "2026-04-14T11:00") is None  # the head's turn


def test_a_place_that_can_be_restored_once_is_not_asked_for_twice(app):
    place = district()
    vacancy(group(kindergarten(place)))
    child = application(place)
    for issued, lapsed in (("2026-04-08T10:00", "2026-04-13T00:10"), ("2026-04-14T10:00", "2026-04-17T00:10")):
        vouchers.issue_round(place.id, by=DEPARTMENT, at=at(issued))
        clock.run(at=at(lapsed), place_id=place.id)
        if lapsed < "2026-04-14":
            applications.restore(child, by=family(child), at=at("2026-04-13T10:00"))
    assert child.status is ApplicationStatus.stop_listed and to_do(child, "2026-04-17T10:00") is None


def test_at_each_step_of_a_referral_a_family_is_told_what_to_do_and_by_when(app):
    place = district(procedure="referral")
    places = vacancy(group(kindergarten(place)))
    child = application(place)
    offers.offer(places, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    assert to_do(child, "2026-04-08T11:00") == ("priority", date(2026, 4, 13))
    referrals.choose(child, places, by=family(child), at=at("2026-04-09T10:00"))
    assert to_do(child, "2026-04-09T11:00") == ("attend", date(2026, 4, 16))
    clock.run(at=at("2026-04-17T00:10"), place_id=place.id)
    assert to_do(child, "2026-04-17T10:00") is None  # nothing restores a missed referral


def test_a_signature_is_good_for_just_its_act(app):
    place = district()
    vacancy(group(kindergarten(place)), places=1)
    child, other = application(place), application(place)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    for of, verb in ((child, "refuse"), (other, "confirm"), (child, "confirm")):
        kept = signed(of, verb)
        db.session.add(kept)
        db.session.flush()
        by = families.actor(child, Visitor(child.applicant.iin, SignedInBy.key, kept.id))
        if (of, verb) == (child, "confirm"):
            vouchers.confirm(child, by=by, at=at("2026-04-08T11:00"))
        else:
            with pytest.raises(Refusal, match="signature_required"):
                vouchers.confirm(child, by=by, at=at("2026-04-08T11:00"))
    assert child.status is ApplicationStatus.voucher_issued


def signed(of, verb: str) -> Signature:
    """A signature as it is kept; what it is worth is not asked here (test_signatures.py)."""
    said = dict.fromkeys(("iin", "name", "serial", "issuer", "algorithm", "certificates"), "")
    kept = {"sha256": f"{next(serials):064}", "text": b"", "cms": b"", "checked_against": {}, "purpose": Purpose.act}
    return Signature(**said, **kept, verb=verb, application_id=of.id, checked_at=at("2026-04-08T10:30"))


def test_contacts_are_changed_by_the_applicant_whose_they_are(app):
    child = application(district())
    stranger = families.actor(child, Visitor("880201300077", SignedInBy.key))
    with pytest.raises(Refusal, match="not_allowed"):
        applications.change(child, by=stranger, at=at("2026-04-08T10:00"), phone="+77020000001")
    applicant = families.actor(child, Visitor(child.applicant.iin, SignedInBy.code))
    applications.change(child, by=applicant, at=at("2026-04-08T10:00"), phone="+77020000001")
    assert child.phone == "+77020000001"


def test_a_change_of_contacts_is_told_where_the_family_was_to_be_found_before_and_names_no_new_one(app):
    row = application(district())
    old, new = {"phone": "+77015550011", "email": "burynghy@example.org"}, {"phone": "+77015550022", "email": ""}
    applications.change(row, by=DEPARTMENT, at=at("2026-04-02T10:00"), **old)
    deliveries.plan(set(Channel), at=at("2026-04-02T10:01"), shown=True)
    assert [one.template for one in row.notices if one.template == "change"] == []  # nobody was to be found before
    applications.change(row, by=DEPARTMENT, at=at("2026-04-02T11:00"), address="Абай к., 5")
    applications.change(row, by=DEPARTMENT, at=at("2026-04-03T10:00"), **new)
    applications.change(row, by=DEPARTMENT, at=at("2026-04-03T10:05"), **new)
    deliveries.plan(set(Channel), at=at("2026-04-03T10:06"), shown=True)
    db.session.expire_all()
    (told,) = [one for one in row.notices if one.template == "change"]
    sent = {one.channel: one.address for one in told.deliveries}
    assert sent == {Channel.sms: old["phone"], Channel.email: old["email"]}
    assert new["phone"][-4:] not in "".join(words.message(told, one).text for one in Channel)
