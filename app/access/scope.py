"""WHO SEES WHAT: for each table and role the rows that it shows (spec 1; spec 6 "one idea").

`SCOPES` is applied to every ORM SELECT while somebody is looking (row_scope.py). Each table says for each role what it
shows (`shown`); what nobody has said shows nothing.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Integer, and_, bindparam, exists, false, not_, or_, select, true

from app import registers
from app.access.actors import Actor
from app.db.dialects import Ids, among
from app.models import (
    Absence,
    Account,
    AccountLetter,
    Applicant,
    Application,
    Audience,
    Base,
    BulkRow,
    BulkRun,
    Challenge,
    Change,
    Child,
    Client,
    Contract,
    ContractText,
    DayOff,
    Delivery,
    DemoTime,
    Document,
    Draft,
    Enrolment,
    HistoryLink,
    HistorySeal,
    Holding,
    ImportProblem,
    ImportRun,
    Invitation,
    KeptForm,
    KgGroup,
    Kindergarten,
    LastRun,
    Lot,
    LotEntry,
    Norm,
    Notice,
    NoticeRead,
    Offer,
    OneTimeCode,
    Outbox,
    Place,
    Privilege,
    PrivilegePaper,
    Proposal,
    QueueCategory,
    QueueOrder,
    RecoveryCode,
    Referral,
    Round,
    Seat,
    SecondFactor,
    SentForm,
    Signature,
    SignedIn,
    StopListing,
    Upload,
    User,
    UserScope,
    Vacancy,
    VacancyStatus,
    Visit,
    Voucher,
)
from app.registers.declaration import Register
from app.rules.roles import Role
from app.rules.roles import Role as R


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


def viewer_of(actor: Actor) -> Viewer:
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


def everything(_viewer: Viewer) -> ColumnElement[bool]:
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
    if viewer.application is not None:
        return own
    if viewer.kindergarten is None:
        return own | Document.round_id.in_(_own_rounds(viewer))
    return own & or_(Document.referral_id.is_(None), Document.referral_id.in_(_own_referrals(viewer)))


def _daily_protocols(_viewer: Viewer) -> ColumnElement[bool]:
    """Of all districts together; numbers alone."""
    return Document.seal_id.is_not(None)


def _anywhere(viewer: Viewer) -> ColumnElement[bool]:
    """All of it, for whoever reaches any place at all."""
    place = Place.__table__.c
    return exists().where(_places(viewer, place.id)).select_from(Place.__table__)


def _papers_and_daily_protocols(viewer: Viewer) -> ColumnElement[bool]:
    return or_(_papers(viewer), and_(_daily_protocols(viewer), _anywhere(viewer)))


def _own_rounds(viewer: Viewer) -> Any:
    held = Round.__table__.c
    return select(held.id).where(_places(viewer, held.place_id))


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


def _sent_to(viewer: Viewer, notice: Any = Notice) -> ColumnElement[bool]:
    """What a kindergarten was told its head reads for ever, also of a child that it knows no more."""
    own: ColumnElement[bool] = (
        notice.application_id.in_(_own_applications(viewer))
        if viewer.kindergarten is None
        else notice.kindergarten_id == viewer.kindergarten
    )
    return own


def _deliveries(viewer: Viewer) -> ColumnElement[bool]:
    return Delivery.notice_id.in_(_own_notices(viewer))


def _work(viewer: Viewer) -> ColumnElement[bool]:
    """Of the papers, messages, bulk runs and files that lie within one's reach."""
    paper, message, run, file = Document.__table__.c, Delivery.__table__.c, BulkRun.__table__.c, ImportRun.__table__.c
    return or_(
        Outbox.document_id.in_(select(paper.id).where(paper.application_id.in_(_own_applications(viewer)))),
        Outbox.document_id.in_(select(paper.id).where(paper.round_id.in_(_own_rounds(viewer)))),
        Outbox.delivery_id.in_(select(message.id).where(message.notice_id.in_(_own_notices(viewer)))),
        Outbox.bulk_run_id.in_(select(run.id).where(_runs(viewer, run))),
        Outbox.import_run_id.in_(select(file.id).where(_runs(viewer, file))),
    )


def _own_notices(viewer: Viewer) -> Any:
    notice = Notice.__table__.c
    return select(notice.id).where(_sent_to(viewer, notice))


def _own_portals(viewer: Viewer) -> Any:
    portal = Client.__table__.c
    return select(portal.id).where(_places(viewer, portal.place_id))


def _to_the_family_itself(viewer: Viewer) -> ColumnElement[bool]:
    return Notice.application_id.in_(_own_applications(viewer)) & (Notice.audience == Audience.family)


def _published(_viewer: Viewer) -> ColumnElement[bool]:
    return Vacancy.status == VacancyStatus.published


def _own_account(viewer: Viewer) -> ColumnElement[bool]:
    return UserScope.user_id == viewer.user


Rule = Callable[[Viewer], ColumnElement[bool]]


def rows_for(*, office: Rule, head: Rule, administrator: Rule = _nothing, family: Rule = _nothing) -> dict[Role, Rule]:
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
    return rows_for(office=rule, head=rule)


def _of_the_family_too(rule: Rule) -> dict[Role, Rule]:
    return rows_for(office=rule, head=rule, family=rule)


def _public(rule: Rule) -> dict[Role, Rule]:
    """What families may know of every kindergarten; whoever gives officials their reach picks it from all."""
    return rows_for(office=rule, head=rule, administrator=everything, family=everything)


def _of_place(rule: Rule) -> dict[Role, Rule]:
    return rows_for(office=rule, head=_nothing)


SCOPES: dict[type[Base], dict[Role, Rule]] = {
    Kindergarten: _public(_kindergartens),
    KgGroup: rows_for(
        office=lambda viewer: KgGroup.kindergarten_id.in_(_own_kindergartens(viewer)),
        head=lambda viewer: KgGroup.kindergarten_id.in_(_own_kindergartens(viewer)),
        family=everything,
    ),
    Vacancy: rows_for(
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
    Enrolment: rows_for(
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
    Document: {
        **rows_for(office=_papers, head=_papers, administrator=_daily_protocols, family=_papers),
        **dict.fromkeys((R.department, R.auditor), _papers_and_daily_protocols),
    },
    Notice: rows_for(office=_sent_to, head=_sent_to, family=_to_the_family_itself),
    Delivery: _officials(_deliveries),
    Change: _officials(_changes),
    BulkRun: _of_place(lambda viewer: _runs(viewer, BulkRun)),
    BulkRow: _of_place(_bulk_rows),
    ImportRun: _of_place(lambda viewer: _runs(viewer, ImportRun)),
    ImportProblem: _of_place(_problems),
    Lot: _of_place(lambda viewer: _places(viewer, Lot.place_id)),
    LotEntry: _of_place(_of_application(LotEntry.application_id)),
    Round: _of_place(lambda viewer: _places(viewer, Round.place_id)),
    Place: _public(_reaching_down(Place.id)),
    Norm: _officials(_reaching_down(Norm.place_id)),
    QueueOrder: _officials(_reaching_down(QueueOrder.place_id)),
    QueueCategory: _officials(
        lambda viewer: QueueCategory.queue_order_id.in_(
            select(QueueOrder.__table__.c.id).where(_reaching_down(QueueOrder.__table__.c.place_id)(viewer))
        )
    ),
    ContractText: _officials(_reaching_down(ContractText.place_id)),
    DayOff: rows_for(office=everything, head=everything, administrator=everything, family=everything),
    DemoTime: rows_for(office=everything, head=everything, administrator=everything, family=everything),
    Outbox: rows_for(office=_work, head=_nothing, administrator=everything),
    UserScope: rows_for(office=_own_account, head=_own_account, administrator=everything),
    Client: rows_for(office=_nothing, head=_nothing, administrator=everything),
    Account: rows_for(office=_nothing, head=_nothing),  # read before anybody looks (sessions.py)
    Invitation: rows_for(office=_nothing, head=_nothing, administrator=everything),
    AccountLetter: rows_for(office=_nothing, head=_nothing, administrator=everything),
    SecondFactor: rows_for(
        office=_nothing, head=_nothing, administrator=everything
    ),  # that there is one, and since when
    RecoveryCode: rows_for(office=_nothing, head=_nothing),
    SignedIn: rows_for(office=_nothing, head=_nothing),
    OneTimeCode: rows_for(office=_nothing, head=_nothing),
    Visit: rows_for(office=_nothing, head=_nothing),
    Challenge: rows_for(office=_nothing, head=_nothing),
    Draft: rows_for(office=_nothing, head=_nothing),
    Upload: rows_for(office=_nothing, head=_nothing),
    Signature: rows_for(office=_nothing, head=_nothing),  # verified by `flask verify`; a page shows who signed, not it
    SentForm: rows_for(office=_nothing, head=_nothing),  # found by its key (sent_forms.py)
    KeptForm: rows_for(office=_nothing, head=_nothing),
    NoticeRead: rows_for(office=_nothing, head=_nothing),  # asked about by plain tables
    HistoryLink: rows_for(office=_nothing, head=_nothing),  # read by the clock and by `flask history`
    HistorySeal: {  # positions and heads, for who reads daily protocols
        **rows_for(office=_nothing, head=_nothing, administrator=everything),
        **dict.fromkeys((R.department, R.auditor), _anywhere),
    },
    LastRun: rows_for(office=_nothing, head=_nothing),  # read by whoever watches over Kezek (app/health)
}


# Of whom rows of a register can be that are seen by whoever sees these (registers.declaration.Register.of).
OWNERS: dict[str, Callable[[Viewer], Any]] = {
    "application": _own_applications,
    "child": lambda viewer: _own_applications(viewer, "child_id"),
    "group": _own_groups,
    "kindergarten": _own_kindergartens,
}


def _as_its_owner(register: Register) -> dict[Role, Rule]:
    """What each of its readers sees of a register whose rows are of others."""
    column = getattr(register.model, f"{register.of}_id")

    def rule(viewer: Viewer) -> ColumnElement[bool]:
        if register.of == "place":
            return _places(viewer, column)
        found: ColumnElement[bool] = column.in_(OWNERS[register.of](viewer))
        return found

    return {role: rule if role in register.readers else _nothing for role in Role}


SCOPES |= {one.model: _as_its_owner(one) for one in registers.ALL if one.of}


# Where a row lies that is written, of tables whose readers' rules do not say so: the row may be the first of its child.
LIES: dict[type[Base], Rule] = {
    Child: lambda viewer: _places(viewer, Child.place_id),
    Applicant: lambda viewer: _places(viewer, Applicant.place_id),
    Client: lambda viewer: _places(viewer, Client.place_id),
    UserScope: _nothing,  # the administrator's alone
    HistorySeal: _nothing,  # the clock's alone
    Outbox: lambda viewer: or_(
        _work(viewer),
        Outbox.letter_id.is_not(None),  # an account lies in no place
        Outbox.notice_id.in_(_own_notices(viewer)),  # a portal of the whole region is told of it, too
        Outbox.client_id.in_(_own_portals(viewer)),
    ),
    Change: lambda viewer: or_(Change.place_id.is_(None), _places(viewer, Change.place_id)),
    Signature: lambda viewer: or_(
        Signature.application_id.is_(None), Signature.application_id.in_(_own_applications(viewer))
    ),
}


def tables() -> list[type[Base]]:
    """All of ours."""
    return [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Base)]


def rule_of(model: type[Base], role: Role) -> Rule:
    """What a role sees of a table; nothing where nobody has said so."""
    return SCOPES.get(model, {}).get(role, _nothing)


def lies(model: type[Base]) -> Rule:
    """Does a row lie in the places of whoever writes it? As the department sees it, where nothing else is said."""
    return LIES.get(model) or rule_of(model, Role.department)
