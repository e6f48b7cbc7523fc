"""What holds before there is any page: a real secret, the names we answer to, our own proxies, cookies, HTTPS."""

import re
from io import BytesIO
from typing import IO, Any

from flask import Flask, Request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from config import Config

SHORTEST_SECRET = 32  # characters; 16 in the demo
COMMON = ("secret", "scret", "change", "default", "example", "kezek", "password", "12345")
YEAR = 31_536_000  # seconds
MOST_MEGABYTES = 16  # of what a browser sends; a form's own bounds are below it (views/imports.py)


class OwnRequest(Request):
    """What is sent stays in memory, where it is at most MAX_CONTENT_LENGTH: a full disk keeps nobody's form from being
    read, and no list of people lies in a folder for temporary files. A byte that no address may hold is read as it
    would be if it were written as browsers write it: Werkzeug stumbles over one.
    """

    def __init__(self, environ: dict[str, Any], *args: Any, **more: Any) -> None:
        if not (query := environ.get("QUERY_STRING", "")).isascii():
            environ["QUERY_STRING"] = re.sub(r"[^\x00-\x7f]", lambda byte: f"%{ord(byte[0]):02X}", query)
        super().__init__(environ, *args, **more)

    def _get_file_stream(self, *_args: Any, **_more: Any) -> IO[bytes]:
        return BytesIO()


def register(app: Flask) -> None:
    """Set up cookies, proxies and host names. RuntimeError for a SECRET_KEY that is none."""
    config: Config = app.config["KEZEK"]
    refuse_weak(config.secret_key, demo=config.demo)
    app.request_class = OwnRequest
    app.config.update(
        TRUSTED_HOSTS=config.hosts,
        SESSION_COOKIE_NAME="session" if config.demo else "__Host-session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=not config.demo,
        MAX_CONTENT_LENGTH=MOST_MEGABYTES * 1_000_000,
    )
    if config.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=config.proxies)
    if not config.demo:
        app.after_request(_https_only)


def refuse_weak(secret: str, *, demo: bool) -> None:
    """Spec 7, secrets: a short one, a well-known one or one that repeats itself would sign anybody's cookies."""
    if len(secret) < (16 if demo else SHORTEST_SECRET):
        raise RuntimeError(f"the web needs SECRET_KEY, at least {SHORTEST_SECRET} characters")
    if not demo and (len(set(secret)) < 12 or any(word in secret.casefold() for word in COMMON)):
        raise RuntimeError("this SECRET_KEY can be guessed: make one with `openssl rand -base64 48`")


def _https_only(answer: Response) -> Response:
    answer.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    return answer
