"""Spec 3.9: one application number, written in many ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.refusals import Reason, Refusal
from app.rules.registration_numbers import fold, key

TWINS = [
    "АA",
    "ВB",
    "ЕE",
    "КK",
    "МM",
    "НHҺ",
    "ОOӨ",
    "РP",
    "СCS",
    "ТT",
    "УYUҮҰ",
    "ХX",
    "ІI",
    "ДD",
    "ӘƏ",
    "ЈJ",
    "ЅC",
]
SEPARATORS = [".", "-", " ", "/", "–", "—", "_", "\u00a0", "\u2011", " . "]
SERIES = st.text("".join(TWINS), min_size=1, max_size=4)
PARTS = st.lists(st.text("0123456789", min_size=1, max_size=6), min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("key", "spellings"),
    [
        (
            "ODO-2026-248",
            [
                "ОДО.2026.248",
                "ODO-2026-248",
                "OДО.2026.248",
                "ОДО 2026 248",
                " одо/2026/248. ",
                "ОДО2026-248",
            ],
        ),
        ("ODC-2026-248", ["ОДС-2026-248", "ОДC.2026.248", "ODS-2026-248", "ОДС–2026—248"]),
        (
            "YO-2018-000024-1",
            [
                "УО.2018.000024.1",
                "UO.2018.000024.1",
                "YO-2018-000024-1",
                "уо.2018.000024.1",
                "ҮО.2018.000024.1",
            ],
        ),
        ("16-YO-2017-32731-1", ["16.УО.2017.32731.1", "16-uo-2017-32731-1", "16УО2017.32731.1"]),
        (
            "ODO-2026-248",
            ["ОДО\u00a02026\u00a0248", "ОДО\u200b.2026.\ufeff248", "ОДО.２０２６.248", "О\u00adДО.2026.248"],
        ),
        ("", ["", " ", "-./"]),
    ],
)
def test_the_spellings_of_one_number_have_one_key(key: str, spellings: list[str]) -> None:
    assert {fold(raw) for raw in spellings} == {key}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ОДО.2026.248", "ОДС.2026.248"),
        ("ОДО.2026.248", "ОДО.2026.249"),
        ("УО.2018.000024.1", "УО.2018.00002.41"),
        ("УО.2018.000024.1", "УО.2018.24.1"),
        ("16.УО.2017.32731.1", "УО.2017.32731.1"),
        ("ЗО.2026.1", "30.2026.1"),
    ],
)
def test_different_numbers_have_different_keys(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_a_key_is_its_own_key(raw: str) -> None:
    assert fold(fold(raw)) == fold(raw)


def test_the_key_of_every_single_character_is_its_own_key() -> None:
    assert [sign for sign in map(chr, range(0x3000)) if fold(fold(sign)) != fold(sign)] == []


@given(SERIES, PARTS, st.data())
def test_look_alikes_case_and_separators_make_no_difference(series: str, parts: list[str], data: st.DataObject) -> None:
    def written() -> str:
        letters = [data.draw(st.sampled_from(next(t for t in TWINS if letter in t))) for letter in series]
        text = "".join(letter.lower() if data.draw(st.booleans()) else letter for letter in letters)
        return "".join(part + data.draw(st.sampled_from(SEPARATORS)) for part in [text, *parts])

    assert fold(written()) == fold(written()) == fold(".".join([series, *parts]))


@given(PARTS, PARTS)
def test_numbers_with_other_digits_never_share_a_key(one: list[str], other: list[str]) -> None:
    keys = (fold(".".join(["ОДО", *parts])) for parts in (one, other))
    assert (next(keys) == next(keys)) is (one == other)


@pytest.mark.parametrize(
    ("raw", "because"),
    [("", "signs"), (" . ", "signs"), ("ОДО\0", "signs"), ("ОДО\n1", "signs"), ("7" * 61, "long"), ("1а" * 31, "long")],
)
def test_what_cannot_be_a_number_is_refused_by_name(raw: str, because: str) -> None:
    with pytest.raises(Refusal) as refused:
        key(raw)
    assert refused.value.reason is Reason.bad_number
    assert refused.value.facts["because"] == because


def test_a_number_of_the_seeds_is_kept_under_its_folded_form() -> None:
    assert key("ОДО.2026.248") == fold("odo-2026-248") == "ODO-2026-248"
    assert key("7" * 60) == "7" * 60
