"""What attackers type (issue 14, 4): markup that would be a program, words that would make an address lead elsewhere.

What becomes of it: test_attacks.py, test_markup_in_chromium.py.
"""

import re
from collections.abc import Iterator
from html import unescape
from itertools import cycle, islice
from urllib.parse import urlsplit

import sqlalchemy as sa

from app.db.extensions import db
from tests.views.city import UNMARKED
from tests.views.tables import KEPT

MARKUP = (
    "<script>alert(1)</script>",
    "\"'><script>alert(1)</script>",
    "<ScRiPt\n>alert(1)</sCrIpT>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</select><img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</pre></td></tr></table><script>alert(1)</script>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a id=xss href=javascript:alert(1)>",
    "javascript:alert(1)",
    "\tJaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "x autofocus onfocus=alert(1) y=",
    "` onmouseover=alert(1)",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)>",
    "<form action=https://evil.example><button>alert(1)",
    "<base href=https://evil.example/>alert(1)",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>alert(1)",
    "<link rel=stylesheet href=https://evil.example/x.css>alert(1)",
    "<style>@import 'https://evil.example/x.css'</style>alert(1)",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "{{ 7 * 191 }}{% raw %}<b id=xss>alert(1)",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\\u003cimg src=x onerror=alert(1)\\u003e",
    "--><img src=x onerror=alert(1)><!--",
)
# What would be there, were one of them a part of its page; ours are named by their nonces, and are no such things.
INJECTED = """[...document.querySelectorAll(`script:not([nonce]), iframe, object, embed, base,
  meta[http-equiv=refresh i], style:not([nonce]), link[href*=evil], #xss, [srcdoc], math, animate, video, source,
  img[src=x], form[action*=evil]`),
  ...[...document.querySelectorAll("*")].filter((one) => one.getAttributeNames().some((name) => name.startsWith("on"))
    || ["href", "src", "action", "formaction", "xlink:href", "data"].some((name) =>
      /^\\s*(javascript|data:text|vbscript):/i.test(one.getAttribute(name) || "")))]
  .map((one) => one.outerHTML.slice(0, 200))"""

# Names of parameters that a page may take for something, our own and those of Flask's way to make addresses.
NAMES = "next back to url return redirect within filter q demo done code like child list page size language district"
NAMES += " endpoint values self rule _external _scheme _anchor _method _host x"
ORDERS = {"_external": "1", "_scheme": "javascript"}  # what these would have to say
LEADS = re.compile(r"""<[^>]*?\s(?:href|src|action|formaction|poster|data-[\w-]+)\s*=\s*["']?([^"'>\s]*)""")


def marked_with(turn: int, keys: dict[str, set[str]], after: dict[str, int]) -> None:
    """Write one of MARKUP before every text of the rows that tests made: another in each column, and at each turn."""
    which = islice(cycle(MARKUP), turn, None)
    for table in db.metadata.sorted_tables:
        if "id" not in table.c or table.name in KEPT:
            continue
        values = {}
        for column in table.c:
            if column.name in UNMARKED | keys.get(table.name, set()):
                continue
            payload = next(which)
            if table.name == "contract_text":
                payload = payload.replace("{", "(")  # what stands in braces is checked when it is typed
            if isinstance(column.type, sa.JSON):
                values[column.name] = {"text": payload, "number": payload}
            elif isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum):
                own = (
                    sa.cast(table.c.id, sa.String),
                    sa.literal(payload),
                )  # where it is short, first what tells it apart
                first, then = own if (column.type.length or 200) < len(payload) + 12 else own[::-1]
                text = first.concat(then).concat(sa.func.coalesce(column, ""))
                values[column.name] = sa.func.substr(text, 1, column.type.length or 200)
        if values:
            db.session.execute(sa.update(table).where(table.c.id > after[table.name]).values(values))
    db.session.expire_all()


def stays_here(location: str) -> bool:
    """Would every browser stay with us? They drop tabs and line ends and read a backslash as a slash."""
    read = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    try:
        parts = urlsplit(read)
    except ValueError:
        return False
    return parts.netloc in ("", "localhost") and parts.scheme in ("", "http") and not read.startswith("//")


def leads(page: str) -> Iterator[str]:
    """Wherever something on a page leads, but to a phone or an address for letters."""
    for one in LEADS.findall(page):
        if not re.match("(?:tel|mailto|data:image/)", unescape(one)):
            yield unescape(one)
