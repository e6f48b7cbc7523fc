"""The clock seals the history and gives the heads of its chain out; whoever keeps them verifies it (ADR 34)."""

from app.actions import applications
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import history
from app.models import Change
from app.rules.chain import heads_of
from tests.factories import DEPARTMENT, application, at, district


def recorded():
    with transaction():
        child = application(district(), queued_at=at("2026-04-07T11:21"))
        applications.change(child, by=DEPARTMENT, at=at("2026-04-07T12:00"), phone="+77000000001")


def verified(app, *arguments):
    done = app.test_cli_runner().invoke(args=["history", "verify", *map(str, arguments)])
    return done.exit_code, done.output.strip()


def test_the_history_is_sealed_once_and_its_heads_stand_in_a_file(app):
    recorded()
    file = app.config["KEZEK"].heads
    file.unlink(missing_ok=True)
    for _ in range(2):
        history.seal()
    (line,) = file.read_text().splitlines()
    count = db.session.scalar(db.select(db.func.count(Change.id)))
    assert list(heads_of([line])) == [count]
    assert verified(app)[0] == 0
    assert verified(app)[1].startswith(f"good: {count} records, 1 heads")
    file.unlink()
    history.seal()
    assert file.read_text().splitlines() == [line]


def test_what_was_changed_is_named_by_the_command(app, tmp_path):
    recorded()
    app.config["KEZEK"].heads.unlink(missing_ok=True)
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
