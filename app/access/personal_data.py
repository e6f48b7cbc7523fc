"""WHO MAY SEE WHAT OF A PERSON: role -> what is personal -> how it is shown (spec 1, 7), asked by every exit.

A page, list, file, search, history, paper, problem or message shows what is personal by `of` and `name`, never by the
row itself; whoever reads was said at the entrance (`reading_as`). Where nobody was said to read, nothing is shown.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from app.models import Applicant, Application, Audience, Channel, Child, Delivery, Guardianship, ImportRun
from app.rules.roles import Role

MASK = "••••••"  # the same for all: its length tells nothing
OPEN_FOR = timedelta(minutes=30)  # from the reason that was given, for one record, in one session


class Part(StrEnum):
    """The six that are personal, of a child, of an applicant and of how the family is reached."""

    iin = "iin"
    born_on = "born_on"
    name = "name"
    phone = "phone"
    email = "email"
    address = "address"


class Sight(StrEnum):
    """Shown; masked until the record is opened, with a reason and on record; never shown."""

    shown = "shown"
    masked = "masked"
    hidden = "hidden"


SEES: dict[Role, dict[Part, Sight]] = {
    Role.department: dict.fromkeys(Part, Sight.shown),
    Role.specialist: dict.fromkeys(Part, Sight.shown),
    Role.operator: dict.fromkeys(Part, Sight.shown),
    Role.head: dict.fromkeys(Part, Sight.shown),  # of the children who come, for they come with their papers
    Role.family: dict.fromkeys(Part, Sight.shown),
    Role.auditor: dict.fromkeys(Part, Sight.masked),
    Role.administrator: dict.fromkeys(Part, Sight.hidden),
    Role.clock: dict.fromkeys(Part, Sight.hidden),
}
# What the columns of rows and the facts of the history are called, and which of the six they are.
CALLED = {str(part): part for part in Part} | {
    "child_iin": Part.iin,
    "full_name": Part.name,
    "last_name": Part.name,
    "first_name": Part.name,
    "patronymic": Part.name,
    "search_name": Part.name,
}
OF_FILES = {"file_name", "sheet"}  # what somebody has called a file or a sheet may name anybody
HAVE_PARTS = Application | Child | Applicant | Guardianship
PEOPLE = {"application", "child", "applicant", "guardianship"}  # the tables that hold them


WRITTEN = {"reason", "note"}  # what somebody wrote beside it may name anybody
OF_HEALTH = {  # facts of the history that tell of a child's health, by the table that they are of
    "privilege": {"ground"},
    "sanatorium_certificate": {"issuer", "number"},
}


class Reader(NamedTuple):
    """Who reads, and the rows that were opened for them (`key`)."""

    role: Role
    opened: frozenset[str] = frozenset()


_reader: ContextVar[Reader | None] = ContextVar("reader", default=None)


def read_as(reader: Reader | None) -> None:
    """`reading_as` for an entrance that cannot use `with` (a request: set before it, cleared after it)."""
    _reader.set(reader)


@contextmanager
def reading_as(reader: Reader | None) -> Iterator[None]:
    """Everything that is shown inside is shown to this reader."""
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def reader_of_many() -> Reader | None:
    """Whoever reads now, as for a file of many records: what leaves so is shown as if none was opened."""
    reader = _reader.get()
    return reader and reader._replace(opened=frozenset())


def key(row: Application | Child | Applicant | Guardianship) -> str:
    """By what a row is known to have been opened: whoever has joined an application is opened with it."""
    if isinstance(row, Guardianship):
        return f"application:{row.application_id}"
    return f"{row.__tablename__}:{row.id}"


def keys(application: Application) -> list[str]:
    """All that is opened with an application: it, its child and its applicant."""
    return [key(application), key(application.child), key(application.applicant)]


def sight(part: Part) -> Sight:
    """How this part is shown to whoever reads."""
    reader = _reader.get()
    return SEES.get(reader.role, {}).get(part, Sight.hidden) if reader else Sight.hidden


def masks() -> bool:
    """Is anything of a person kept from whoever reads until it is opened? Then nobody is found by it either."""
    return any(sight(part) is not Sight.shown for part in Part)


def whole(application: Application) -> bool:
    """May whoever reads see all of this application's people, and so its papers too?"""
    return all(_open(part, keys(application)) for part in Part)


def of(row: Any, called: str) -> Any:
    """What a row holds under this name, as whoever reads may see it; what is not there is no secret."""
    value = getattr(row, called, None)
    if isinstance(row, ImportRun) and called in OF_FILES:
        return typed(value)
    part = CALLED.get(called) if isinstance(row, HAVE_PARTS) else None
    return value if part is None or not value or _open(part, [key(row)]) else MASK


def contact(delivery: Delivery, address: str | None) -> str | None:
    """Where a message goes, as whoever reads may see it: a family's phone or e-mail, of a kindergarten its own."""
    of_family = delivery.notice.audience is not Audience.kindergarten
    part = Part.phone if delivery.channel is Channel.sms else Part.email
    shown = not address or not of_family or _open(part, [f"application:{delivery.notice.application_id}"])
    return address if shown else MASK


def typed(text: str | None) -> str | None:
    """A name of a file, a sheet or a column, which may be anybody's too, as whoever reads may see it."""
    return MASK if text and masks() else text


def name(person: Child | Applicant | Guardianship) -> str:
    """What a child, an applicant or a guardian is called, as whoever reads may see it."""
    return str(of(person, "full_name"))


def facts(subject: str, application_id: int | None, told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The facts that a row of the history or a problem keeps, with what is personal as whoever reads may see it.

    `subject`: the table that they are of; those of a kindergarten or an account are nobody's secret here.
    """
    if told is None or (subject not in PEOPLE and application_id is None):
        return None if told is None else dict(told)
    opened = [f"application:{application_id}"]
    return {name: value if _shown(name, opened) else _masked(value) for name, value in told.items()}


def is_personal(called: str) -> bool:
    """Is a fact of the history of this name one of the six?"""
    return _part(called) is not None


def can_be_erased(subject: str, called: str) -> bool:
    """Is such a fact of the history erased with the person: one of the six, typed words, or a child's health?"""
    return is_personal(called) or called.rpartition(".")[2] in WRITTEN | OF_HEALTH.get(subject, set())


def _part(called: str) -> Part | None:
    return CALLED.get(called.rpartition(".")[2])


def _shown(called: str, opened: Iterable[str]) -> bool:
    part = _part(called)
    return part is None or _open(part, opened)


def _masked(value: Any) -> Any:
    """What was and what is, both masked."""
    if isinstance(value, list | tuple):
        return [_masked(one) for one in value]
    return MASK if value else value


def _open(part: Part, of: Iterable[str]) -> bool:
    now, reader = sight(part), _reader.get()
    return now is Sight.shown or (now is Sight.masked and reader is not None and reader.opened.issuperset(of))
