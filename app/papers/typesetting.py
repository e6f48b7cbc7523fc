"""Typesetting of papers: a template and facts become a PDF, and nothing outside is ever read (spec 6, trap 17).

Fonts and style sheets are parsed once in a process.
"""

import atexit
from base64 import b64encode
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:  # a third of a second, that only processes which set papers should wait for
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

PAPERS = Path(__file__).parents[1] / "templates" / "papers"
FONTS = Path(__file__).parents[1] / "static" / "vendor" / "fonts"
VARIANT = "pdf/ua-1"  # tagged, so that it can be read aloud
STYLES = ("paper", "closer", "dense")  # of which a paper takes no more than it needs to fit
FACES = {400: "DejaVuSans.ttf", 700: "DejaVuSans-Bold.ttf"}


class NoFonts(Exception):
    """The fonts of papers are not there: `make setup` cuts them."""


class DoesNotFit(Exception):
    """A paper would need a second page, however small it is set."""


class Press(NamedTuple):
    """What is made once and used for every paper."""

    templates: Environment
    fonts: "FontConfiguration"
    styles: "list[CSS]"
    fetcher: "URLFetcher"


def pdf(template: str, **facts: object) -> bytes:
    """One A4 page of `templates/papers/<template>`; every fact in it is text, whatever it looks like.

    Raises NoFonts, DoesNotFit, jinja2.UndefinedError (a fact that the template needs was not given).
    """
    return page(_press().templates.get_template(template).render(facts))


def page(html: str) -> bytes:
    """One A4 page, tagged; set closer, then smaller, where it would not fit. Whatever it points to is not fetched."""
    from weasyprint import HTML

    press = _press()
    source = HTML(string=html, url_fetcher=press.fetcher)
    for more in range(1, len(press.styles) + 1):
        document = source.render(font_config=press.fonts, stylesheets=press.styles[:more], pdf_variant=VARIANT)
        if len(document.pages) == 1:
            return document.write_pdf(pdf_variant=VARIANT)
    raise DoesNotFit


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
    fonts = FontConfiguration()
    atexit.register(_press.cache_clear)  # it complains when the interpreter goes first
    faces = "".join(map(_face, FACES))
    texts = [(PAPERS / f"{name}.css").read_text() for name in STYLES]
    texts[0] = faces + texts[0]
    styles = [CSS(string=text, font_config=fonts, url_fetcher=closed) for text in texts]
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
