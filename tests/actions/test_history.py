"""Spec 3.7: every change has who, when, verb, from, to, the reason where one is required, and the norm used."""

from datetime import date

from app.actions import applications, clock, contracts, referrals, vouchers
from app.db.extensions import db
from app.models import Change
from app.rules.roles import Role
from tests.factories import DEPARTMENT, application, at, district, family, group, head, kindergarten, role, vacancy


def changes(of, *verbs: str) -> list[Change]:
    found = db.select(Change).where(Change.application_id == of.id, Change.verb.in_(verbs)).order_by(Change.id)
    return list(db.session.scalars(found))


def test_a_change_says_who_when_what_and_by_which_norm(app):
    place = district()
    vacancy(group(kindergarten(place)))
    child = application(place, queued_at=at("2026-04-07T11:21"))
    official = role(Role.specialist, user_id=None, place_ids=frozenset({place.id}))
    vouchers.issue_round(place.id, by=official, at=at("2026-04-08T10:00"))
    voucher, of_application = changes(child, "issue")
    assert (voucher.subject, voucher.status_from, voucher.status_to) == ("voucher", None, "issued")
    assert (of_application.status_from, of_application.status_to) == ("queued", "confirming")
    assert (of_application.role, of_application.effective_on) == ("specialist", date(2026, 4, 8))
    assert (of_application.norm.name, of_application.place_id) == ("voucher.confirm", place.id)
    assert not of_application.for_family


def test_what_an_official_does_at_the_counter_is_the_familys_with_the_day_of_its_paper(app):
    place = district()
    vacancy(group(kindergarten(place)))
    child = application(place, queued_at=at("2026-04-07T11:21"))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    operator = role(Role.operator, place_ids=frozenset({place.id}), paper_on=date(2026, 4, 8))
    vouchers.confirm(child, by=operator, at=at("2026-04-09T10:00"))
    for change in changes(child, "confirm"):
        assert (change.for_family, change.paper_on) == (True, date(2026, 4, 8))
    vouchers.extend(
        child,
        until=date(2026, 5, 1),
        by=role(Role.specialist, paper_on=date(2026, 4, 8)),
        at=at("2026-04-09T11:00"),
        reason="illness",
    )
    (extended,) = changes(child, "extend")  # the office's own verb, whoever's paper lies on the table
    assert (extended.for_family, extended.paper_on) == (False, None)
    assert (extended.reason, extended.details) == ("illness", {"choose_by": ["2026-04-16", "2026-05-01"]})


def test_a_late_clock_writes_when_it_ran_and_the_day_that_counts(app):
    place = district()
    vacancy(group(kindergarten(place)))
    child = application(place, queued_at=at("2026-03-18T10:00"))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-03-19T10:00"))
    clock.run(at=at("2026-04-10T10:00"), place_id=place.id)
    for lapse in changes(child, "lapse"):
        assert (lapse.at, lapse.effective_on) == (at("2026-04-10T10:00"), date(2026, 3, 27))
        assert (lapse.role, lapse.norm.name) == ("clock", "voucher.stop_list")


def test_a_second_run_of_the_clock_leaves_no_trace(app):
    place = district()
    vacancy(group(kindergarten(place)))
    application(place, queued_at=at("2026-03-18T10:00"))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-03-19T10:00"))
    for day in ("2026-03-26", "2026-03-27", "2026-05-01"):
        assert clock.run(at=at(f"{day}T10:00"), place_id=place.id) > 0
        before = db.session.scalar(db.select(db.func.count(Change.id)))
        assert clock.run(at=at(f"{day}T10:00"), place_id=place.id) == 0
        assert db.session.scalar(db.select(db.func.count(Change.id))) == before


def test_every_status_of_a_whole_way_is_on_the_record_in_order(app):
    place = district()
    arman = kindergarten(place)
    places = vacancy(group(arman))
    child = application(place, queued_at=at("2026-04-07T10:00"))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    vouchers.confirm(child, by=family(child), at=at("2026-04-08T11:00"))
    referrals.choose(child, places, by=family(child), at=at("2026-04-08T12:00"))
    contracts.sign(child, by=head(arman), at=at("2026-04-08T13:00"))
    contracts.sign(child, by=family(child), at=at("2026-04-08T14:00"))
    found = db.select(Change).where(Change.subject.in_(("application", "voucher", "contract"))).order_by(Change.id)
    assert [(c.subject, c.verb, c.status_to) for c in db.session.scalars(found) if c.status_to] == [
        ("application", "register", "queued"),
        ("voucher", "issue", "issued"),
        ("application", "issue", "confirming"),
        ("voucher", "confirm", "confirmed"),
        ("application", "confirm", "voucher_issued"),
        ("contract", "draw_up", "draft"),
        ("application", "choose", "referred"),
        ("contract", "sign", "draft"),
        ("contract", "sign", "signed"),
        ("voucher", "use", "used"),
    ]


def test_contact_is_changed_once_with_before_and_after(app):
    child = application(district())
    applications.change(child, by=DEPARTMENT, at=at("2026-04-08T10:00"), phone="+7 700 000 00 00", email="")
    applications.change(child, by=DEPARTMENT, at=at("2026-04-08T10:01"), phone="+7 700 000 00 00", email="")
    assert [change.details for change in changes(child, "change")] == [{"phone": [None, "+7 700 000 00 00"]}]
