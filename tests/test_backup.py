"""Spec 7, backup and restore: one command each, on both databases; what was restored is all that was saved."""

import tarfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import create_app
from app.actions import chain
from app.db.database import transaction
from app.db.extensions import db
from app.models import Document
from app.now import now
from app.papers import storage


@pytest.fixture
def elsewhere(app, databases, kind, tmp_path):
    """A Kezek in an empty place: a new database, an empty folder."""
    name = f"restored_{tmp_path.parent.name}_{tmp_path.name}".replace("-", "_")[-60:]
    url = f"sqlite:///{tmp_path}/restored.db" if kind == "sqlite" else databases.url(kind, name)
    made = create_app(replace(app.config["KEZEK"], var=tmp_path / "restored", database_url=url))
    yield made
    with made.app_context():
        db.engine.dispose()


def saved(app, to: Path):
    """A town with a sealed history and a paper, in a backup."""
    with transaction():
        paper = db.session.scalars(sa.select(Document).order_by(Document.id)).first()
        storage.keep_with_rows("documents/2026/a paper.pdf", b"%PDF a paper")
        paper.file_key, paper.sha256 = "documents/2026/a paper.pdf", SUM
        while chain.seal(at=now()):
            pass
    return run(app, "backup", to)


SUM = "083f8a8575d8400236531ca15134dfb9eb5d8272763090a82972e1558297ec34"


def run(app, *arguments):
    with app.app_context():
        done = app.test_cli_runner().invoke(args=list(map(str, arguments)))
    return done.exit_code, done.output.strip()


def everything():
    """All rows of all tables, and all files."""
    rows = {
        table.name: sorted(map(repr, db.session.execute(sa.select(*table.columns))))
        for table in db.metadata.sorted_tables
    }
    return rows, {key: storage.read(key) for key in storage.all_keys()}


def test_all_rows_and_all_files_come_back_in_an_empty_place(app, demo_town, elsewhere, tmp_path):
    file = tmp_path / "kezek.tar"
    code, said = saved(app, file)
    assert code == 0, said
    before = everything()
    db.session.remove()
    assert run(elsewhere, "restore", file) == (0, said)
    with elsewhere.app_context():
        assert everything() == before
    assert run(elsewhere, "history", "verify")[0] == 0


def test_a_backup_that_lacks_anything_or_is_damaged_is_refused_before_anything_is_written(
    app, demo_town, elsewhere, tmp_path
):
    file = tmp_path / "kezek.tar"
    saved(app, file)
    whole = {}
    with tarfile.open(file) as tar:
        for one in tar:
            whole[one.name] = tar.extractfile(one).read()
    paper = "files/documents/2026/a paper.pdf"
    cases = {
        "no manifest": {name: content for name, content in whole.items() if name != "manifest.json"},
        "a file is missing": {name: content for name, content in whole.items() if name != paper},
        "a file was added": {**whole, "files/more": b"more"},
        "a byte of a file": {**whole, paper: whole[paper].replace(b"a", b"b")},
        "a byte of the database": {**whole, "database": whole["database"][:-1] + b"?"},
        "another version": {**whole, "manifest.json": whole["manifest.json"].replace(b'"format": 1', b'"format": 2')},
        "nonsense": {**whole, "manifest.json": b"[]"},
    }
    for name, parts in cases.items():
        broken = tmp_path / "broken.tar"
        with tarfile.open(broken, "w") as tar:
            for part, content in parts.items():
                info = tarfile.TarInfo(part)
                info.size = len(content)
                tar.addfile(info, BytesIO(content))
        assert run(elsewhere, "restore", broken)[0] == 1, name
    (tmp_path / "cut.tar").write_bytes(file.read_bytes()[:5000])
    assert run(elsewhere, "restore", tmp_path / "cut.tar")[0] == 1
    assert run(elsewhere, "restore", tmp_path / "none.tar")[0] == 1
    with elsewhere.app_context():
        assert sa.inspect(db.engine).get_table_names() == []
        assert list(storage.all_keys()) == []


def test_nothing_that_is_there_is_written_over(app, demo_town, elsewhere, tmp_path):
    file = tmp_path / "kezek.tar"
    saved(app, file)
    content = file.read_bytes()
    assert run(app, "backup", file) == (1, "Error: there is such a file already")
    assert file.read_bytes() == content
    before = everything()
    assert "not empty" in run(app, "restore", file)[1]
    assert everything() == before
    with elsewhere.app_context():
        storage.keep("imports/mine", b"mine")
    assert "files is not empty" in run(elsewhere, "restore", file)[1]
    with elsewhere.app_context(), db.engine.begin() as connection:
        (elsewhere.config["KEZEK"].files / "imports" / "mine").unlink()
        connection.execute(sa.text("CREATE TABLE mine (id integer)"))
    assert "the database is not empty" in run(elsewhere, "restore", file)[1]
    with elsewhere.app_context():
        assert sa.inspect(db.engine).get_table_names() == ["mine"]


def test_a_paper_that_is_not_the_one_that_was_kept_is_named(app, demo_town, elsewhere, tmp_path):
    saved(app, tmp_path / "kezek.tar")
    storage.keep("documents/2026/a paper.pdf", b"%PDF another paper")
    assert run(app, "backup", tmp_path / "second.tar")[0] == 0
    code, said = run(elsewhere, "restore", tmp_path / "second.tar")
    assert (code, said.rpartition(": ")[2]) == (1, "documents/2026/a paper.pdf")
