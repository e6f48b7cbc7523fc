"""Issue 11: a stranger adds a text field to kindergartens in three places, as docs/new-register.md says, and sees it
everywhere. It is done in a copy of the tree, and the tests below it are run there.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("app", "migrations", "requirements", "samples", "tests", "tools", "translations")
FIELD = """
        Field("site", _l("Web site"), Text(100), required=False, sought=True, titles=("Сайты", "Сайт")),
    ),
    clashes={"""
COLUMN = """
    site: Mapped[str | None] = mapped_column(sa.String(100))
    place: Mapped[Place] = relationship()
    groups: """
MIGRATION = '''"""Kindergartens have a web site."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0123456789ab", "{head}"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("kindergarten", sa.Column("site", sa.String(100), nullable=True))


def downgrade() -> None:
    op.drop_column("kindergarten", "site")
'''
SEEN = '''"""Where the new field is seen."""

import pytest

from app.access.actors import Actor
from app.db.database import transaction
from app.db.extensions import db
from app.imports import export, whole_file
from app.models import ImportKind, Kindergarten
from app.rules.roles import Role
from app.spreadsheets.reading import Sheet
from tests.factories import at
from tests.views.forms import Fields, valid
from tests.views.test_exports import cells, lines
from tests.views.test_lists import shown


@pytest.fixture
def kind() -> str:
    return "sqlite"


def test_the_field_is_seen_everywhere(city):
    browser = city.sign_in("department")
    added = browser.post("/kindergartens/add", {**valid("kindergartens", city.own), "site": "kg-1.example"})
    assert added.status_code == 302
    pk = int(added.location.rpartition("/")[2])
    assert browser.post("/kindergartens/add", {"site": "x" * 101}).text.count('href="#site"') == 1
    listed = browser.get("/kindergartens/list/?psize_KindergartenView=100").text
    assert "Web site" in listed and any("kg-1.example" in row for row in cells(listed))
    assert "kg-1.example" in browser.get(added.location).text
    assert shown("kindergartens", browser.get("/kindergartens/list/?q=kg-1").text) == [pk]
    file = lines(browser.post("/kindergartens/export/csv"))
    assert "Web site" in file[0] and any("kg-1.example" in row for row in file)
    form = Fields(browser.get(f"/kindergartens/edit/{pk}").text).values
    assert browser.post(f"/kindergartens/edit/{pk}", {**form, "site": "kg-2.example"}).status_code == 302
    assert "<b>Web site</b>: kg-1.example → kg-2.example" in browser.get("/history/list/").text
    assert "Сайты" in browser.get("/imports/begin").text and "Web site" in browser.get("/dictionary/").text
    assert browser.get("/imports/sample/kindergartens/csv").status_code == 200
    with city.web.app_context(), transaction():
        titles = ["Тіл", "Атауы", "Туған жылы", "Сыйымдылығы", "Сайты"]
        rows = [titles, ["қазақша", "Жаңа бақша", "2022", "25", "kg-3.example"]]
        facts = {"name": "a.csv", "place": city.own.place, "answers": {}, "dry_run": False}
        facts |= {"by": Actor(Role.department), "at": at("2026-04-13T11:00")}
        done = whole_file.bring_in(ImportKind.kindergartens, Sheet(None, rows), **facts)
        assert (done.problems, done.added) == ([], 1)
        assert db.session.get_one(Kindergarten, pk).site == "kg-3.example"
        place = export.titles(ImportKind.kindergartens).index("Сайты")
        assert "kg-3.example" in [row[place] for row in export.rows(ImportKind.kindergartens)]
'''


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(old) == 1, (file, old)
    file.write_text(text.replace(old, new), "utf-8")


def head(folder: Path) -> str:
    asked = "from alembic.config import Config; from alembic.script import ScriptDirectory as S; c = Config()"
    asked += "; c.set_main_option('script_location', 'migrations'); print(*S.from_config(c).get_heads())"
    return run(folder, "-c", asked).stdout.strip()


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    environment = {**own, "PYTHONPATH": str(folder)}  # it shares nothing with the workers of this run
    return subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)


def test_a_text_field_of_kindergartens_takes_three_places(tmp_path):
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("config.py", "run.py", "pyproject.toml", "package-lock.json"):
        shutil.copy(ROOT / file, tmp_path)
    replaced(tmp_path / "app/registers/kindergartens.py", "\n    ),\n    clashes={", FIELD)
    replaced(
        tmp_path / "app/models.py",
        "\n    place: Mapped[Place] = relationship()\n    groups: ",
        COLUMN,
    )
    there = MIGRATION.format(head=head(tmp_path))
    (tmp_path / "migrations/versions/20991231_sites.py").write_text(there, "utf-8")
    (tmp_path / "tests/views/test_seen.py").write_text(SEEN, "utf-8")
    told = run(tmp_path, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "tests/views/test_seen.py")
    assert told.returncode == 0, told.stdout[-4000:] + told.stderr[-2000:]
