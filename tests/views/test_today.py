"""The first page by role (spec 8.9): each number is that of the list behind it, in few statements."""

import re
from datetime import date
from html import unescape
from itertools import count

import pytest
import sqlalchemy as sa

from app.access.permissions import within
from app.actions import accounts, bulk, corrections, imports, norms, proposals
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    BulkRun,
    ContractText,
    DayOff,
    ImportKind,
    ImportRun,
    Intake,
    Norm,
    Outbox,
    Place,
    Privilege,
    PrivilegeGround,
    PrivilegeKind,
    PrivilegeStatus,
    Proposal,
    QueueOrder,
    Unit,
    User,
    Vacancy,
)
from app.rules.refusals import accepted
from app.rules.roles import Role
from app.rules.verbs import VERBS
from tests import factories
from tests.views.test_scope import FOREIGN

NUMBER = re.compile(r'href="([^"]+)"><strong>(\d+)</strong>|<a href="([^"]+)">(\d+)</a>')
ROLES = sorted(FOREIGN)


def numbers(text: str) -> dict[str, int]:
    """The list behind each number of a page -> the number."""
    main = text.split("<main", 1)[1]
    return {unescape(one or other): int(n or m) for one, n, other, m in NUMBER.findall(main) if "?" in (one or other)}


def listed(text: str) -> int:
    """How many records a list says that it has."""
    return int(re.search(r'class="count">(\d+)', text)[1])


@pytest.fixture
def busy(city):
    """The city with a claim to decide, a paper that failed and a term that ends today, here and abroad."""
    with city.web.app_context(), transaction():
        for where in (city.own, city.neighbour, city.district, city.region):
            waiting = db.session.get_one(Application, where.waiting)
            kind, ground = PrivilegeKind.first_order, PrivilegeGround.large_family
            claim = {"status": PrivilegeStatus.claimed, "claimed_at": factories.START}
            db.session.add(Privilege(application_id=waiting.id, kind=kind, ground=ground, **claim))
            confirmed = sa.select(Privilege).filter_by(application_id=waiting.id, status=PrivilegeStatus.confirmed)
            db.session.scalars(confirmed).one().valid_until = date(2026, 4, 13)
            paper = sa.select(Outbox).where(Outbox.document_id == where.document)
            db.session.scalars(paper).one().error = "died"
    return city


def statements(city, role: str, address: str = "/") -> tuple[str, list[str]]:
    browser, seen = city.sign_in(role), []
    browser.get(address)
    sa.event.listen(city.tables.engine, "before_cursor_execute", note := lambda *said: seen.append(said[2]))
    try:
        text = browser.get(address).text
        return text, [one for one in seen if one != "BEGIN" and "FROM demo_time" not in one]  # what no real system asks
    finally:
        sa.event.remove(city.tables.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("role", ROLES)
def test_each_number_is_that_of_the_list_behind_it(busy, role):
    browser = busy.sign_in(str(role))
    found = numbers(browser.get("/").text)
    free = {to: n for to, n in found.items() if to == "/vacancies/list/?_flt_0_status=published"}
    behind = {to: listed(browser.get(to).text) for to in found if to not in free}
    assert {to: n for to, n in found.items() if to not in free} == behind
    assert len(behind) >= 2 and (role is Role.administrator or any(behind.values()))


@pytest.mark.parametrize("role", ROLES)
def test_the_first_page_takes_few_statements(busy, role):
    _, seen = statements(busy, str(role))
    assert len(seen) <= 9, seen  # two of them say who looks


def test_what_runs_out_is_there_for_every_kind_of_term(busy):
    text = busy.sign_in("department").get("/").text
    found = {unescape(to) for to in re.findall(r'href="([^"]*_flt_0_term=[^"]*)"', text)}
    assert {to.rpartition("=")[2] for to in found} >= {
        "confirm.week",
        "choose.week",
        "privilege.today",
        "privilege.week",
    }
    assert len(re.findall(r'<tr><th scope="row">', text.split('id="ending"')[1].split("</section>")[0])) == 7


def test_the_department_sees_what_waits_for_a_second_person_and_what_failed(busy):
    found = numbers(busy.sign_in("department").get("/").text)
    for to in (
        "/applications/list/?_flt_0_waits=claim",
        "/applications/list/?_flt_0_lost_paper=1",
    ):
        assert any(one.startswith(to) and n > 0 for one, n in found.items()), to
    assert found["/norms/list/?_flt_0_mine=1"] > 0 and found["/queue-orders/list/?_flt_0_mine=1"] > 0
    specialist = numbers(busy.sign_in("specialist").get("/").text)
    claims = "/applications/list/?_flt_0_waits=claim"
    assert specialist[claims] < found[claims]


def may_decide(row, actor) -> bool:
    """Whether a reader may decide about a record, or start it, now: as the verb itself would say."""
    match row:
        case Norm() | QueueOrder() | ContractText() | DayOff():
            return accepted(lambda: norms.may_approve(row, by=actor))
        case Proposal():
            return proposals.may_decide(row, by=actor)
        case ImportRun():
            changes = row.stage == "tried" and not row.problems and row.added + row.changed > 0
            return changes and row.user_id == actor.user_id and actor.role in VERBS[ImportRun]["start"].roles
        case BulkRun():
            asked = proposals.open_one(row)
            mine = asked is None and row.user_id == actor.user_id and row.feasible > 0
            return row.stage == "previewed" and (mine or proposals.may_decide(asked, by=actor))
        case Application():
            return actor.role is Role.department and within(actor, row) and bool(corrections.contrary(row))


DECIDED = {
    "/norms/list/?_flt_0_mine=1": Norm,
    "/queue-orders/list/?_flt_0_mine=1": QueueOrder,
    "/contract-texts/list/?_flt_0_mine=1": ContractText,
    "/days-off/list/?_flt_0_mine=1": DayOff,
    "/proposals/list/?_flt_0_mine=1": Proposal,
    "/imports/list/?_flt_0_mine=1": ImportRun,
    "/bulk-runs/list/?_flt_0_mine=1": BulkRun,
    "/applications/list/?_flt_0_waits=contrary": Application,
}


@pytest.fixture
def waiting_for_all(busy):
    """Of everything that somebody decides: one of one's own, one of a colleague's, in reach and abroad."""
    with busy.web.app_context(), transaction():
        users = {one.username: one for one in db.session.scalars(sa.select(User))}
        own, other, days = users["department"], users["specialist"], count(1)
        for author, changed in ((own, None), (other, None), (other, own)):
            facts = {"entered_by_id": author.id, "changed_by_id": changed.id if changed else None, "approved_at": None}
            for n, place in enumerate((busy.own.place, busy.district.place, busy.region.place)):
                since = date(2027, 6 + n, next(days))
                named = {"name": "rounds", "value": "manual", "unit": Unit.CHOICE, "legal_basis": "бұйрық"}
                db.session.add(Norm(place_id=place, valid_from=since, carry=False, **named, **facts))
                db.session.add(
                    QueueOrder(place_id=place, kind="ratio", valid_from=since, legal_basis="бұйрық", **facts)
                )
                text = factories.contract_text(db.session.get_one(Place, place), since, None)
                text.entered_by_id, text.changed_by_id = facts["entered_by_id"], facts["changed_by_id"]
            db.session.add(DayOff(day=date(2027, 5, next(days)), name="күн", decree="1", working=False, **facts))
        for who in (own, other):
            by = accounts.actor_of(who)
            run = imports.ask(ImportKind.kindergartens, b"x", file_name="a.csv", by=by, at=factories.START)
            counts = {"added": 1, "changed": 0, "same": 0}
            imports.tell(run, counts, [], [], rows=1, sheet=None, by=by, at=factories.START)
            pair = [(busy.own.waiting, busy.own.waiting), (busy.own.application, busy.own.application)]
            for asked in (False, True):
                tried = bulk.ask(Application, "archive", pair, by=by, at=factories.START, reason="тазарту")
                tried.stage, tried.previewed_at, tried.feasible, tried.hopeless = "previewed", factories.START, 2, 0
                db.session.flush()
                if asked:
                    proposals.ask(tried, "start", by=by, at=factories.START, reason="тазарту")
        holder = db.session.get_one(Application, busy.own.application)
        facts = {"by": factories.DEPARTMENT, "at": factories.at("2026-04-13T10:00"), "reason": "куәлік"}
        corrections.correct(holder, who="child", born_on=date(2020, 9, 1), **facts)
    return busy


@pytest.mark.parametrize("role", ROLES)
def test_what_waits_for_a_reader_is_what_this_reader_may_decide_now(waiting_for_all, role):
    city = waiting_for_all
    with city.web.app_context():
        actor = accounts.actor_of(db.session.scalars(sa.select(User).filter_by(username=str(role))).one())
        rows = {to: db.session.scalars(sa.select(model)).all() for to, model in DECIDED.items()}
        right = {to: sum(may_decide(row, actor) for row in found) for to, found in rows.items()}
    browser = city.sign_in(str(role))
    found = numbers(browser.get("/").text)
    assert {to: found.get(to, 0) for to in DECIDED} == right
    assert {to: listed(browser.get(to).text) for to, n in right.items() if n} == {to: n for to, n in right.items() if n}
    if role is Role.department:
        assert all(right.values()), right


def test_who_waits_by_district_and_year_adds_up(busy):
    text = busy.sign_in("department").get("/").text.split('id="waiting"')[1].split("</section>")[0]
    total = int(re.search(r'data-total="(\d+)"', text)[1])
    counts = [int(n) for n in re.findall(r'data-count="(\d+)"', text)]
    reach = {busy.own.place, busy.own.refers, busy.district.place, busy.district.refers}
    queued = [
        row for row in busy.tables.rows()["application"] if row["status"].value == "queued" and row["place_id"] in reach
    ]
    assert sum(counts) == total == len(queued) > 0


def test_a_head_publishes_the_free_places_of_a_group_in_two_taps(busy):
    browser = busy.sign_in("head")
    page = browser.get("/").text
    assert f'action="/vacancies/publish-free/{busy.own.group}"' in page
    with busy.tables.unchanged():
        asked = browser.post(f"/vacancies/publish-free/{busy.own.group}")
    assert asked.status_code == 200
    spare = int(re.search(r'name="places" min="1" max="(\d+)"', asked.text)[1])
    with busy.tables.unchanged():
        for places in ("0", "x", "", str(spare + 1)):
            wrong = browser.post(f"/vacancies/publish-free/{busy.own.group}", {"sure": "yes", "places": places})
            assert wrong.status_code == 422, places
        yes = {"sure": "yes", "places": "1"}
        assert browser.post(f"/vacancies/publish-free/{busy.neighbour.group}", yes).status_code == 404
    answer = browser.post(f"/vacancies/publish-free/{busy.own.group}", {"sure": "yes", "places": str(spare)})
    assert answer.status_code == 303
    with busy.web.app_context():
        vacancy = db.session.get_one(Vacancy, int(answer.location.rpartition("/")[2]))
        assert (vacancy.status, vacancy.places, vacancy.intake) == ("published", spare, Intake.general)
    assert f"/vacancies/publish-free/{busy.own.group}" not in browser.get("/").text


def test_a_head_sees_the_own_groups_and_who_is_expected(busy):
    text = busy.sign_in("head").get("/").text
    groups = text.split('id="groups"')[1].split("</section>")[0]
    own = {row["id"] for row in busy.tables.rows()["kg_group"] if row["kindergarten_id"] == busy.own.kindergarten}
    assert {int(pk) for pk in re.findall(r"/groups/show/(\d+)", groups)} == own
    expected = text.split('id="expected"')[1].split("</section>")[0]
    assert f"/applications/show/{busy.own.application}" in expected
    assert f"/applications/show/{busy.neighbour.application}" not in expected
    assert f"/vacancies/action/publish/{busy.own.draft}" in text


def test_an_auditor_sees_recent_decisions_and_ways_to_check(busy):
    text = busy.sign_in("auditor").get("/").text
    assert len(re.findall(r"/history/show/\d+", text.split('id="decisions"')[1])) > 3
    for way in ("/rounds/list/", "/rules/", "/history/list/"):
        assert f'href="{way}"' in text.split('id="ways"')[1].split("</section>")[0], way


def test_a_term_or_year_that_there_is_not_is_400(busy):
    browser = busy.sign_in("department")
    for wish in (
        "term=x",
        "term=confirm",
        "term=confirm.never",
        "term=.today",
        "waits=nobody",
        "birth_year=1999",
        "lost_paper=x",
    ):
        assert browser.get(f"/applications/list/?_flt_0_{wish}").status_code == 400, wish
    assert browser.get("/vacancies/list/?_flt_0_closes=never").status_code == 400


def test_every_list_takes_at_most_eight_statements(busy):
    for view in busy.web.appbuilder.baseviews:
        name, address = type(view).__name__, getattr(view, "route_base", "") or ""
        if "can_list" in getattr(view, "base_permissions", ()) and address != "/rules":
            for wish in ("", f"?last_{name}=1"):
                role = "administrator" if name == "UserView" else "department"
                _, seen = statements(busy, role, f"{address}/list/{wish}")
                kinds = 6 if address == "/history" else 0  # its rows name their records: one more for each kind
                said = "\n".join(one[:110] + " ... " + one[-160:] for one in seen)
                assert len(seen) <= 8 + kinds, (address, len(seen), said)
