"""Kazakh and Russian are complete: our own texts and those of the libraries that can reach a screen."""

import ast
import re
import tomllib
from io import BytesIO
from pathlib import Path

import flask_appbuilder
import flask_wtf
import pytest
import wtforms
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("kk", "ru")
MARKS = {"_": None, "_l": None, "lazy_gettext": None, "gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|{\w+}")
ALIKE = {
    "Auditor": "аудитор is the word of the law in both",
    "File": "файл is the word in both",
    "Portal": "портал is the word in both",
    "Norm": "норма is in both, from Latin",
    "Statistics": "статистика is the word in both",
    "SMS": "nobody writes it otherwise in either",
    "Voucher": "ваучер is what the seeds call it in both",
}


def collected(folder: Path) -> set[str | tuple[str, ...]]:
    """The msgids below a folder, found as `make translations` finds them."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    found = extract_from_dir(folder, methods, keywords=DEFAULT_KEYWORDS | MARKS)
    return {msgid for _file, _line, msgid, _comments, _context in found}


@pytest.fixture(scope="module")
def ours() -> set:
    return collected(ROOT / "app")


@pytest.fixture(scope="module")
def theirs() -> set:
    return set().union(*(collected(Path(one.__file__).parent) for one in (flask_appbuilder, flask_wtf, wtforms)))


@pytest.fixture(scope="module")
def catalogues() -> dict[str, Catalog]:
    files = {language: ROOT / "translations" / language / "LC_MESSAGES/messages.po" for language in LANGUAGES}
    return {language: read_po(BytesIO(file.read_bytes()), locale=language) for language, file in files.items()}


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def untranslated(msgids: set, catalogue: Catalog) -> list:
    found = {msgid: catalogue.get(forms(msgid)[0]) for msgid in msgids}
    return sorted((i for i, m in found.items() if m is None or m.fuzzy or not all(forms(m.string))), key=str)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_ours_is_translated(ours, catalogues, language):
    assert untranslated(ours, catalogues[language]) == [], "`make translations`, then fill them in"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_libraries_is_translated(theirs, catalogues, language):
    assert len(theirs) > 150  # else none were found
    assert untranslated(theirs, catalogues[language]) == [], "`make translations`, then fill them in"


def test_no_text_hides_where_it_is_not_collected(ours):
    """Before Python 3.12 an f-string is one piece to Babel: what is translated inside of it is not seen."""
    known = {form for msgid in ours for form in forms(msgid)}
    hidden = []
    for file in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS:
                texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                hidden += [f"{file.relative_to(ROOT)}:{node.lineno}: {text}" for text in texts if text not in known]
    assert hidden == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_in_a_catalogue_has_gone_from_the_code(ours, theirs, catalogues, language):
    known = {forms(msgid)[0] for msgid in ours | theirs}
    assert [m.id for m in messages(catalogues[language]) if forms(m.id)[0] not in known] == []
    assert not catalogues[language].obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_plurals_agree(catalogues, language):
    catalogue = catalogues[language]
    assert [(m.id, errors) for m, errors in catalogue.check()] == []
    for message in messages(catalogue):
        expected = [sorted(PLACEHOLDER.findall(form)) for form in forms(message.id)]
        for string in forms(message.string):
            assert sorted(PLACEHOLDER.findall(string)) in expected, message.id
            assert string.endswith(" ") == forms(message.id)[0].endswith(" "), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_compiles(catalogues, language):
    compiled = BytesIO()
    write_mo(compiled, catalogues[language])
    compiled.seek(0)
    assert len(messages(read_mo(compiled))) == len(messages(catalogues[language]))


@pytest.mark.parametrize(("language", "count"), [("kk", 2), ("ru", 3)])
def test_a_language_has_its_own_plurals(catalogues, language, count):
    assert catalogues[language].num_plurals == count


def test_kazakh_is_not_russian(catalogues):
    kk, ru = catalogues["kk"], catalogues["ru"]
    alike = {m.id for m in messages(kk) if forms(m.string)[0] == forms(ru.get(forms(m.id)[0]).string)[0]}
    assert alike == set(ALIKE)


def test_each_language_keeps_to_its_own_letters(catalogues):
    """No Kazakh letter in Russian, and no word that mixes Latin letters with Cyrillic look-alikes."""
    for language, catalogue in catalogues.items():
        for message in messages(catalogue):
            for string in forms(message.string):
                assert not re.search(r"[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z]", PLACEHOLDER.sub(" ", string)), message.id
                assert language == "kk" or not re.search("[әғқңөұүһі]", string, re.IGNORECASE), message.id


SEEDS = {  # what stands on the customer's screens, to the letter
    "Confirm interest": ("Қызығушылықты растау", "Подтвердить интерес"),
    "Refuse the voucher": ("Ваучерден бас тарту", "Отказаться от ваучера"),
    "Take out of the queue": ("Кезектен шығару", "Снять с очереди"),
    "Choose a kindergarten": ("Мектепке дейінгі ұйымды таңдаңыз", "Выбрать детский сад"),
    "Choose": ("Балабақшаны таңдаңыз", "Выбрать"),
    "Sign and send": ("Қол қою және жіберу", "Подписать и отправить"),
    "Information about the application": ("Өтінім туралы ақпарат", "Информация о заявлении"),
    "History": ("Тарих", "История изменений"),
    "Documents": ("Құжаттар", "Документы"),
    "General documents": ("Жалпы құжаттар", "Общие документы"),
    "Journal of applications": ("Өтініштер журналы", "Журнал заявлений"),
    "General intake": ("Жалпы белгіленген", "Общеустановленный"),
    "Temporary stay": ("Уақытша болу", "Временное пребывание"),
    "No privilege": ("Жеңілдіксіз", "Без льготы"),
    "In the queue": ("Кезекте", "В очереди"),
    "Notice sent": ("Хабарлама жіберілді", "Направлено уведомление"),
    "To be confirmed": ("Растауда", "На подтверждении"),
    "Voucher issued": ("Ваучер берілді", "Ваучер выдан"),
    "Referral issued": ("Жолдама берілді", "Выдано направление"),
    "Enrolled": ("Қабылданды", "Зачислен"),
    "On the stop-list": ("Тоқтау парағында", "В стоп-листе"),
    "Taken out of the queue": ("Кезектен шығарылды", "Снят с очереди"),
    "In the archive": ("Мұрағатта", "В архиве"),
}


@pytest.mark.parametrize("text", SEEDS)
def test_the_words_of_the_customers_screens_are_kept(catalogues, text):
    assert tuple(catalogues[language].get(text).string for language in LANGUAGES) == SEEDS[text]
