"""Spec 1.2, 7: each day that has records gets a protocol with the head of the chain, once; verify holds against it."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask_babel import force_locale

from app import words
from app.actions import applications, chain, daily_protocols
from app.db.extensions import db
from app.jobs import documents as job
from app.models import Change, Document, DocumentKind, HistoryLink, HistorySeal, Outbox
from app.papers import documents
from app.rules import chain as rules
from tests.actions.test_together import TOGETHER, at_once
from tests.factories import DEPARTMENT, application, at, district

DAYS = [date(2026, 4, 7), date(2026, 4, 8), date(2026, 4, 11)]  # nothing was recorded on the two between
AFTERWARDS = at("2026-04-12T00:00") + timedelta(seconds=20)  # of the day after the last one


def recorded(*days):
    """Some records on each of these days, the first of them of a whole town."""
    child = db.session.scalars(sa.select(applications.Application)).first()
    child = child or application(district(), queued_at=at(f"{DAYS[0]}T11:21"))
    for day in days:
        for n in range(3):
            applications.change(child, by=DEPARTMENT, at=at(f"{day}T23:5{n}"), phone=f"+77000{day:%m%d}{n}00"[:12])
    db.session.flush()


def sealed_and_asked(moment=AFTERWARDS):
    chain.seal(at=moment)
    asked = daily_protocols.ask_for(at=moment)
    db.session.commit()
    return asked


def protocols():
    found = sa.select(Document).where(Document.kind == DocumentKind.daily_protocol).order_by(Document.id)
    return db.session.scalars(found).all()


def made(document):
    """As the worker makes it: what it says, kept with it, and the paper."""
    row = db.session.scalars(sa.select(Outbox).where(Outbox.document_id == document.id)).one()
    paper = job.make(job.read(row))
    assert job.keep(row, paper) is None
    return paper


@pytest.fixture
def whole(app):
    """After three days' pause: all of it is sealed and asked for at once."""
    recorded()
    assert chain.seal(at=at(f"{DAYS[0]}T12:00"))
    recorded(*DAYS)
    assert sealed_and_asked() == len([one for one in protocols() if one.seal.day in DAYS]) + before()
    return [one for one in protocols() if one.seal.day in DAYS]


def before():
    """What was shipped has a day of its own where it has records."""
    return len([one for one in protocols() if one.seal.day not in DAYS])


def test_each_day_that_had_records_has_one_protocol_and_each_record_stands_in_one(whole):
    assert [one.seal.day for one in whole] == DAYS
    counts = []
    for document in protocols():
        said = made(document).said
        counts.append(sum(verb["n"] for of in said["recorded"] for verb in of["verbs"]))
        assert counts[-1] == said["last"] - said["first"] + 1
        assert document.facts == documents.its_facts(said)
    assert sum(counts) == db.session.scalar(sa.select(sa.func.count(Change.id)))
    assert [one.facts["first"] for one in protocols()] == [1, *(one.facts["last"] + 1 for one in protocols()[:-1])]
    with force_locale("kk"):
        assert {"kk": words.happened("change", "application"), "n": 3}.items() <= _of(whole[1])["verbs"][0].items()


def _of(document):
    [of] = document.facts["recorded"]
    return of


def test_the_printed_head_is_that_of_the_seal(whole):
    for document in whole:
        seal = db.session.get_one(HistorySeal, document.seal_id)
        links = sa.select(HistoryLink.digest).where(HistoryLink.id == seal.position)
        assert document.facts["head"] == seal.head.hex() == db.session.scalars(links).one().hex()
    line = f"{whole[0].facts['issued_on']} {whole[0].facts['last']} {words.in_groups(whole[0].facts['head'])}"
    copied = rules.heads_of([line])  # from the paper, by hand
    assert chain.first_fault(copied, at=AFTERWARDS) is None


def test_twice_late_and_in_parallel_none_is_asked_for_again(app, whole):
    count = len(protocols())
    assert [sealed_and_asked(), sealed_and_asked(AFTERWARDS + timedelta(days=3))] == [0, 0]
    recorded(date(2026, 4, 12), date(2026, 4, 13))
    db.session.commit()
    assert at_once(app, lambda _n: sealed_and_asked(at("2026-04-14T00:01")), range(TOGETHER)) == {"done": TOGETHER}
    assert len(protocols()) == count + 2


def test_what_was_recorded_before_there_was_a_chain_stands_in_one_protocol(app):
    recorded(*DAYS)
    assert sealed_and_asked() == 1
    [one] = protocols()
    assert (one.facts["first"], one.facts["last"]) == (1, db.session.scalar(sa.select(sa.func.count(Change.id))))


def test_a_day_is_over_at_its_midnight_and_what_comes_late_stands_in_the_next_protocol(app):
    recorded(DAYS[0])
    assert sealed_and_asked(at("2026-04-07T23:59")) == before()
    assert sealed_and_asked(at("2026-04-08T00:00")) == 1
    recorded(DAYS[0])  # its transaction was long
    assert sealed_and_asked(at("2026-04-08T00:01")) == 0
    recorded(DAYS[1])
    assert sealed_and_asked(at("2026-04-09T00:00")) == 1
    assert made(protocols()[-1]).said["first"] == protocols()[-2].facts["last"] + 1
    assert protocols()[-1].seal.day == DAYS[1] and _of(protocols()[-1])["verbs"][0]["n"] == 6


def test_a_chain_that_its_owner_made_anew_contradicts_its_protocols_and_none_of_them_holds(whole):
    heads = [one.facts["head"] for one in whole]
    assert chain.first_fault({}, at=AFTERWARDS) is None
    first = db.session.scalars(sa.select(HistoryLink.change_id).where(HistoryLink.id == whole[1].facts["first"])).one()
    db.session.execute(sa.update(Change.__table__).where(Change.__table__.c.id == first).values(role="clock"))
    link, seal = HistoryLink.__table__, HistorySeal.__table__
    before = rules.FIRST
    for one in list(chain.sealed()):
        before = rules.digest(before, one.record, one.hidden, one.erasable)
        db.session.execute(sa.update(link).where(link.c.id == one.position).values(digest=before))
        db.session.execute(sa.update(seal).where(seal.c.position == one.position).values(head=before))
    db.session.expire_all()
    fault = chain.first_fault({}, at=AFTERWARDS)
    assert (fault.position, fault.what) == (whole[1].facts["last"], rules.OTHER_HEAD)
    assert [one.facts["head"] for one in whole] == heads
    assert [documents.holds(one, DAYS[2]).valid for one in whole] == [True, False, False]


def test_a_paper_is_of_one_thing_alone(whole):
    with pytest.raises(sa.exc.IntegrityError):
        db.session.execute(sa.update(Document).where(Document.id == whole[0].id).values(seal_id=None))
