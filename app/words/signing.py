"""The text of an act that a person of a family signs: who does what for which child, and what follows."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.models import Application, Referral
from app.words.choices import card
from app.words.days import day
from app.words.names import name
from app.words.verbs import verb

SECTIONS = (  # of a contract (rules/contract.py), as its paper has them
    _l("Subject"),
    _l("Rights and duties of the organisation"),
    _l("Rights and duties of the family"),
    _l("Fee"),
    _l("Liability"),
    _l("Disputes"),
    _l("Term"),
)


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


def contract(referral: Referral, said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """S1: all that a contract says, line by line; `said`: what it is signed with (papers/documents.py). In the language
    that is read; an English reader reads and signs the Kazakh text.
    """
    texts = said["text_ru" if get_locale().language == "ru" else "text_kk"]
    sections = [(f"{at}. {title}", text) for at, (title, text) in enumerate(zip(SECTIONS, texts, strict=True), start=1)]
    return [
        (_("Applicant"), said["applicant"]),
        *card(referral.vacancy),
        (_("Contract"), day(referral.issued_on)),
        *sections,
    ]
