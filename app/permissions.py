"""WHO MAY: role -> subject -> verbs, and how far each role sees (spec 1, 3.8; spec 6 "one idea").

`may` is asked by the one writer for every change. `SCOPES` is applied to every ORM SELECT while somebody is
looking (`looking_as`); decisions themselves read unscoped, because a scoped rank would be wrong. Each table says for
each role what it shows (`shown`); what nobody has said shows nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Integer, bindparam, event, false, not_, or_, select, true
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.interfaces import CriteriaOption
from sqlalchemy.sql.visitors import InternalTraversal

from app.dialects import Ids, among
from app.models import (
    Absence,
    Account,
    Applicant,
    Application,
    Audience,
    Base,
    BulkRow,
    BulkRun,
    Change,
    Child,
    Contract,
    DayOff,
    DemoTime,
    Document,
    Enrolment,
    Holding,
    ImportProblem,
    ImportRun,
    KeptForm,
    KgGroup,
    Kindergarten,
    Norm,
    Notice,
    Offer,
    Outbox,
    Place,
    Privilege,
    PrivilegePaper,
    Proposal,
    QueueCategory,
    QueueOrder,
    Referral,
    Round,
    Seat,
    SentForm,
    SignedIn,
    StopListing,
    User,
    UserScope,
    Vacancy,
    VacancyStatus,
    Voucher,
)
from app.rules.refusals import Reason, Refusal


class Role(StrEnum):
    """Spec 1, "Who uses it"; `clock` is the system itself."""

    department = "department"
    specialist = "specialist"
    head = "head"
    operator = "operator"
    auditor = "auditor"
    administrator = "administrator"
    family = "family"
    clock = "clock"


R = Role
OFFICE = frozenset({R.department, R.specialist})
COUNTER = OFFICE | {R.operator}  # who may act for a family that came with a signed paper
FAMILY = COUNTER | {R.family}
NEXT = OFFICE | {R.clock}
ENDS = FAMILY | {R.clock, R.head}  # what follows from another verb may follow from anybody's

MAY: dict[type, dict[str, frozenset[Role]]] = {
    Application: {
        "register": FAMILY,
        "change": COUNTER,
        "issue": NEXT,
        "issue_out_of_turn": OFFICE,
        "confirm": FAMILY,
        "refuse": FAMILY,
        "restore": FAMILY,
        "choose": FAMILY,
        "sign": FAMILY | {R.head},
        "withdraw": FAMILY,
        "offer": NEXT,
        "pass_over": frozenset({R.clock}),
        "enrol": frozenset({R.head}),
        "miss": frozenset({R.clock}),
        "release": NEXT,
        "extend": FAMILY,
        "revoke": FAMILY | {R.head},
        "reinstate": frozenset({R.department}),
        "absent": frozenset({R.head}),
        "return": frozenset({R.head}),
        "archive": NEXT,
        "leave": frozenset({R.head, R.clock}),  # the clock: at the last day in a sanatorium kindergarten
        "lapse": frozenset({R.clock}),
        "expire": frozenset({R.clock}),
        "remind": frozenset({R.clock}),
        "correct": OFFICE,
        "open": frozenset({R.auditor}),  # what is masked for them (access/personal_data.py)
    },
    Privilege: {"claim": FAMILY, "confirm": OFFICE, "reject": OFFICE, "expire": NEXT},  # a new one ends the old one
    Voucher: {
        "issue": NEXT,
        "issue_out_of_turn": OFFICE,
        "confirm": FAMILY,
        "refuse": FAMILY,
        "revoke": OFFICE,
        "extend": OFFICE,
        "lapse": frozenset({R.clock}),
        "expire": frozenset({R.clock}),
        "choose": FAMILY,
        "use": FAMILY | {R.head},
        "annul": ENDS,
    },
    Offer: {"offer": NEXT, "choose": FAMILY, "pass_over": frozenset({R.clock}), "end": ENDS},
    Referral: {
        "issue": FAMILY,
        "use": FAMILY | {R.head},
        "extend": FAMILY,
        "revoke": ENDS,
        "miss": frozenset({R.clock}),
    },
    Contract: {"draw_up": FAMILY, "sign": FAMILY | {R.head}, "void": ENDS},
    Enrolment: {
        "enrol": FAMILY | {R.head},
        "expel": frozenset({R.clock}),
        "leave": ENDS,
        "absent": frozenset({R.head}),
        "return": frozenset({R.head}),
        "give_back": frozenset({R.clock}),
    },
    Proposal: dict.fromkeys(("ask", "approve", "reject"), OFFICE),  # and what it is about: decided by its own verb
    Round: {"issue": NEXT, "offer": NEXT},
    Vacancy: {
        "create": OFFICE | {R.head},
        "change": OFFICE | {R.head},
        "remove": OFFICE | {R.head},
        "publish": OFFICE | {R.head},
        "close": OFFICE | {R.head, R.clock},
        "end": ENDS,  # whoever lent the place is back, or has left
    },
    KgGroup: {verb: OFFICE | {R.head} for verb in ("create", "change", "remove")},
    Kindergarten: {"create": OFFICE, "change": OFFICE | {R.head}, "remove": OFFICE},
    Norm: {verb: frozenset({R.department}) for verb in ("create", "change", "remove", "approve", "take_back")},
    QueueOrder: {verb: frozenset({R.department}) for verb in ("create", "change", "remove", "approve", "take_back")},
    DayOff: {verb: frozenset({R.department}) for verb in ("create", "change", "remove", "approve")},
    BulkRun: dict.fromkeys(("ask", "start", "stop"), OFFICE),
    ImportRun: dict.fromkeys(("ask", "answer", "start", "bring_in"), OFFICE),
    User: {
        **{verb: frozenset({R.administrator}) for verb in ("create", "change", "reset_password")},
        "change_password": frozenset(R) - {R.family, R.clock},
        "export": frozenset(R) - {R.family, R.clock},  # what one may read, as a file: on the record of one's account
    },
}
EVERYWHERE = (DayOff, User)  # these lie in no place: the role alone decides
ON_BEHALF = frozenset({"confirm", "refuse", "restore", "choose", "sign", "withdraw", "claim_privilege"})
ITS_OWN_TOO = frozenset({"extend", "revoke"})  # what an office may also do by itself


@dataclass(frozen=True)
class Actor:
    """Who acts or looks: a role, the person behind it, and how far it reaches (None: everywhere)."""

    role: Role
    user_id: int | None = None
    place_ids: frozenset[int] | None = None
    above_ids: frozenset[int] = frozenset()  # what lies above those: its norms and its name reach down
    kindergarten_id: int | None = None
    application_id: int | None = None
    paper_on: date | None = None  # at the counter: the day of the family's signed paper

    def stands_for_family(self, verb: str) -> bool:
        """Spec 3.8: an official at the counter does a family's verb for it.

        Where the office could do it by itself too, the day of the family's signed paper says for whom.
        """
        if verb in ITS_OWN_TOO:
            return self.role is Role.operator or (self.role in COUNTER and self.paper_on is not None)
        return self.role in COUNTER and verb in ON_BEHALF

    def for_itself(self) -> "Actor":
        """The office's own verb, whoever's paper lies on the table."""
        return replace(self, paper_on=None)


CLOCK = Actor(Role.clock)


def permit(actor: Actor, verb: str, subject: Base) -> None:
    """Raise Refusal(not_allowed) unless this actor may do this verb to this subject.

    What follows from another verb follows wherever it lies: enrolling ends a stay in another kindergarten.
    """
    roles = MAY.get(type(subject), {}).get(verb, frozenset())
    if actor.role not in roles or not (roles is ENDS or within(actor, subject)):
        raise Refusal(Reason.not_allowed, role=str(actor.role), verb=verb)


def permit_all(actor: Actor, verb: str, model: type[Base], place_id: int) -> None:
    """The same for all that one statement moves in one place."""
    reach = actor.place_ids is None or place_id in actor.place_ids
    if actor.role not in MAY.get(model, {}).get(verb, frozenset()) or not reach:
        raise Refusal(Reason.not_allowed, role=str(actor.role), verb=verb)


def within(actor: Actor, subject: Base) -> bool:
    """Does the subject lie in the actor's reach: own application, own kindergarten, own district or region?"""
    if isinstance(subject, User) and subject.id is not None and subject.id == actor.user_id:
        return True  # one's own account, wherever one works
    if actor.role is Role.family:
        own = application_of(subject)
        return own is not None and own.id == actor.application_id  # a new one is nobody else's yet
    if actor.role is Role.head:
        own = kindergarten_of(subject) or _last_referred_to(subject)
        return actor.kindergarten_id is not None and actor.kindergarten_id == own
    if isinstance(subject, Proposal) and subject.asked_by_id is not None and subject.asked_by_id == actor.user_id:
        return True  # what one asks for oneself; nobody says yes to it himself
    if isinstance(subject, BulkRun | ImportRun) and subject.user_id == actor.user_id:
        return True  # one's own, also where its rows lie in several places of one's reach
    return actor.place_ids is None or isinstance(subject, EVERYWHERE) or place_of(subject) in actor.place_ids


def application_of(subject: Any) -> Application | None:
    """The application that a record belongs to, if any."""
    match subject:
        case Application():
            return subject
        case Contract():
            return subject.referral.application
    return getattr(subject, "application", None)


def kindergarten_of(subject: Any) -> int | None:
    """The kindergarten that a record belongs to: by its group, or by the referral an application now has."""
    match subject:
        case Kindergarten():
            return subject.id
        case KgGroup():
            return subject.kindergarten_id or (subject.kindergarten and subject.kindergarten.id)
        case Vacancy() | Enrolment():
            return kindergarten_of(subject.group)
        case Application():
            live = [r for r in subject.referrals if r.status in ("issued", "used")]
            return kindergarten_of(live[-1]) if live else None
        case Referral() | Offer():
            return kindergarten_of(subject.vacancy)
        case Contract():
            return kindergarten_of(subject.referral)
        case Voucher():
            return kindergarten_of(subject.application)
    return None


def _last_referred_to(subject: Any) -> int | None:
    """Spec 3.8: a head who comes too late is told that, not that the child was never referred here."""
    if not isinstance(subject, Application):
        return None
    past = [r for r in subject.referrals if r.kind == "general"]
    return kindergarten_of(past[-1]) if past else None


def place_of(subject: Any) -> int | None:
    """The place that a record belongs to, for the reach of officials."""
    match subject:
        case Application() | Kindergarten() | Norm() | QueueOrder() | Round() | Offer() | BulkRun() | ImportRun():
            return subject.place_id or (subject.place and subject.place.id)
        case KgGroup():
            return place_of(subject.kindergarten)
        case Vacancy():
            return place_of(subject.group)
        case Enrolment():
            return place_of(subject.application) if subject.application else place_of(subject.group)
        case Contract():
            return place_of(subject.referral)
        case Voucher() | Referral() | Privilege():
            return place_of(subject.application)
        case Proposal():
            return subject.place_id
    return None


# ---------------------------------------------------------------- how far each role sees


class Viewer(NamedTuple):
    """Whoever looks, as the scopes know it. `places` is None for who sees all places, `kindergarten` for all but heads,
    `application` for all but families.

    What differs between two of a kind are bound values, so that one statement in the database's words serves them all.
    """

    places: BindParameter[list[int]] | None
    around: BindParameter[list[int]] | None  # those and what lies above them
    kindergarten: BindParameter[int] | None
    application: BindParameter[int] | None
    user: BindParameter[int]


def _viewer_of(actor: Actor) -> Viewer:
    below, everywhere = actor.place_ids, actor.place_ids is None
    around = sorted((below or frozenset()) | actor.above_ids)
    head, family = actor.role is Role.head, actor.role is Role.family
    return Viewer(
        places=None if below is None else _bound("viewer_places", sorted(below)),
        around=None if everywhere else _bound("viewer_around", around),
        kindergarten=_bound("viewer_kindergarten", actor.kindergarten_id) if head else None,
        application=_bound("viewer_application", actor.application_id) if family else None,
        user=_bound("viewer_user", actor.user_id),
    )


def _bound(name: str, value: int | list[int] | None) -> BindParameter[Any]:
    return bindparam(name, value, Ids if isinstance(value, list) else Integer)


def _everything(_viewer: Viewer) -> ColumnElement[bool]:
    return true()


def _nothing(_viewer: Viewer) -> ColumnElement[bool]:
    return false()


def _kindergartens(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.kindergarten is not None:
        return Kindergarten.id == viewer.kindergarten
    return _places(viewer, Kindergarten.place_id)


def _places(viewer: Viewer, column: Any) -> ColumnElement[bool]:
    return true() if viewer.places is None else among(column, viewer.places)


def _reaching_down(column: Any) -> Callable[[Viewer], ColumnElement[bool]]:
    """What belongs to a place holds for all that lies below it."""

    def scope(viewer: Viewer) -> ColumnElement[bool]:
        return true() if viewer.around is None else among(column, viewer.around)

    return scope


def _own_kindergartens(viewer: Viewer) -> Any:
    return select(Kindergarten.__table__.c.id).where(
        Kindergarten.__table__.c.id == viewer.kindergarten
        if viewer.kindergarten is not None
        else _places(viewer, Kindergarten.__table__.c.place_id)
    )


def _own_groups(viewer: Viewer) -> Any:
    group = KgGroup.__table__.c
    return select(group.id).where(group.kindergarten_id.in_(_own_kindergartens(viewer)))


def _own_vacancies(viewer: Viewer) -> Any:
    vacancy = Vacancy.__table__.c
    return select(vacancy.id).where(vacancy.group_id.in_(_own_groups(viewer)))


def _referred(viewer: Viewer, referral: Any) -> ColumnElement[bool]:
    """A head sees of a child's referrals those to the own kindergarten, not where else it was referred."""
    own = referral.application_id.in_(_own_applications(viewer))
    return own if viewer.kindergarten is None else own & referral.vacancy_id.in_(_own_vacancies(viewer))


def _own_referrals(viewer: Viewer) -> Any:
    referral = Referral.__table__.c
    return select(referral.id).where(_referred(viewer, referral))


def _own_applications(viewer: Viewer, column: str = "id") -> Any:
    """A head sees those that are referred to the own kindergarten or whose child attends it; a family its own."""
    application, referral, enrolment = Application.__table__.c, Referral.__table__.c, Enrolment.__table__.c
    if viewer.application is not None:
        return select(application[column]).where(application.id == viewer.application)
    if viewer.kindergarten is None:
        return select(application[column]).where(_places(viewer, application.place_id))
    if column != "id":
        return select(application[column]).where(application.id.in_(_own_applications(viewer)))
    referred = select(referral.application_id).where(
        referral.vacancy_id.in_(_own_vacancies(viewer)), referral.status.in_(("issued", "used"))
    )
    attending = select(enrolment.application_id).where(
        enrolment.group_id.in_(_own_groups(viewer)), enrolment.application_id.is_not(None)
    )
    return referred.union(attending)


def _applications(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.kindergarten is None and viewer.application is None:
        return _places(viewer, Application.place_id)
    return Application.id.in_(_own_applications(viewer))


def _of_application(column: Any) -> Callable[[Viewer], ColumnElement[bool]]:
    return lambda viewer: column.in_(_own_applications(viewer))


def _people(model: Any, column: str) -> Callable[[Viewer], ColumnElement[bool]]:
    return lambda viewer: model.id.in_(_own_applications(viewer, column))


def _changes(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.kindergarten is not None:
        return or_(
            Change.kindergarten_id == viewer.kindergarten,
            Change.kindergarten_id.is_(None) & Change.application_id.in_(_own_applications(viewer)),
        )
    nowhere = Change.place_id.is_(None) & not_(_of_foreign_account(viewer))
    return or_(nowhere, _places(viewer, Change.place_id))


def _of_foreign_account(viewer: Viewer) -> ColumnElement[bool]:
    """An account lies in no place; it is foreign where its reach is."""
    scope = UserScope.__table__.c
    abroad = select(scope.user_id).where(
        or_(
            scope.place_id.is_not(None) & not_(_places(viewer, scope.place_id)),
            scope.kindergarten_id.is_not(None) & scope.kindergarten_id.not_in(_own_kindergartens(viewer)),
        )
    )
    return (Change.subject == User.__tablename__) & Change.subject_id.in_(abroad)


def _papers(viewer: Viewer) -> ColumnElement[bool]:
    own = Document.application_id.in_(_own_applications(viewer))
    if viewer.kindergarten is None:
        return own
    return own & or_(Document.referral_id.is_(None), Document.referral_id.in_(_own_referrals(viewer)))


def _runs(viewer: Viewer, run: Any) -> ColumnElement[bool]:
    """One's own, and those of whoever reaches no further than oneself."""
    return or_(run.user_id == viewer.user, _places(viewer, run.place_id))


def _proposals(viewer: Viewer) -> ColumnElement[bool]:
    """One's own, and those about what lies within one's reach."""
    return or_(Proposal.asked_by_id == viewer.user, _places(viewer, Proposal.place_id))


def _bulk_rows(viewer: Viewer) -> ColumnElement[bool]:
    """Of the runs that one may read, the rows within one's reach: that of an own one may have been wider."""
    run = BulkRun.__table__.c
    runs = select(run.id).where(_runs(viewer, run))
    return BulkRow.bulk_run_id.in_(runs) & BulkRow.application_id.in_(_own_applications(viewer))


def _problems(viewer: Viewer) -> ColumnElement[bool]:
    """Of the files that one may read of."""
    run = ImportRun.__table__.c
    return ImportProblem.import_run_id.in_(select(run.id).where(_runs(viewer, run)))


def _to_family(viewer: Viewer) -> ColumnElement[bool]:
    own = Notice.application_id.in_(_own_applications(viewer))
    return own if viewer.kindergarten is None else own & (Notice.kindergarten_id == viewer.kindergarten)


def _to_the_family_itself(viewer: Viewer) -> ColumnElement[bool]:
    return Notice.application_id.in_(_own_applications(viewer)) & (Notice.audience == Audience.family)


def _published(_viewer: Viewer) -> ColumnElement[bool]:
    return Vacancy.status == VacancyStatus.published


def _own_account(viewer: Viewer) -> ColumnElement[bool]:
    return UserScope.user_id == viewer.user


Rule = Callable[[Viewer], ColumnElement[bool]]


def shown(*, office: Rule, head: Rule, administrator: Rule = _nothing, family: Rule = _nothing) -> dict[Role, Rule]:
    """What of one table each role sees; `office`: all who work in places, each in the own ones. The clock never looks.

    A role that is left out, here or in a table below, sees nothing.
    """
    return {
        **dict.fromkeys((R.department, R.specialist, R.operator, R.auditor), office),
        R.head: head,
        R.administrator: administrator,
        R.family: family,
        R.clock: _nothing,
    }


def _officials(rule: Rule) -> dict[Role, Rule]:
    """The same rule for all officials who see families; it knows how far each of them reaches."""
    return shown(office=rule, head=rule)


def _of_the_family_too(rule: Rule) -> dict[Role, Rule]:
    return shown(office=rule, head=rule, family=rule)


def _public(rule: Rule) -> dict[Role, Rule]:
    """What families may know of every kindergarten; whoever gives officials their reach picks it from all."""
    return shown(office=rule, head=rule, administrator=_everything, family=_everything)


def _of_place(rule: Rule) -> dict[Role, Rule]:
    return shown(office=rule, head=_nothing)


SCOPES: dict[type[Base], dict[Role, Rule]] = {
    Kindergarten: _public(_kindergartens),
    KgGroup: shown(
        office=lambda viewer: KgGroup.kindergarten_id.in_(_own_kindergartens(viewer)),
        head=lambda viewer: KgGroup.kindergarten_id.in_(_own_kindergartens(viewer)),
        family=_everything,
    ),
    Vacancy: shown(
        office=lambda viewer: Vacancy.group_id.in_(_own_groups(viewer)),
        head=lambda viewer: Vacancy.group_id.in_(_own_groups(viewer)),
        family=_published,
    ),
    Seat: _officials(lambda viewer: Seat.group_id.in_(_own_groups(viewer))),
    Holding: _officials(
        lambda viewer: Holding.seat_id.in_(
            select(Seat.__table__.c.id).where(Seat.__table__.c.group_id.in_(_own_groups(viewer)))
        )
    ),
    Enrolment: shown(
        office=lambda viewer: Enrolment.group_id.in_(_own_groups(viewer)),
        head=lambda viewer: Enrolment.group_id.in_(_own_groups(viewer)),
        family=_of_application(Enrolment.application_id),
    ),
    Application: _of_the_family_too(_applications),
    Child: _of_the_family_too(_people(Child, "child_id")),
    Applicant: _of_the_family_too(_people(Applicant, "applicant_id")),
    Privilege: _of_the_family_too(_of_application(Privilege.application_id)),
    PrivilegePaper: _of_the_family_too(
        lambda viewer: PrivilegePaper.privilege_id.in_(
            select(Privilege.__table__.c.id).where(Privilege.__table__.c.application_id.in_(_own_applications(viewer)))
        )
    ),
    Offer: _of_the_family_too(lambda viewer: _referred(viewer, Offer)),
    Proposal: _of_place(_proposals),
    Absence: _officials(lambda viewer: Absence.vacancy_id.in_(_own_vacancies(viewer))),
    Voucher: _of_the_family_too(_of_application(Voucher.application_id)),
    Referral: _of_the_family_too(lambda viewer: _referred(viewer, Referral)),
    Contract: _of_the_family_too(lambda viewer: Contract.referral_id.in_(_own_referrals(viewer))),
    StopListing: _of_the_family_too(_of_application(StopListing.application_id)),
    Document: _of_the_family_too(_papers),
    Notice: shown(office=_to_family, head=_to_family, family=_to_the_family_itself),
    Change: _officials(_changes),
    BulkRun: _of_place(lambda viewer: _runs(viewer, BulkRun)),
    BulkRow: _of_place(_bulk_rows),
    ImportRun: _of_place(lambda viewer: _runs(viewer, ImportRun)),
    ImportProblem: _of_place(_problems),
    Round: _of_place(lambda viewer: _places(viewer, Round.place_id)),
    Place: _public(_reaching_down(Place.id)),
    Norm: _officials(_reaching_down(Norm.place_id)),
    QueueOrder: _officials(_reaching_down(QueueOrder.place_id)),
    QueueCategory: _officials(
        lambda viewer: QueueCategory.queue_order_id.in_(
            select(QueueOrder.__table__.c.id).where(_reaching_down(QueueOrder.__table__.c.place_id)(viewer))
        )
    ),
    DayOff: shown(office=_everything, head=_everything, administrator=_everything, family=_everything),
    DemoTime: shown(office=_everything, head=_everything, administrator=_everything, family=_everything),
    Outbox: shown(
        office=_everything, head=_nothing, administrator=_everything
    ),  # how many wait; whose is said elsewhere
    UserScope: shown(office=_own_account, head=_own_account, administrator=_everything),
    Account: shown(office=_nothing, head=_nothing),  # read before anybody looks (sessions.py)
    SignedIn: shown(office=_nothing, head=_nothing),
    SentForm: shown(office=_nothing, head=_nothing),  # found by its key (sent.py)
    KeptForm: shown(office=_nothing, head=_nothing),
}


def tables() -> list[type[Base]]:
    """All of ours."""
    return [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Base)]


def rule_of(model: type[Base], role: Role) -> Rule:
    """What a role sees of a table; nothing where nobody has said so."""
    return SCOPES.get(model, {}).get(role, _nothing)


_viewer: ContextVar[Actor | None] = ContextVar("viewer", default=None)


@contextmanager
def looking_as(actor: Actor | None) -> Iterator[None]:
    """Everything that is read inside is cut to what this actor may see."""
    token = _viewer.set(actor)
    try:
        yield
    finally:
        _viewer.reset(token)


@contextmanager
def unscoped() -> Iterator[None]:
    """Decisions and queue computations see the whole queue; the subject was loaded through the scope before."""
    with looking_as(None):
        yield


def look_as(actor: Actor | None) -> None:
    """`looking_as` for an entrance that cannot use `with` (a request: set before it, cleared after it)."""
    _viewer.set(actor)


@event.listens_for(Session, "do_orm_execute")
def _cut_to_scope(state: ORMExecuteState) -> None:
    actor = _viewer.get()
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
            if of is not _everything
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
    return Scope(actor.role, _viewer_of(actor))


@event.listens_for(Session, "before_flush")
def _write_through_actions_only(session: Session, *_: Any) -> None:
    """Whoever looks through a scope writes through an action, inside `transaction()`, or not at all."""
    if _viewer.get() is None:
        return
    changed = [*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row))]
    if ours := [type(row).__name__ for row in changed if isinstance(row, Base)]:
        raise RuntimeError(f"{', '.join(ours)} written outside an action")
