"""Spec 5: how the house is built. Imports run one way, one writer of status, constraints with names, one schema."""

import ast
import inspect
import re
from functools import partial
from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.db.extensions import db
from app.models import Base
from app.scenarios.verbs import VERBS
from tests.guards import GUARDS

APP = Path(__file__).resolve().parent.parent / "app"
# The floors, the lowest first: a part imports what lies below it, and nothing above or beside it.
FLOORS = (
    {"models", "logs"},
    {"rules"},
    {"db"},
    {"registers"},
    {"access", "now", "papers", "gateways", "signing"},
    {"actions"},
    {"words"},
    {"asked"},
    {"spreadsheets"},
    {"imports"},
    {"views", "cabinet", "api", "jobs", "scenarios", "demo", "health", "backup"},
    {"cli"},
    {""},  # app/__init__.py, which puts them together
)
FILES = sorted(APP.rglob("*.py"))
MODULES = {".".join(f.relative_to(APP.parent).with_suffix("").parts).removesuffix(".__init__"): f for f in FILES}


def part_of(file: Path) -> str:
    """What a file belongs to: `actions` for app/actions/clock.py, `models` for app/models.py."""
    inside = file.relative_to(APP).with_suffix("").parts
    return "" if inside == ("__init__",) else inside[0]


def imported(file: Path) -> set[str]:
    """The modules that a file imports anywhere in it, functions included."""
    found: set[str] = set()
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            named = {f"{node.module}.{name.name}" for name in node.names}
            found |= named & MODULES.keys() or {str(node.module)}
    return found


def parts(file: Path) -> set[str]:
    """The parts of our own that a file imports, its own aside."""
    return {module.split(".")[1] for module in imported(file) if module.startswith("app.")} - {part_of(file)}


def floor_of(part: str) -> int:
    """On which floor a part is; StopIteration for one that has none."""
    return next(floor for floor, there in enumerate(FLOORS) if part in there)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(APP)))
def test_imports_lead_down_and_entrances_import_no_entrance(file):
    own = floor_of(part_of(file))
    assert {part for part in parts(file) if floor_of(part) >= own} == set()


def test_the_map_of_the_readme_shows_every_part():
    shown = set(re.findall(r"`app/(\w+)(?:/|\.py)", (APP.parent / "README.md").read_text("utf-8")))
    assert {part_of(file) for file in FILES} - {"", "now"} == shown


def test_no_module_imports_itself_by_way_of_others():
    rest = {module: imported(file) & MODULES.keys() for module, file in MODULES.items()}
    while leaves := {module for module, needs in rest.items() if not needs & rest.keys()}:
        rest = {module: needs for module, needs in rest.items() if module not in leaves}
    assert rest == {}


INSIDE = {  # modules that import inside a function, and why not at their beginning
    "app.access.passwords": "zxcvbn brings 30,000 words, for which only a process that sets passwords has to wait",
    "app.papers.typesetting": "typst is 30 MB of program, which only a process that makes papers has to hold",
}


def test_what_is_imported_inside_a_function_has_a_reason():
    found = set()
    for module, file in MODULES.items():
        functions = [n for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.FunctionDef)]
        if any(isinstance(node, ast.Import | ast.ImportFrom) for one in functions for node in ast.walk(one)):
            found.add(module)
    assert found == INSIDE.keys()


PROSE = [*FILES, *sorted(APP.parent.glob("tools/*.py"))]
PROSE += [APP.parent / "README.md", *sorted(APP.parent.glob("docs/**/*.md")), *sorted(APP.rglob("templates/**/*.html"))]
OURS = ("app", "bench", "deploy", "docs", "migrations", "tests", "tools")  # to look at node_modules too takes 0.1 s
THERE = ["/config.py", "/run.py"]
THERE += [f"/{known.relative_to(APP.parent)}" for ours in OURS for known in (APP.parent / ours).rglob("*.py")]


@pytest.mark.parametrize("file", PROSE, ids=lambda file: str(file.relative_to(APP.parent)))
def test_a_module_that_is_spoken_of_is_there(file):
    spoken = {f"/{name}" for name in re.findall(r"(?<![\w/*.{-])[a-z][\w/]*\.py\b", file.read_text("utf-8"))}
    assert {name for name in spoken if not any(known.endswith(name) for known in THERE)} == set()


def test_one_class_has_one_name():
    named = [n.name for f in FILES for n in ast.parse(f.read_text("utf-8")).body if isinstance(n, ast.ClassDef)]
    assert [name for name in named if named.count(name) > 1] == []


def test_migrations_import_nothing_of_the_application():
    for file in (APP.parent / "migrations").rglob("*.py"):
        assert {module for module in imported(file) if module.split(".")[0] in ("app", "config")} == set(), file


def test_rules_and_models_know_no_web():
    web = {"flask", "flask_babel", "flask_wtf", "flask_migrate", "werkzeug"}
    for file in FILES:
        if part_of(file) in ("models", "rules"):
            assert {module.split(".")[0] for module in imported(file)} & web == set(), file


def test_only_entrances_ask_what_time_it_is():
    for file in FILES:
        if part_of(file) in {"models", "rules", "actions", "words"}:
            source = file.read_text("utf-8")
            assert "datetime.now(" not in source and "utcnow(" not in source and "date.today(" not in source, file
            assert "now" not in parts(file), file


def writes_status(file: Path) -> list[int]:
    """The lines of a file that set a status: x.status = ..., setattr(x, "status", ...), .values(status=...)."""
    lines = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Attribute(attr="status", ctx=ast.Store()):
                lines.append(node.lineno)
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="status"), *_]):
                lines.append(node.lineno)
            case ast.Call(func=ast.Attribute(attr="values"), keywords=keywords):
                lines += [node.lineno for keyword in keywords if keyword.arg == "status"]
    return lines


def test_one_file_writes_status():
    writers = {str(file.relative_to(APP)) for file in FILES if writes_status(file)}
    assert writers == {"actions/moving.py"}


def test_actions_never_commit_and_never_send():
    for file in FILES:
        if part_of(file) == "actions":
            source = file.read_text("utf-8")
            assert ".commit(" not in source and ".rollback(" not in source and "enqueue" not in source, file


def test_every_public_function_of_rules_and_actions_says_what_it_is_for():
    for file in FILES:
        if part_of(file) not in ("rules", "actions"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.col_offset == 0:
                assert ast.get_docstring(node) or len(node.body) == 1, f"{file}:{node.lineno} {node.name}"


# ---------------------------------------------------------------- the player's verbs


def actions_of(verb: str) -> set[str]:
    """The functions of app.actions that a verb of the scenario player calls."""
    function = VERBS[verb].action or VERBS[verb].act
    function = function.func if isinstance(function, partial) else function
    if function.__module__.startswith("app.actions."):
        return {f"{function.__module__}.{function.__name__}"}
    names = function.__globals__
    tree = ast.parse(dedent(inspect.getsource(function)))
    named = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)]
    modules = [(names.get(n.value.id), n.attr) for n in named]
    found = [getattr(module, attr) for module, attr in modules if inspect.ismodule(module)]
    return {f"{f.__module__}.{f.__name__}" for f in found if f.__module__.startswith("app.actions.")}


@pytest.mark.parametrize("verb", VERBS)
def test_a_scenario_does_nothing_but_by_an_action(verb):
    assert actions_of(verb) != set()


def test_the_player_writes_no_row_at_its_beginning_but_places():
    for file in sorted((APP / "scenarios").glob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        assert writes_status(file) == []
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        writers = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in ("insert", "update", "delete")]
        assert writers == [], file
        added = [
            ast.unparse(c.args[0]) for c in calls if ast.unparse(c.func) in ("db.session.add", "db.session.add_all")
        ]
        assert set(added) <= {"place", "region"}, file


# ---------------------------------------------------------------- tables


OURS = sorted(
    (mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, Base)),
    key=lambda table: table.name,
)


@pytest.mark.parametrize("table", OURS, ids=lambda table: table.name)
def test_every_constraint_and_index_has_a_name_that_both_databases_keep(table):
    names = [item.name for item in (*table.constraints, *table.indexes)]
    assert [name for name in names if not name or len(name) > 60] == []


def test_names_of_constraints_and_indexes_are_used_once():
    names = [item.name for table in OURS for item in (*table.constraints, *table.indexes)]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


@pytest.mark.parametrize(
    "name",
    [
        "uq_holding_one_live_per_seat",
        "uq_application_one_live_per_child_and_queue",
        "uq_voucher_one_live_per_application_and_kind",
        "uq_referral_one_live_per_child",
        "uq_enrolment_one_live_per_child_and_intake",
        "uq_stop_listing_one_live_per_application",
        "uq_privilege_one_confirmed_per_application",
        "uq_round_by_clock_once_a_day",
        "uq_offers_by_clock_once_a_day",
        "uq_offer_one_live_per_application",
        "uq_proposal_one_open",
        "uq_day_off_one_draft_per_day",
    ],
)
def test_the_database_itself_allows_one_live_row(app, name):
    """Spec 3.7: in the database as migrated, unique, and for live rows alone."""
    if db.engine.dialect.name == "postgresql":
        definition = db.session.scalar(sa.text("SELECT indexdef FROM pg_indexes WHERE indexname = :n"), {"n": name})
    else:
        definition = db.session.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = :n"), {"n": name})
    assert definition.startswith("CREATE UNIQUE INDEX")
    assert " WHERE " in definition


# SQLite has no such indexes (models.words_of), and cannot say so.
@pytest.mark.filterwarnings(
    "ignore:autogenerate skipping metadata-specified expression-based index 'ix_.*_(words|phones)'"
)
def test_the_migrations_make_what_the_models_say(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, db.metadata)
    assert differences == []


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.keeps)
def test_each_guard_stands_once_in_the_code_and_names_a_test_that_is_there(guard):
    """`make guards` takes them away one by one, which takes long; that it can is seen here."""
    assert (APP.parent / guard.file).read_text("utf-8").count(guard.there) == 1
    name, _, test = guard.test.partition("::")
    (file,) = APP.parent.glob(f"tests/**/{name}")
    assert f"def {test.partition('[')[0]}(" in file.read_text("utf-8")
