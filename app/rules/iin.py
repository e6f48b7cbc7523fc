"""What twelve digits say about a person, and whether they can be a number at all."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import mul

from app.models import Sex
from app.rules.refusals import Reason, Refusal

WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
CENTURIES = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}
SERIALS = 10_000


@dataclass(frozen=True)
class IinFacts:
    """Spec 3.9: what an IIN says; an official may accept, with a reason, that the papers say otherwise."""

    born_on: date
    sex: Sex


def check_digit(first11: str) -> int | None:
    """Spec 3.9: the twelfth digit; None when no such number exists. ValueError unless eleven digits.

    The weight of the eleventh digit is 11, so by design of the number a slip in that digit goes unnoticed.
    """
    if not _digits(first11, 11):
        raise ValueError("eleven digits are needed")
    for weights in (WEIGHTS, SECOND_WEIGHTS):
        remainder: int = sum(map(mul, weights, map(int, first11))) % 11
        if remainder < 10:
            return remainder
    return None


def valid(number: str) -> bool:
    """Spec 3.9: twelve digits of which the last is right, in an IIN and a BIN alike."""
    return _digits(number, 12) and check_digit(number[:11]) == int(number[11])


def bin_valid(number: str) -> bool:
    """Spec 3.9: a BIN has the same check digit as an IIN."""
    return valid(number)


@lru_cache(maxsize=1_000)  # of one line of a list they are asked for again and again
def facts(iin: str) -> IinFacts:
    """Spec 3.9: birthday and sex from an IIN. Refusal bad_iin for a number that cannot be a person's."""
    if not _digits(iin, 12):
        raise Refusal(Reason.bad_iin, because="form")
    if not valid(iin):
        raise Refusal(Reason.bad_iin, because="check_digit")
    if iin[6] not in CENTURIES:
        raise Refusal(Reason.bad_iin, because="century")
    try:
        born_on = date(CENTURIES[iin[6]] + int(iin[:2]), int(iin[2:4]), int(iin[4:6]))
    except ValueError:
        raise Refusal(Reason.bad_iin, because="birth_date") from None
    return IinFacts(born_on, Sex.male if int(iin[6]) % 2 else Sex.female)


def otherwise(iin: IinFacts, born_on: date | None, sex: Sex | None) -> list[str]:
    """Spec 3.9: what papers say otherwise than the number (`born_on`, `sex`); None says nothing."""
    said = {"born_on": born_on, "sex": sex}
    return [name for name, value in said.items() if value not in (None, getattr(iin, name))]


def make(born_on: date, sex: Sex, serial: int) -> str:
    """Spec 4 ("a valid one is made"): an invented IIN of that birthday, sex and serial 0-9999.

    A serial whose number does not exist yields the next one's. ValueError for a birthday before 1800 or
    after 2099, or a serial out of range.
    """
    if born_on.year // 100 not in (18, 19, 20) or not 0 <= serial < SERIALS:
        raise ValueError("no IIN has this birthday or serial")
    century = (born_on.year // 100 - 18) * 2 + (1 if sex == Sex.male else 2)
    while True:
        first11 = f"{born_on:%y%m%d}{century}{serial:04}"
        last = check_digit(first11)
        if last is not None:
            return f"{first11}{last}"
        serial = (serial + 1) % SERIALS


def _digits(number: str, length: int) -> bool:
    return len(number) == length and number.isascii() and number.isdigit()
