"""Typesetting of papers: a template and facts become a PDF, and nothing outside is ever read (spec 6, trap 17).

Fonts and style sheets are parsed once in a process.
"""

import atexit
import json
import os
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.rules import texts

if TYPE_CHECKING:  # a third of a second, that only processes which set papers should wait for
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

PAPERS = Path(__file__).parents[1] / "templates" / "papers"
FONTS = Path(__file__).parents[1] / "static" / "vendor" / "fonts"
VARIANT = "pdf/ua-1"  # tagged, so that it can be read aloud
STYLES = ("paper", "closer", "smaller", "dense")  # of which a paper takes no more than it needs to fit
FACES = {400: "DejaVuSans.ttf", 700: "DejaVuSans-Bold.ttf"}


class NoFonts(Exception):
    """The fonts of papers are not there: `make setup` cuts them."""


class NoLetter(Exception):
    """A fact has letters that no font of ours has: they would be blanks on the paper."""


class DoesNotFit(Exception):
    """A paper would need a second page, however small it is set."""


class Press(NamedTuple):
    """What is made once and used for every paper."""

    templates: Environment
    fonts: "FontConfiguration"
    styles: "list[CSS]"
    fetcher: "URLFetcher"


def pdf(template: str, facts: Mapping[str, Any], attached: Mapping[str, Any]) -> bytes:
    """One A4 page of `templates/papers/<template>`; every fact in it is text, whatever it looks like. What is attached
    is there for machines, as facts.json.

    Raises NoLetter, NoFonts, DoesNotFit, jinja2.UndefinedError (a fact that the template needs was not given).
    """
    said = json.dumps(attached, ensure_ascii=False, sort_keys=True, indent=1)
    if missing := texts.NOT_ON_PAPER.findall("".join(_texts(attached))):
        raise NoLetter("".join(dict.fromkeys(missing)))
    made = datetime.fromisoformat(attached["asked_at"])
    return page(markup(template, facts), (said, made))


def markup(template: str, facts: Mapping[str, Any]) -> str:
    """The page before it is set. Raises jinja2.UndefinedError."""
    return _press().templates.get_template(template).render(facts)


def page(html: str, attached: tuple[str, datetime] | None = None) -> bytes:
    """One A4 page, tagged; set smaller where it would not fit. Whatever it points to is not fetched. `attached`: a text
    and since when it is so.
    """
    from weasyprint import HTML, Attachment

    press = _press()
    source = HTML(string=html, url_fetcher=press.fetcher)
    files = []
    if attached is not None:
        facts, at = attached
        files = [Attachment(string=facts, name="facts.json", created=at, modified=at, relationship="Data")]
    for more in range(1, len(press.styles) + 1):
        document = source.render(font_config=press.fonts, stylesheets=press.styles[:more], pdf_variant=VARIANT)
        if len(document.pages) == 1:
            document.metadata.attachments = files
            return document.write_pdf(pdf_variant=VARIANT)
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


@cache
def _press() -> Press:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    closed = URLFetcher(allowed_protocols=("data",))
    templates = Environment(loader=FileSystemLoader(PAPERS), autoescape=True, undefined=StrictUndefined)
    templates.filters |= {"day": _day, "qr": lambda address: qr(address).svg_data_uri(border=4, omitsize=True)}
    os.environ.setdefault("SOURCE_DATE_EPOCH", "1577836800")  # else each font, cut by fontTools, has its moment in it
    fonts = FontConfiguration()
    atexit.register(_press.cache_clear)  # it complains when the interpreter goes first
    sheets = [(PAPERS / f"{name}.css").read_text() for name in STYLES]
    sheets[0] = "".join(map(_face, FACES)) + sheets[0]
    styles = [CSS(string=text, font_config=fonts, url_fetcher=closed) for text in sheets]
    return Press(templates, fonts, styles, closed)


def _face(weight: int) -> str:
    """A font inside the style sheet itself, so that no paper has a reason to open a file."""
    try:
        font = b64encode((FONTS / FACES[weight]).read_bytes()).decode()
    except FileNotFoundError as error:
        raise NoFonts(error.filename) from error
    return f'@font-face {{ font-family: Paper; font-weight: {weight}; src: url("data:font/ttf;base64,{font}") }}\n'


def _day(day: str) -> str:
    """A day as both languages write it, 30.04.2026, from its ISO text, or from that of a moment."""
    return f"{date.fromisoformat(day[:10]):%d.%m.%Y}"
