"""Spec 3.9: numbers of people and of organisations. All people here are invented."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.rules import iin
from app.rules.iin import Sex
from app.rules.refusals import Reason, Refusal

BIRTHDAYS = st.dates(date(1800, 1, 1), date(2099, 12, 31))
ELEVEN = st.text("0123456789", min_size=11, max_size=11)


def completed(first11: str) -> str:
    return f"{first11}{iin.check_digit(first11)}"


@pytest.mark.parametrize(
    ("first11", "digit"),
    [
        ("10000000000", 1),
        ("01000000000", 2),
        ("00000000001", 0),  # 11 is 0
        ("22091750001", 3),  # 135 is 12 x 11 and 3
        ("00000000010", 1),  # 10 by the first weights, 1 by the second
        ("00000000281", None),  # 10 by both
    ],
)
def test_the_check_digit_is_a_weighted_sum_with_second_weights_where_the_first_give_ten(
    first11: str, digit: int | None
) -> None:
    assert iin.check_digit(first11) == digit


@pytest.mark.parametrize("bin_", ["971240001315", "940140000385", "010940000162", "020240000555"])
def test_the_published_numbers_of_well_known_companies_are_valid(bin_: str) -> None:
    assert iin.bin_valid(bin_)
    assert not iin.bin_valid(bin_[:-1] + str((int(bin_[-1]) + 1) % 10))


@given(ELEVEN, st.integers(0, 9), st.integers(1, 9))
def test_one_mistyped_digit_of_the_first_ten_is_noticed(first11: str, at: int, more: int) -> None:
    typo = first11[:at] + str((int(first11[at]) + more) % 10) + first11[at + 1 :]
    sums = [sum(i * int(d) for i, d in enumerate(eleven, 1)) % 11 for eleven in (first11, typo)]
    assume(10 not in sums)
    assert iin.valid(f"{first11}{sums[0]}")
    assert not iin.valid(f"{typo}{sums[0]}")


def test_a_mistyped_eleventh_digit_is_not_noticed_for_its_weight_is_eleven() -> None:
    assert iin.valid("220917500013")
    assert iin.valid("220917500023")


@pytest.mark.parametrize(
    "number",
    ["", "22091750001", "2209175000133", "22091750001x", "２２０９１７５００１３３", " 220917500013"],
)
def test_only_twelve_plain_digits_are_a_number(number: str) -> None:
    assert not iin.valid(number)
    with pytest.raises(Refusal) as refused:
        iin.facts(number)
    assert (refused.value.reason, refused.value.facts) == (Reason.bad_iin, {"because": "form"})


def test_a_check_digit_is_asked_for_eleven_digits_only() -> None:
    with pytest.raises(ValueError, match="eleven"):
        iin.check_digit("220917500013")


@pytest.mark.parametrize(
    ("first11", "born_on", "sex"),
    [
        ("99123110001", date(1899, 12, 31), Sex.male),
        ("99123120001", date(1899, 12, 31), Sex.female),
        ("85060230001", date(1985, 6, 2), Sex.male),
        ("85060240001", date(1985, 6, 2), Sex.female),
        ("22091750001", date(2022, 9, 17), Sex.male),
        ("24022960001", date(2024, 2, 29), Sex.female),
    ],
)
def test_the_seventh_digit_says_the_century_and_the_sex(first11: str, born_on: date, sex: Sex) -> None:
    assert iin.facts(completed(first11)) == iin.IinFacts(born_on, sex)


@pytest.mark.parametrize(
    ("first11", "because"),
    [
        ("22091700001", "century"),
        ("22091770001", "century"),
        ("22091780001", "century"),
        ("22091790001", "century"),
        ("23022950001", "birth_date"),  # 2023 had no 29 February
        ("22130150001", "birth_date"),
        ("22000050001", "birth_date"),
    ],
)
def test_a_number_that_cannot_be_a_persons_is_refused_with_the_cause(first11: str, because: str) -> None:
    with pytest.raises(Refusal) as refused:
        iin.facts(completed(first11))
    assert (refused.value.reason, refused.value.facts) == (Reason.bad_iin, {"because": because})


def test_a_wrong_check_digit_is_refused_and_the_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(Refusal) as refused:
        iin.facts("220917500014")
    assert refused.value.facts == {"because": "check_digit"}
    assert "2209175" not in f"{refused.value} {refused.value!r}"


@given(BIRTHDAYS, st.sampled_from(Sex), st.integers(0, 9999))
def test_an_invented_number_says_what_it_was_made_of(born_on: date, sex: Sex, serial: int) -> None:
    number = iin.make(born_on, sex, serial)
    assert iin.valid(number)
    assert iin.facts(number) == iin.IinFacts(born_on, sex)


def test_a_serial_whose_number_does_not_exist_gives_the_next_one_and_the_last_gives_the_first() -> None:
    assert iin.check_digit("22091750043") is None
    assert iin.make(date(2022, 9, 17), Sex.male, 43) == iin.make(date(2022, 9, 17), Sex.male, 44)
    assert iin.check_digit("22012759999") is None
    assert iin.make(date(2022, 1, 27), Sex.male, 9999) == iin.make(date(2022, 1, 27), Sex.male, 0)


@pytest.mark.parametrize(
    ("born_on", "serial"),
    [(date(1799, 12, 31), 0), (date(2100, 1, 1), 0), (date(2022, 9, 17), -1), (date(2022, 9, 17), 10_000)],
)
def test_no_number_is_invented_for_other_centuries_or_serials(born_on: date, serial: int) -> None:
    with pytest.raises(ValueError, match="no IIN"):
        iin.make(born_on, Sex.female, serial)
