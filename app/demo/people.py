"""The people of the demo's town: all invented, the same every time. IINs are valid in form and belong to nobody.

The places are real, their names are public facts.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from app.actions.people import Contacts, Person
from app.models import PrivilegeKind, Sex
from app.rules import iin
from app.rules.calendar import LOCAL

REGION = ("Ақмола облысы", "Акмолинская область")
TOWN = ("Көкшетау қаласы", "город Кокшетау")
SECOND_TOWN = ("Степногорск қаласы", "город Степногорск")
BY_REFERRAL = ("Бурабай ауданы", "Бурабайский район")
THIRD = ("Целиноград ауданы", "Целиноградский район")
DISTRICTS = (
    TOWN,
    SECOND_TOWN,
    ("Қосшы қаласы", "город Косшы"),
    ("Аққөл ауданы", "Аккольский район"),
    ("Аршалы ауданы", "Аршалынский район"),
    ("Астрахан ауданы", "Астраханский район"),
    ("Атбасар ауданы", "Атбасарский район"),
    ("Біржан сал ауданы", "район Биржан сал"),
    ("Бұланды ауданы", "Буландынский район"),
    BY_REFERRAL,
    ("Егіндікөл ауданы", "Егиндыкольский район"),
    ("Ерейментау ауданы", "Ерейментауский район"),
    ("Есіл ауданы", "Есильский район"),
    ("Жақсы ауданы", "Жаксынский район"),
    ("Жарқайың ауданы", "Жаркаинский район"),
    ("Зеренді ауданы", "Зерендинский район"),
    ("Қорғалжын ауданы", "Коргалжынский район"),
    ("Сандықтау ауданы", "Сандыктауский район"),
    THIRD,
    ("Шортанды ауданы", "Шортандинский район"),
)

# Birth year -> how many wait; born where the demo's first month makes nobody a year older in the queue's eyes.
WAITING = {
    TOWN: {2020: 3, 2021: 13, 2022: 8, 2023: 20, 2024: 8},
    SECOND_TOWN: {2021: 1, 2022: 2, 2023: 1},
    THIRD: {2021: 1, 2023: 1},
    BY_REFERRAL: {2021: 3, 2022: 10, 2023: 4},
}
FIRST_DAY, LAST_DAY = date(2023, 9, 1), date(2026, 2, 27)
OUT_OF_TURN, FIRST_ORDER = PrivilegeKind.out_of_turn, PrivilegeKind.first_order
PRIVILEGES = {5: FIRST_ORDER, 11: OUT_OF_TURN, 14: FIRST_ORDER, 22: FIRST_ORDER, 30: OUT_OF_TURN, 33: FIRST_ORDER}
PRIVILEGES |= {37: FIRST_ORDER, 41: FIRST_ORDER, 47: FIRST_ORDER, 53: FIRST_ORDER, 64: FIRST_ORDER, 69: FIRST_ORDER}
UNDECIDED, REJECTED = {41, 53}, {33}

KAZAKH = (
    "Әбдірахманов Жұмабаев Сейітов Оспанов Қасымов Тілеуов Байжанов Мұқанов Есенов Рахимов Нұрғалиев",
    "Алихан Нұрислам Айсұлтан Ерасыл Мансұр Әлинұр Санжар Имран Бекзат Диас Арлан Сұлтан",
    "Айым Аяла Раяна Медина Көзайым Інжу Томирис Сафия Нұрай Ясмин Айлин Әмина Аружан",
    "Ерлан Асқар Нұрлан Бауыржан Серік Марат Қайрат Талғат Данияр Жандос",
    "Айгүл Динара Жанар Мөлдір Сәуле Гүлмира Әсел Назерке Ботагөз Алма",
    ("ұлы", "қызы"),
)
RUSSIAN = (
    "Смирнов Кузнецов Соколов Лебедев Новиков Морозов Волков Павлов Фёдоров",
    "Максим Артём Михаил Роман Егор Лев Тимофей Илья",
    "София Анна Мария Алиса Ева Полина Василиса",
    "Сергей Андрей Николай Алексей",
    "Елена Ольга Наталья Ирина Светлана Юлия Татьяна",
    ("", ""),
)
FATHERS = {"Сергей": "Сергеев", "Андрей": "Андреев", "Николай": "Николаев", "Алексей": "Алексеев"}


@dataclass(frozen=True)
class Family:
    """A child and who put it into the queue, where and when; its privilege and what officials said of it."""

    place: tuple[str, str]
    child: Person
    applicant: Person
    contacts: Contacts
    registered_at: datetime
    privilege: PrivilegeKind | None
    decision: str | None


def families() -> list[Family]:
    """All families of the demo but those of the sample file, in the order of their days."""
    chance = Random(20260408)
    found = [
        _family(number, place, year, chance)
        for number, (place, year) in enumerate(
            (place, year) for place, years in WAITING.items() for year, n in years.items() for _ in range(n)
        )
    ]
    return sorted(found, key=lambda family: family.registered_at)


class NewNumbers:
    """IINs of people of whom there are thousands, no two alike: those of one day and sex are counted."""

    def __init__(self) -> None:
        self.given = Counter[tuple[date, Sex]]()

    def __call__(self, born_on: date, sex: Sex, _serial: int) -> str:
        """Three apart, for a number that there cannot be yields the next one's; beyond those of the small town."""
        self.given[born_on, sex] += 1
        return iin.make(born_on, sex, 4_997 + 3 * self.given[born_on, sex])


def more_families(place: tuple[str, str], first: int, count: int, numbers: NewNumbers) -> Iterator[Family]:
    """So many families of a larger region (region.py), numbered from `first` on; the same ones every time."""
    chance = Random(first)
    for number in range(first, first + count):
        yield _family(number, place, 2021 + number % 5, chance, numbers)


def _family(
    number: int,
    place: tuple[str, str],
    year: int,
    chance: Random,
    number_of: Callable[[date, Sex, int], str] = iin.make,
) -> Family:
    *lists, endings = KAZAKH if number % 3 else RUSSIAN
    surnames, boys, girls, fathers, mothers = (names.split() for names in lists)
    sex = chance.choice((Sex.male, Sex.female))
    born_on = date(year, chance.choice((1, 2, 6, 7, 8, 9, 10, 11, 12)) if year > 2020 else 9, chance.randint(1, 28))
    mother_on = date(chance.randint(1986, 2003), chance.randint(1, 12), chance.randint(1, 28))
    surname, father = chance.choice(surnames), chance.choice(fathers)
    first = max(FIRST_DAY, born_on + timedelta(days=20))
    day = first + timedelta(days=chance.randrange((LAST_DAY - first).days))
    moment = datetime(day.year, day.month, day.day, chance.randint(9, 17), chance.randint(0, 59), 0, 0, LOCAL)
    return Family(
        place,
        Person(
            number_of(born_on, sex, 3 + number * 17),
            born_on,
            surname + ("а" if sex is Sex.female else ""),
            chance.choice(boys if sex is Sex.male else girls),
            _patronymic(father, sex, endings),
        ),
        Person(
            number_of(mother_on, Sex.female, 5 + number * 19),
            mother_on,
            surname + "а",
            chance.choice(mothers),
            _patronymic(chance.choice(fathers), Sex.female, endings),
        ),
        Contacts(f"+7700{number:07}", f"otbasy{number}@example.org"),
        moment,
        PRIVILEGES.get(number % 100),
        None if number in UNDECIDED else "reject" if number in REJECTED else "confirm",
    )


def _patronymic(father: str, sex: Sex, endings: tuple[str, str]) -> str:
    if father in FATHERS:
        return FATHERS[father] + ("ич" if sex is Sex.male else "на")
    return father + endings[sex is Sex.female]


def events() -> Iterator[tuple[datetime, str, Family]]:
    """What happens to the families before the town's story begins: moment, verb and family, in order of time."""
    found = families()
    all_of_them = [(family.registered_at, "register", family) for family in found]
    for family in found:
        if family.privilege and family.decision:
            all_of_them.append((family.registered_at + timedelta(days=2, minutes=7), family.decision, family))
    yield from sorted(all_of_them, key=lambda event: event[0])
