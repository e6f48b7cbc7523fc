"""docs/adr/0018-flask-appbuilder.md: the private parts of the framework that we lean on are those that it lists."""

import ast
import inspect
import re
from importlib.metadata import version
from pathlib import Path

from flask_appbuilder import AppBuilder, ModelView
from flask_appbuilder.security.sqla.manager import SecurityManager

from app.views import BackOffice
from app.views.base import BaseView
from app.views.security import Security

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(_\w+)` \|.*\| (views/test_\w+\.py) \|$", re.MULTILINE)
LISTED = ROW.findall((ROOT / "docs/adr/0018-flask-appbuilder.md").read_text("utf-8"))
OURS = {
    BackOffice: AppBuilder,
    Security: SecurityManager,
    BaseView: ModelView,
}  # with the framework's beneath


def below(cls: type) -> set[type]:
    """A class of ours with all that inherit it."""
    return {cls}.union(*(below(one) for one in cls.__subclasses__()))


def leans_on(cls: type, framework: type) -> set[str]:
    """The private names of the framework that a class of ours, or what it is mixed of, overrides or calls."""
    private = {name for name in dir(framework) if re.match(r"_[a-z]", name)}
    found: set[str] = set()
    for one in cls.__mro__:
        if one.__module__.startswith("app."):
            source = ast.parse(inspect.getsource(inspect.getmodule(one)))
            found |= vars(one).keys() & private
            found |= {node.attr for node in ast.walk(source) if isinstance(node, ast.Attribute)} & private
    return found


def test_the_record_of_decisions_lists_every_private_part_that_we_lean_on():
    leant = {name for cls, framework in OURS.items() for one in below(cls) for name in leans_on(one, framework)}
    assert leant == {name for name, _test in LISTED}


def test_each_of_them_has_a_test_that_is_there():
    assert [test for _name, test in LISTED if not (ROOT / "tests" / test).is_file()] == []


def test_the_version_is_the_one_that_was_read():
    assert version("Flask-AppBuilder") == "5.3.0"
