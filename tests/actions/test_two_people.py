"""Spec 3.8, 3.12: what takes two people is asked by one official and decided by another, by one mechanism for all."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.access.actors import Actor
from app.access.permissions import of
from app.actions import accounts, applications, bulk, dry_run, norms, proposals, records, takeover
from app.actions.entries import Entry
from app.actions.people import Person
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, ApplicationStatus, BulkRun, BulkStage, Change, Norm, Proposal, QueueOrder, Unit
from app.rules.refusals import Refusal
from app.rules.roles import Role
from app.rules.verbs import VERBS
from tests.factories import START, application, at, district, group, kindergarten, norm, order, vacancy
from tests.views.city import official

NOW = at("2026-04-08T10:00")


@pytest.fixture
def people(app) -> dict[str, Actor]:
    """Two of the department, two specialists of one city, one of another, in one region."""
    with transaction():
        here, there = district(), district("Степногорск қаласы")
        reach = {
            "author": (Role.department, here.parent),
            "deputy": (Role.department, here.parent),
            "specialist": (Role.specialist, here),
            "colleague": (Role.specialist, here),
            "foreign": (Role.specialist, there),
            "auditor": (Role.auditor, here.parent),
        }
        return {name: accounts.actor_of(official(name, *where)) for name, where in reach.items()}


@pytest.fixture
def here(people):
    place = db.session.get_one(Application, _child().id).place
    vacancy(group(kindergarten(place), capacity=9), places=5)
    return place


def _child() -> Application:
    from app.models import Place

    city = db.session.scalars(select(Place).where(Place.name_kk == "Көкшетау қаласы")).one()
    return application(city)


def refused(act, *args, **more) -> str | None:
    try:
        with db.session.begin_nested():
            act(*args, **more)
    except Refusal as refusal:
        return str(refusal.reason)
    return None


def a_run(by: Actor, children: list[Application], verb: str = "archive") -> BulkRun:
    run = bulk.ask(Application, verb, [(one.id, one.id) for one in children], by=by, at=NOW, reason="тазарту")
    while bulk.go_on(run.id, at=NOW, enough=lambda: False):
        pass
    return db.session.get_one(BulkRun, run.id, populate_existing=True)


def things(people, place) -> dict[str, object]:
    """One record for each verb that takes two people."""
    archived, waits = application(place), application(place)
    applications.archive(archived, by=people["author"], at=NOW, reason="көшті")
    to_come = {"since": date(2026, 6, 1)}
    return {
        "reinstate": archived,
        "issue_out_of_turn": waits,
        "start": a_run(people["author"], [application(place) for _ in range(2)]),
        "take_back": norm("notice.reminder", "2", Unit.WD, place, **to_come),
        "take_back ": order(place, date(2026, 6, 1)),
    }


def test_whatever_takes_two_people_is_not_done_by_the_one_who_asks(people, here):
    for verb, subject in things(people, here).items():
        asked = proposals.ask(subject, verb.strip(), by=people["author"], at=NOW, reason="себеп")
        assert refused(proposals.decide, asked, approved=True, by=people["author"], at=NOW) == "not_allowed", verb
        assert refused(proposals.decide, asked, approved=False, by=people["author"], at=NOW) == "not_allowed", verb
        assert not proposals.may_decide(asked, by=people["author"])
        assert asked.decided_at is None
        with pytest.raises(IntegrityError, match="who_asks_never_decides"), db.session.begin_nested():
            asked.approved, asked.decided_at, asked.decided_by_id = True, NOW, people["author"].user_id
            db.session.flush()


def test_another_official_says_yes_and_it_is_done_with_both_on_record(people, here):
    done = {
        "reinstate": lambda one: one.status is ApplicationStatus.queued,
        "issue_out_of_turn": lambda one: one.status is ApplicationStatus.confirming,
        "start": lambda one: one.stage is BulkStage.running,
        "take_back": lambda one: db.session.get(type(one), one.id) is None,
    }
    for name, subject in things(people, here).items():
        verb = name.strip()
        asked = proposals.ask(subject, verb, by=people["author"], at=NOW, reason="себеп")
        assert not done[verb](subject), "nothing is done before"
        assert proposals.may_decide(asked, by=people["deputy"])
        proposals.decide(asked, approved=True, by=people["deputy"], at=NOW)
        assert done[verb](subject)
        told = select(Change.verb, Change.user_id).where(Change.subject == "proposal", Change.subject_id == asked.id)
        author, deputy = people["author"].user_id, people["deputy"].user_id
        assert db.session.execute(told.order_by(Change.id)).all() == [("ask", author), ("approve", deputy)]
        own = select(Change.user_id).where(Change.verb == verb, Change.subject == asked.subject)
        assert db.session.scalars(own.order_by(Change.id.desc())).first() == deputy


def test_a_no_leaves_everything_and_it_may_be_asked_for_again(people, here):
    for name, subject in things(people, here).items():
        asked = proposals.ask(subject, name.strip(), by=people["author"], at=NOW, reason="себеп")
        again = refused(proposals.ask, subject, name.strip(), by=people["deputy"], at=NOW, reason="тағы")
        assert again == "wrong_status", "one at a time"
        proposals.decide(asked, approved=False, by=people["deputy"], at=NOW)
        assert refused(proposals.decide, asked, approved=True, by=people["deputy"], at=NOW) == "wrong_status"
        proposals.ask(subject, name.strip(), by=people["author"], at=NOW, reason="тағы")


def test_nobody_is_asked_for_what_cannot_be_or_without_a_reason(people, here):
    waits = application(here)
    for by, verb, reason, why in (
        ("specialist", "reinstate", "себеп", "not_allowed"),
        ("auditor", "issue_out_of_turn", "себеп", "not_allowed"),
        ("foreign", "issue_out_of_turn", "себеп", "not_allowed"),
        ("author", "reinstate", "себеп", "wrong_status"),
        ("author", "issue_out_of_turn", " ", "reason_required"),
    ):
        assert refused(proposals.ask, waits, verb, by=people[by], at=NOW, reason=reason) == why, (by, verb)
    young = application(here, date(2025, 9, 1))
    assert refused(proposals.ask, young, "issue_out_of_turn", by=people["author"], at=NOW, reason="x") == "too_young"
    assert db.session.scalars(select(Proposal)).all() == []


def test_a_district_with_one_specialist_is_approved_for_by_the_department(people, here):
    waits, other = application(here), application(here)
    asked = proposals.ask(waits, "issue_out_of_turn", by=people["specialist"], at=NOW, reason="себеп")
    for name, may in {
        "specialist": False,
        "foreign": False,
        "auditor": False,
        "colleague": True,
        "deputy": True,
    }.items():
        assert proposals.may_decide(asked, by=people[name]) is may, name
    assert refused(proposals.decide, asked, approved=True, by=people["foreign"], at=NOW) == "not_allowed"
    proposals.decide(asked, approved=True, by=people["deputy"], at=NOW)
    assert waits.status is ApplicationStatus.confirming
    second = proposals.ask(other, "issue_out_of_turn", by=people["author"], at=NOW, reason="себеп")
    proposals.decide(second, approved=True, by=people["specialist"], at=NOW)
    assert other.status is ApplicationStatus.confirming


def test_a_specialist_neither_asks_for_a_return_nor_decides_it(people, here):
    archived = application(here)
    applications.archive(archived, by=people["author"], at=NOW, reason="көшті")
    asked = proposals.ask(archived, "reinstate", by=people["author"], at=NOW, reason="қате")
    assert not proposals.may_decide(asked, by=people["specialist"])
    assert refused(proposals.decide, asked, approved=True, by=people["specialist"], at=NOW) == "not_allowed"


# ---------------------------------------------------------------- many at once


def test_a_bulk_archive_starts_with_another_ones_yes_and_never_with_the_asker_s_own(people, here):
    run = a_run(people["author"], [application(here) for _ in range(2)])
    assert refused(bulk.start, run, by=people["author"], at=NOW) == "not_allowed"
    assert db.session.get_one(BulkRun, run.id).stage is BulkStage.previewed
    asked = proposals.ask(run, "start", by=people["author"], at=NOW, reason=run.reason)
    proposals.decide(asked, approved=True, by=people["deputy"], at=NOW)
    assert db.session.get_one(BulkRun, run.id).stage is BulkStage.running


def test_one_record_is_no_bulk_archive(people, here):
    run = a_run(people["author"], [application(here)])
    bulk.start(run, by=people["author"], at=NOW)
    assert run.stage is BulkStage.running


def test_a_yes_is_for_one_run_alone(people, here):
    """Another selection is another run, and its preview is its own: the yes to one starts no other."""
    first, second = (a_run(people["author"], [application(here) for _ in range(2)]) for _ in range(2))
    asked = proposals.ask(first, "start", by=people["author"], at=NOW, reason=first.reason)
    proposals.decide(asked, approved=True, by=people["deputy"], at=NOW)
    assert refused(bulk.start, second, by=people["author"], at=NOW) == "not_allowed"
    assert db.session.get_one(BulkRun, second.id).stage is BulkStage.previewed


def test_every_verb_for_many_says_whether_it_takes_something_away():
    """A verb that is new to bulk runs or to a list says in its row how many one official alone may do it to."""
    from app.views import MENU

    many = {(model, verb) for model, verbs in dry_run.VERBS.items() for verb in verbs}
    many |= {(view.subject, verb) for _, views in MENU for view, *_ in views for verb in view.bulk}
    assert [one for one in many if of(*one) is None or of(*one).alone is None] == []
    acts = {(model, verb) for model, verbs in proposals.ACTS.items() for verb in verbs}
    never = {(model, verb) for model, verbs in VERBS.items() for verb, row in verbs.items() if row.alone == 0}
    assert acts - {(BulkRun, "start")} == never


def test_a_file_that_archives_many_is_no_way_around_it(people, here):
    children = [application(here) for _ in range(3)]
    entries = [
        Entry(
            number=one.number,
            child=Person(one.child.iin, born_on=one.child.born_on),
            applicant=Person(one.applicant.iin),
            queued_at=one.queued_at,
            archived=True,
            reason="тізім",
        )
        for one in children
    ]
    outcome = takeover.take_over(entries, place_id=here.id, by=people["author"], at=NOW)
    assert [(index, str(why.reason), why.facts["part"]) for index, why in outcome.refused] == [
        (1, "not_allowed", "status"),
        (2, "not_allowed", "status"),
    ]


# ---------------------------------------------------------------- taking back


def test_a_norm_that_has_begun_or_is_a_draft_is_not_taken_back(people, here):
    begun = norm("notice.reminder", "2", Unit.WD, here, since=NOW.date())
    draft = order(here, date(2026, 6, 1), approved=False)
    assert refused(proposals.ask, begun, "take_back", by=people["author"], at=NOW, reason="қате") == "too_late"
    assert refused(proposals.ask, draft, "take_back", by=people["author"], at=NOW, reason="қате") == "wrong_status"
    to_come = norm("notice.reminder", "3", Unit.WD, here, since=date(2026, 4, 9))
    asked = proposals.ask(to_come, "take_back", by=people["author"], at=NOW, reason="қате")
    assert refused(proposals.decide, asked, approved=True, by=people["deputy"], at=at("2026-04-09T09:00")) == "too_late"
    assert db.session.get(Norm, to_come.id) is not None


def test_what_was_taken_back_stays_in_the_history_and_its_day_is_free_again(people, here):
    author, deputy = people["author"], people["deputy"]
    rows = norm("notice.reminder", "2", Unit.WD, here, since=date(2026, 6, 1)), order(here, date(2026, 6, 1))
    for row, again in zip(rows, (Norm, QueueOrder), strict=True):
        id_ = row.id
        asked = proposals.ask(row, "take_back", by=author, at=NOW, reason="қате")
        proposals.decide(asked, approved=True, by=deputy, at=NOW)
        kept = db.session.scalars(select(Change).where(Change.verb == "take_back", Change.subject_id == id_)).all()
        assert [(change.details["valid_from"], change.reason) for change in kept][-1] == ("2026-06-01", "қате")
        assert proposals.subject_of(asked) is None and db.session.get(again, id_) is None
    copy = Norm(
        name="notice.reminder", place=here, valid_from=date(2026, 6, 1), value="1", unit=Unit.WD, legal_basis="1"
    )
    records.create(copy, by=author, at=START)
    norms.approve(copy, by=deputy, at=START)
