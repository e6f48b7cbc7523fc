"""What a text may be, by whatever entrance it comes: a form's field and a file's cell ask here, and get one answer.

Each function takes what was typed and returns the one form in which it is kept, or raises Unfit.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeAlias

import phonenumbers
from email_validator import EmailNotValidError, validate_email

Reader: TypeAlias = Callable[[str], str]

COUNTRY = "KZ"  # of a number without its country
MOST_PHONES = 3  # as many as the column holds, each with its country
MOST_EMAILS = 2  # S2, «Дополнительный Email»
LONGEST_NAME, LONGEST_EMAIL, LONGEST_PHONE, LONGEST_DIGITS = 80, 200, 40, 40
LONGEST_TYPED_PHONE = 120  # with its brackets and blanks
LINE_BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
BLANKS = re.compile(r"[^\S\x1c-\x1f]+")  # Python takes four control characters for blanks
# Letters, marks and signs that show nothing, besides those of the categories Cc and Cf.
SHOW_NOTHING = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
SHOW_NOTHING |= {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
# What the fonts of papers can show (tools/setup.py cuts them to it).
ON_PAPER = [(0x20, 0x7E), (0xA0, 0x17F), (0x400, 0x525), (0x2010, 0x205E), (0x20AC, 0x20AC), (0x20B8, 0x20B8)]
ON_PAPER += [(0x20BD, 0x20BD), (0x2116, 0x2116), (0x2190, 0x2193), (0x2212, 0x2212), (0x2248, 0x2248), (0x2264, 0x2265)]
ON_PAPER += [(0x2713, 0x2713), (0x2717, 0x2717)]
NOT_ON_PAPER = re.compile("[^{}]".format("".join(rf"\U{first:08x}-\U{last:08x}" for first, last in ON_PAPER)))
PLAIN = re.compile(
    r"[\x20-\x7e\xa0-\xac\xae-\u02ff\u0400-\u0482\u048a-\u052f‐-\u2027‰-\u205e№]*"
)  # most texts, known at a glance
SEEN = r"[\x21-\x7e\xa1-\xac\xae-\u017f\u0400-\u0482\u048a-\u0525‐-\u2027‰-\u205e№]+"
TIDY = re.compile(rf"{SEEN}(?: {SEEN})*")  # of these, words with one blank between
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # as some keyboards type Latin letters
PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*")  # before the @, most addresses
PLAIN_NAME = re.compile(r"[A-Za-z\u0400-\u0481\u048a-\u0525]+")  # most names, known at a glance
PLAIN_PHONE = re.compile(r"(?:\+?7|8)((?:[ ().-]*[0-9]){10})")  # most phones
APOSTROPHES = str.maketrans({"ʼ": "’", "ʻ": "’", "´": "’", "`": "’", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-"})
OF_A_NAME = re.compile(r"[\w\s'’.-]+")
NO_DIGIT = re.compile(r"[^0-9]+")
BETWEEN_EMAILS = re.compile("[,; ]+")
BETWEEN_PHONES = re.compile(r"[,;/|\n]|\s(?:и|және|или|немесе|and)\s")
A_PHONE = re.compile(r"[\d\s()+.\N{NO-BREAK SPACE}‐‑–-]+(?:(?:ext|доб|вн|ішкі)\.?\s*\d{1,5})?")
EXTENSION = re.compile(r"(?:ext|доб|вн|ішкі)\.?\s*(\d{1,5})$")
OF_TEN = r"((?:\+?[78][\s().-]*)?(?:\d[\s().-]*){9}\d)"  # one number of this country
OF_THIS_COUNTRY = re.compile(r"\s*\+?7(?:[\s().-]*[0-9]){10}\s*|\s*8(?:[\s().-]*[0-9]){10}\s*")
MOBILE = re.compile(r"\+77\d{9}")
TWO_OR_THREE = re.compile(rf"\s*{OF_TEN}\s+{OF_TEN}(?:\s+{OF_TEN})?\s*")
PATRONYMICS = re.compile(r"(?i)(ұлы|улы|uly|қызы|кызы|kyzy|qyzy|оглы|оғлы|ogly)")  # written apart
PARTICLES = frozenset(["ван", "вон", "фон", "дер", "ден", "де", "да", "ди", "дю", "ла", "ле", "дос"])  # of surnames
PARTICLES |= frozenset(["абу", "аль", "эль", "бин", "ибн", "бен", "мак"])


class Unfit(Exception):
    """A text cannot be as it is; `name` is that of a sentence in words/problems.py."""

    def __init__(self, name: str, /, **facts: object) -> None:
        super().__init__(name)
        self.name, self.facts = name, facts


def blank(raw: str) -> bool:
    """Is there nothing that anybody could see?"""
    first = raw[:1]
    if first.isalnum() and ord(first) not in SHOW_NOTHING:  # most texts, known at a glance
        return False
    return all(sign.isspace() or _shows_nothing(sign) for sign in raw)


def line(most: int) -> Reader:
    """One line of at most so many letters, blanks made one; any text may come to stand on a paper.

    Raises Unfit: unkept, invisible, line_break, long_text, no_glyph.
    """
    return lambda raw: _at_most(most, raw) if TIDY.fullmatch(raw) else _on_paper(_line(most, raw))


WHOLE_NAME = line(3 * LONGEST_NAME)


def lines(most: int) -> Reader:
    """Some lines, as of a reason: their breaks stay. Raises Unfit: unkept, invisible, long_text, no_glyph."""
    return lambda raw: _on_paper(_lines(most, raw))


def name(raw: str, most: int = LONGEST_NAME) -> str:
    """Spec 3.9: a part of a person's name: letters, hyphens, apostrophes.

    Raises Unfit: name_signs, and as `line`.
    """
    if len(raw) <= most and PLAIN_NAME.fullmatch(raw):
        return raw
    text = line(most)(raw.translate(APOSTROPHES))
    wrong = next((sign for sign in text if not OF_A_NAME.fullmatch(sign) or sign.isdigit() or sign == "_"), None)
    if wrong is not None or not (not text or any(sign.isalpha() for sign in text)):
        raise Unfit("name_signs", sign=wrong or text[0])
    return text


def full_name(raw: str) -> tuple[str, str, str]:
    """Spec 3.9: surname, name and patronymic of a name in one column.

    A comma after the surname says where it ends. Raises Unfit: name_parts (more words than a name and its patronymic,
    or a surname that begins like one of two words), and as `name`.
    """
    before, comma, after = _seen(raw).partition(",")
    if comma:
        last, words = name(before), name(after).split()
        if not last or not words:
            raise Unfit("name_parts")
    else:
        words = WHOLE_NAME(before).split()
        last = words.pop(0) if len(words) > 1 else ""
        joined = len(words) == 3 and PATRONYMICS.fullmatch(words[2])
        of_two = len(words) > 1 and last.casefold() in PARTICLES
        if of_two or (len(words) > 2 and not joined) or any(map(PATRONYMICS.fullmatch, words[:1])):
            raise Unfit("name_parts")
    return name(last), name(words[0] if words else ""), name(" ".join(words[1:]))


def phones(raw: str) -> str:
    """The phone numbers that stand there, as `phonenumbers` has them: "+77716250916", several with a comma between.

    A number without its country is of Kazakhstan. Raises Unfit: phone, phones_many, and as `lines`.
    """
    if len(raw) <= LONGEST_PHONE and (plain := PLAIN_PHONE.fullmatch(raw)):
        return "+7" + NO_DIGIT.sub("", plain[1])
    typed = _lines(LONGEST_TYPED_PHONE, unicodedata.normalize("NFKC", raw))
    told = list(dict.fromkeys(_phone(one) for one in _apart(typed)))
    if not told:
        raise Unfit("phone")
    if len(told) > MOST_PHONES or len(", ".join(told)) > LONGEST_PHONE:
        raise Unfit("phones_many", most=MOST_PHONES)
    return ", ".join(told)


def mobile(raw: str) -> str:
    """The one mobile phone of this country to which a code can be sent, as `phones` keeps it. Raises Unfit(mobile)."""
    try:
        found = phones(raw)
    except Unfit:
        found = ""
    kind = phonenumbers.number_type(phonenumbers.parse(found)) if MOBILE.fullmatch(found) else None
    if kind != phonenumbers.PhoneNumberType.MOBILE:
        raise Unfit("mobile")
    return found


def phone_numbers(kept: str | None) -> list[str]:
    """The digits of each number that stands there, with its country and without an extension: what is searched by."""
    try:
        told = phones(kept or "").split(", ")
    except Unfit:
        return []
    return [NO_DIGIT.sub("", one.partition(" ext. ")[0]) for one in told]


def phones_said(kept: str) -> str:
    """What `phones` keeps, as people read it: +7 771 625 0916. Anything else stays as it is."""
    said = []
    for one in kept.split(", "):
        if not re.fullmatch(r"\+\d{7,15}( ext\. \d+)?", one):
            return kept
        number = phonenumbers.parse(one)
        said.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    return ", ".join(said)


def digits(raw: str) -> str:
    """A number as it is copied from a paper, its digits moved together. Raises Unfit: as `line`."""
    return _line(LONGEST_DIGITS, raw).replace(" ", "")


def email(raw: str) -> str:
    """An e-mail address by its form alone; nobody is asked whether it exists. Raises Unfit: email, and as `line`."""
    typed = _line(LONGEST_EMAIL, raw)
    local, _, domain = typed.rpartition("@")
    if PLAIN_LOCAL.fullmatch(local):
        return local + _address("a", domain).removeprefix("a")
    return _address(local, domain)


def emails(raw: str) -> str:
    """The e-mail address of a family, and an additional one (S2), with a comma between. Raises Unfit: email,
    emails_many, long_text, and as `line`.
    """
    typed = _line(LONGEST_EMAIL, raw)
    told = list(dict.fromkeys(email(one) for one in BETWEEN_EMAILS.split(typed) if one))
    if not told:
        raise Unfit("email")
    if len(told) > MOST_EMAILS:
        raise Unfit("emails_many", most=MOST_EMAILS)
    return _at_most(LONGEST_EMAIL, ", ".join(told))


@lru_cache(maxsize=200)  # most addresses have one of few domains
def _address(local: str, domain: str) -> str:
    try:
        return validate_email(f"{local}@{domain}", check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError:
        raise Unfit("email") from None


def _line(most: int, raw: str) -> str:
    text = _seen(raw).strip()
    if LINE_BREAKS.search(text):
        raise Unfit("line_break")
    return _at_most(most, BLANKS.sub(" ", text))


def _lines(most: int, raw: str) -> str:
    told = [BLANKS.sub(" ", one).strip() for one in LINE_BREAKS.split(_seen(raw).strip())]
    return _at_most(most, "\n".join(told))


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


def _on_paper(text: str) -> str:
    if found := NOT_ON_PAPER.search(text.replace("\n", " ")):
        raise Unfit("no_glyph", sign=found[0], code=f"U+{ord(found[0]):04X}")
    return text


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
