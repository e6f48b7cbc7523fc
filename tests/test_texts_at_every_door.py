"""Issue 10, 17: a text is judged by one rule, whatever door it comes through: each form's field, each import's column.

Every text field and every column of text is walked; a new one that does not ask rules/texts.py turns this red.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest
from fontTools.ttLib import TTFont
from wtforms import PasswordField, StringField

import app.views
from app.imports.columns import Column, MatchedTable
from app.imports.whole_file import COLUMNS
from app.papers.typesetting import FACES, FONTS
from app.rules import contract, texts
from app.spreadsheets.reading import Sheet
from app.views import forms
from app.words.problems import SENTENCES

Judge: TypeAlias = Callable[[str], str | None]

BAD = {  # what no text may hold, at any door
    "Ай\0гүл": "unkept",
    "Ай\ue000гүл": "unkept",
    "Ай\u200bгүл": "invisible",
    "Ай\u202eгүл": "invisible",
    "Ай\u00adгүл": "invisible",
    "\ufeffАйгүл": "invisible",
    "Ай\x1bгүл": "invisible",
    "Айгүл\u2066": "invisible",
    "Ай\u3164гүл": "invisible",
}
OF_ONE_LINE = {"Ай\nгүл": "line_break", "Ай\u2028гүл": "line_break", "Ай\r\nгүл": "line_break"}
OF_A_NAME = {
    "Айгүл2": "name_signs",
    "<b>Әли": "name_signs",
    "---": "name_signs",
    "محمد": "no_glyph",
    "Ай😀": "no_glyph",
    "Ə": "no_glyph",
    "Ә" * 81: "long_text",
}
OF_PHONES = {"12345": "phone", "87758759999 үй": "phone", "1,87758759999": "phone"}
OF_EMAIL = {"ana.example.org": "email", "ана@example.org": "email"}
OF_A_FAMILY = {"ContactForm.email", "RegisterForm.email", "app.imports.applications.email"}
TWO = "ana@example.org, ata@example.org"  # of a family, as S2 has it


def fields() -> list[tuple[str, list[forms.Fits]]]:
    """Every field of every form into which text is typed, and what judges it."""
    for module in pkgutil.walk_packages(app.views.__path__, "app.views."):
        importlib.import_module(module.name)
    found, left = {}, [forms.Form, forms.FormLine]
    while left:
        form = left.pop()
        left += form.__subclasses__()
        for name in dir(form):
            field = getattr(form, name, None)
            kind = getattr(field, "field_class", type)
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField):
                checks = field.kwargs.get("validators") or field.args[1]
                found[f"{form.__name__}.{name}"] = [one for one in checks if isinstance(one, forms.Fits)]
    return sorted(found.items())


def judge_of_a_field(check: forms.Fits) -> Judge:
    """What a form says of a text: the name of the sentence, None where it is taken."""

    def verdict(text: str) -> str | None:
        try:
            check.read(text)
        except texts.Unfit as unfit:
            return unfit.name
        return None

    return verdict


def columns() -> list[tuple[str, Judge]]:
    """Every column of every import, and what is said of a text in its cell."""
    return [
        (f"app.imports.{kind}.{column.field}", judge_of_a_column(of_kind, column))
        for kind, of_kind in COLUMNS.items()
        for column in of_kind
        if column.read is not None
    ]


def judge_of_a_column(columns: Sequence[Column], column: Column) -> Judge:
    def verdict(text: str) -> str | None:
        table = MatchedTable(Sheet(None, [[column.titles[0]], [text]]), columns)
        list(table.rows())
        return next((problem.name for problem in table.problems if problem.row == 2), None)

    return verdict


def doors() -> list[tuple[str, Judge]]:
    return [(name, judge_of_a_field(check)) for name, checks in fields() for check in checks] + columns()


def of(*words: str) -> list[tuple[str, Judge]]:
    """The doors whose fields are called so, of forms and of imports."""
    return [(name, judge) for name, judge in doors() if name.rpartition(".")[2].removesuffix("_l") in words]


def test_every_field_of_text_asks_the_one_rule():
    assert len(fields()) > 25
    assert [name for name, checks in fields() if len(checks) != 1] == []


def test_what_nobody_sees_or_nothing_keeps_is_refused_at_every_door_by_the_same_name():
    wrong = [(name, text, judge(text)) for name, judge in doors() for text, said in BAD.items() if judge(text) != said]
    assert wrong == []


NOT_PRINTED = ("Ай😀гүл", "Айгүл محمد", "გ 12")


def test_a_sign_that_no_paper_can_show_is_refused_at_every_door():
    """Any text may come to stand on a paper: a reason, a legal basis, the title of a certificate."""
    taken = {name for name, judge in doors() for text in NOT_PRINTED if judge(text) is None}
    assert {name for name in taken if not name.endswith(("iin", "bin"))} == set()  # their check digit refuses them


def test_a_line_break_is_refused_at_every_door_of_one_line():
    lines = {name for name, judge in doors() if judge("себеп\nсебеп") is None}
    sections = {f"{name}_{language}" for name in contract.SECTIONS for language in contract.LANGUAGES}
    assert {name.rpartition(".")[2] for name in lines} == {"reason", "note"} | sections
    for name, judge in doors():
        if name not in lines and not name.endswith("phone"):  # two phones stand in two lines
            assert {text: judge(text) for text in OF_ONE_LINE} == OF_ONE_LINE, name


NAMES = tuple(f"{who}_{part}" for who in ("child", "applicant") for part in ("last_name", "first_name", "patronymic"))


@pytest.mark.parametrize(
    ("words", "bad", "good"),
    [
        ((*NAMES, "child_name", "applicant_name", "first_name", "last_name"), OF_A_NAME, ("Мухаммадали", "О’Нил-Әли")),
        (("phone",), OF_PHONES, ("8 (771) 625-09-16", "87758759999; +7 701 000 00 01", "8(7162)25-09-16 вн. 12")),
        (("email",), OF_EMAIL, ("ana@example.org", "ana@пошта.қаз")),
    ],
    ids=["names", "phones", "e-mail"],
)
def test_names_phones_and_addresses_are_judged_alike_by_forms_and_imports(words, bad, good):
    asked = of(*words)
    assert {name.startswith("app.imports") for name, _ in asked} == {True, False}
    for name, judge in asked:
        assert {text: judge(text) for text in bad} == bad, name
        assert [judge(text) for text in good] == [None] * len(good), name


def test_a_family_may_have_an_additional_e_mail_at_every_door_and_nobody_else():
    said = {name: judge(TWO) for name, judge in of("email")}
    assert {name for name, why in said.items() if why is None} == OF_A_FAMILY and len(said) > len(OF_A_FAMILY)
    assert texts.emails("ana@example.org;ata@Example.org  ana@example.org") == "ana@example.org, ata@example.org"
    with pytest.raises(texts.Unfit, match="emails_many"):
        texts.emails("a@b.kz b@b.kz; c@b.kz")


def test_a_sentence_is_there_for_every_way_to_be_unfit():
    source = Path(texts.__file__).read_text("utf-8")
    assert set(re.findall(r'Unfit\("(\w+)"', source)) <= set(SENTENCES)


@pytest.mark.parametrize("weight", FACES)
def test_the_fonts_of_papers_have_the_letters_that_names_may_have(weight):
    shown = set(TTFont(FONTS / FACES[weight]).getBestCmap())
    assert {code for first, last in texts.ON_PAPER for code in range(first, last + 1)} == shown
