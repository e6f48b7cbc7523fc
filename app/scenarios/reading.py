"""Reading a scenario file: plain data, and the line and column where each part of it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import yaml

from app.rules.calendar import LOCAL

Path = tuple[str | int, ...]
Mark = tuple[int, int]


class FileWrong(Exception):
    """The file cannot be played as it stands; line and column count from 1."""

    def __init__(self, message: str, mark: Mark = (1, 1)) -> None:
        super().__init__(message)
        self.line, self.column = mark


@dataclass(frozen=True)
class Scenario:
    """A file that was checked: its content as plain data, and where in the file each part of it stands."""

    content: dict[str, Any]
    marks: dict[Path, Mark]

    def wrong(self, path: Path, message: str) -> FileWrong:
        """The error to raise for the part at `path`, or for the nearest part around it."""
        while path and path not in self.marks:
            path = path[:-1]
        return FileWrong(message, self.marks.get(path, (1, 1)))

    def rows(self, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The rows of one list with their paths; groups stand inside their kindergartens."""
        if name == "groups":
            for path, kindergarten in self.rows("kindergartens"):
                for i, group in enumerate(kindergarten.get("groups", [])):
                    yield (*path, "groups", i), group
        else:
            for i, row in enumerate(self.content.get(name, [])):
                yield (name, i), row


def moment(text: str) -> datetime:
    """Spec 4: a local moment, 2026-04-08T10:00. ValueError for anything else, a zone included."""
    for form in ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=LOCAL)
        except ValueError:
            continue
    raise ValueError(text)


def day(text: str) -> date:
    """A day, 2026-04-08. ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=LOCAL).date()


def parse(text: str) -> Scenario:
    """What a YAML text holds, not yet checked. Raises FileWrong."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FileWrong(error.problem or str(error), (mark.line + 1, mark.column + 1) if mark else (1, 1)) from None
    except yaml.YAMLError as error:
        raise FileWrong(str(error).splitlines()[0]) from None
    marks: dict[Path, Mark] = {}
    content = _plain(node, (), marks) if node else {}
    return Scenario(content, marks)


class _Loader(yaml.SafeLoader):
    """Days, moments and long numbers stay text; nothing is written twice and nothing refers back (`*`)."""

    yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in found if tag.rpartition(":")[2] in ("null", "bool")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not read here", problem_mark=self.peek_event().start_mark)
        return super().compose_node(parent, index)


_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(0|[1-9]\d{0,8})$"), "-0123456789")


def _plain(node: yaml.Node, path: Path, marks: dict[Path, Mark]) -> Any:
    marks[path] = node.start_mark.line + 1, node.start_mark.column + 1
    match node:
        case yaml.MappingNode():
            found: dict[str, Any] = {}
            for key, value in node.value:
                name = key.value if isinstance(key, yaml.ScalarNode) else "?"
                at = key.start_mark.line + 1, key.start_mark.column + 1
                if name in found:
                    raise FileWrong(f"written twice: {name}", at)
                found[name] = _plain(value, (*path, name), marks)
                marks[*path, name, "key"] = at
            return found
        case yaml.SequenceNode():
            return [_plain(child, (*path, i), marks) for i, child in enumerate(node.value)]
    try:
        value = yaml.constructor.SafeConstructor().construct_object(node)
    except yaml.MarkedYAMLError as error:
        raise FileWrong(error.problem or str(error), marks[path]) from None
    if isinstance(value, str) and re.search(r"[\0\ud800-\udfff]", value):
        raise FileWrong("a character that cannot be kept", marks[path])
    return value
