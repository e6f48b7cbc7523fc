"""S1: what the text of a contract is made of: its sections, and the facts of a contract that it may name in braces."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from app.rules import texts
from app.rules.texts import Unfit

SECTIONS = ("subject", "organisation", "family", "fee", "liability", "disputes", "term")
LANGUAGES = ("kk", "ru")
LONGEST = 4000  # letters of one section
# Which printed fact a text may name, and how, in English, Kazakh or Russian, whatever the language of its section.
# Of an office and a place it is the one in the section's language.
FACTS: dict[str, tuple[str, str, str]] = {
    "child": ("child", "бала", "ребёнок"),
    "iin": ("IIN", "ЖСН", "ИИН"),
    "born_on": ("birth date", "туған күні", "дата рождения"),
    "applicant": ("applicant", "өтініш беруші", "заявитель"),
    "applicant_iin": ("applicant's IIN", "өтініш берушінің ЖСН", "ИИН заявителя"),
    "kindergarten": ("kindergarten", "балабақша", "детский сад"),
    "bin": ("BIN", "БСН", "БИН"),
    "address_of_kindergarten": ("address", "мекенжай", "адрес"),
    "phone_of_kindergarten": ("phone", "телефон", "телефон"),
    "group": ("group", "топ", "группа"),
    "birth_years": ("birth years", "туған жылдары", "годы рождения"),
    "issued_on": ("day", "күн", "день"),
    "office_{language}": ("office", "білім бөлімі", "отдел образования"),
    "place_{language}": ("place", "жер", "место"),
}
MEANT = {name.casefold(): fact for fact, names in FACTS.items() for name in names}
NAMED = re.compile(r"\{([^{}]*)\}")


def section(raw: str) -> str:
    """One section as it is kept: lines that papers can show, and no fact that is not known.

    Raises Unfit: fact_unknown, brace, and as texts.lines.
    """
    text = texts.lines(LONGEST)(raw)
    for name in NAMED.findall(text):
        if name.casefold() not in MEANT:
            raise Unfit("fact_unknown", name=name)
    if set("{}") & set(NAMED.sub("", text)):
        raise Unfit("brace")
    return text


def filled(text: str, facts: Mapping[str, Any], language: str) -> str:
    """A section with the facts of one contract: days as both languages write them, a dash for what is not recorded."""

    def fact(found: re.Match[str]) -> str:
        name = MEANT[found[1].casefold()].format(language=language)
        value = facts[name]
        if value is not None and name.endswith("_on"):
            return f"{date.fromisoformat(value):%d.%m.%Y}"
        return str(value or "—")

    return NAMED.sub(fact, text)
