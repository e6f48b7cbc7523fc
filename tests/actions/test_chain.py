"""Spec 7: the history is a chain: whatever is done to what was sealed is found, and the first wrong record is named."""

import os
import random
import subprocess
import sys
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.access.actors import CLOCK
from app.access.personal_data import is_personal
from app.actions import applications, chain, erasing
from app.db.extensions import db
from app.models import Application, Change, HistoryLink, HistorySeal
from app.rules import chain as rules
from app.rules.refusals import Refusal
from tests.factories import DEPARTMENT, application, at, district

TRIALS = int(os.environ.get("KEZEK_TAMPERS", "17"))  # of each kind; `make soak` tries 1,000 in all
SEALED_AT = at("2026-04-07T12:00")
LATER = SEALED_AT + timedelta(days=2)


def filled(records=12):
    """A town with a history, sealed in two turns; the heads that were given out."""
    place = district()
    children = [application(place, queued_at=at("2026-04-07T11:21")) for _ in range(3)]
    moment = at("2026-04-07T11:30")
    for n in range(records):
        one = children[n % 3]
        applications.change(one, by=DEPARTMENT, at=moment, phone=f"+7700000{n:04}")
        if n == records // 2:
            chain.seal(at=SEALED_AT)
    chain.seal(at=SEALED_AT)
    db.session.commit()
    return {one.position: one.head for one in chain.seals(after=0)}


def fault(heads=None, when=LATER):
    db.session.expire_all()
    return chain.first_fault(heads or {}, at=when)


def count(model=Change):
    return db.session.scalar(sa.select(sa.func.count(model.id)))


def test_what_nobody_touched_is_whole_and_what_comes_later_follows(app):
    heads = filled()
    before = count()
    assert max(heads) == before
    assert fault(heads) is None
    assert chain.seal(at=LATER) == 0
    application(db.session.scalars(sa.select(Application)).first().place, queued_at=at("2026-04-09T11:21"))
    new = count() - before
    assert (chain.seal(at=LATER), chain.last_seal().position) == (new, before + new)
    assert fault(heads, LATER + timedelta(days=3)) is None


def test_what_was_committed_late_is_sealed_when_it_is_seen(app):
    """Its transaction took long: larger numbers than its own are sealed already."""
    filled()
    row, last = Change.__table__, db.session.scalars(sa.select(Change.id).order_by(Change.id.desc())).first()
    db.session.execute(sa.insert(row).from_select([c.name for c in row.c], copy_of(last, last + 1000)))
    assert chain.seal(at=SEALED_AT + timedelta(minutes=1)) == 1
    db.session.execute(sa.insert(row).from_select([c.name for c in row.c], copy_of(last, last + 999)))
    assert chain.seal(at=SEALED_AT + timedelta(minutes=2)) == 1
    assert fault() is None
    db.session.execute(sa.insert(row).from_select([c.name for c in row.c], copy_of(last, last + 998)))
    assert chain.seal(at=LATER) == 0  # nobody's transaction took two days
    assert fault() == (0, last + 998, rules.UNSEALED)


def test_what_is_added_with_a_day_that_is_over_is_never_sealed(app):
    filled()
    row, last = Change.__table__, db.session.scalars(sa.select(Change.id).order_by(Change.id.desc())).first()
    application(db.session.scalars(sa.select(Application)).first().place, queued_at=at("2026-04-09T11:21"))
    chain.seal(at=LATER)
    db.session.execute(sa.insert(row).from_select([c.name for c in row.c], copy_of(last, last + 1000)))
    assert chain.seal(at=LATER + timedelta(minutes=1)) == 0
    assert fault(when=LATER + timedelta(minutes=1)) == (0, last + 1000, rules.UNSEALED)


def test_however_much_waits_and_however_long_all_of_it_is_sealed(app):
    """The timetable stood still for days, or a register was older than the chain; a few are sealed at a time."""
    filled()
    place = db.session.scalars(sa.select(Application)).first().place
    waiting = [application(place, queued_at=at(f"2026-04-{day}T11:21")) for day in (10, 12, 14, 16)]
    when = at("2026-04-20T09:00")
    assert [chain.seal(at=when, most=1) for _ in waiting] == [1] * len(waiting)
    assert chain.seal(at=when) == 0 and fault(when=when) is None


def test_nobody_dates_records_back_one_after_the_other(app):
    """Each is less than a day older than the one before it, as that one is sealed."""
    filled()
    row, last = Change.__table__, db.session.scalars(sa.select(Change.id).order_by(Change.id.desc())).first()
    moments, when = [SEALED_AT - timedelta(hours=23 * n) for n in range(1, 6)], SEALED_AT
    for n, moment in enumerate(moments, 1):
        db.session.execute(sa.insert(row).from_select([c.name for c in row.c], copy_of(last, last + n)))
        db.session.execute(sa.update(row).where(row.c.id == last + n).values(at=moment))
        when += timedelta(minutes=1)
        chain.seal(at=when)
    assert fault(when=when) == (0, last + 2, rules.UNSEALED)


def copy_of(which, number):
    row = Change.__table__
    return sa.select(*(sa.literal(number) if c.name == "id" else c for c in row.c)).where(row.c.id == which)


FLIPPED = (
    *(("verb", "archive"), ("subject_id", 4711), ("role", "clock"), ("reason", "no"), ("status_to", "removed")),
    *(("at", at("2020-01-01T10:00")), ("details", {"phone": ["+77000000001", "+77000000002"]})),
)
CHANGES = ("flip", "delete", "reorder", "insert", "truncate", "owner")


def tamper(how, rand):
    """Do something to the history as whoever owns the database could."""
    row, link, seal = Change.__table__, HistoryLink.__table__, HistorySeal.__table__
    ids = db.session.scalars(sa.select(link.c.change_id).order_by(link.c.id)).all()
    which = rand.choice(ids[:-1])  # what is added after the last is a new record, and not among the sealed
    if how == "flip":
        column, value = rand.choice(FLIPPED)
        db.session.execute(sa.update(row).where(row.c.id == which).values({column: value}))
    elif how == "delete":
        db.session.execute(sa.delete(row).where(row.c.id == which))
        if rand.random() < 0.5:
            db.session.execute(sa.delete(link).where(link.c.change_id == which))
    elif how == "reorder":
        other = rand.choice([one for one in ids if one != which])
        for was, to in ((which, -1), (other, which), (-1, other)):
            db.session.execute(sa.update(row).where(row.c.id == was).values(id=to))
    elif how == "insert":
        kept = dict(db.session.execute(sa.select(row).where(row.c.id == which)).mappings().one())
        db.session.execute(sa.update(row).where(row.c.id > which).values(id=row.c.id + 1_000_000))
        db.session.execute(sa.insert(row).values({**kept, "id": which + 1}))
        db.session.execute(
            sa.update(link).where(link.c.change_id > which).values(change_id=link.c.change_id + 1_000_000)
        )
    elif how == "truncate":
        at_least = rand.randrange(1, len(ids))
        gone = ids[at_least:]
        db.session.execute(sa.delete(row).where(row.c.id.in_(gone)))
        db.session.execute(sa.delete(link).where(link.c.change_id.in_(gone)))
        db.session.execute(sa.delete(seal).where(seal.c.position > at_least))
    else:  # the whole chain made anew over what was changed: every digest fits again
        db.session.execute(sa.update(row).where(row.c.id == which).values(verb="archive"))
        db.session.execute(sa.delete(link))
        db.session.execute(sa.delete(seal))
        chain.seal(at=SEALED_AT)
    return which


@pytest.mark.parametrize("how", CHANGES)
def test_whatever_was_done_to_the_history_is_found(app, how):
    heads = filled()
    rand = random.Random(how)
    for _ in range(TRIALS):
        which = tamper(how, rand)
        found = fault(heads)
        assert found is not None
        if how == "flip":
            assert found.number == which
        db.session.rollback()
    assert fault(heads) is None


def test_an_exported_chain_is_verified_with_python_alone(app, tmp_path):
    heads = filled()
    file, given = tmp_path / "history.jsonl", tmp_path / "heads.txt"
    lines = [rules.as_line(one) + "\n" for one in chain.sealed()]
    given.write_text("".join(rules.head_line("2026-04-07T07:00:00+00:00", *one) + "\n" for one in heads.items()))

    def verify():
        command = [sys.executable, "-I", rules.__file__, file, given]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.strip()

    file.write_text("".join(lines))
    assert verify() == (0, f"good: {len(lines)} records, {len(heads)} heads")
    file.write_text("".join([*lines[:4], lines[4].replace("+7700", "+7701"), *lines[5:]]))
    code, said = verify()
    assert (code, said.partition(":")[0], "at 5," in said) == (1, "BAD", True)
    file.write_text("".join(lines[:-1]))
    assert verify()[0] == 1
    file.write_text("".join(lines[:3]) + "{}\n")
    assert verify() == (1, "BAD: line 4 is no record of a chain")


def test_two_databases_keep_a_record_in_one_form(app):
    """What is sealed is what is read: days, moments, names and numbers alike on both."""
    filled()
    one, *_ = chain.sealed()
    assert rules.of_line(rules.as_line(one)) == one
    assert one.record["at"].endswith("+00:00")


def test_what_is_personal_is_erased_and_the_chain_stays_whole(app):
    heads = filled()
    one = db.session.scalars(sa.select(Application).order_by(Application.id)).first()
    with pytest.raises(Refusal):  # it waits
        erasing.erase(one, by=CLOCK, at=LATER)
    applications.archive(one, by=DEPARTMENT, at=at("2026-04-07T13:00"), reason="moved away")
    assert erasing.erase(one, by=CLOCK, at=LATER) > 1
    rows = db.session.scalars(sa.select(Change).where(Change.application_id == one.id)).all()
    assert {row.reason for row in rows} == {None}
    assert not any(is_personal(name) for row in rows for name in row.details or ())
    chain.seal(at=LATER)
    assert fault(heads) is None
    assert erasing.erase(one, by=CLOCK, at=LATER) == 0


def test_what_was_erased_comes_back_under_no_other_words(app):
    heads = filled()
    one = db.session.scalars(sa.select(Application).order_by(Application.id)).first()
    applications.archive(one, by=DEPARTMENT, at=at("2026-04-07T13:00"), reason="moved away")
    erasing.erase(one, by=CLOCK, at=LATER)
    chain.seal(at=LATER)
    row = Change.__table__
    db.session.execute(sa.update(row).where(row.c.verb == "archive").values(reason="never came"))
    assert fault(heads).what == rules.ERASED


def test_nobody_erases_without_a_record_of_it(app):
    heads = filled()
    row, link = Change.__table__, HistoryLink.__table__
    which = db.session.scalars(sa.select(row.c.id).where(row.c.verb == "change")).first()
    db.session.execute(sa.update(row).where(row.c.id == which).values(details=None))
    db.session.execute(sa.update(link).where(link.c.change_id == which).values(salt=None))
    assert (fault(heads).number, fault(heads).what) == (which, rules.BY_NOBODY)
