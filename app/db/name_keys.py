"""What is kept beside a name to find and to order it by: written whenever the name is, by whatever way it comes.

Whoever changes one of the two rules (rules/folding.py, rules/alphabet.py) adds a migration that writes all keys anew.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, event, false, literal

from app.models import Applicant, Application, Base, Child, Guardianship, KgGroup, Kindergarten, Place
from app.rules.alphabet import sort_key
from app.rules.folding import fold
from app.rules.texts import phone_numbers

Keys = Mapping[str, Callable[[Any], str]]
LONGEST = Child.__table__.c.search_name.type.length


def folded_name(person: Child | Applicant | Guardianship) -> str:
    """Spec 3.9: by which a person is found, and by which namesakes are told: all parts of the name as one."""
    return fold(person.full_name)[:LONGEST]


NAMED: Keys = {"search_name": folded_name}
TITLED: Keys = {"search_name": lambda row: fold(row.name)[:200], "sort_name": lambda row: sort_key(row.name)[:300]}
KEYS: dict[type[Base], Keys] = {
    Application: {"phone_key": lambda row: " ".join(phone_numbers(row.phone))[:60]},
    Child: NAMED,
    Applicant: NAMED,
    Guardianship: NAMED,
    Kindergarten: TITLED,
    KgGroup: TITLED,
    Place: {
        "search_name": lambda row: fold(f"{row.name_kk} / {row.name_ru}")[:250],
        "sort_kk": lambda row: sort_key(row.name_kk)[:300],
        "sort_ru": lambda row: sort_key(row.name_ru)[:300],
    },
}


def has_part(search_name: Any, text: str) -> ColumnElement[bool]:
    """Is what was typed, folded, any part of the folded name? What folds to nothing is no part of any."""
    key = fold(text)
    return search_name.contains(key, autoescape=True) if key else false()


def has_word(search_name: Any, text: str) -> ColumnElement[bool]:
    """Does a word of the folded name begin with what was typed?"""
    key = fold(text)
    return literal(" ").concat(search_name).contains(f" {key}", autoescape=True) if key else false()


def of(model: type[Base], said: Any) -> dict[str, str]:
    """The keys of a record, or of what is said and becomes one."""
    return {column: key(said) for column, key in KEYS[model].items()}


def _write(_mapper: Any, _connection: Any, row: Base) -> None:
    for column, key in of(type(row), row).items():
        setattr(row, column, key)


for one in KEYS:
    event.listen(one, "before_insert", _write)
    event.listen(one, "before_update", _write)
