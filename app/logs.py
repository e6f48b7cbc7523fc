"""What the parts say of themselves: a line each, as text or as JSON (KEZEK_LOG), with the request or job that it is
about. Nobody's number stands in it, and of an error its kind and place alone: its words may hold a name (spec 7).
"""

import logging
import re
import sys
import traceback
from contextvars import ContextVar
from pathlib import Path

from flask import Flask, request
from pythonjsonlogger.json import JsonFormatter

HOUSE = Path(__file__).resolve().parent
OTHERS = ("gunicorn.error", "gunicorn.access", "rq.worker", "rq.cron")  # they bring lines of their own form
FIELDS = "{asctime}{levelname}{name}{about}{message}"
SHOWN = {"asctime": "at", "levelname": "level", "name": "by", "message": "said"}
IIN = re.compile(r"(?<!\d)\d{12}(?!\d)")
REQUESTS = logging.getLogger("kezek.requests")
HIDDEN = "************"
about: ContextVar[str | None] = ContextVar("about", default=None)  # the id of the request, or of the job


def described(error: BaseException) -> str:
    """For a row, a log or Redis: `IntegrityError at actions/clock.py:88`."""
    ours = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(HOUSE)]
    where = f" at {Path(ours[-1].filename).relative_to(HOUSE)}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}"


class Kezek(Flask):
    """Flask, but that what fails is told by its rule: an address may hold the number of somebody's paper."""

    def log_exception(self, exc_info) -> None:
        """A page has failed."""
        self.logger.error("%s %s failed", request.method, request.url_rule, exc_info=exc_info)


def begin(form: str) -> None:
    """From now on all lines of this process are in this form (text, json), on its standard error."""
    handler = next((one for one in logging.root.handlers if isinstance(one, Told)), None) or Told(sys.stderr)
    handler.setFormatter(FORMS[form]())
    logging.root.addHandler(handler)
    REQUESTS.setLevel(logging.INFO if form == "json" else logging.WARNING)  # people do not read each of them
    for name in OTHERS:
        other = logging.getLogger(name)
        other.handlers.clear()
        other.propagate = True


class Told(logging.StreamHandler):
    """Where they go; each knows what it is about."""

    def handle(self, record: logging.LogRecord) -> bool:
        record.about = about.get()
        return super().handle(record)


class WithoutWords:
    """What both forms leave out."""

    def formatException(self, info) -> str:
        """Where it happened, the last call last, and its kind: never its message."""
        kind, _error, trace = info
        steps = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]
        return " > ".join([*steps, kind.__name__])

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # what another handler has made of it
        return IIN.sub(HIDDEN, super().format(record))


class AsText(WithoutWords, logging.Formatter):
    """For people who read along."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(about)s] %(message)s")


class AsJson(WithoutWords, JsonFormatter):
    """For programs: an object in each line."""

    def __init__(self) -> None:
        super().__init__(FIELDS, style="{", rename_fields=SHOWN, json_ensure_ascii=False)


FORMS = {"text": AsText, "json": AsJson}
