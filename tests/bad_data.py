"""What really comes (spec 3.9): one line for each thing that is wrong, what each entrance says of it.

A line says what is typed instead of a right registration: `number`, `iin`, `born_on`, `sex`, `last_name`, `reason`,
`applicant_iin`. `refusal` is the name in rules/refusals.py; `field` the one on the form that says it, with `because`
where the sentence is a particular one; `cell` the title and the problem of an import, "" where it comes in archived.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.actions import applications
from app.actions.people import Person
from app.db.extensions import db
from app.models import Application, Change, Place, Sex
from app.rules import iin
from tests.factories import DEPARTMENT, START

BORN = date(2022, 9, 17)
KNOWN = "ОДО.2026.248"  # the number of the application that is there before
KNOWN_CHILD = iin.make(BORN, Sex.female, 100)
NEW_CHILD = iin.make(BORN, Sex.female, 300)
PARENT, KNOWN_PARENT = (iin.make(date(1993, 8, 18), Sex.female, serial) for serial in (400, 500))
NAME, KNOWN_NAME = ("Ойдан", "Жаңа"), ("Ойдан", "Белгілі")


def ending(first11: str) -> str:
    """The eleven digits with their check digit; 0 where no number of them exists."""
    return f"{first11}{iin.check_digit(first11) or 0}"


def no_such_check() -> str:
    """Spec 3.9: "if 10 again the number does not exist"."""
    return next(f"2209175{n:04}0" for n in range(10_000) if iin.check_digit(f"2209175{n:04}") is None)


@dataclass(frozen=True)
class Line:
    title: str
    said: dict[str, Any]
    refusal: str
    field: str
    cell: tuple[str, str] | None
    because: str = ""
    where: frozenset[str] = field(default_factory=lambda: frozenset({"screen", "player", "import"}))

    def __str__(self) -> str:
        return self.title.replace(" ", "-")


def number(title: str, raw: str, refusal: str, problem: str, because: str = "", **more: Any) -> Line:
    return Line(title, {"number": raw}, refusal, "number", ("Нөмірі", problem), because, **more)


def child(title: str, digits: str, because: str, problem: str = "") -> Line:
    cell = ("Баланың ЖСН", problem or f"iin_{because}")
    return Line(title, {"iin": digits}, "bad_iin", "child_iin", cell, because)


def parent(title: str, digits: str, because: str, problem: str) -> Line:
    cell = ("Өтініш берушінің ЖСН", problem)
    return Line(
        title, {"applicant_iin": digits}, "bad_iin", "applicant_iin", cell, because, frozenset({"screen", "import"})
    )


def doubt(title: str, said: dict[str, Any], name: str, cell: tuple[str, str] | None) -> Line:
    return Line(title, said, "reason_required", name, cell)


TAKEN = {"refusal": "already_waiting", "problem": "number_taken"}
TO_COME = date(2090, 1, 5)
SIX = date(2020, 4, 13)  # six years old on the day of these tests

REFUSED = [
    # ---- numbers in every form of 3.9, the same as ОДО.2026.248
    number("a number that is taken", KNOWN, **TAKEN),
    number("the same in Latin letters", "ODO.2026.248", **TAKEN),
    number("the same in mixed letters", "ОDО.2026.248", **TAKEN),
    number("the same with dashes", "ОДО-2026-248", **TAKEN),
    number("the same in small letters with slashes", "одо/2026/248", **TAKEN),
    number("the same with spaces", " одо 2026  248 ", **TAKEN),
    number("the same with spaces of Word", "ОДО\u00a02026\u00a0248", **TAKEN),
    number("the same with a sign that nobody sees", "О\u200dДО.2026.248", **TAKEN, where=frozenset({"player"})),
    number("the same without dots between letters and digits", "ОДО2026.248", **TAKEN),
    number("the same in letters of full width", "ＯＤＯ．２０２６．２４８", **TAKEN),
    number("the same with a letter of another series for its shape", "ОДS-2026-248".replace("S", "О"), **TAKEN),
    # ---- what is no number
    number("only signs", "--- . /", "bad_number", "number_form", "signs"),
    number(
        "only a sign that nobody sees", "\u2060.", "bad_number", "number_form", "signs", where=frozenset({"player"})
    ),
    number("too long as a key", "1а" * 30, "bad_number", "number_long", "long"),
    number("too long when written out", "ﷺ" * 10, "bad_number", "number_long", "long", where=frozenset({"player"})),
    # ---- IIN
    child("an IIN that is too short", NEW_CHILD[:6], "form"),
    child("an IIN that is too long", NEW_CHILD + "0", "form"),
    child("an IIN with a letter", "22O917500012", "form"),
    child("an IIN in other digits", "٢٢٠٩١٧٥٠٠٠١٢", "form", problem="other_digits"),
    child("an IIN with a wrong check digit", NEW_CHILD[:11] + str((int(NEW_CHILD[11]) + 1) % 10), "check_digit"),
    child("an IIN whose check is ten twice", no_such_check(), "check_digit"),
    child("an IIN of the 31st of February", ending("22023150001"), "birth_date"),
    child("an IIN of the 29th of February in a common year", ending("23022950001"), "birth_date"),
    *(child(f"an IIN of the century {digit}", ending(f"220917{digit}0001"), "century") for digit in "0789"),
    parent("an applicant's IIN that cannot be", "930818450000", "check_digit", "iin_check_digit"),
    parent("the child as its own applicant", NEW_CHILD, "same_person", "same_person"),
    # ---- birth dates
    Line(
        "a child that is not born yet",
        {"iin": iin.make(TO_COME, Sex.male, 5), "born_on": TO_COME},
        "too_young",
        "child_born_on",
        ("Туған күні", "future"),
    ),
    Line("a child of six", {"iin": iin.make(SIX, Sex.male, 5), "born_on": SIX}, "too_old", "", None),
    # ---- the same child
    Line(
        "a child that waits",
        {"iin": KNOWN_CHILD, "name": KNOWN_NAME, "applicant_iin": KNOWN_PARENT},
        "already_waiting",
        "child_iin",
        ("Баланың ЖСН", "child_waiting"),
        where=frozenset({"screen", "import"}),
    ),
]

DOUBTFUL = [  # refused without a reason; with one it is taken, and the reason is on record
    doubt("another birth date", {"born_on": date(2022, 9, 18)}, "child_born_on", ("Туған күні", "born_otherwise")),
    doubt("another year of birth", {"born_on": date(2023, 9, 17)}, "child_born_on", ("Туған күні", "born_otherwise")),
    doubt("another sex", {"sex": "male"}, "child_sex", ("Жынысы", "sex_otherwise")),
]


def of(entrance: str, lines: list[Line] | None = None) -> list[Line]:
    """The lines that an entrance is asked."""
    return [line for line in lines or [*REFUSED, *DOUBTFUL] if entrance in line.where]


def the_known_one(place: Place) -> Application:
    """The application that is there before anything bad comes."""
    return applications.register(
        place_id=place.id,
        child=Person(KNOWN_CHILD, BORN, *KNOWN_NAME),
        applicant=Person(KNOWN_PARENT, None, "Ойдан", "Ана"),
        number=KNOWN,
        by=DEPARTMENT,
        at=START,
    )


def on_record() -> tuple[str | None, dict[str, Any]]:
    """The reason and the details of the last registration."""
    last = db.select(Change).where(Change.verb == "register").order_by(Change.id.desc()).limit(1)
    told = db.session.scalars(last).one()
    return told.reason, told.details or {}
