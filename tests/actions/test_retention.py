"""Spec 7, retention: what is kept of people goes when its time is over, and nothing that is still needed (ADR 41)."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa

from app.access import drafts, uploads
from app.access.actors import CLOCK
from app.actions import applications, chain, deliveries, enrolments, erasing, imports, privileges
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import retention as job
from app.jobs import sessions
from app.models import (
    Absence,
    Applicant,
    Application,
    Base,
    BulkRow,
    BulkRun,
    Change,
    Channel,
    Child,
    Delivery,
    DeliveryStage,
    Document,
    Draft,
    Guardianship,
    GuardianshipBasis,
    GuardianshipStatus,
    ImportKind,
    ImportProblem,
    ImportRun,
    ImportStage,
    LastRun,
    Notice,
    PrivilegeKind,
    PrivilegePaper,
    Proposal,
    Purpose,
    QueueOrder,
    Round,
    SanatoriumCertificate,
    Signature,
    Unit,
    Upload,
    User,
    WaitingEntry,
)
from app.papers import storage
from app.rules import retention
from tests.actions.test_ended_rights import chosen, enrolled, its_head, with_voucher
from tests.factories import DEPARTMENT, application, at, district, kindergarten, norm

CANARY = "ҚЫЗҒАЛДАҚ"
LEFT_ON, THEN = at("2026-04-20T10:00"), at("2026-06-01T00:10")  # a month of retention is over on 1 June, not before
MONTH = "retention.application", "retention.message", "retention.file"
STAYS = {  # texts of these tables that tell of nobody, or of nobody once the rest is gone
    Application: {"number", "number_key", "source"},  # the journal's; the portal's name
    Guardianship: {"basis"},
    Round: {"by_hand", "stood"},
    Proposal: {"verb", "subject"},
    Change: {"verb", "subject", "role", "client", "status_from", "status_to"},
    Signature: {"sha256", "bin", "algorithm", "verb"},  # a digest of a text with a number by chance; the organisation's
    Notice: {"template"},
    Delivery: {"key", "error"},
    Document: {"code"},
    BulkRow: {"reason"},  # one of our own names
}
BY_THE_CHILD = {"child_iin"}  # the database keeps them equal to the child's
NOBODYS = {  # tables with rows that name an application, a child or a person, and why nothing of them goes with it
    "holding": "which seat, by whose right: numbers",
    "outbox": "work that is done: numbers",
    "notice_read": "who of the office has read what",
    "challenge": "gone after a day (jobs/sessions.py)",
}
WHOSE = {"application_id", "child_id", "applicant_id", "guardianship_id", "privilege_id", "referral_id", "notice_id"}


def short(place):
    """What is kept here is kept for a month."""
    for name in MONTH:
        norm(name, "1", Unit.MONTHS, place)
    return place


def left(place):
    """A child that was enrolled and has left, with something in each table that tells of people."""
    child = enrolled(place)
    enrolments.leave(child, by=its_head(child), at=LEFT_ON)
    return beside(child)


def gone(place):
    """A child whose family has withdrawn it, whose applicant has no other one."""
    child = application(place)
    applications.archive(child, by=DEPARTMENT, at=at("2026-04-10T10:00"), reason="көшті")
    return beside(child)


def beside(child):
    """Rows that its story has not left, as they would be."""
    moment, day = at("2026-04-10T10:00"), date(2026, 4, 10)
    of = {"application_id": child.id}
    db.session.add(official := User(username=f"u{child.id}", first_name="О", last_name="О", email=f"u{child.id}@b.kz"))
    db.session.flush()
    privileges.claim_with_it(child, PrivilegeKind.first_order, papers=(), by=DEPARTMENT, at=moment)
    db.session.add_all(
        [
            SanatoriumCertificate(child_id=child.child_id, issuer="А", number="1", from_on=day, until=day),
            Guardianship(
                **of,
                child_id=child.child_id,
                iin="1",
                basis=GuardianshipBasis.parent,
                status=GuardianshipStatus.rejected,
                asked_at=moment,
                decided_at=moment,
            ),
            WaitingEntry(
                **of,
                child_id=child.child_id,
                kindergarten=kindergarten(child.place, name=f"Балабақша {child.id}"),
                wished_at=moment,
                ended_at=moment,
            ),
            PrivilegePaper(privilege_id=child.privileges[0].id, title="А", issued_on=day),
            Proposal(
                **of,
                verb="reinstate",
                subject="application",
                subject_id=child.id,
                place_id=child.place_id,
                reason="А",
                asked_at=moment,
                approved=False,
                decided_at=moment,
            ),
            Signature(
                **of,
                **dict.fromkeys(("text", "cms"), b"1"),
                **dict.fromkeys(("iin", "name", "serial", "issuer", "algorithm", "certificates"), "1"),
                sha256=sha256(str(child.id).encode()).hexdigest(),
                purpose=Purpose.act,
                checked_at=moment,
                checked_against={},
            ),
            Round(
                place_id=child.place_id,
                held_on=day,
                held_at=moment,
                queue_order_id=db.session.scalars(sa.select(QueueOrder.id)).first(),
                by_hand="reinstate",
                application_id=child.id,
                reason="А",
                born_before=child.born_on,
            ),
            BulkRow(
                **of,
                subject_id=child.id,
                position=1,
                bulk_run_id=bulk_run(child, official),
            ),
        ]
    )
    for enrolment in child.enrolments:
        db.session.add(
            Absence(enrolment=enrolment, vacancy=child.referrals[0].vacancy, from_on=day, until=day, reason="А")
        )
    db.session.flush()
    for notice in child.notices:
        stage = {"stage": DeliveryStage.shown, "ended_at": LEFT_ON}
        db.session.add(Delivery(notice_id=notice.id, channel=Channel.sms, address="1", text="1", subject="1", **stage))
    db.session.flush()
    return child


def bulk_run(child, official):
    run = BulkRun(
        subject="application",
        verb="archive",
        user_id=official.id,
        role="department",
        place_id=child.place_id,
        selected=1,
        asked_at=LEFT_ON,
    )
    db.session.add(run)
    db.session.flush()
    return run.id


def rows(model, child):
    return sa.select(model.id).where(
        model.id.in_(retention.of_children(model, sa.select(Child.id).where(Child.id == child.child_id)))
    )


def marked(child, word):
    """Each text of each of its rows says a word that is nobody else's."""
    for model in (Child, Applicant, *retention.BELONGS):
        ids = [child.applicant_id] if model is Applicant else db.session.scalars(rows(model, child)).all()
        assert ids or model not in retention.GOES, f"{model.__tablename__}: there is no row to erase"
        values = {}
        for column in model.__table__.c:
            if column.foreign_keys or column.name in BY_THE_CHILD | STAYS.get(model, set()):
                continue
            kind = column.type
            if isinstance(kind, sa.JSON) or getattr(kind, "impl", None) is sa.JSON:
                values[column.name] = {"phone": word, "reason": word}
            elif isinstance(kind, sa.LargeBinary):
                values[column.name] = word.encode()
            elif isinstance(kind, sa.String) and not isinstance(kind, sa.Enum):
                values[column.name] = word[: kind.length]
        for number, id_ in enumerate(ids):
            own = {name: f"{value[:9]}{number:03}" if name == "iin" else value for name, value in values.items()}
            if model is Document or model is PrivilegePaper:
                own |= {"file_key": f"{word}/{model.__tablename__}-{id_}", "sha256": "1"}
                storage.keep(own["file_key"], word.encode())
            if own:
                db.session.execute(sa.update(model.__table__).where(model.__table__.c.id == id_).values(own))
    db.session.commit()
    db.session.expire_all()


def everything():
    """The whole database in words, row by row."""
    found = []
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            said = (v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in row)
            found.append(f"{table.name}: {' | '.join(said)}")
    return sorted(found)


def naming(word):
    db.session.rollback()
    files = [key for key in storage.all_keys() if word in key]
    return [row for row in everything() if word in row], files


def swept(when=THEN):
    """All that a sweep of a moment erases, and that its dry run has named."""
    foreseen = list(erasing.due(at=when))
    done = []
    for name, place_id in erasing.steps(at=when):
        while some := erasing.erase_next(name, place_id, by=CLOCK, at=when):
            done += some
        db.session.commit()
    assert done == foreseen
    return done


def test_nothing_that_tells_of_a_person_is_left_in_any_table_or_file_and_who_is_kept_loses_nothing(app):
    place = short(district())
    over, kept = left(place), left(district("Степногорск қаласы"))
    marked(over, CANARY)
    marked(kept, "ЕМЕН")
    day = over.child.born_on
    before = naming("ЕМЕН")
    assert naming(CANARY)[0] and naming(CANARY)[1]
    done = swept()
    assert {one.category for one in done} == {"child", "applicant", "message"}
    assert naming(CANARY) == ([], [])
    assert naming("ЕМЕН") == before
    child = db.session.get_one(Application, over.id).child
    assert (child.born_on, child.birth_year, child.iin) == (day.replace(day=1), day.year, f"#{child.id}")
    assert swept() == []


def test_the_chain_is_whole_and_says_what_was_erased(app):
    over = left(short(district()))
    chain.seal(at=LEFT_ON)
    heads = {one.position: one.head for one in chain.seals(after=0)}
    records = db.session.scalar(sa.select(sa.func.count(Change.id)))
    swept()
    chain.seal(at=THEN)
    assert chain.first_fault(heads, at=THEN + timedelta(days=2)) is None
    of_places = sa.select(Change).where(Change.id > records, Change.subject == "place").order_by(Change.id)
    new = db.session.scalars(of_places).all()
    assert [(row.verb, row.details["category"], row.details["rows"]) for row in new] == [
        ("erase", "message", len(over.notices)),
        ("erase", "child", 1),
        ("erase", "applicant", 1),
    ]
    assert over.status == "archived"


def test_the_dry_run_of_the_command_is_the_real_one_on_each_database(app):
    with transaction():
        here, there = short(district()), short(district("Степногорск қаласы"))
        for place in (here, there):
            for _ in range(3):
                gone(place)
            for notice in db.session.scalars(sa.select(Notice)):
                notice.planned = True
            a_file(place)
        application(here)  # waits, and stays

    def said(*more):
        done = app.test_cli_runner().invoke(args=["retention", *more])
        assert done.exit_code == 0, done.output
        return done.output.splitlines()

    before = everything()
    *foreseen, total = said("--dry-run")
    assert everything() == before
    assert len(foreseen) > 10 and total == f"{len(foreseen)} to erase"
    assert said() == [*foreseen, f"{len(foreseen)} erased"]
    assert said("--dry-run") == ["0 to erase"]
    assert said() == ["0 erased"]
    last = sa.select(LastRun.ended_at).where(LastRun.job == job.JOB)
    assert db.session.scalar(last) is not None


def a_file(place):
    user = User(username=f"f{place.id}", first_name="О", last_name="О", email=f"f{place.id}@b.kz")
    db.session.add(user)
    db.session.flush()
    by = type(DEPARTMENT)(DEPARTMENT.role, user_id=user.id)
    run = imports.ask(
        ImportKind.applications, CANARY.encode(), file_name=f"{CANARY}.csv", district_id=place.id, by=by, at=LEFT_ON
    )
    run.place_id = place.id
    wrong = {"row": 1, "column": 1, "cell": CANARY, "sentence": "missing", "facts": {}, "value": CANARY}
    counts = {"added": 0, "changed": 0, "same": 0}
    imports.tell(run, counts, [wrong], [], rows=1, sheet=CANARY, by=by, at=LEFT_ON)
    return run


def test_a_file_goes_with_its_name_and_its_cells_and_is_brought_in_no_more(app):
    run = a_file(short(district()))
    db.session.commit()
    key = run.file_key
    assert key in storage.all_keys() and naming(CANARY)[0]
    assert [one.category for one in swept()] == ["file"]
    assert naming(CANARY) == ([], []) and key not in storage.all_keys()
    run = db.session.get_one(ImportRun, run.id)
    assert (run.stage, run.refused_because, run.problems) == (ImportStage.refused, erasing.KEPT_NO_MORE, 1)
    assert db.session.scalar(sa.select(sa.func.count(ImportProblem.id))) == 0


def waiting(place):
    return application(place)


def attending(place):
    return enrolled(place)


def with_a_certificate(place):
    child = gone(place)
    for one in db.session.scalars(
        sa.select(SanatoriumCertificate).where(SanatoriumCertificate.child_id == child.child_id)
    ):
        one.until = date(2026, 5, 1)
    return child


def proposed(place):
    child = gone(place)
    one = db.session.scalars(sa.select(Proposal).where(Proposal.application_id == child.id)).one()
    one.approved = one.decided_at = None
    return child


def another_waits(place):
    """The same child has another application that is not over."""
    child = gone(place)
    again = application(place)
    other, again.child = again.child, child.child
    db.session.flush()
    db.session.delete(other)
    return child


def over_too_lately(place):
    child = application(place)
    applications.archive(child, by=DEPARTMENT, at=at("2026-05-01T00:00"), reason="көшті")
    return child


NEEDED = (waiting, with_voucher, chosen, attending, with_a_certificate, proposed, another_waits, over_too_lately)


@pytest.mark.parametrize("how", NEEDED, ids=lambda how: how.__name__)
def test_what_the_regulation_still_needs_is_not_erased(app, how):
    """A live application, a running term, a contract, a child that attends, what waits for a second person."""
    place = short(district())
    child = how(place)
    db.session.commit()
    assert "child" not in {one.category for one in erasing.due(at=THEN)}
    assert "applicant" not in {one.category for one in erasing.due(at=THEN)} or how is another_waits
    swept()
    assert db.session.get_one(Application, child.id).child.iin.isdecimal()


def test_a_day_earlier_nothing_is_due_and_without_a_norm_nothing_ever_is(app):
    place = short(district())
    gone(place)
    assert list(erasing.due(at=at("2026-05-10T23:50"))) == []
    assert {one.category for one in erasing.due(at=at("2026-05-11T00:10"))} >= {"child", "applicant"}
    db.session.commit()
    db.session.execute(sa.delete(retention.Norm).where(retention.Norm.name.in_(MONTH)))
    assert list(erasing.due(at=at("2040-01-01T10:00"))) == []
    db.session.rollback()


def test_a_message_loses_its_words_and_address_while_its_notice_stays(app):
    place = short(district())
    child = application(place)
    with transaction():
        (notice,) = child.notices
        said = {"address": CANARY, "text": CANARY, "subject": CANARY, "ended_at": LEFT_ON}
        db.session.add(Delivery(notice=notice, channel=Channel.sms, stage=DeliveryStage.shown, **said))
        late = {"address": "ЕМЕН", "text": "ЕМЕН", "ended_at": THEN - timedelta(days=3)}
        db.session.add(Delivery(notice=notice, channel=Channel.email, stage=DeliveryStage.shown, **late))
    assert [one.category for one in swept()] == ["message"]
    assert naming(CANARY)[0] == [] and len(naming("ЕМЕН")[0]) == 1
    assert db.session.get_one(Notice, notice.id).facts == {"number": child.number}
    assert len(deliveries.shown_unwritten()) == 0


def test_what_is_typed_and_not_sent_is_gone_by_itself(app):
    old = datetime.now(UTC) - timedelta(days=31)
    drafts.keep("2", {"a": "b"})
    uploads.keep("2", b"1")
    with transaction():
        db.session.add_all(
            [Draft(iin="1", answers={"a": "b"}, at=old), Upload(iin="1", sha256="1", content=b"1", at=old)]
        )
    sessions.forget()
    assert [db.session.scalars(sa.select(model.iin)).all() for model in (Draft, Upload)] == [["2"], ["2"]]


def test_every_table_that_names_a_person_says_what_goes_with_it():
    named = {t.name for t in Base.metadata.sorted_tables if {c.name for c in t.c} & WHOSE}
    known = {model.__tablename__ for model in retention.BELONGS}
    assert named - known == NOBODYS.keys()
    assert set(retention.GOES) <= {Child, Applicant, *retention.BELONGS}
