"""Typesetting of papers: a template and facts become a PDF by typst (ADR 24), and nothing outside is ever read.

What a template asks of each fact is in it; a fact is text, whatever it looks like (spec 6, trap 17).
"""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import segno

from app.rules import texts

if TYPE_CHECKING:  # some 60 MB of memory, which only processes that set papers should hold
    from typst import Compiler

PAPERS = Path(__file__).parents[1] / "templates" / "papers"
FONTS = Path(__file__).parents[1] / "static" / "vendor" / "fonts"
FACES = {400: "DejaVuSans.ttf", 700: "DejaVuSans-Bold.ttf"}
STANDARD = "ua-1"  # PDF/UA: tagged, so that it can be read aloud
SETTINGS = 5  # how a paper may be set (paper.typ), of which it takes no more than it needs to fit
DOES_NOT_FIT = "does not fit"  # what paper.typ says then


class NoFonts(Exception):
    """The fonts of papers are not there: `make setup` cuts them."""


class NoLetter(Exception):
    """A fact has letters that no font of ours has: they would be blanks on the paper."""


class DoesNotFit(Exception):
    """A paper would need a second page, however small it is set."""


def pdf(template: str, facts: Mapping[str, Any], name: Mapping[str, str]) -> bytes:
    """One A4 page of `templates/papers/<template>.typ`; `name`: what it is called in each language. Its facts are
    attached, for machines, as facts.json.

    Raises NoLetter, NoFonts, DoesNotFit, typst.TypstError (a fact that the template needs was not given), and
    RuntimeError where a forked process cannot.
    """
    from typst import TypstError

    if missing := texts.NOT_ON_PAPER.findall("".join(_texts(facts))):
        raise NoLetter("".join(dict.fromkeys(missing)))
    as_json = json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1)
    said = {"facts": as_json, "kk": name["kk"], "ru": name["ru"], "qr": _drawn(facts["address"])}
    press = _press(os.getpid())
    for setting in range(SETTINGS):
        try:
            return press.compile(
                input=str(PAPERS / f"{template}.typ"),
                format="pdf",
                pdf_standards=[STANDARD],
                timestamp=datetime.fromisoformat(facts["asked_at"]).replace(microsecond=0),
                sys_inputs=said | {"setting": str(setting)},
            )
        except TypstError as error:
            if DOES_NOT_FIT not in str(error):
                raise
    raise DoesNotFit


def _texts(facts: Mapping[str, Any]) -> Iterator[str]:
    """Each text of some facts, blanks and breaks aside."""
    for value in facts.values():
        for text in value if isinstance(value, list) else [value]:
            yield "".join(str(text).split()) if text is not None else ""


def qr(address: str) -> segno.QRCode:
    """The code of an address up to 106 bytes: version and mask are fixed, so that all papers look alike.

    Raises segno.DataOverflowError for a longer one.
    """
    return segno.make(address, version=6, mask=3, error="m", boost_error=False, micro=False)


def _drawn(address: str) -> str:
    """Its code as one path."""
    picture = BytesIO()
    qr(address).save(picture, kind="svg", border=4, omitsize=True)
    return picture.getvalue().decode()


@cache
def _press(process: int) -> "Compiler":
    """It reads nothing above PAPERS, and no fonts but ours. RuntimeError in a process forked from one that has its own:
    the threads of typst are not there any more, and it would wait for them for ever.
    """
    from typst import Compiler

    if _press.cache_info().currsize:
        raise RuntimeError(f"process {process} was forked from one that has set papers")
    for face in FACES.values():
        if not (FONTS / face).exists():
            raise NoFonts(FONTS / face)
    return Compiler(root=str(PAPERS), font_paths=[str(FONTS)], ignore_system_fonts=True)
