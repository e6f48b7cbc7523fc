"""What every answer carries besides its page: what a browser may load with it, which version of our own files, and the
parts that are the same on all pages of one kind of reader.
"""

import secrets
from collections.abc import Hashable
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g
from flask_babel import get_locale
from markupsafe import Markup
from werkzeug.wrappers import Response

import config as settings

STATIC = Path(__file__).resolve().parents[1] / "static"
YEAR = 31_536_000  # seconds
KEPT = 2000  # parts of pages at a time, of a few kilobytes each
POLICY = (  # nothing from elsewhere, no script but those that the page itself named, no style inside a page
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "manifest-src 'self'; connect-src 'self'{reaches}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def register(app: Flask) -> None:
    """Give every page its policy, and every file of ours an address that changes with it, so that browsers keep it."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR
    stamp = _stamp()

    def static(file: str) -> str:
        """Where a browser gets a file of app/static."""
        return f"{app.static_url_path}/{file}?v={stamp}"

    app.jinja_env.globals.update(nonce=nonce, kept=cached, static=static, sprite=static("vendor/screen/icons.svg"))
    app.extensions["kezek_kept"] = {}
    app.after_request(_guarded)


def nonce() -> str:
    """What the scripts of this answer are named by; another one for each answer."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return g.nonce


def cached(template: str, *by: Hashable, **given: Any) -> Markup:
    """A part of pages that is the same for all who read it in one language, made once for each `by`.

    What the template says may follow from nothing else: neither from rows nor from a token. `given`: what it is told.
    """
    parts, key = current_app.extensions["kezek_kept"], (template, get_locale(), *by)
    if key not in parts:
        if len(parts) >= KEPT:
            parts.clear()
        g.same_for_all = True  # its addresses too (views/list_context.py)
        try:
            parts[key] = Markup(current_app.jinja_env.get_template(template).render(given))
        finally:
            g.same_for_all = False
    return parts[key]


def _guarded(answer: Response) -> Response:
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    if g.get("actor"):  # no browser keeps what was only for whoever was signed in; files of ours are nobody's
        answer.headers["Cache-Control"] = "no-store"
    if answer.mimetype == "text/html":  # browsers show papers by pages of their own, which it would break
        answer.headers.setdefault("Content-Security-Policy", _policy())
    return answer


def _policy() -> str:
    """`reaches` of a page that is signed: the agent on the reader's own machine (app/cabinet)."""
    return POLICY.format(nonce=nonce(), reaches=f" {g.reaches}" if "reaches" in g else "")


def _stamp() -> str:
    """The version of our files and of the packages that they stand on."""
    files = [settings.ROOT / "package-lock.json", *sorted(path for path in STATIC.iterdir() if path.is_file())]
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:10]
