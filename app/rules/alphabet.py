"""In which order names stand in a list: by the Kazakh alphabet, of which the Russian one is a part."""

import re
import unicodedata

from app.rules.folding import CYRILLIC, visible

ALPHABET = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
LETTERS = {letter: chr(ord("A") + place) for place, letter in enumerate(ALPHABET)}  # A to k
MIXED = re.compile(r"[^\W\d_]*[\u0400-\u052f][^\W\d_]*")
PARTS = re.compile(r"[^\W\d_]+|\d+")


def sort_key(name: str) -> str:
    """Spec 3.9: names in the order of these keys, compared byte by byte, stand in the order of the alphabet.

    Case, quotes and signs make no difference; a word before the longer one that it begins; numbers by their size before
    all letters; letters of other alphabets after ours, but for a Latin one among Cyrillic ones, which looks like them.
    """
    text = unicodedata.normalize("NFC", visible(name)).casefold()
    text = MIXED.sub(lambda word: word[0].translate(CYRILLIC), text)
    return " ".join(_number(part) if part.isdigit() else _word(part) for part in PARTS.findall(text))


def _number(digits: str) -> str:
    """The more digits, the larger it is."""
    plain = digits.lstrip("0")
    return f"{min(len(plain), 9)}{plain}"


def _word(letters: str) -> str:
    return "".join(LETTERS.get(letter) or f"~{letter}" for letter in letters)
