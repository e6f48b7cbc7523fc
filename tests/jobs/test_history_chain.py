"""The clock seals the history and gives the heads of its chain out; whoever keeps them verifies it (ADR 34)."""

from pathlib import Path

from app.actions import applications, chain
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import history
from app.models import Application, Change, Document
from app.now import now
from app.papers import storage
from app.rules.chain import heads_of
from tests.factories import DEPARTMENT, application, at, district
from tests.gateways import mail_server, set_up


def recorded():
    with transaction():
        child = application(district(), queued_at=at("2026-04-07T11:21"))
        applications.change(child, by=DEPARTMENT, at=at("2026-04-07T12:00"), phone="+77000000001")


def verified(app, *arguments):
    done = app.test_cli_runner().invoke(args=["history", "verify", *map(str, arguments)])
    return done.exit_code, done.output.strip()


def heads_file(app):
    return Path(app.config["KEZEK"].heads[0])


def test_the_history_is_sealed_once_and_its_heads_stand_in_a_file(app):
    recorded()
    file = heads_file(app)
    file.unlink(missing_ok=True)
    for _ in range(2):
        history.seal()
    (line,) = file.read_text().splitlines()
    count = db.session.scalar(db.select(db.func.count(Change.id)))
    assert list(heads_of([line])) == [count]
    (protocol,) = db.session.scalars(db.select(Document).where(Document.seal_id.is_not(None)))
    assert protocol.facts["head"] in line
    assert verified(app)[0] == 0
    assert verified(app)[1].startswith(f"good: {count} records, 1 heads")
    file.unlink()
    history.seal()
    assert file.read_text().splitlines() == [line]


def test_heads_go_to_several_places_and_by_mail_each_day(app, kind):
    """S3 is known by fsspec as the memory is, which keeps whole objects too."""
    recorded()
    there = f"memory://{kind}/heads.txt", "audit@example.org"
    with mail_server() as server, set_up(app, smtp=server.smtp(), heads_to=there):
        history.seal()
        with transaction():
            child = db.session.scalars(db.select(Application)).first()
            applications.change(child, by=DEPARTMENT, at=now(), phone="+77000000002")
        history.seal()
        history.mail_head()
        first, second = storage.lines_at(f"memory://{kind}/heads.txt")
        assert [one.get_content().strip() for one in server.to("audit@example.org")] == [second]
        assert list(heads_of([first, second])) == [one.position for one in chain.seals(after=0)]
        assert verified(app)[0] == 0
        storage.add_lines(f"memory://{kind}/heads.txt", [second.replace(" ", " 1", 1)])
        assert verified(app)[0] == 1


def test_what_was_changed_is_named_by_the_command(app, tmp_path):
    recorded()
    heads_file(app).unlink(missing_ok=True)
    history.seal()
    changed = db.session.scalars(db.select(Change.id).order_by(Change.id)).first()
    with transaction():
        db.session.execute(db.update(Change.__table__).where(Change.__table__.c.id == changed).values(role="clock"))
    assert verified(app) == (1, f"BAD: at 1, record {changed}: the record is not as it was sealed")
    nonsense = tmp_path / "heads.txt"
    nonsense.write_text("a head\n")
    assert verified(app, "--heads", nonsense)[0] == 2


def test_the_chain_is_taken_out_a_record_in_each_line(app, tmp_path):
    recorded()
    history.seal()
    file = tmp_path / "history.jsonl"
    done = app.test_cli_runner().invoke(args=["history", "export", str(file)])
    assert done.output == f"{len(file.read_text().splitlines())} records\n"
