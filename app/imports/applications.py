"""A journal of applications, one row for each: seed 002's columns, seed 001's day and phone, and the applicant's IIN.

An application is known by its number in its district. Children over age come archived (spec 3.2).
"""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, time
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from app.access.actors import Actor
from app.actions import norms, people, takeover
from app.actions.entries import Entry
from app.actions.people import Contacts, Person
from app.db.database import lock_districts
from app.db.extensions import db
from app.imports import cells, vocabulary
from app.imports.columns import Column, MatchedTable, TableRow
from app.imports.outcome import NO_ANSWERS, NOTE_TITLES, PLACE_TITLES, ROW_NUMBER_TITLES, Answers, ImportResult, Places
from app.models import ApplicationStatus, Child, QueueKind
from app.rules import iin, registration_numbers
from app.rules.calendar import local_day
from app.rules.deadlines import age_in_months
from app.rules.refusals import Reason, Refusal
from app.rules.registration_numbers import fold
from app.rules.verbs import APPLICATION_FINAL
from app.spreadsheets.reading import Sheet
from app.words.problems import Problem

REASON_TITLES = ("Негіздеме", "Обоснование", "Себебі", "Причина")
COLUMNS = (
    Column(
        "number",
        ("Нөмірі", "Номер", "Тіркеу нөмірі", "Номер заявления", "Өтініш нөмірі", "№мірі"),
        cells.text(60),
        required=True,
    ),
    Column("child_iin", ("Баланың ЖСН", "ИИН ребёнка", "Баланың ЖСН-і"), cells.iin, required=True),
    Column(
        "child_name",
        ("Баланың Т.А.Ә.", "ФИО ребёнка", "Қамқорлыққа алынушы", "Баланың аты-жөні", "Қамқорлыққа а..."),
        cells.full_name,
        required=True,
        instead=("child_last_name", "child_first_name", "child_patronymic"),
    ),
    Column("child_last_name", ("Баланың тегі", "Фамилия ребёнка"), cells.name),
    Column("child_first_name", ("Баланың аты", "Имя ребёнка"), cells.name),
    Column("child_patronymic", ("Баланың әкесінің аты", "Отчество ребёнка"), cells.name),
    Column("born_on", ("Туған күні", "Дата рождения", "Баланың туған күні", "Дата рождения ребёнка"), cells.day),
    Column("sex", ("Жынысы", "Пол", "Баланың жынысы", "Пол ребёнка"), cells.word(vocabulary.SEXES)),
    Column(
        "applicant_iin",
        ("Өтініш берушінің ЖСН", "ИИН заявителя", "Өтініш берушінің ЖСН-і"),
        cells.iin,
        required=True,
    ),
    Column(
        "applicant_name",
        ("Өтініш берушінің Т.А.Ә.", "ФИО заявителя", "Өтініш беруші", "Заявитель", "Өтініш берушіні..."),
        cells.full_name,
        required=True,
        instead=("applicant_last_name", "applicant_first_name", "applicant_patronymic"),
    ),
    Column("applicant_last_name", ("Өтініш берушінің тегі", "Фамилия заявителя"), cells.name),
    Column("applicant_first_name", ("Өтініш берушінің аты", "Имя заявителя"), cells.name),
    Column("applicant_patronymic", ("Өтініш берушінің әкесінің аты", "Отчество заявителя"), cells.name),
    Column("created", ("Құрастыру күні", "Дата создания"), cells.moment),
    Column(
        "queued_at",
        ("Тіркеу күні мен уақыты", "Дата регистрации", "Дата и время регистрации", "Тіркеу күні"),
        cells.moment,
    ),
    Column("status", ("Статустар", "Статус", "Ағымдағы мәртебе", "Текущее состояние"), cells.word(vocabulary.STATUSES)),
    Column("privilege", ("Жеңілдік түрі", "Тип льготы", "Жеңілдік", "Льгота"), cells.word(vocabulary.PRIVILEGES)),
    Column("queue_kind", ("Кезек түрі", "Вид очереди", "Тип очереди"), cells.word(vocabulary.QUEUES)),
    Column("phone", ("Телефон нөмірі", "Телефон", "Номер телефона"), cells.phone),
    Column("email", ("Email", "E-mail", "Электрондық пошта", "Электронная почта"), cells.emails),
    Column(
        "address",
        ("Тұрғылықты жері бойынша тіркелу мекенжайы", "Адрес", "Мекенжайы", "Адрес регистрации"),
        cells.text(300),
    ),
    Column("place", PLACE_TITLES, cells.text(120)),
    Column("reason", REASON_TITLES, cells.lines(500)),
    Column("queue_number", ("Кезек нөмірі", "Номер очереди"), None),
    Column("privileged_number", ("Жеңілдік санаты бойынша нөмірі", "Номер очереди по льготной категории"), None),
    Column("category", ("Кезек кезеңі", "Этап очереди"), None),
    Column("note", NOTE_TITLES, None),
    Column("row_number", ROW_NUMBER_TITLES, None),
)
OF_APPLICANT = ("applicant_name",)
OF_CHILD = ("child_name", "born_on", "sex")
REQUIRED = tuple(column.field for column in COLUMNS if column.required)
PARTS = {"child": "child_iin", "applicant": "applicant_iin"}  # of a refusal, where the column is called otherwise
OTHERWISE = {"born_on": "born_otherwise", "sex": "sex_otherwise"}


class Journal(NamedTuple):
    """A table that was read, and by district its lines of which nothing is wrong, and those that are ready."""

    table: MatchedTable
    lines: dict[int, list[tuple[TableRow, Entry]]]
    ready: dict[int, takeover.Ready]

    def entries(self, place_id: int) -> list[Entry]:
        """What the lines of a district say."""
        return [entry for _, entry in self.lines[place_id]]


def bring_in(sheet: Sheet, places: Places, *, answers: Answers = NO_ANSWERS, by: Actor, at: datetime) -> ImportResult:
    """Take over all that the rows say, in the caller's transaction; with any problem the caller undoes it."""
    return take_over(read(sheet, places, answers=answers, at=at), by=by, at=at)


def read(sheet: Sheet, places: Places, *, answers: Answers = NO_ANSWERS, at: datetime) -> Journal:
    """What the rows say, as far as it can be understood and worked out without a lock."""
    table, first = MatchedTable(sheet, COLUMNS, answers), dict[Any, TableRow]()
    lines: dict[int, list[tuple[TableRow, Entry]]] = defaultdict(list)
    oldest = _Oldest(at)
    places.check(table)
    if table.titles and not table.at.keys() & {"queued_at", "created"}:
        table.lacks("queued_at")
    for row in table.rows():
        place_id = places.of(row)
        _check(row, place_id, at)
        if place_id is None:
            continue
        over_age = oldest.reached(row, place_id)
        _compare(row, place_id, first, waits=not over_age and row["status"] not in APPLICATION_FINAL)
        if not row.broken and row.has(*REQUIRED):
            entry = _entry(row)
            entry.new  # noqa: B018 (worked out now, while nobody waits)
            lines[place_id].append((row, entry))
    journal = Journal(table, lines, {})
    for place_id in () if table.problems else lines:
        if ready := takeover.made_ready(journal.entries(place_id), place_id=place_id, at=at):
            journal.ready[place_id] = ready
    return journal


def take_over(journal: Journal, *, by: Actor, at: datetime) -> ImportResult:
    """Take over what was read, in the caller's transaction: may it still be so is asked under the districts' locks.

    What was read stays as it is: where the locks of others undo the transaction it is taken over once more.
    """
    if journal.ready:
        with suppress(Refusal, IntegrityError), db.session.begin_nested():
            return _take_over_all(journal, journal.ready, by=by, at=at)
    return _take_over_all(journal, {}, by=by, at=at)


def _take_over_all(journal: Journal, ready: Mapping[int, takeover.Ready], *, by: Actor, at: datetime) -> ImportResult:
    """`ready`: of these districts, inserted before the locks. Raises Refusal, IntegrityError, which tell no cell."""
    outcome, place_ids = ImportResult(), sorted(journal.lines)
    ahead = {place_id: takeover.insert_ahead(ready[place_id]) for place_id in place_ids if place_id in ready}
    lock_districts(place_ids)  # all of them before any row: no two imports wait for each other
    for place_id in place_ids:
        entries, of = journal.entries(place_id), {"place_id": place_id, "ahead": ahead.get(place_id)}
        done = takeover.take_over(entries, **of, by=by, at=at)
        _tell(done, [row for row, _ in journal.lines[place_id]], outcome)
    outcome.take(journal.table)
    return outcome


class _Oldest:
    """Spec 3.2 queue.maximum_age: has the child of a row reached it in its district? Looked up once for each."""

    def __init__(self, at: datetime) -> None:
        self.day, self.months = local_day(at), dict[int, int]()

    def reached(self, row: TableRow, place_id: int) -> bool:
        if place_id not in self.months:
            self.months[place_id] = int(norms.in_force("queue.maximum_age", place_id, self.day).value)
        born_on = row["born_on"] or (iin.facts(row["child_iin"]).born_on if row.has("child_iin") else self.day)
        return age_in_months(born_on, self.day) >= self.months[place_id]


def _check(row: TableRow, place_id: int | None, at: datetime) -> None:
    """What the cells of one row say against each other and against today."""
    _check_number(row)
    for who in ("child", "applicant"):
        _in_parts(row, who)
    if row.has("child_iin") and row["child_iin"] == row["applicant_iin"]:
        row.wrong("applicant_iin", "same_person")
    since = "queued_at" if row.has("queued_at") else "created"
    if not row.has(since) and not row.broken & {"queued_at", "created"} and row.table.at.keys() & {since, "queued_at"}:
        row.wrong(since if since in row.table.at else "queued_at", "empty_cell")
    for field in ("queued_at", "created", "born_on"):
        if row.has(field) and row[field] > (local_day(at) if field == "born_on" else at):
            row.wrong(field, "future")
    if not row.has("child_iin"):
        return
    facts = iin.facts(row["child_iin"])
    for part in _doubts(row, place_id, facts):
        row.wrong(part, OTHERWISE[part], kk=REASON_TITLES[0])
    if (
        "born_on" not in row.broken
        and row.has(since)
        and since not in row.broken
        and local_day(row[since]) < (row["born_on"] or facts.born_on)
    ):
        row.wrong(since, "before_birth")


def _doubts(row: TableRow, place_id: int | None, facts: iin.IinFacts) -> list[str]:
    """Spec 3.9: what differs from the IIN and needs a reason: not what was accepted before, and is recorded just so."""
    doubts = [] if row["reason"] else iin.otherwise(facts, row["born_on"], row["sex"])
    known = people.recorded(Child, row["child_iin"], place_id) if doubts and place_id is not None else None
    return [part for part in doubts if known is None or getattr(known, part) != row[part]]


def _in_parts(row: TableRow, who: str) -> None:
    """A name whose parts have columns of their own; spec 3.9: one of surname and name is enough."""
    parts = [f"{who}_{part}" for part in ("last_name", "first_name", "patronymic")]
    if not row.table.at.keys() & set(parts):
        return
    if row.has(parts[0]) or row.has(parts[1]):
        row.values[f"{who}_name"] = tuple(row[part] or "" for part in parts)
    elif not row.broken & set(parts):
        row.wrong(next(part for part in parts if part in row.table.at), "empty_cell")


def _check_number(row: TableRow) -> None:
    """Spec 3.9: a number that can be known again."""
    try:
        registration_numbers.key(row["number"] or "1")
    except Refusal as refusal:
        row.wrong("number", "number_form" if refusal.facts["because"] == "signs" else "number_long")


def _compare(row: TableRow, place_id: int, first: dict[Any, TableRow], *, waits: bool) -> None:
    """What rows say against each other: a number twice, one person in two ways; `first` is where it was said first."""
    if row.has("number") and (before := first.setdefault(("number", place_id, fold(row["number"])), row)) is not row:
        row.wrong("number", "number_twice", cell=before.cell("number"))
    child = ("child", row["child_iin"], row["queue_kind"] or QueueKind.general)
    if waits and row.has("child_iin") and (before := first.setdefault(child, row)) is not row:
        row.wrong("child_iin", "child_twice", cell=before.cell("child_iin"))
    for who, fields in (("applicant_iin", OF_APPLICANT), ("child_iin", OF_CHILD)):
        for field in fields if row.has(who) else ():
            before = first.setdefault((field, place_id, row[who]), row) if row.has(field) else row
            if before[field] != row[field]:
                row.wrong(field, "person_differs", cell=before.cell(field))


def _tell(done: takeover.TakeoverResult, rows: list[TableRow], outcome: ImportResult) -> None:
    """What came of the lines of these rows."""
    outcome.added += done.added
    outcome.changed += done.changed
    outcome.same += len(rows) - done.added - done.changed - len(done.refused)
    for index, refusal in done.refused:
        for part in refusal.facts.get("parts", [refusal.facts["part"]]):
            outcome.problems.append(_refused(rows[index], str(part), refusal))
    outcome.warnings += [rows[index].problem("child_iin", "differs_elsewhere") for index in done.differing]
    outcome.warnings += [rows[index].problem("child_iin", "contrary") for index in done.contrary]
    outcome.warnings += [rows[index].problem("child_name", "namesake", kk=REASON_TITLES[0]) for index in done.namesakes]


def _entry(row: TableRow) -> Entry:
    since = row["queued_at"] or row["created"]
    return Entry(
        number=row["number"],
        child=Person(row["child_iin"], row["born_on"], *row["child_name"], sex=row["sex"]),
        applicant=Person(row["applicant_iin"], None, *row["applicant_name"]),
        contacts=Contacts(row["phone"], row["email"], row["address"]),
        queued_at=since,
        day_only=since.time() == time.min,
        queue_kind=row["queue_kind"] or QueueKind.general,
        archived=row["status"] is ApplicationStatus.archived,
        status=row["status"],
        privilege=row["privilege"],
        privilege_said=row.has("privilege"),
        reason=row["reason"],
    )


def _refused(row: TableRow, part: str, refusal: Refusal) -> Problem:
    """The cell and the sentence for what the record refuses."""
    field = PARTS.get(part, part)
    if field == "queued_at" and not row.has(field):
        field = "created"
    if refusal.reason is Reason.wrong_status and part == "status":
        return row.problem(field, "under_way")
    if refusal.reason is Reason.reason_required:
        return row.problem(field, "needs_reason", kk=REASON_TITLES[0])
    if refusal.reason is Reason.recorded_otherwise:
        return row.problem(field, "recorded_otherwise")
    if refusal.facts.get("many"):
        return row.problem(field, "many_archived")
    if part == "number" and refusal.facts.get("of_one_name"):
        return row.problem("child_iin", "iin_otherwise", kk=REASON_TITLES[0])
    known = {"number": "number_taken", "child": "child_waiting"}
    return row.problem(field, known.get(part, "clashes"))
