"""The text of an act that a person of a family signs: who does what for which child, and what follows."""

from collections.abc import Iterable, Sequence
from datetime import date

from flask_babel import gettext as _

from app.models import Application, Vacancy
from app.words.choices import card
from app.words.days import day
from app.words.names import name
from app.words.verbs import verb


def to_register(lines: Iterable[tuple[str, str]]) -> str:
    """S3: the text of a new application, in the reader's language, a line a fact."""
    asks = _("I ask to put my child into the queue to kindergartens. What I say here is true.")
    return "\n".join(["Kezek", *(f"{one}: {said}" for one, said in lines), asks])


def to_sign(act: str, application: Application, lines: Iterable[tuple[str, str]], follows: str) -> str:
    """In the reader's language, a line a fact; `lines`: what the act was told besides."""
    child = application.child
    facts = [
        (_("Act"), verb(act, "application")),
        (_("Application"), application.number),
        (_("District or city"), name(application.place)),
        (_("Child"), f"{name(child)}, {application.born_on:%d.%m.%Y}, {application.child_iin}"),
        *lines,
    ]
    return "\n".join(["Kezek", *(f"{one}: {said}" for one, said in facts), *([follows] if follows else [])])


def contract(vacancy: Vacancy, issued_on: date, sections: Sequence[str]) -> list[tuple[str, str]]:
    """S1: all that a contract says, line by line; `sections` in the language that is read."""
    numbered = [(f"{number}", text) for number, text in enumerate(sections, start=1)]
    return [*card(vacancy), (_("Contract"), day(issued_on)), *numbered]
