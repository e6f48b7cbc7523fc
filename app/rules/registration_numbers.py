"""When two application numbers that look different are the same number, and what cannot be a number at all."""

import re
import unicodedata
from functools import lru_cache

from app.rules.folding import SHAPES, visible
from app.rules.refusals import Reason, Refusal

LONGEST = 60  # as it came and as its key: what models.py keeps

# Letters that stand for one another: those of one shape; then line by line what else is written for У (the seeds have
# УО and UO for one series); Kazakh letters; letters of known series as a Latin keyboard has them.
SAME = str.maketrans(
    SHAPES[0] + "U" + "ҮҰҺӘӨƟ" + "ДSЅ",
    SHAPES[1] + "Y" + "YYHƏOO" + "DCC",
)
WORDS = re.compile(r"[^\W\d_]+|\d+")


@lru_cache(maxsize=1_000)  # of one line of a list it is asked for again and again
def fold(raw: str) -> str:
    """Spec 3.9: the key of an application number: case, look-alikes, separators and № make no difference.

    Letters and digits stand in groups with one dash between (ODO-2026-248), for 1.11 is not 11.1; leading
    zeros count. A text without letters or digits has the empty key.
    """
    text = unicodedata.normalize("NFKC", raw.replace("№", " ")).upper()
    return "-".join(WORDS.findall(visible(text).translate(SAME)))


def key(raw: str) -> str:
    """Spec 3.9: the key under which a number is kept. Refusal bad_number: nothing in it to know it by, or too long."""
    folded = fold(raw)
    if not folded or (not raw.isprintable() and any(unicodedata.category(sign) in ("Cc", "Cs") for sign in raw)):
        raise Refusal(Reason.bad_number, part="number", because="signs")
    if max(len(raw), len(folded)) > LONGEST:
        raise Refusal(Reason.bad_number, part="number", because="long")
    return folded
