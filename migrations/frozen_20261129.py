"""Rules as they were on 29.11.2026, for the migrations of that day.

A migration does on every database what it did on the first one, so it asks nothing of app/, whose rules go on.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

import phonenumbers

SHAPES = ("АВЕКМНОРСТУХІЈԚԜ", "ABEKMHOPCTYXIJQW")  # capital letters that look the same, Cyrillic and Latin
CYRILLIC = str.maketrans(SHAPES[1].lower() + "əǝɵʜ", SHAPES[0].lower() + "әәөн")
RUSSIAN_KEYBOARD = str.maketrans("әғқңөұүһіё", "агкноуухие")  # what is typed where there are no Kazakh letters
SMALL_H = re.compile(r"(?<=[\u0400-\u052f])h|h(?=[\u0400-\u052f])")
NUMBER_SIGN = re.compile(r"№|\bN[oо°º]?\.?(?=\s*\d)", re.IGNORECASE)
BETWEEN_DIGITS = re.compile(r"(?<=\d)\s*(?:(?!\s)[\W_]\s*)+(?=\d)")
WORDS = re.compile(r"[^\W\d_]+|\d+(?:-\d+)*")
PATRONYMIC = re.compile(r"(?<=[^\W\d_]) (улы|кызы|оглы)(?= |$)")


def fold_name(name: str) -> str:
    """Spec 3.9: the folded key of a name: its words in small letters with one space between; "" where it has none.

    No difference is made by case, ё and е, Latin letters of a Cyrillic shape, Kazakh letters as typed on a Russian
    keyboard (ә а, ғ г, қ к, ң н, ө о, ұ у, ү у, һ х, і и), joined or split patronymics (ұлы, қызы, оглы, кызы), quotes,
    №, spaces and signs. Signs between digits stay as one dash: "1-2" is not "12". The key of a key is that key.
    """
    text = unicodedata.normalize("NFKC", NUMBER_SIGN.sub(" ", visible(name)))
    text = unicodedata.normalize("NFKC", SMALL_H.sub("һ", text).casefold())
    letters = "".join(sign for sign in text if not unicodedata.combining(sign)).translate(CYRILLIC)
    signs = BETWEEN_DIGITS.sub("-", letters.translate(RUSSIAN_KEYBOARD))
    return PATRONYMIC.sub(r"\1", " ".join(WORDS.findall(signs)))


def visible(text: str) -> str:
    """Without what takes no room on paper: soft hyphens, signs of no width, marks of direction."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


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


SAME = str.maketrans(
    SHAPES[0] + "U" + "ҮҰҺӘӨƟ" + "ДSЅ",
    SHAPES[1] + "Y" + "YYHƏOO" + "DCC",
)
GROUPS = re.compile(r"[^\W\d_]+|\d+")


def fold_number(raw: str) -> str:
    """Spec 3.9: the key of an application number: case, look-alikes, separators and № make no difference.

    Letters and digits stand in groups with one dash between (ODO-2026-248), for 1.11 is not 11.1; leading
    zeros count. A text without letters or digits has the empty key.
    """
    text = unicodedata.normalize("NFKC", raw.replace("№", " ")).upper()
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return "-".join(GROUPS.findall(seen.translate(SAME)))


COUNTRY = "KZ"  # of a number without its country
LONGEST_PHONE = 40
MOST_PHONES = 3  # as many as the column holds, each with its country
LONGEST_TYPED_PHONE = 120  # with its brackets and blanks
LINE_BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
BLANKS = re.compile(r"[^\S\x1c-\x1f]+")  # Python takes four control characters for blanks
SHOW_NOTHING = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
SHOW_NOTHING |= {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
PLAIN = re.compile(
    r"[\x20-\x7e\xa0-\xac\xae-\u02ff\u0400-\u0482\u048a-\u052f‐-\u2027‰-\u205e№]*"
)  # most texts, known at a glance
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # as some keyboards type Latin letters
BETWEEN_PHONES = re.compile(r"[,;/|\n]|\s(?:и|және|или|немесе|and)\s")
A_PHONE = re.compile(r"[\d\s()+.\N{NO-BREAK SPACE}‐‑–-]+(?:(?:ext|доб|вн|ішкі)\.?\s*\d{1,5})?")
EXTENSION = re.compile(r"(?:ext|доб|вн|ішкі)\.?\s*(\d{1,5})$")
OF_TEN = r"((?:\+?[78][\s().-]*)?(?:\d[\s().-]*){9}\d)"  # one number of this country
OF_THIS_COUNTRY = re.compile(r"\s*\+?7(?:[\s().-]*[0-9]){10}\s*|\s*8(?:[\s().-]*[0-9]){10}\s*")
TWO_OR_THREE = re.compile(rf"\s*{OF_TEN}\s+{OF_TEN}(?:\s+{OF_TEN})?\s*")


class Unfit(Exception):
    """A text cannot be as it is; `name` is that of a sentence in words/problems.py."""

    def __init__(self, name: str, /, **facts: object) -> None:
        super().__init__(name)
        self.name, self.facts = name, facts


def lines(most: int) -> Callable[[str], str]:
    """Some lines, as of a reason: their breaks stay. Raises Unfit: unkept, invisible, long_text."""

    def read(raw: str) -> str:
        told = [BLANKS.sub(" ", one).strip() for one in LINE_BREAKS.split(_seen(raw).strip())]
        return _at_most(most, "\n".join(told))

    return read


def phones(raw: str) -> str:
    """The phone numbers that stand there, as `phonenumbers` has them: "+77716250916", several with a comma between.

    A number without its country is of Kazakhstan. Raises Unfit: phone, phones_many, and as `lines`.
    """
    typed = lines(LONGEST_TYPED_PHONE)(unicodedata.normalize("NFKC", raw))
    told = list(dict.fromkeys(_phone(one) for one in _apart(typed)))
    if not told:
        raise Unfit("phone")
    if len(told) > MOST_PHONES or len(", ".join(told)) > LONGEST_PHONE:
        raise Unfit("phones_many", most=MOST_PHONES)
    return ", ".join(told)


def phone_numbers(kept: str | None) -> list[str]:
    """The digits of each number that stands there, with its country and without an extension: what is searched by."""
    try:
        told = phones(kept or "").split(", ")
    except Unfit:
        return []
    return [re.sub(r"\D", "", EXTENSION.sub("", one)) for one in told]


def _seen(raw: str) -> str:
    """The text in its composed form, if every sign of it can be seen and kept. Raises Unfit: unkept, invisible."""
    if PLAIN.fullmatch(raw):
        return raw
    text = unicodedata.normalize("NFC", raw).translate(FULL_WIDTH)
    for sign in text:
        if unicodedata.category(sign) in ("Cs", "Co", "Cn") or sign in "\0\ufffd":
            raise Unfit("unkept")
        if _shows_nothing(sign) and not LINE_BREAKS.fullmatch(sign) and sign != "\t":
            raise Unfit("invisible", code=f"U+{ord(sign):04X}")
    return text


def _shows_nothing(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf") or ord(sign) in SHOW_NOTHING


def _at_most(most: int, text: str) -> str:
    if len(text) > most:
        raise Unfit("long_text", most=most)
    return text


def _apart(typed: str) -> Iterator[str]:
    """Each of several numbers; two with nothing but a blank between are known by their length."""
    for one in BETWEEN_PHONES.split(typed):
        if together := TWO_OR_THREE.fullmatch(one):
            yield from filter(None, together.groups())
        elif one.strip():
            yield one


def _phone(one: str) -> str:
    one = one.strip()
    inside = EXTENSION.search(one)
    number = one[: inside.start()] if inside else one
    if OF_THIS_COUNTRY.fullmatch(number):  # no other of its length is possible: not to be looked up for each row
        return "+7" + "".join(filter(str.isdecimal, number))[1:] + (f" ext. {inside[1]}" if inside else "")
    try:
        parsed = phonenumbers.parse(number, COUNTRY) if A_PHONE.fullmatch(number) else None
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise Unfit("phone")
    if parsed.country_code == 7 and len(phonenumbers.national_significant_number(parsed)) != 10:
        raise Unfit("phone")
    told = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return f"{told} ext. {inside[1]}" if inside else told
