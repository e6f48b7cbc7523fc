"""Every ORM SELECT is cut to what its viewer may see (spec 6 "one idea"): scope.py, put into SQLAlchemy's words.

Decisions themselves read unscoped (db/viewer.py), because a scoped rank would be wrong.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.interfaces import CriteriaOption
from sqlalchemy.sql.visitors import InternalTraversal

from app.access import row_security  # noqa: F401 (the second lock holds wherever the first one does)
from app.access.actors import Actor
from app.access.scope import Viewer, everything, rule_of, tables, viewer_of
from app.db.viewer import decided_in
from app.db.viewer import viewer as looking
from app.models import Base
from app.rules.roles import Role


@contextmanager
def looking_as(actor: Actor | None) -> Iterator[None]:
    """Everything that is read inside is cut to what this actor may see."""
    token = looking.set(actor)
    try:
        yield
    finally:
        looking.reset(token)


def look_as(actor: Actor | None) -> None:
    """`looking_as` for an entrance that cannot use `with` (a request: set before it, cleared after it)."""
    looking.set(actor)
    decided_in.set(frozenset())


@event.listens_for(Session, "do_orm_execute")
def _cut_to_scope(state: ORMExecuteState) -> None:
    actor = looking.get()
    if actor is None:
        return
    if state.is_insert or state.is_update or state.is_delete:
        raise RuntimeError(f"written outside an action: {state.statement}")
    if not state.is_select:
        return
    state.statement = state.statement.options(_scope(actor))


class Scope(CriteriaOption):
    """All that cuts a statement to what a viewer may see, as one option of it.

    SQLAlchemy finds the SQL of a statement by all that its options say. Thirty of `with_loader_criteria` would say so
    much that it was a tenth of a page's time; this one says what it differs by: the role, the bound values.
    """

    __slots__ = ("criteria", "kind", "values")
    _traverse_internals = (
        ("kind", InternalTraversal.dp_string),
        ("values", InternalTraversal.dp_clauseelement_tuple),
    )
    # A row hands on what it was loaded with to what it loads later, but whoever looks then is who counts: an action
    # that lets a row load what belongs to it sees all of that.
    propagate_to_loaders = False

    def __init__(self, role: Role, viewer: Viewer) -> None:
        self.values = tuple(value for value in viewer if isinstance(value, BindParameter))
        self.kind = f"{role} {viewer.places is None}"
        rules = {model: rule_of(model, role) for model in tables()}
        self.criteria = [
            with_loader_criteria(one, of(viewer), include_aliases=True)
            for one, of in rules.items()
            if of is not everything
        ]

    def get_global_criteria(self, attributes: dict[Any, Any]) -> None:
        for one in self.criteria:
            one.get_global_criteria(attributes)

    def process_compile_state(self, compile_state: Any) -> None:
        self.get_global_criteria(compile_state.global_attributes)

    def process_compile_state_replaced_entities(self, compile_state: Any, _entities: Any) -> None:
        self.process_compile_state(compile_state)


@lru_cache(maxsize=512)
def _scope(actor: Actor) -> Scope:
    return Scope(actor.role, viewer_of(actor))


@event.listens_for(Session, "before_flush")
def _write_through_actions_only(session: Session, *_: Any) -> None:
    """Whoever looks through a scope writes through an action, inside `transaction()`, or not at all."""
    if looking.get() is None:
        return
    changed = [*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row))]
    if ours := [type(row).__name__ for row in changed if isinstance(row, Base)]:
        raise RuntimeError(f"{', '.join(ours)} written outside an action")
