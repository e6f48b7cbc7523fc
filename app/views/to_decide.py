"""What waits for whoever looks: only what the reader may decide or start now, and has not asked for or written alone.

A tile of the first page counts by one of these, and the list behind it is filtered by the same one (`mine`).
"""

from typing import Any

from flask import g
from sqlalchemy import ColumnElement, and_, false, select

from app.access.permissions import EVERYWHERE
from app.actions import corrections, imports, norms, proposals
from app.db.viewer import unscoped
from app.models import Application, BulkRun, BulkStage, Child, Guardianship, GuardianshipStatus, ImportRun, Proposal
from app.rules.verbs import VERBS


def drafts(model: type[norms.Entered]) -> ColumnElement[bool]:
    """Spec 3.2: rules that the reader may approve: the role may, they lie in its reach, somebody else wrote them."""
    if g.actor.role not in VERBS[model]["approve"].roles:
        return false()
    return and_(model.approved_at.is_(None), _within(model), norms.by_others(model, g.actor.user_id))


def proposed() -> ColumnElement[bool]:
    """Spec 3.8: what somebody else has asked for, of any record, and the reader's role could do."""
    verbs = [(model, verb) for model, acts in proposals.ACTS.items() for verb in acts]
    could = [verb for model, verb in verbs if g.actor.role in VERBS[model][verb].roles]
    if g.actor.role not in VERBS[Proposal]["approve"].roles:
        return false()
    others = Proposal.asked_by_id.is_(None) | (Proposal.asked_by_id != g.actor.user_id)
    return and_(Proposal.decided_at.is_(None), Proposal.verb.in_(could), others, _within(Proposal))


def joinings() -> ColumnElement[bool]:
    """Spec 3.10: parents who ask to join an application within the reader's reach; none that the reader asked for."""
    if g.actor.role not in VERBS[Guardianship]["approve"].roles:
        return false()
    others = Guardianship.asked_by_id.is_(None) | (Guardianship.asked_by_id != g.actor.user_id)
    within = Guardianship.child_id.in_(select(Child.id).where(_within(Child)))
    return and_(Guardianship.status == GuardianshipStatus.asked, others, within)


def files() -> ColumnElement[bool]:
    """Spec 8: files that the reader brought, tried, with nothing wrong in them and something to bring in."""
    if g.actor.role not in VERBS[ImportRun]["start"].roles:
        return false()
    return and_(ImportRun.user_id == g.actor.user_id, imports.ready())


def runs() -> ColumnElement[bool]:
    """Spec 8: bulk runs that were tried: the reader's own to start, or to say yes to where another one asks for it."""
    if g.actor.role not in VERBS[BulkRun]["start"].roles:
        return false()
    asked = Proposal.__table__.c
    of_runs = asked.subject == BulkRun.__tablename__, asked.decided_at.is_(None)
    waiting = select(asked.subject_id).where(*of_runs)
    own = and_(BulkRun.user_id == g.actor.user_id, BulkRun.feasible > 0, BulkRun.id.not_in(waiting))
    by_others = asked.asked_by_id.is_(None) | (asked.asked_by_id != g.actor.user_id)
    places = [] if g.actor.place_ids is None else [asked.place_id.in_(sorted(g.actor.place_ids))]
    theirs = BulkRun.id.in_(select(asked.subject_id).where(*of_runs, by_others, *places))
    return and_(BulkRun.stage == BulkStage.previewed, own | theirs)


def contrary() -> ColumnElement[bool]:
    """Spec 3.8: applications with a live right that a correction has made contrary: the department looks at them."""
    found = corrections.to_look_at()
    with unscoped():
        return Application.id.in_([one.id for one in found if corrections.contrary(one)])


def _within(model: Any) -> ColumnElement[bool]:
    """In the reader's reach: what lies above it holds there too, and is not the reader's to decide."""
    if g.actor.place_ids is None or model in EVERYWHERE:
        return model.id.is_not(None)
    return model.place_id.in_(sorted(g.actor.place_ids))
