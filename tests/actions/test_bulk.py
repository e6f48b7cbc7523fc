"""Spec 8, bulk: what is tried is what is done, each row once; ok + refused + skipped = selected, whatever happens."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User

from app.access.actors import Actor
from app.access.permissions import alone
from app.actions import accounts, applications, bulk, possible, proposals, vouchers
from app.actions.dry_run import VERBS
from app.db import time_slices
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    BulkOutcome,
    BulkRow,
    BulkRun,
    BulkStage,
    Change,
    Kindergarten,
    Outbox,
    PrivilegeKind,
    Referral,
    Unit,
    Voucher,
    VoucherStatus,
)
from app.now import now
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from tests.factories import (
    DEPARTMENT,
    START,
    application,
    at,
    district,
    family,
    group,
    kindergarten,
    norm,
    serials,
    vacancy,
)

NOW = at("2026-04-08T10:00")
LATER = at("2026-04-08T11:00")
ADMINISTRATOR = Actor(Role.administrator)


def official(role: Role, *reach: object) -> Actor:
    """Somebody with an account, as runs need one."""
    serial = next(serials)
    user = User(
        username=f"адам {serial}", first_name="Ойдан", last_name="Адам", email=f"{serial}@example.org", active=True
    )
    accounts.save(user, role=role, reach=reach, password=None, by=ADMINISTRATOR, at=START)
    return accounts.actor_of(user)


def one_by_one() -> Callable[[], bool]:
    return lambda: True


def all_at_once() -> Callable[[], bool]:
    return lambda: False


def go(run: BulkRun, enough: Callable[[], Callable[[], bool]] = all_at_once, moment=NOW) -> BulkRun:
    """All turns that there are now."""
    run_id, more = run.id, True
    while more:
        with transaction():
            more = bulk.go_on(run_id, at=moment, enough=enough())
    return db.session.get_one(BulkRun, run_id)


def asked(verb: str, of: list, by: Actor, reason: str | None = "себеп", **more: object) -> BulkRun:
    rows = [(row.id, row.id if isinstance(row, Application) else row.application_id) for row in of]
    with transaction():
        return bulk.ask(type(of[0]), verb, rows, by=by, at=NOW, reason=reason, **more)


def started(run: BulkRun, by: Actor, moment=LATER, enough=all_at_once) -> BulkRun:
    with transaction():
        say_yes(run, by, moment)
    return go(run, enough, moment)


def say_yes(run: BulkRun, by: Actor, moment=LATER) -> None:
    """Whoever asked starts it, or another official says yes to it."""
    if alone(bulk.MODELS[run.subject], run.verb, run.selected):
        bulk.start(run, by=by, at=moment)
        return
    waits = proposals.ask(run, "start", by=by, at=moment, reason=run.reason)
    proposals.decide(waits, approved=True, by=official(Role.department, run.place), at=moment)


def rows_of(run: BulkRun) -> list[BulkRow]:
    found = sa.select(BulkRow).where(BulkRow.bulk_run_id == run.id).order_by(BulkRow.position)
    return list(db.session.scalars(found))


def told(run: BulkRun, what: str = "outcome") -> list[tuple[str, str | None]]:
    return [(str(getattr(row, what)), row.reason) for row in rows_of(run)]


@pytest.fixture
def town(app):
    """Two waiting, one with a voucher, one archived; the archived one cannot be archived again."""
    with transaction():
        place = district()
        by = official(Role.department, place.parent)
        children = [application(place) for _ in range(4)]
        vacancy(group(kindergarten(place), capacity=9), places=5)
        vouchers.issue_out_of_turn(children[2], by=DEPARTMENT, at=NOW, reason="себеп")
        applications.archive(children[3], by=DEPARTMENT, at=NOW, reason="себеп")
    return place, by, children


def contents() -> dict[str, list]:
    """All rows of all tables but those of the runs themselves."""
    tables = [t for t in db.metadata.sorted_tables if t.name not in ("bulk_run", "bulk_row", "outbox")]
    db.session.rollback()
    return {t.name: db.session.execute(sa.select(t).order_by(*t.primary_key)).all() for t in tables}


# ---------------------------------------------------------------- the preview


@pytest.mark.parametrize("enough", [one_by_one, all_at_once])
def test_a_preview_changes_nothing_and_is_what_the_run_then_does(town, enough):
    _, by, children = town
    run = asked("archive", children, by)
    before = contents()
    run = go(run, enough)
    assert contents() == before
    assert (run.stage, run.feasible, run.hopeless) == (BulkStage.previewed, 3, 1)
    foreseen = told(run, "foreseen")
    assert foreseen == [("done", None)] * 3 + [("refused", "wrong_status")]
    run = started(run, by, enough=enough)
    assert told(run) == foreseen
    assert (run.stage, run.done, run.refused, run.skipped) == (BulkStage.done, 3, 1, 0)
    db.session.expire_all()
    assert {child.status for child in children} == {ApplicationStatus.archived}


@pytest.mark.parametrize("enough", [one_by_one, all_at_once])
def test_each_row_is_tried_with_the_places_that_those_before_it_leave(app, enough):
    with transaction():
        place = district()
        by = official(Role.department, place.parent)
        vacancy(group(kindergarten(place), capacity=2), places=2)
        children = [application(place, queued_at=at(f"2026-04-0{day}T10:00")) for day in range(1, 6)]
    run = go(asked("issue_out_of_turn", children[::-1], by), enough)
    foreseen = told(run, "foreseen")
    assert foreseen == [("done", None)] * 2 + [("refused", "no_free_place")] * 3
    assert [row.subject_id for row in rows_of(run)] == [child.id for child in children]
    run = started(run, by, enough=enough)
    assert told(run) == foreseen
    assert db.session.scalar(sa.select(sa.func.count(Voucher.id))) == 2


def test_vouchers_go_by_the_queue_and_who_is_passed_over_is_counted(app):
    with transaction():
        place, refers = district(), district("Степногорск қаласы", "referral")
        by = official(Role.department, place.parent)
        vacancy(group(kindergarten(place), capacity=9), places=5)
        first, second, third = (application(place, queued_at=at(f"2026-04-0{day}T10:00")) for day in (1, 2, 3))
        last = application(place, queued_at=at("2026-04-04T10:00"), privilege=PrivilegeKind.out_of_turn)
        elsewhere = application(refers)
    run = go(asked("issue_out_of_turn", [elsewhere, third, last], by))
    assert [row.subject_id for row in rows_of(run)] == [last.id, third.id, elsewhere.id]
    assert told(run, "foreseen") == [("done", None), ("done", None), ("refused", "wrong_place")]
    assert run.passed == 2 and {first.status, second.status} == {ApplicationStatus.queued}


def test_rows_keep_the_order_of_their_list(town):
    _, by, children = town
    run = asked("archive", children[::-1], by)
    assert [row.subject_id for row in rows_of(run)] == [child.id for child in children[::-1]]


def test_rows_of_several_districts_go_district_by_district(app):
    with transaction():
        places = [district(name) for name in ("Көкшетау қаласы", "Степногорск қаласы", "Қосшы қаласы")]
        by = official(Role.department, places[0].parent)
        children = [application(place) for place in places * 2]
    run = asked("archive", children[::-1], by)
    order = [children[number].id for number in (3, 0, 4, 1, 5, 2)]
    assert [row.subject_id for row in rows_of(run)] == order
    assert started(go(run), by).done == 6


def test_what_is_due_is_done_first_as_every_verb_does_it(town):
    """The clock was down: the voucher has lapsed long ago, by its own day, before the application is archived."""
    _, by, children = town
    late = at("2026-04-20T10:00")
    run = go(asked("archive", children[2:3], by), moment=late)
    db.session.expire_all()
    assert children[2].status is ApplicationStatus.stop_listed
    run = started(run, by, late)
    assert told(run) == [("done", None)]
    verbs = sa.select(Change.verb).where(Change.application_id == children[2].id, Change.subject == "application")
    assert list(db.session.scalars(verbs.order_by(Change.id))) == ["register", "issue_out_of_turn", "lapse", "archive"]


def test_where_what_is_due_cannot_be_done_each_row_says_so_and_the_run_goes_on(app):
    with transaction():
        places = [district(name) for name in ("Көкшетау қаласы", "Степногорск қаласы")]
        by = official(Role.department, places[0].parent)
        children = [application(place) for place in places]
        norm("queue.maximum_age", "Ойдан", Unit.MONTHS, places[0])
    assert told(go(asked("archive", children, by)), "foreseen") == [("refused", "failed"), ("done", None)]


def test_a_voucher_that_has_ended_is_refused_though_its_application_has_another(app):
    with transaction():
        place = district()
        by = official(Role.department, place.parent)
        vacancy(group(kindergarten(place), capacity=2), places=2)
        child = application(place)
        vouchers.issue_out_of_turn(child, by=DEPARTMENT, at=NOW, reason="себеп")
        vouchers.revoke(child, by=DEPARTMENT, at=NOW, reason="себеп")
        vouchers.issue_out_of_turn(child, by=DEPARTMENT, at=NOW, reason="себеп")
    run = go(asked("extend", list(child.vouchers), by, until=date(2026, 5, 20)))
    assert told(run, "foreseen") == [("refused", "wrong_status"), ("done", None)]
    run = started(run, by)
    db.session.expire_all()
    assert [voucher.confirm_by == date(2026, 5, 20) for voucher in child.vouchers] == [False, True]


def test_a_refusal_keeps_its_day_for_the_sentence(town):
    _, by, children = town
    run = go(asked("extend", children[2:3], by, until=date(2026, 4, 9)))
    (row,) = rows_of(run)
    assert (row.foreseen, row.reason) == (BulkOutcome.refused, "too_late")
    assert row.facts == {"last_day": children[2].vouchers[0].confirm_by.isoformat(), "not_later": True}


# ---------------------------------------------------------------- what changes in between


def test_a_row_that_changed_since_its_preview_is_not_done_and_says_so(town):
    _, by, children = town
    run = go(asked("archive", children[:2], by))
    with transaction():
        vouchers.issue_out_of_turn(children[0], by=DEPARTMENT, at=NOW, reason="себеп")
    run = started(run, by)
    assert told(run) == [("skipped", "changed"), ("done", None)]
    assert (run.done, run.refused, run.skipped) == (1, 0, 1)
    db.session.expire_all()
    assert children[0].status is ApplicationStatus.confirming


def test_a_row_that_changed_so_that_it_is_refused_gives_that_reason(town):
    _, by, children = town
    run = go(asked("archive", children[:2], by))
    with transaction():
        applications.archive(children[0], by=DEPARTMENT, at=NOW, reason="басқа")
    assert told(started(run, by)) == [("refused", "wrong_status"), ("done", None)]


def test_what_was_foreseen_as_refused_stays_so_though_it_could_be_done_now(app):
    with transaction():
        place = district()
        by = official(Role.department, place.parent)
        children = [application(place) for _ in range(2)]
    run = go(asked("issue_out_of_turn", children, by))
    with transaction():
        vacancy(group(kindergarten(place), capacity=2), places=2)
    run = started(run, by)
    assert told(run) == [("refused", "no_free_place")] * 2
    assert db.session.scalars(sa.select(Voucher)).all() == []


# ---------------------------------------------------------------- who, and how often


def test_a_second_yes_starts_nothing(town):
    _, by, children = town
    run = go(asked("archive", children, by))
    with transaction():
        bulk.start_by_another(run, by=DEPARTMENT, at=LATER)
    with transaction():
        bulk.start(run, by=by, at=LATER)
    with pytest.raises(Refusal, match="wrong_status"), transaction():
        bulk.start_by_another(run, by=DEPARTMENT, at=LATER)
    outbox = db.session.scalars(sa.select(Outbox.bulk_run_id)).all()
    assert outbox.count(run.id) == 2  # its preview and its one start
    go(run, moment=LATER)
    with transaction():
        bulk.start(run, by=by, at=LATER)
    assert go(run).stage is BulkStage.done
    changes = sa.select(Change.application_id).where(Change.verb == "archive", Change.at == LATER)
    assert sorted(db.session.scalars(changes)) == sorted(child.id for child in children[:3])


def test_nothing_is_started_before_its_preview_or_by_another_person(town):
    place, by, children = town
    with transaction():
        other = official(Role.department, place.parent)
    run = asked("archive", children, by)
    with pytest.raises(Refusal) as refused, transaction():
        bulk.start(run, by=by, at=NOW)
    assert refused.value.reason is Reason.wrong_status
    go(run)
    with pytest.raises(Refusal) as refused, transaction():
        bulk.start(run, by=other, at=NOW)
    assert refused.value.reason is Reason.not_allowed
    assert db.session.get_one(BulkRun, run.id).stage is BulkStage.previewed


def test_the_rights_are_those_of_the_day_of_the_run(town):
    """A department that became a specialist of another district: its role is not the one that confirmed."""
    _, by, children = town
    run = go(asked("archive", children, by))
    with transaction():
        elsewhere = district("Степногорск қаласы")
        user = db.session.get_one(User, by.user_id)
        accounts.save(user, role=Role.specialist, reach=[elsewhere], password=None, by=ADMINISTRATOR, at=START)
        bulk.start_by_another(run, by=DEPARTMENT, at=LATER)
    run = go(run)
    assert (run.stage, run.stopped_because, run.skipped) == (BulkStage.stopped, "dismissed", 4)
    assert told(run) == [("skipped", "dismissed")] * 4
    db.session.expire_all()
    assert children[0].status is ApplicationStatus.queued


def test_a_closed_account_stops_its_runs_also_in_their_preview(town):
    _, by, children = town
    run = asked("archive", children, by)
    with transaction():
        db.session.get_one(User, by.user_id).active = False
    run = go(run)
    assert (run.stage, run.stopped_because) == (BulkStage.stopped, "dismissed")


def test_a_reach_that_became_smaller_refuses_what_now_lies_outside(town):
    _, by, children = town
    run = go(asked("archive", children[:2], by))
    with transaction():
        elsewhere = district("Степногорск қаласы")
        user = db.session.get_one(User, by.user_id)
        accounts.save(user, role=Role.department, reach=[elsewhere], password=None, by=ADMINISTRATOR, at=START)
    assert told(started(run, by)) == [("refused", "not_allowed")] * 2


@pytest.mark.parametrize("role", [Role.head, Role.operator, Role.auditor, Role.administrator])
def test_nobody_else_asks_for_a_run(town, role):
    place, _, children = town
    with transaction():
        kindergarten_ = db.session.scalars(sa.select(Kindergarten)).first()
        by = official(role, kindergarten_ if role is Role.head else place)
    with pytest.raises(Refusal) as refused:
        asked("archive", children, by)
    assert refused.value.reason is Reason.not_allowed
    assert db.session.scalars(sa.select(BulkRun)).all() == []


@pytest.mark.parametrize("verb", [verb for verb in VERBS[Application] if verb != "release"])
def test_a_reason_is_needed_for_each_verb_that_goes_against_the_order_of_things(town, verb):
    _, by, children = town
    with pytest.raises(Refusal) as refused:
        asked(verb, children, by, reason=" ")
    assert refused.value.reason is Reason.reason_required


# ---------------------------------------------------------------- stopped, broken, counted


@pytest.mark.parametrize("stage", list(BulkStage)[:3])
def test_a_run_can_be_stopped_at_any_stage_and_every_row_is_accounted_for(town, stage):
    _, by, children = town
    run = asked("archive", children, by)
    if stage is not BulkStage.previewing:
        go(run)
    if stage is BulkStage.running:
        with transaction():
            bulk.start_by_another(run, by=DEPARTMENT, at=LATER)
    for _ in range(2 if stage is BulkStage.running else 0):
        with transaction():
            bulk.go_on(run.id, at=LATER, enough=one_by_one())
    for _ in range(2):
        with transaction():
            bulk.stop(run, by=by, at=LATER)
    run = go(run)
    done = 2 if stage is BulkStage.running else 0
    assert (run.stage, run.done, run.refused, run.skipped) == (BulkStage.stopped, done, 0, 4 - done)
    assert told(run) == [("done", None)] * done + [("skipped", "stopped")] * (4 - done)
    stops = sa.select(sa.func.count(Change.id)).where(Change.verb == "stop")
    assert db.session.scalar(stops) == 1


def test_what_is_over_stays_as_it_is(town):
    _, by, children = town
    run = started(go(asked("archive", children, by)), by)
    with transaction():
        bulk.stop(run, by=by, at=LATER)
    assert db.session.get_one(BulkRun, run.id).stage is BulkStage.done


def test_a_row_on_which_we_make_a_mistake_holds_up_no_other(town, monkeypatch, caplog):
    _, by, children = town
    broken = children[0].id

    def archive(row, **more):
        if row.id == broken:
            raise ValueError("Ойдан Бала")
        applications.archive(row, **more)

    monkeypatch.setitem(possible.ACTS[Application], "archive", possible.Act(archive))
    run = go(asked("archive", children[:2], by))
    assert told(started(run, by)) == [("refused", "failed"), ("done", None)]
    assert "ValueError" in caplog.text and "Ойдан" not in caplog.text


def test_a_transaction_that_ends_in_its_middle_leaves_neither_effect_nor_outcome(town):
    _, by, children = town
    run = go(asked("archive", children, by))
    with transaction():
        bulk.start_by_another(run, by=DEPARTMENT, at=LATER)
    with pytest.raises(ZeroDivisionError), transaction():
        bulk.go_on(run.id, at=LATER, enough=one_by_one())
        _ = 1 / 0
    db.session.expire_all()
    assert children[0].status is ApplicationStatus.queued and run.done == 0
    assert told(run)[0] == ("waiting", None)
    assert go(run, moment=LATER).done == 3


def test_two_workers_with_the_same_run_do_each_row_once(app, town, monkeypatch):
    """A lost wake-up or a second worker: slices of one run never overlap."""
    place, by, _ = town
    monkeypatch.setattr(time_slices, "SLICE", 0)  # a row each, so that they alternate
    with transaction():
        children = [application(place).id for _ in range(12)]
        run_id = bulk.ask(Application, "archive", [(id_, id_) for id_ in children], by=by, at=NOW, reason="себеп").id
    failures = []

    def work() -> None:
        with app.app_context():
            try:
                time_slices.work(lambda enough: bulk.go_on(run_id, at=now(), enough=enough), 100)
            except Exception as error:
                failures.append(error)

    for stage in (BulkStage.previewed, BulkStage.done):
        workers = [threading.Thread(target=work) for _ in range(3)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        db.session.rollback()
        run = db.session.get_one(BulkRun, run_id, populate_existing=True)
        assert (failures, run.stage, run.feasible) == ([], stage, 12)
        if stage is BulkStage.previewed:
            with transaction():
                bulk.start_by_another(run, by=DEPARTMENT, at=LATER)
    archived = sa.select(Change.application_id).where(Change.verb == "archive", Change.application_id.in_(children))
    assert (run.done, sorted(db.session.scalars(archived))) == (12, sorted(children))


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"stage": BulkStage.done, "finished_at": NOW}, "finished_bulk_run_accounts_for_every_row"),
        ({"stage": BulkStage.stopped, "finished_at": NOW, "done": 3}, "finished_bulk_run_accounts_for_every_row"),
        ({"done": 3, "skipped": 2}, "bulk_run_counts_no_row_twice"),
        ({"feasible": 3, "hopeless": 2}, "bulk_preview_counts_no_row_twice"),
        ({"stage": BulkStage.running, "finished_at": NOW}, "only_a_finished_bulk_run_has_an_end"),
    ],
)
def test_the_database_itself_wants_every_row_accounted_for(town, facts, constraint):
    _, by, children = town
    run = asked("archive", children, by)
    with pytest.raises(sa.exc.IntegrityError, match=constraint), transaction():
        db.session.execute(sa.update(BulkRun).where(BulkRun.id == run.id).values(facts))


# ---------------------------------------------------------------- each verb


def referred(place) -> Application:
    """A child with a referral by turn."""
    from app.actions import offers, referrals

    free = vacancy(group(kindergarten(place, f"№{next(serials)}"), capacity=1))
    child = application(place)
    offers.offer(free, by=DEPARTMENT, at=NOW)
    referrals.choose(child, free, by=family(child), at=NOW)
    return child


@pytest.mark.parametrize("model", [Application, Referral])
def test_referrals_are_extended_and_revoked_by_application_and_by_themselves(app, model):
    with transaction():
        place = district(procedure="referral")
        by = official(Role.specialist, place)
        children = [referred(place) for _ in range(2)]
        norm("referral.misses", "2", Unit.COUNT, place)
    of = children if model is Application else [child.referrals[0] for child in children]
    run = started(go(asked("extend", of, by, until=date(2026, 4, 30))), by)
    assert told(run) == [("done", None)] * 2
    db.session.expire_all()
    assert [child.referrals[0].attend_by for child in children] == [date(2026, 4, 30)] * 2
    again = go(asked("extend", of, by, until=date(2026, 5, 2)))
    assert told(again, "foreseen") == [("refused", "already_used")] * 2
    assert started(go(asked("revoke", of, by)), by).done == 2
    db.session.expire_all()
    assert [child.status for child in children] == [ApplicationStatus.queued] * 2


def test_a_run_of_a_specialist_of_two_districts_is_the_specialist_s_own(app):
    with transaction():
        places = district(), district("Степногорск қаласы")
        by = official(Role.specialist, *places)
        children = [application(place) for place in places]
    run = started(go(asked("archive", children, by)), by)
    assert run.place_id == places[0].parent_id and run.done == 2


def test_vouchers_are_revoked_by_themselves(town):
    _, by, children = town
    run = started(go(asked("revoke", list(children[2].vouchers), by)), by)
    db.session.expire_all()
    assert (run.done, children[2].vouchers[0].status) == (1, VoucherStatus.revoked)


@pytest.mark.parametrize(
    ("model", "verb", "rows"),
    [(Voucher, "archive", [(1, 1)]), (Application, "enrol", [(1, 1)]), (Application, "archive", [])],
)
def test_what_cannot_be_asked_for_is_a_mistake_of_ours(town, model, verb, rows):
    with pytest.raises(ValueError, match=model.__tablename__):
        bulk.ask(model, verb, rows, by=town[1], at=NOW, reason="себеп")
