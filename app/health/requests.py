"""Every request has an id, is counted and, where lines are JSON, told in one: by its rule, never by its address."""

import re
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any
from uuid import uuid4

from app.health import measures
from app.logs import IIN, REQUESTS, about

LETTERS = str.maketrans("0123456789", "ghijklmnop")  # so that nothing in an id of ours is taken for a number
ID = re.compile(r"[0-9A-Za-z._-]{8,64}")
NONE = "none"  # an address that is none of ours
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class Observed:
    """A web application, and what is known of each of its answers once it begins to be sent."""

    def __init__(self, answered: Callable[..., Iterable[bytes]]) -> None:
        self.answered = answered

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began, id_, status, route = perf_counter(), of(environ.get("HTTP_X_REQUEST_ID", "")), "500", NONE

        def begin(line: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal status, route
            status, rule = line[:3], getattr(environ.get("werkzeug.request"), "url_rule", None)
            route = rule.rule if rule is not None else NONE
            return start_response(line, [*headers, ("X-Request-ID", id_)], *more)

        about.set(id_)
        try:
            return self.answered(environ, begin)
        finally:
            _tell(route, environ["REQUEST_METHOD"], status, perf_counter() - began)


def of(brought: str) -> str:
    """The id that a proxy or portal has given a request, where it is one and nobody's number; else a new one."""
    return brought if ID.fullmatch(brought) and not IIN.search(brought) else uuid4().hex.translate(LETTERS)


def _tell(route: str, method: str, status: str, seconds: float) -> None:
    method = method if method in METHODS else "other"
    measures.count(route, method, status, seconds)
    facts = {"route": route, "method": method, "status": int(status), "milliseconds": round(seconds * 1000)}
    REQUESTS.info("answered", extra=facts)
