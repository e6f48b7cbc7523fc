"""A whole file brought in, or nothing of it: what `flask import` and the page "Import from a file" share."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from sqlalchemy.exc import IntegrityError

from app import registers
from app.access.actors import Actor
from app.db.extensions import db
from app.db.viewer import unscoped
from app.imports import applications, declared, kindergartens
from app.imports.outcome import Answers, ImportResult, Places
from app.models import ImportKind
from app.rules.refusals import Refusal
from app.spreadsheets.reading import Sheet
from app.words.problems import SENTENCES, Problem, Wrong

KINDS: dict[ImportKind, Callable[..., ImportResult]] = {
    ImportKind.kindergartens: kindergartens.bring_in,
    ImportKind.applications: applications.bring_in,
    **{kind: partial(declared.bring_in, one) for kind, one in registers.BROUGHT.items()},
}
COLUMNS = {
    ImportKind.kindergartens: kindergartens.COLUMNS,
    ImportKind.applications: applications.COLUMNS,
    **{kind: declared.all_columns(one) for kind, one in registers.BROUGHT.items()},
}


@contextmanager
def uncollected() -> Iterator[None]:
    """Inside, the collector of garbage rests: thousands of rows, each a dozen of objects, all of which stay to the end,
    would be looked at again and again, which takes a quarter of the time.
    """
    rests = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if rests:
            gc.enable()


class _Undo(Exception):
    """What was done has shown what it would do, and is not to be kept."""


def ahead(
    kind: ImportKind, sheet: Sheet, *, place: str | int | None, answers: Answers, by: Actor, at: datetime
) -> Sheet | applications.Journal:
    """What of a table can be worked out before its transaction, in one that only reads: nobody waits for it.

    Of applications it is the most; what cannot even be read is told by `bring_in`.
    """
    if kind is not ImportKind.applications:
        return sheet
    try:
        with unscoped(), uncollected():
            return applications.read(sheet, Places(place, by.place_ids), answers=answers, at=at)
    except (Refusal, Wrong):
        return sheet
    finally:
        db.session.rollback()


def bring_in(
    kind: ImportKind,
    sheet: Sheet | applications.Journal,
    *,
    name: str,
    place: str | int | None,
    answers: Answers,
    by: Actor,
    at: datetime,
    dry_run: bool,
) -> ImportResult:
    """Do all that the rows say, in the caller's transaction. With a problem anywhere, or as a dry run, nothing is kept.

    `name`: the file's, for what is wrong with all of it; `place`: the district of rows that name none; `answers`: to
    what the file asked before. Another district than those that whoever brings it reaches is one that there is not.
    """
    outcome = ImportResult()
    try:
        with db.session.begin_nested():
            if isinstance(sheet, applications.Journal):
                with uncollected():
                    outcome = applications.take_over(sheet, by=by, at=at)
            else:
                outcome = KINDS[kind](sheet, Places(place, by.place_ids), answers=answers, by=by, at=at)
            if outcome.problems or dry_run:
                raise _Undo
    except _Undo:
        pass
    except Wrong as wrong:
        outcome.problems.append(of_file(wrong, name))
    except IntegrityError:  # somebody else wrote the same meanwhile
        outcome.problems.append(of_file(Wrong("clashes"), name))
    except Refusal as refusal:
        reason = str(refusal.reason)
        outcome.problems.append(of_file(Wrong(reason if reason in SENTENCES else "clashes"), name))
    return outcome


def of_file(wrong: Wrong, name: str) -> Problem:
    """A problem that no single cell has."""
    return Problem(0, 0, name, wrong.name, wrong.facts)
