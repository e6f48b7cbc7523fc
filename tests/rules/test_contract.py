"""What a text of contracts may name, and how one contract fills it in."""

import pytest
from flask_babel import force_locale

from app.registers.contract_texts import NAMED
from app.rules import contract, shipped
from app.rules.texts import Unfit
from app.words.problems import sentence_of
from tests.test_documents import CONTRACT


def test_a_fact_in_braces_is_filled_in_for_each_contract():
    text = contract.section("{day}: {Балабақша}, {ребёнок}, {туған күні}, {office}.")
    assert contract.filled(text, CONTRACT, "ru") == (
        "10.04.2026: ГККП «Ясли-сад «Арман», Һәкімұлы Іңкәр Ғабитқызы, 17.09.2022, Отдел образования города Кокшетау."
    )
    assert "білім бөлімі" in contract.filled(text, CONTRACT, "kk")


def test_what_is_not_recorded_is_a_dash():
    assert contract.filled("БСН {БСН}", CONTRACT | {"bin": None}, "kk") == "БСН —"


def test_every_fact_that_a_text_may_name_stands_on_a_contract():
    for language in contract.LANGUAGES:
        assert "{" not in contract.filled(" ".join(f"{{{name}}}" for name in contract.MEANT), CONTRACT, language)


@pytest.mark.parametrize("language", ["en", "kk", "ru"])
def test_what_people_read_of_the_names_is_all_of_them_in_their_language(web, language):
    with web.test_request_context(), force_locale(language):
        for said in (str(NAMED), sentence_of("fact_unknown", {"name": "x"})):
            names = said.removesuffix(".").rpartition(": ")[2].split(", ")
            assert [contract.MEANT[name.casefold()] for name in names] == list(contract.FACTS), said


@pytest.mark.parametrize("text", ["{ақы} теңге", "{ child}", "{}", "{child.iin}", "{0}", "{child!r}"])
def test_a_fact_that_is_not_known_is_named(text):
    with pytest.raises(Unfit) as unfit:
        contract.section(text)
    assert unfit.value.name == "fact_unknown"
    assert unfit.value.facts == {"name": text.partition("{")[2].partition("}")[0]}


@pytest.mark.parametrize("text", ["{child", "child}", "{{child}", "a } b { c"])
def test_a_brace_that_stands_alone_is_refused(text):
    with pytest.raises(Unfit, match="brace"):
        contract.section(text)


def test_a_name_in_braces_that_a_fact_brings_along_stays_as_it_is():
    assert contract.filled("{group}", CONTRACT | {"group": "{child}"}, "kk") == "{child}"


def test_a_letter_that_papers_cannot_show_is_refused_when_it_is_typed():
    with pytest.raises(Unfit, match="no_glyph"):
        contract.section("Мәтін ☃")


def test_the_text_that_comes_with_kezek_is_one_that_could_be_typed():
    assert tuple(shipped.CONTRACT) == contract.SECTIONS
    for texts in shipped.CONTRACT.values():
        assert [contract.section(text) for text in texts] == list(texts)
