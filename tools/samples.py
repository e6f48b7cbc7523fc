"""Write samples/: what the seeds print, as files to bring in. `.venv/bin/python -m tools.samples`

What a seed does not show is invented, and every row says so. The .xlsx has Kazakh titles, the .csv Russian ones.
"""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from app.models import Sex
from app.rules.iin import make

FOLDER = Path(__file__).resolve().parent.parent / "samples"
TOWN = "Көкшетау қаласы"
INVENTED = "ойдан шығарылған / придумано"

KINDERGARTEN_TITLES = (
    ("Тіл", "Язык обучения"),
    ("Мектеп нысаны", "Форма собственности"),
    ("Мектепке дейінгі ұйымның атауы", "Название детского сада"),
    ("Қабылдау режимі", "Режим приёма"),
    ("Телефон нөмірі", "Контактный номер телефона"),
    ("Бос орындар саны", "Количество свободных мест"),
    ("Аяқталу күні", "Дата окончания"),
    ("Туған жылдары", "Годы рождения"),
    ("Сыйымдылығы", "Вместимость"),
    ("Жүріп жатқан балалар саны", "Количество посещающих детей"),
    ("Түрі", "Вид"),
    ("Аудан/қала", "Район/город"),
    ("Ескертпе", "Примечание"),
)
MADINA = '"Мадина" білім беру ұйымы" ЖМ бөбекжайы-бақшасы'
ARMAN = "ГККП «Ясли-сад «Арман»"
STATE, GENERAL, TEMPORARY = "Мемлекеттік меншік", "Жалпы белгіленген", "Уақытша болу"
OTHERS_001 = f"001-құжат; туған жылдары, сыйымдылығы, балалар саны {INVENTED}"
OTHERS_002 = f"002-құжат; тілі, атауы, телефоны басылған, қалғаны {INVENTED}"
MADINA_NOTE = f"{OTHERS_001}; «бақаласы» — «бақшасы» деп түзетілді"
NURSERY = "бөбекжай-бақша"
# language, ownership, name, intake, phone, free places, last day, birth years, capacity, attending, kind
KINDERGARTENS: tuple[tuple[Any, ...], ...] = (
    ("русский", STATE, MADINA, GENERAL, "87758759999", 10, None, "2022", 25, 15, NURSERY, MADINA_NOTE),
    ("қазақша", STATE, MADINA, GENERAL, "87758759999", 7, None, "2023", 25, 18, NURSERY, MADINA_NOTE),
    ("ағылшын", STATE, MADINA, GENERAL, "87758759999", 100, None, "2020-2021", 100, 0, NURSERY, MADINA_NOTE),
    (
        *("русский", STATE, ARMAN, TEMPORARY, "+7 (771) 625-09-16", 9, date(2026, 4, 30), "2022", 25, 25, NURSERY),
        f"{OTHERS_001}; кестеде ТҚСТ, картада ГККП",
    ),
    ("русский", STATE, "kokshe", GENERAL, "+7 (330) 573-25-47", 9, None, "2022-2023", 25, 16, NURSERY, OTHERS_001),
    (
        *("Қазақша", None, "№36 «Балапан» балабақшасы", None, "+7(707)735-82-45", 1, None, "2024", 20, 19),
        *("балабақша", OTHERS_002),
    ),
    (
        *("Қазақша", None, "ГККП «ЯСЛИ-САД №42 «БӘЙШЕШЕК»", None, "+7(775)447-66-51", 1, None, "2024", 20, 19),
        *(NURSERY, f"{OTHERS_002}; «АКИ...» деп үзілген соңы қалдырылды"),
    ),
    (
        *("Қазақша", None, "ГККП «Ясли-сад №43 «Қызғалдақ»", None, "+7(775)793-53-26", 2, None, "2023", 25, 23),
        *(NURSERY, OTHERS_002),
    ),
    (
        *("Қазақша", None, "ГККП №62 «Чирок»", None, "+7(779)750-20-21", 1, None, "2021", 25, 24),
        *("балабақша", OTHERS_002),
    ),
)

APPLICATION_TITLES = (
    ("Нөмірі", "Номер"),
    ("Баланың Т.А.Ә.", "ФИО ребёнка"),
    ("Баланың ЖСН", "ИИН ребёнка"),
    ("Туған күні", "Дата рождения"),
    ("Өтініш берушінің Т.А.Ә.", "ФИО заявителя"),
    ("Өтініш берушінің ЖСН", "ИИН заявителя"),
    ("Құрастыру күні", "Дата создания"),
    ("Тіркеу күні мен уақыты", "Дата регистрации"),
    ("Статустар", "Статус"),
    ("Жеңілдік түрі", "Тип льготы"),
    ("Телефон нөмірі", "Телефон"),
    ("Email", "E-mail"),
    ("Аудан/қала", "Район/город"),
    ("Ескертпе", "Примечание"),
)
PEOPLE = f"аты-жөндері мен ЖСН {INVENTED}"
BOY, GIRL = Sex.male, Sex.female
# number, child, its birthday and sex, applicant, its birthday, created, registered, status, privilege, phone, e-mail
APPLICATIONS: tuple[tuple[Any, ...], ...] = (
    (
        *("ОДО.2026.248", "Серікбай Айару Ерланқызы", date(2022, 9, 17), GIRL),
        *("Серікбаева Гүлнар Маратқызы", date(1994, 3, 5), None, datetime.fromisoformat("2026-04-07 11:21:08")),
        *("Кезекте", "Жеңілдіктер жоқ", "75452425777", "ana@example.org"),
        f"001-құжат; {PEOPLE}; мәртебе ваучер берілгенге дейінгідей; Email ойдан алынған",
    ),
    (
        *("16.УО.2017.32731.1", "Жақсылық Нұрали Асқарұлы", date(2017, 11, 14), BOY),
        *("Жақсылықова Айгерім Болатқызы", date(1991, 6, 21), date(2017, 11, 17), None),
        *("Кезекте", "Жеңілдіксіз", None, None, f"002-құжат; {PEOPLE}"),
    ),
    (
        *("УО.2018.000024.1", "Ким Арина Сергеевна", date(2011, 8, 18), GIRL),
        *("Ким Елена Викторовна", date(1993, 8, 18), None, datetime.fromisoformat("2018-07-31 17:29:09")),
        *("Принято решение (В очереди)", "Без льготы", "7777777777", None, f"002-құжат; {PEOPLE}"),
    ),
    (
        *("UO.2018.000016.1", "Орлов Тимур Денисович", date(2011, 9, 9), BOY),
        *("Орлова Наталья Игоревна", date(1988, 12, 2), date(2018, 7, 30), None),
        *("Направлено уведомление", "Без льготы", None, None),
        f"002-құжат; {PEOPLE}; құрастыру күні — «Уведомление о регистрации» құжатының күні",
    ),
)


def kindergartens() -> list[list[Any]]:
    """The rows under KINDERGARTEN_TITLES."""
    return [[*row[:-1], TOWN, row[-1]] for row in KINDERGARTENS]


def applications() -> list[list[Any]]:
    """The rows under APPLICATION_TITLES, with invented IINs that fit the printed birthdays."""
    rows = []
    for serial, (number, child, born_on, sex, applicant, adult_on, *rest, note) in enumerate(APPLICATIONS):
        child_iin, adult_iin = make(born_on, sex, 9000 + serial * 7), make(adult_on, GIRL, 9000 + serial * 7)
        rows.append([number, child, child_iin, born_on, applicant, adult_iin, *rest, TOWN, note])
    return rows


def write(folder: Path) -> None:
    """Both lists, each as .xlsx and as .csv."""
    folder.mkdir(exist_ok=True)
    for name, titles, rows in (
        ("kindergartens", KINDERGARTEN_TITLES, kindergartens()),
        ("applications", APPLICATION_TITLES, applications()),
    ):
        _workbook(folder / f"{name}.xlsx", [kk for kk, _ in titles], rows)
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=";").writerows(
                [[ru for _, ru in titles], *([_text(c) for c in r] for r in rows)]
            )


def _workbook(path: Path, titles: list[str], rows: list[list[Any]]) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": datetime.fromisoformat("2026-04-08")})  # the same file every time
        sheet = book.add_worksheet("Парақ1")
        forms = {kind: book.add_format({"num_format": form}) for kind, form in FORMS.items()}
        sheet.write_row(0, 0, titles, book.add_format({"bold": True, "text_wrap": True}))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(titles) - 1, 24)
        for at, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(at, column, cell, forms[type(cell)])
                elif cell is not None:
                    sheet.write(at, column, cell)


FORMS = {date: "dd.mm.yyyy", datetime: "dd.mm.yyyy hh:mm:ss"}


def _text(cell: Any) -> str:
    if isinstance(cell, date):
        return cell.strftime("%d.%m.%Y %H:%M:%S" if isinstance(cell, datetime) else "%d.%m.%Y")
    return "" if cell is None else str(cell)


if __name__ == "__main__":
    write(FOLDER)
