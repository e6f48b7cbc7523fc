"""When two names that are written differently are the same name, and when they are only alike.

`identity` is the exact key: names that share it are one, and what matches by it may change a record. `fold` is the key
of what people mix up when they write or type: a name is searched by it, and asked about as a near match.
"""

import re
import unicodedata
from enum import Enum

SHAPES = ("АВЕКМНОРСТУХІЈԚԜ", "ABEKMHOPCTYXIJQW")  # capital letters that look the same, Cyrillic and Latin
CYRILLIC = str.maketrans(SHAPES[1].lower() + "əǝɵʜ", SHAPES[0].lower() + "әәөн")
RUSSIAN_KEYBOARD = str.maketrans("әғқңөұүһіё", "агкноуухие")  # what is typed where there are no Kazakh letters

# Of a Latin H among Cyrillic letters the case says what it stands for: a capital looks like Н, a small one like һ.
SMALL_H = re.compile(r"(?<=[\u0400-\u052f])h|h(?=[\u0400-\u052f])")
CAPITAL_H = re.compile(r"(?<=[\u0400-\u052f])H|H(?=[\u0400-\u052f])")
NUMBER_SIGN = re.compile(r"№|\bN[oо°º]?\.?(?=\s*\d)", re.IGNORECASE)
BETWEEN_DIGITS = re.compile(r"(?<=\d)\s*(?:(?!\s)[\W_]\s*)+(?=\d)")
WORDS = re.compile(r"[^\W\d_]+|\d+(?:-\d+)*")
PLAIN = re.compile(r"[\u0400-\u0481\u048a-\u0525 ]*")  # most names, known at a glance: Cyrillic letters alone
PATRONYMIC = re.compile(r"(?<=[^\W\d_]) (улы|кызы|оглы)(?= |$)")

QUOTES = re.compile("[«»„“”‟\"‹›‘’‚‛'`´]+")
DASHES = re.compile(r"\s*[‐‑‒–—―−-]\s*")


class Match(Enum):
    """How two names agree: as one and the same, or so that a person must be asked."""

    exact = "exact"
    near = "near"


def fold(name: str) -> str:
    """Spec 3.9: the folded key of a name: its words in small letters with one space between; "" where it has none.

    No difference is made by case, ё and е, Latin letters of a Cyrillic shape, Kazakh letters as typed on a Russian
    keyboard (ә а, ғ г, қ к, ң н, ө о, ұ у, ү у, һ х, і и), joined or split patronymics (ұлы, қызы, оглы, кызы), quotes,
    №, spaces and signs. Signs between digits stay as one dash: "1-2" is not "12". The key of a key is that key.
    """
    if PLAIN.fullmatch(name):
        words = name.casefold().translate(RUSSIAN_KEYBOARD).split()
    else:
        text = unicodedata.normalize("NFKC", NUMBER_SIGN.sub(" ", visible(name)))
        text = unicodedata.normalize("NFKC", SMALL_H.sub("һ", text).casefold())
        letters = "".join(sign for sign in text if not unicodedata.combining(sign)).translate(CYRILLIC)
        words = WORDS.findall(BETWEEN_DIGITS.sub("-", letters.translate(RUSSIAN_KEYBOARD)))
    return PATRONYMIC.sub(r"\1", " ".join(words))


def identity(name: str) -> str:
    """Spec 3.9: the exact key of a name: its letters, digits and signs as they stand.

    Case, kinds of space, quotation mark and dash, and what cannot be seen make no difference.
    """
    text = CAPITAL_H.sub("ʜ", unicodedata.normalize("NFC", visible(name))).casefold().replace("№", " № ")
    return " ".join(DASHES.sub("-", QUOTES.sub('"', text)).split())


def match(one: str, other: str) -> Match | None:
    """Spec 3.9: exact for one identity, near where the folded keys alone agree, None for two names."""
    if identity(one) == identity(other):
        return Match.exact
    return Match.near if fold(one) == fold(other) != "" else None


def visible(text: str) -> str:
    """Without what takes no room on paper: soft hyphens, signs of no width, marks of direction."""
    if text.isprintable():  # most texts, known at a glance
        return text
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
