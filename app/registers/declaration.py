"""What a declaration is made of: the fields of a register, each said once, and what is true of all of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Select

from app.models import Base
from app.rules import texts
from app.rules.roles import Role


class Type:
    """What may stand in a field. A form (views/registers.py) and a file's cell (imports/declared.py) read it so."""


@dataclass(frozen=True)
class Text(Type):
    """One line of at most so many letters; `read` (rules/texts.py) returns it in the form in which it is kept."""

    longest: int = 200
    read: Callable[[str], str] | None = None

    def reads(self) -> Callable[[str], str]:
        """What judges a text. It raises Unfit."""
        return self.read or texts.line(self.longest)


@dataclass(frozen=True)
class Lines(Type):
    """Some lines: a note, a reason; `read` as that of a text."""

    longest: int = 500
    read: Callable[[str], str] | None = None

    def reads(self) -> Callable[[str], str]:
        """What judges them. It raises Unfit."""
        return self.read or texts.lines(self.longest)


@dataclass(frozen=True)
class Name(Type):
    """A part of a person's name."""

    longest: int = texts.LONGEST_NAME


class Phone(Type):
    """One phone number or several."""


class Email(Type):
    """An e-mail address."""


class Iin(Type):
    """A person's IIN."""


class Bin(Type):
    """An organisation's BIN."""


class Yes(Type):
    """Yes or no."""


class Day(Type):
    """A local day."""


@dataclass(frozen=True)
class Number(Type):
    """A whole number between two bounds, both included."""

    least: int
    most: int


@dataclass(frozen=True)
class OneOf(Type):
    """One of a kind's names."""

    kind: Sequence[StrEnum] | type[StrEnum]


@dataclass(frozen=True)
class SomeOf(Type):
    """Some of a kind's names, or none of them where the field need not be filled in."""

    kind: type[StrEnum]


@dataclass(frozen=True)
class Row(Type):
    """Another record out of those that a select finds, and that whoever looks may see."""

    rows: Select[Any]

    @property
    def model(self) -> type[Base]:
        """What they are rows of."""
        found: type[Base] = self.rows.column_descriptions[0]["entity"]
        return found


@dataclass(frozen=True)
class Own(Type):
    """What its form has a field of its own for, in the view of the register."""

    longest: int = 200


@dataclass(frozen=True)
class Field:
    """One fact of a register's rows.

    ``type`` is None for what follows from others and is never typed; ``typed`` is False for what the form leaves out.
    ``listed``: in the list and its file; ``sought``: the search box looks in it; ``filtered``: of few values, to choose
    from; ``ordered``: the list can be ordered by it (it needs an index, models.listed). ``titles``: of its column in a
    file, Kazakh and Russian first; none where no file says it. ``example``: of a sample, as people write it in Kazakh.
    ``asks``: what its form calls it, and ``help`` what stands below it there, where its label does not say enough.
    """

    name: str
    label: Any
    type: Type | None = None
    required: bool = True
    typed: bool = True
    listed: bool = True
    shown: bool = True
    sought: bool = False
    filtered: bool = False
    ordered: bool = False
    titles: tuple[str, ...] = ()
    example: str = ""
    asks: Any = None
    help: Any = None
    default: Any = None


@dataclass(frozen=True)
class Menu:
    """Where a register stands in the menu: under which heading, with which icon, and the letter that leads to it."""

    heading: str
    icon: str
    key: str


@dataclass(frozen=True, eq=False)
class Register:
    """A register that officials keep. Everything that can be known of it by anybody above follows from this.

    ``noun`` stands in addresses; ``title``, ``one``, ``add`` and ``change`` are what its pages are called.
    ``readers``, ``adds``, ``changes``, ``removes``, ``picks``: roles. ``of`` names the record whose reach its rows
    share (access/scope.py: of which records that can be); "" where access/scope.py speaks of the register itself.
    ``again``: does a change of it ask for the second factor once more (rules/verbs.py)?
    ``known_by``: by which fields a row of a file is found again; () where the declaration alone brings in no file.
    ``in_order``: first and last days, of which the last does not come before the first.
    ``clashes``: what is said where the database refuses a row, by a part of its message. ``in_list``, ``in_show`` and
    ``in_form``: the names in another order than the fields are declared in.
    """

    noun: str
    model: type[Any]
    title: Any
    one: Any
    add: Any
    change: Any
    menu: Menu
    readers: frozenset[Role]
    adds: frozenset[Role]
    changes: frozenset[Role]
    removes: frozenset[Role]
    fields: tuple[Field, ...]
    order: tuple[str, str]
    picks: frozenset[Role] = frozenset()
    of: str = ""
    again: bool = False
    known_by: tuple[str, ...] = ()
    in_order: tuple[tuple[str, str], ...] = ()
    nothing: Any = None
    clashes: Mapping[str, Any] = field(default_factory=dict)
    in_list: tuple[str, ...] = ()
    in_show: tuple[str, ...] = ()
    in_form: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table of its rows."""
        return str(self.model.__tablename__)

    @property
    def listed(self) -> list[str]:
        """The columns of its list."""
        return list(self.in_list) or [one.name for one in self.fields if one.listed]

    @property
    def shown(self) -> list[str]:
        """The facts of a row's page."""
        return list(self.in_show) or [one.name for one in self.fields if one.shown]

    @property
    def typed(self) -> list[Field]:
        """The fields of its form."""
        fields = [one for one in self.fields if one.type is not None and one.typed]
        return sorted(fields, key=lambda one: self.in_form.index(one.name)) if self.in_form else fields

    @property
    def brought(self) -> list[Field]:
        """The fields that a file may say."""
        return [one for one in self.fields if one.titles]

    def field(self, name: str) -> Field:
        """One of them. StopIteration for none."""
        return next(one for one in self.fields if one.name == name)
