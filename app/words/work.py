"""Work that goes on by itself: what it is, how it stands, and why it failed."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.papers.documents import NO_LETTER
from app.words.notices import ERRORS

JOBS: dict[str, Any] = {
    "render": _l("To make a paper"),
    "sms": _l("To send an SMS"),
    "email": _l("To send an e-mail"),
    "letter": _l("To write to an official"),
    "webhook": _l("To tell a portal"),
    "bulk": _l("To go on with a bulk run"),
    "import": _l("To try a file or bring it in"),
}
STATES: dict[str, Any] = {  # views/jobs.py
    "waits": _l("waits"),
    "begun": _l("under way"),
    "again": _l("failed, is tried again"),
    "failed": _l("failed"),
    "done": _l("done"),
}
FAILURES: dict[str, Any] = {  # the name of an error, without where it happened (jobs/failures.py)
    "cancelled": _l("the work was cancelled"),
    "died": _l("the machine stopped over it"),
    "NoFonts": _l("the fonts of papers are missing on this machine"),
    "NoLetter": _l("no font of papers has one of its letters"),
    "DoesNotFit": _l("what it says does not fit on its page"),
    "OperationalError": _l("the database was away"),
    "JobTimeoutException": _l("it took too long"),
    "OSError": _l("the disk is full, or the file could not be written"),
}


def job(name: str) -> str:
    """What is to be done."""
    return str(JOBS.get(name, name))


def state(name: str) -> str:
    """How it stands."""
    return str(STATES[name])


def failure(error: str | None) -> str:
    """Why work failed; what nobody foresaw is told by where it happened, for whoever mends it."""
    if (error or "").startswith(NO_LETTER):
        return _("no font of papers has the letter %(letters)s", letters=(error or "").removeprefix(NO_LETTER))
    name, _at, where = (error or "").partition(" at ")
    if known := FAILURES.get(name) or ERRORS.get(name):
        return str(known)
    parts = " ".join(re.findall(r"[A-Z]+[a-z]*", name))
    return _("an error of the program: %(error)s", error=f"{parts}, {where}") if error else ""
