"""The timetable, the clock's turn that is on it, and the process that works."""

import pytest
from rq import Queue
from rq.job import Job

from app.actions import vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import clock, queues, schedule
from app.jobs.failures import JobFailed
from app.models import ApplicationStatus, Notice, Unit, VoucherStatus
from tests.factories import DEPARTMENT, application, at, district, group, kindergarten, norm, vacancy


def test_everything_on_the_timetable_is_queued_in_its_order_and_says_why(redis):
    scheduler = schedule.scheduler()
    scheduler.enqueue_jobs()
    of = dict.fromkeys(entry.queue for entry in schedule.TIMETABLE)
    ids = [id_ for name in of for id_ in Queue(name, connection=redis).job_ids]
    jobs = Job.fetch_many(ids, connection=redis)
    assert [job.func_name for job in jobs] == [
        "app.jobs.clock.run",
        "app.jobs.outbox.relay",
        "app.jobs.history.seal",
        "app.jobs.sessions.forget",
        "app.jobs.forms.forget",
        "app.jobs.history.mail_head",
        "app.jobs.revocation.fetch",
        "app.jobs.retention.run",
    ]
    assert {entry.queue for entry in schedule.TIMETABLE} == {queues.URGENT, queues.LETTERS, queues.LONG}
    assert all((job.args, job.ttl) == ((), entry.every) for job, entry in zip(jobs, schedule.TIMETABLE, strict=True))
    assert all(entry.why for entry in schedule.TIMETABLE)
    assert scheduler.enqueue_jobs() == []


def due(name: str):
    """A district with a voucher whose term to confirm is long over."""
    place = district(name)
    vacancy(group(kindergarten(place)))
    child = application(place)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    return place, child


def test_the_clock_s_turn_does_what_is_due_in_every_district_once(app):
    with transaction():
        children = [due(name)[1] for name in ("Көкшетау қаласы", "Степногорск қаласы")]
    for _ in range(2):
        clock.run()
    for child in children:
        assert child.vouchers[0].status is VoucherStatus.lapsed
        told = db.select(Notice).where(Notice.application_id == child.id, Notice.template == "lapse")
        assert len(db.session.scalars(told).all()) == 1


def test_a_district_that_fails_holds_up_no_other_and_is_told_without_words(app):
    with transaction():
        broken, first = due("Көкшетау қаласы")
        norm("queue.maximum_age", "Ойдан", Unit.MONTHS, broken)
        _, second = due("Степногорск қаласы")
    with pytest.raises(JobFailed) as failure:
        clock.run()
    assert "ExceptionGroup" in str(failure.value) and "Ойдан" not in str(failure.value)
    assert failure.value.__cause__ is None
    db.session.expire_all()
    assert first.status is ApplicationStatus.confirming
    assert second.status is ApplicationStatus.archived or second.status is ApplicationStatus.stop_listed
