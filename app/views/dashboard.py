"""What each role looks at first, in a few statements: numbers, each with the way to the list that it counts."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flask import current_app, g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import words
from app.actions import places, reading
from app.db.extensions import db
from app.models import (
    Absence,
    Application,
    ApplicationStatus,
    BulkRun,
    Change,
    ContractText,
    DayOff,
    Enrolment,
    Guardianship,
    ImportRun,
    Intake,
    KgGroup,
    Norm,
    Notice,
    Outbox,
    Proposal,
    QueueOrder,
    Referral,
    ReferralStatus,
    User,
    Vacancy,
    VacancyStatus,
)
from app.now import now
from app.rules import absences, notices, terms, work
from app.rules.calendar import local_day
from app.rules.roles import Role
from app.views import filters, to_decide
from app.views.filters import until
from app.views.paging import COUNTED

MOST_UNCOUNTED = 50
LINES = 10  # of a list on the first page
A = ApplicationStatus
MOVING = (A.notified, A.confirming, A.voucher_issued, A.referred, A.stop_listed)


class Tile(NamedTuple):
    """What is counted, how many there are (COUNTED + 1 for any more), and the list behind it."""

    label: str
    count: int
    to: str


class Count(NamedTuple):
    """A number still to be counted: `count` is one value of a select."""

    label: str
    count: Any
    to: str


def numbers(asked: Sequence[Count]) -> list[Tile]:
    """All of them in one statement."""
    counts = db.session.execute(select(*(one.count for one in asked))).one() if asked else ()
    return [Tile(one.label, count, one.to) for one, count in zip(asked, counts, strict=True)]


def of(model: Any, condition: Any) -> Any:
    return terms.counted(model, condition, COUNTED)


def listed(view: str, **filters: Any) -> str:
    """The list of a view with its filters set."""
    return url_for(f"{view}.list", **{f"_flt_0_{name}": value for name, value in filters.items()})


def may(view: str) -> bool:
    return current_app.appbuilder.sm.has_access("can_list", view)


# ---------------------------------------------------------------- parts of the page


def in_status(one: ApplicationStatus) -> Count:
    """How many applications have a status."""
    return Count(words.label(one), of(Application, Application.status == one), listed("ApplicationView", status=one))


def moving() -> list[Count]:
    """Applications on their way, by status, and the places that are free for them."""
    return [
        *map(in_status, MOVING),
        Count(_("Free places"), terms.free_places(COUNTED), listed("VacancyView", status="published")),
    ]


def deciding() -> list[Count]:
    """What waits for the reader's decision or second yes, of the registers that the role may read: none of it one's
    own, none that lies out of reach or belongs to another role.
    """
    found = [
        ("ProposalView", _("Waiting for a second person"), Proposal, to_decide.proposed),
        ("GuardianshipView", _("Parents who ask to join"), Guardianship, to_decide.joinings),
        ("NormView", _("Norms to approve"), Norm, lambda: to_decide.drafts(Norm)),
        ("QueueOrderView", _("Orders to approve"), QueueOrder, lambda: to_decide.drafts(QueueOrder)),
        ("ContractTextView", _("Texts of contracts to approve"), ContractText, lambda: to_decide.drafts(ContractText)),
        ("DayOffView", _("Days off to approve"), DayOff, lambda: to_decide.drafts(DayOff)),
        ("ImportRunView", _("Files tried: to bring in"), ImportRun, to_decide.files),
        ("BulkRunView", _("Bulk runs tried: to start"), BulkRun, to_decide.runs),
    ]
    return [
        Count(label, of(kind, condition()), listed(view, mine=1)) for view, label, kind, condition in found if may(view)
    ]


WAITS_FOR = {  # of rules/waits.py: what each role does, or looks after
    Role.department: ("claim", "head_signs", "release", "unreachable", "contrary"),
    Role.specialist: ("claim", "head_signs", "unreachable"),
    Role.operator: ("unreachable",),
    Role.head: ("head_signs", "enrol"),
}


def waits_for_me() -> list[Count]:
    """Applications for which the reader's role has something to do."""
    return [
        *(
            Count(words.wait(name), of(Application, filters.WAITS[name]()), listed("ApplicationView", waits=name))
            for name in WAITS_FOR[g.actor.role]
        ),
        *([inbox()] if may("InboxView") else []),
    ]


def inbox() -> Count:
    """What the reader was told and has not read."""
    return Count(_("Notices to you, not read"), of(Notice, reading.unread(g.actor)), listed("InboxView", unread=1))


def not_reached() -> list[Count]:
    """Notices to families, and to kindergartens, that did not arrive, or perhaps."""
    told = {"no": _("Notices that reached nobody"), "perhaps": _("Notices that perhaps arrived")}
    return [
        Count(said, of(Notice, notices.REACHED[one]()), listed("NoticeView", reached=one)) for one, said in told.items()
    ]


def failed() -> list[Count]:
    """Papers of one's own reach that could not be made yet; failed work, for whoever keeps it."""
    papers = Count(
        _("Papers not made yet"), of(Application, terms.failed_papers()), listed("ApplicationView", lost_paper=1)
    )
    kept = ("failed", "again") if may("JobView") else ()
    jobs = (
        Count(
            _("Work: %(state)s", state=words.state(one)), of(Outbox, work.STATES[one]()), listed("JobView", state=one)
        )
        for one in kept
    )
    return [*([papers] if may("ApplicationView") else []), *jobs]


def ending() -> list[tuple[str, Tile, Tile]]:
    """Every kind of term that runs out: (what, today, within a week)."""
    counts = db.session.execute(terms.ending(until("today"), until("week"), COUNTED)).all()
    found = []
    for name, *by in counts:
        periods = zip(("today", "week"), by, strict=True)
        to = [Tile(words.period(one), n, listed("ApplicationView", term=f"{name}.{one}")) for one, n in periods]
        found.append((words.term(name), *to))
    return found


class WaitingTable(NamedTuple):
    """Who waits: the birth years, and for each district a line of numbers under them and their sum."""

    years: list[int]
    lines: list[tuple[str, list[Tile], Tile]]
    total: int
    most: int


def waiting() -> WaitingTable:
    """Children in the queue by district and birth year, exactly."""
    rows = db.session.execute(terms.waiting()).all()
    years = sorted({year for _place, year, _count in rows})
    by = {(place, year): count for place, year, count in rows}
    lines = []
    for district in sorted(g.reach.districts, key=words.by_name):
        name, here = words.name(district), {"status": "queued", "place": district.id}
        cells = [
            Tile(f"{name}, {year}", by.get((district.id, year), 0), listed("ApplicationView", **here, birth_year=year))
            for year in years
        ]
        total = sum(one.count for one in cells)
        lines.append((name, cells, Tile(name, total, listed("ApplicationView", **here))))
    return WaitingTable(years, lines, sum(total.count for *_, total in lines), max(by.values(), default=0))


def uncounted() -> list[Notice]:
    """Spec 3.1: what the clock could not do because its term has no calendar, the latest first, until it has one.

    Such terms end about now; while the years around today are entered there is nothing to look for.
    """
    entered, year = places.calendar().years, local_day(now()).year
    if entered >= {year - 1, year, year + 1}:
        return []
    told = select(Notice).where(Notice.template == "no_calendar").order_by(Notice.id.desc()).limit(MOST_UNCOUNTED)
    told = told.options(joinedload(Notice.application).joinedload(Application.child))
    return [notice for notice in db.session.scalars(told) if notice.facts["year"] not in entered]


# ---------------------------------------------------------------- roles


def office() -> dict[str, Any]:
    """The department, a specialist and the counter: who waits, what moves, what runs out, what waits for them."""
    decisions = deciding() if g.actor.role is not Role.operator else []
    sections = [moving(), [*waits_for_me(), *decisions], [*failed(), *not_reached()]]
    found = numbers([one for section in sections for one in section])
    tiles, decide = found[: len(sections[0])], [one for one in found[len(sections[0]) :] if one.count]
    clock = uncounted() if g.actor.role is not Role.operator else []
    return {"tiles": tiles, "decide": decide, "uncounted": clock, "ending": ending(), "waiting": waiting()}


class Group(NamedTuple):
    """One of a head's groups: its capacity, and its places by who has them; `spare`: free and not published.

    `stays` and `to_lend`: the places of children who are away, chosen by others or free (spec 3.6).
    """

    group: KgGroup
    enrolled: int
    held: int
    free: int
    spare: int
    stays: int
    to_lend: int


def head() -> dict[str, Any]:
    """A kindergarten: its groups, what to publish, who is expected, what runs out."""
    states: dict[tuple[int, str], int] = {
        (group, state): count for group, state, count in db.session.execute(terms.groups_by_state())
    }
    groups = select(KgGroup).options(joinedload(KgGroup.kindergarten)).order_by(*words.alphabetical(KgGroup)).limit(100)
    lends = select(Absence.id).where(Absence.vacancy_id == Vacancy.id).exists()
    drafts = select(Vacancy, lends).where(Vacancy.status == VacancyStatus.draft).order_by(Vacancy.id.desc())
    drafted = db.session.execute(drafts.limit(LINES).options(joinedload(Vacancy.group))).all()
    expected = select(Referral).where(Referral.status == ReferralStatus.issued).limit(LINES)
    expected = expected.order_by(Referral.attend_by.is_(None), Referral.attend_by, Referral.id).options(
        joinedload(Referral.application).joinedload(Application.child),
        joinedload(Referral.vacancy).joinedload(Vacancy.group),
        joinedload(Referral.contract),
    )
    return {
        "groups": [_group(group, states) for group in db.session.scalars(groups)],
        "drafts": [(one, _may_publish(one, lent, states.get((one.group_id, "spare"), 0))) for one, lent in drafted],
        "expected": db.session.scalars(expected).all(),
        "away": away(),
        "ending": [line for line in ending() if line[2].count],
        "tiles": numbers([in_status(A.referred), in_status(A.enrolled)]),
        "decide": [one for one in numbers(waits_for_me()) if one.count],
    }


def _may_publish(draft: Vacancy, lends: bool, spare: int) -> bool:
    """Would it be published from here? Of temporary places that no absence drafted the vacancy's own page knows."""
    if draft.intake is Intake.temporary:
        return lends and draft.ends_on is not None and draft.ends_on >= local_day(now())
    return draft.places <= spare


class Away(NamedTuple):
    """Who is away, whoever stays in its place or is to come, and whether its return would be taken: no stay there."""

    absence: Absence
    stay: Enrolment | None
    may_return: bool


def away() -> list[Away]:
    """Spec 3.6: the children who are away or will be, in order of time."""
    found = absences.away_from(local_day(now()), LINES).options(
        joinedload(Absence.vacancy).joinedload(Vacancy.group),
        joinedload(Absence.enrolment).joinedload(Enrolment.application).joinedload(Application.child),
    )
    rows = db.session.execute(found).all()
    next_of = {one.enrolment_id: one.id for one, _stay in reversed(rows)}
    return [
        Away(one, stay, stay is None and one.enrolment.application is not None and next_of[one.enrolment_id] == one.id)
        for one, stay in rows
    ]


def _group(group: KgGroup, states: dict[tuple[int, str], int]) -> Group:
    def seats(*of: str) -> int:
        return sum(states.get((group.id, state), 0) for state in of)

    held = seats("held", "offer", "lent")
    return Group(group, seats("enrolment"), held, seats("free"), seats("spare"), seats("stay"), seats("to_lend"))


WAYS = (  # view, what can be checked there
    ("RoundView", _l("Rounds and offers: the list as it stood, and whether its order was followed")),
    ("RulesView", _l("The rules in force for a place and a day")),
    ("HistoryView", _l("The history: every change, by whom and why")),
    ("ApplicationView", _l("Why a child has its number, today and on any past day")),
)


def auditor() -> dict[str, Any]:
    """Recent decisions, ways to check them, who waits and what runs out."""
    decided = select(Change).where(Change.role != Role.clock).order_by(Change.id.desc()).limit(LINES)
    decided = decided.options(joinedload(Change.user), joinedload(Change.application))
    return {
        "decisions": db.session.scalars(decided).all(),
        "ways": [(url_for(f"{view}.list"), text) for view, text in WAYS if may(view)],
        "tiles": numbers(moving()),
        "ending": ending(),
        "waiting": waiting(),
    }


def administrator() -> dict[str, Any]:
    """Accounts, and work that fails."""
    kinds = ((_("Accounts"), True, 1), (_("Blocked accounts"), False, 0))
    active = [Count(label, of(User, User.active == holds), listed("UserView", active=to)) for label, holds, to in kinds]
    return {"tiles": numbers([*active, *failed()])}


FACTS: dict[Role, Callable[[], dict[str, Any]]] = {
    Role.department: office,
    Role.specialist: office,
    Role.operator: office,
    Role.auditor: auditor,
    Role.head: head,
    Role.administrator: administrator,
}
