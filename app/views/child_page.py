"""The page of one application: what a child's place in the queue is, what has happened, and what can be done now."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import abort, g
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from sqlalchemy import bindparam, exists, inspect, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app import words
from app.access import personal_data
from app.access.permissions import of
from app.actions import claims, contracts, corrections, documents, lots, norms, numbers, people, possible, proposals
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import (
    Absence,
    Application,
    ApplicationStatus,
    Base,
    Change,
    Document,
    Enrolment,
    Guardianship,
    Notice,
    Offer,
    Outbox,
    Privilege,
    Proposal,
    Referral,
    StopListing,
    Voucher,
)
from app.now import now
from app.rules import waits
from app.rules.calendar import local_day
from app.rules.eligibility import costs_standing
from app.rules.notices import told_of_their_turn
from app.rules.roles import COUNTER, OFFICE
from app.rules.verbs import VERBS
from app.views.base import row_id
from app.views.history import RenderedChanges
from app.views.proposals import answers

BELONGING: tuple[Any, ...] = (
    Privilege,
    Voucher,
    Referral,
    Offer,
    StopListing,
    Document,
    Notice,
    Enrolment,
    Proposal,
    Guardianship,  # of the child, by whichever of its applications
)
COLLECTIONS = {one.mapper.class_: one.key for one in inspect(Application).relationships if one.uselist}
ANYTHING = select(
    *(exists().where(model.__table__.c.application_id == bindparam("id")) for model in BELONGING[:-1]),
    exists().where(Guardianship.__table__.c.child_id == bindparam("child")),
)
CUT_FOR_HEADS = ("referrals", "offers", "documents")  # decided on with all of them, shown within the viewer's reach
SHOWN = tuple(map(joinedload, (Application.child, Application.applicant, Application.place)))  # on each of its pages


class ChildPage:
    """Mixed into the view of applications."""

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self: Any, pk: str) -> Any:
        """A child's page: information, history, documents, and what can be done now."""
        (application, has), day = with_belongings(pk), local_day(now())
        with unscoped():
            names = possible.verbs(application, by=g.actor, at=now())
            names.sort(key=lambda name: not of(Application, name).onward)
            number = numbers.of(application, day)
            missed = claims.misses(application)
            most = norms.number("referral.misses", application.place_id, day) if missed else 0
            contrary = corrections.contrary(application) if g.actor.role in OFFICE else []
            papers = {one.id: documents.standing(one, day) for one in application.documents}
            missing = bool(documents.missing(application))
            unworded = any(one.contract and contracts.waits_for_text(one.contract) for one in application.referrals)
            by_lot = g.actor.role in COUNTER and lots.running(application.place_id)
            differs_elsewhere = people.differs_elsewhere(application.child, application.applicant)
        if g.actor.kindergarten_id is not None:
            db.session.expire(application, CUT_FOR_HEADS)
        asked_back = proposals.open_one(application) if Proposal in has else None
        of_it = select(Change).where(Change.application_id == application.id).order_by(Change.id.desc())
        if Notice in has:
            told = (
                select(Notice).where(Notice.application_id == application.id).options(selectinload(Notice.deliveries))
            )
            set_committed_value(application, "notices", db.session.scalars(told.order_by(Notice.id)).all())
        changes = db.session.scalars(of_it.options(joinedload(Change.user), joinedload(Change.norm))).all()
        stays = select(Enrolment).where(Enrolment.application_id == application.id).order_by(Enrolment.id)
        joined = select(Guardianship).where(Guardianship.child_id == application.child_id).order_by(Guardianship.id)
        absences = select(Absence).join(Enrolment).where(stays.whereclause)
        return self.render_template(
            "pages/application.html",
            title=application.number,
            application=application,
            number=number,
            changes=changes,
            history=RenderedChanges(changes, records=False),
            stays=db.session.scalars(stays).all() if Enrolment in has else [],
            absences=db.session.scalars(absences).all() if Enrolment in has else [],
            joined=db.session.scalars(joined).all() if Guardianship in has else [],
            offered=[name for name in names if name in VERBS[Application]],
            of_privilege=[name for name in names if name not in VERBS[Application]],
            missed=(missed, most),
            by_lot=by_lot,
            by_voucher=possible.by_voucher(application),
            asked_back=asked_back,
            answers=answers(asked_back),
            lost=next((r for r in reversed(application.referrals) if costs_standing(r.vacancy)), None),
            differs_elsewhere=differs_elsewhere,
            contrary=contrary,
            papers=papers,
            missing=missing,
            unworded=unworded,
            not_told=application.status is ApplicationStatus.notified
            and not db.session.scalars(told_of_their_turn([application.id])).all(),
            failures=failures(application.documents),
            not_notified=waits.not_notified(application),
            masked=not personal_data.whole(application),
            open_for=personal_data.OPEN_FOR // timedelta(minutes=1),
            view=self,
        )


def failures(papers: Iterable[Document]) -> dict[int, str]:
    """Of the papers that are not there why they could not be made, by their ids; nothing of those that only wait."""
    missing = [document.id for document in papers if document.file_key is None]
    if not missing:
        return {}
    with unscoped():
        failed = select(Outbox.document_id, Outbox.error).where(
            Outbox.document_id.in_(missing), Outbox.error.is_not(None)
        )
        return {pk: words.failure(error) for pk, error in db.session.execute(failed) if pk is not None}


def with_belongings(pk: Any) -> tuple[Application, set[type[Base]]]:
    """An application within the viewer's scope with its people and its place, and which tables hold anything of it.

    Most hold nothing of most applications, and to be told so by each would cost more than all the rest of the page.
    Whether there is anything is asked without a scope: what one of them shows is cut when it is read. 404 if foreign.
    """
    found = select(Application).where(Application.id == row_id(pk)).options(*SHOWN)
    application = db.session.scalars(found).first() or abort(404)
    with unscoped():
        any_of = db.session.execute(ANYTHING, {"id": application.id, "child": application.child_id}).one()
    has = {model for model, some in zip(BELONGING, any_of, strict=True) if some}
    for model in COLLECTIONS.keys() - has:
        set_committed_value(application, COLLECTIONS[model], [])
    return application, has
