"""What a text may be, and the one form in which it is kept."""

import pytest

from app.rules import texts


def unfit(read, text: str) -> str:
    with pytest.raises(texts.Unfit) as refused:
        read(text)
    return refused.value.name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("87758759999", "+77758759999"),
        ("7758759999", "+77758759999"),
        ("77758759999", "+77758759999"),
        ("+7 (775) 875-99-99", "+77758759999"),
        ("8-775-875-99-99", "+77758759999"),
        ("＋７７７５８７５９９９９", "+77758759999"),
        ("8 (7162) 25-09-16 вн. 12", "+77162250916 ext. 12"),
        ("+49 30 123456", "+4930123456"),
        ("87758759999, 87010000001", "+77758759999, +77010000001"),
        ("87758759999 87010000001", "+77758759999, +77010000001"),
        ("7758759999 7010000001", "+77758759999, +77010000001"),
        ("87758759999\n8 701 000 00 01", "+77758759999, +77010000001"),
        ("8 775 875 99 99 / 8 701 000 00 01", "+77758759999, +77010000001"),
        ("87758759999 және 87010000001", "+77758759999, +77010000001"),
        ("87758759999; 8 775 875 99 99", "+77758759999"),
    ],
)
def test_a_phone_has_one_form_and_two_phones_are_two(typed, kept):
    assert texts.phones(typed) == kept and texts.phones(kept) == kept


@pytest.mark.parametrize("typed", ["25-09-16", "abc", "8 701 111", "8 701 111 22 33 44 55", "жоқ", "877162509160", ""])
def test_what_reaches_nobody_is_no_phone(typed):
    assert unfit(texts.phones, typed) == "phone"


def test_a_phone_is_said_as_people_read_it():
    assert texts.phones_said("+77758759999, +77162250916 ext. 12") == "+7 775 875 9999, +7 7162 25 09 16 ext. 12"
    assert texts.phones_said("+ 1") == "+ 1"


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("Мухаммадали", ("", "Мухаммадали", "")),
        ("Сериков Ерлан", ("Сериков", "Ерлан", "")),
        ("Сериков  Ерлан\u00a0Болатұлы ", ("Сериков", "Ерлан", "Болатұлы")),
        ("Бекова Айша Ерлан қызы", ("Бекова", "Айша", "Ерлан қызы")),
        ("Ван дер Берг, Анна-Мария", ("Ван дер Берг", "Анна-Мария", "")),
        ("Әл Фараби, Айгүл Серік қызы", ("Әл Фараби", "Айгүл", "Серік қызы")),
        ("О'Нил Анна", ("О'Нил", "Анна", "")),
        ("Иванов И. И.", ("Иванов", "И.", "И.")),
        ("Ван Ли", ("Ван", "Ли", "")),
    ],
)
def test_a_name_in_one_column_has_one_name_or_more_and_a_comma_ends_a_surname_of_two_words(typed, parts):
    assert texts.full_name(typed) == parts


@pytest.mark.parametrize(
    "typed",
    ["Ван дер Берг Анна-Мария", "Ахмед Мохаммед Али Хасан", "Ван Берг Анна", "Берг,", ", Анна", "Мамед оглы Али"],
)
def test_where_a_surname_ends_is_asked_where_it_is_in_doubt(typed):
    assert unfit(texts.full_name, typed) == "name_parts"


def test_what_shows_nothing_is_blank():
    assert texts.blank("") and texts.blank(" \u00a0\u200b\ufeff\n") and not texts.blank("-")


def test_lines_keep_their_breaks_and_no_other_blanks():
    assert texts.lines(40)(" а  б \r\n\r\n в\t г ") == "а б\n\nв г"
