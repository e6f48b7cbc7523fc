"""Spec 3.9: lists stand in the order of the Kazakh alphabet, on both databases."""

import pytest
import sqlalchemy as sa

from app.db.extensions import db
from app.models import Kindergarten
from app.rules.alphabet import ALPHABET, sort_key

SPEC = "а ә б в г ғ д е ё ж з и й к қ л м н ң о ө п р с т у ұ ү ф х һ ц ч ш щ ъ ы і ь э ю я"
IN_ORDER = [
    "№ 2",
    "№ 10",
    "Ай",
    "Ай нұр",
    "Айгүл",
    "Айгүл 1",
    "«Айгүл» 3",
    "Айгүл, 20",
    "айғыр",
    "Ақ",
    "Әсел",
    "Балапан",
    "Береке",
    "Берёзка",
    "Қайнар",
    "Қарлығаш",
    "Лала",
    "Tюльпан",  # the first letter is a Latin one
    "Тюльпанчик",
    "Ұлпан",
    "Үміт",
    "Һанс",
    "Ымыр",
    "Інжу",
    "Ясли-сад «Айгүл»",
    "Ясли сад Болашақ",
    "Anna",
    "John",
]


def test_the_alphabet_is_the_one_of_the_spec():
    assert " ".join(ALPHABET) == SPEC


def test_names_stand_in_the_order_of_the_alphabet():
    assert sorted(set(IN_ORDER), key=sort_key) == IN_ORDER


def test_every_letter_stands_where_the_alphabet_has_it_in_either_case():
    assert sorted(set(ALPHABET), key=sort_key) == SPEC.split()
    assert [sort_key(letter.upper()) for letter in ALPHABET] == [sort_key(letter) for letter in ALPHABET]


@pytest.mark.parametrize("name", ["", "«»", "\u200b"])
def test_a_name_without_letters_comes_first(name):
    assert sort_key(name) == "" < sort_key("1")


def test_both_databases_order_by_the_key_byte_by_byte(app):
    """The column's own collation: neither that of the server nor that of the machine has a say."""
    keys = [sort_key(name) for name in IN_ORDER] + ["~z", "a", "A", "k", " ", "Z", "~я", "0"]
    values = sa.union_all(*(sa.select(sa.literal(key, Kindergarten.sort_name.type).label("key")) for key in keys))
    found = values.subquery()
    column = sa.type_coerce(found.c.key, Kindergarten.sort_name.type)
    if db.engine.dialect.name == "postgresql":
        column = sa.collate(column, Kindergarten.sort_name.type.dialect_impl(db.engine.dialect).collation)
    assert list(db.session.scalars(sa.select(found.c.key).order_by(column))) == sorted(keys)
