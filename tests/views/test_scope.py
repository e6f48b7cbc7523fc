"""Spec 7, row scope: on no page, in no filter, picker or search is there a byte of what is not one's own."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload, selectinload, subqueryload

from app.access import row_scope
from app.access.actors import Actor
from app.access.row_scope import looking_as
from app.access.scope import SCOPES, tables
from app.actions.accounts import actor_of
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import (
    Account,
    AccountLetter,
    Applicant,
    Application,
    BulkRow,
    BulkRun,
    Challenge,
    Change,
    Child,
    Client,
    ContractText,
    DayOff,
    DemoTime,
    Document,
    Draft,
    HistoryLink,
    HistorySeal,
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
    OneTimeCode,
    Outbox,
    Place,
    Privilege,
    Proposal,
    QueueCategory,
    QueueOrder,
    RecoveryCode,
    Referral,
    Round,
    SecondFactor,
    SentForm,
    Signature,
    SignedIn,
    StopListing,
    Upload,
    User,
    UserScope,
    Vacancy,
    Visit,
    Voucher,
)
from app.rules.roles import Role
from tests.registers import OTHERS
from tests.views import routes
from tests.views.city import CANARIES

FOREIGN = {
    Role.department: ("region",),
    Role.auditor: ("region",),
    Role.specialist: ("region", "district"),
    Role.operator: ("region", "district"),
    Role.head: ("region", "district", "neighbour"),
    Role.administrator: (),
}
FOR_ALL = {DayOff, DemoTime, HistorySeal}  # what lies in no place
NOT_SHOWN = {
    Account,
    SignedIn,
    SentForm,
    KeptForm,
    NoticeRead,
    OneTimeCode,
    Visit,
    Challenge,
    Draft,
    Upload,
    Signature,
    HistoryLink,
    AccountLetter,
    Invitation,
    RecoveryCode,
    SecondFactor,
    LastRun,
}  # to anybody: read before anybody looks
PUBLIC = {Kindergarten, Place}  # an administrator picks somebody's reach from all of them


@pytest.mark.parametrize("role", sorted(FOREIGN))
def test_no_page_holds_a_byte_of_what_lies_outside_of_ones_reach(walked, role):
    pages = walked(role)
    canaries = {CANARIES[where] for where in FOREIGN[role]}
    leaks = {(c, address) for address, text in pages.items() for c in canaries if c in text.casefold()}
    assert leaks == set()
    assert len(pages) > 10 and any("/export/" in address for address in pages)


def test_a_search_for_what_is_foreign_finds_nothing(city):
    for role, foreign in FOREIGN.items():
        browser = city.sign_in(str(role))
        for where in foreign:
            found = browser.get(f"/kindergartens/list/?q={CANARIES[where]}")
            assert (found.status_code, "/kindergartens/show/" in found.text) == (200, False), where


def test_what_lies_within_ones_reach_is_there(city):
    """The control: a scope that hides everything would pass the test above."""
    for role in FOREIGN:
        browser = city.sign_in(str(role))
        for noun, (readers, *_) in routes.REGISTERS.items():
            if role in readers:
                address, _ = routes.address(f"/{noun}/show/<pk>", city)
                assert browser.get(address).status_code == 200, (role, address)
        if role not in (Role.head, Role.administrator):
            neighbours = routes.address("/applications/show/<pk>", city, city.neighbour)[0]
            assert browser.get(neighbours).status_code == 200, role
    shown = city.sign_in("head").get("/applications/list/").text
    expected = {city.own.application, city.own.enrolled, city.own.stay, city.own.came, city.moved}
    assert {int(pk) for pk in re.findall(r"/applications/show/(\d+)", shown)} == expected


def test_a_foreign_record_is_404_at_every_address(city):
    """Spec 7, IDOR: every address with an id in it, with the ids of every place that is not one's own; what
    everybody may ask has tests of its own (test_public.py, test_cabinet.py)."""
    wrong = []
    yes = {"sure": "yes", "reason": "x", "until": "2026-05-01", "vacancy": str(city.own.vacancy)}
    with city.tables.unchanged():
        for role, foreign in FOREIGN.items():
            browser = city.sign_in(str(role))
            for (method, rule), roles in routes.table().items():
                noun = rule.split("/")[1]
                of_all_districts = noun in ("days-off", "daily-protocols")
                if role not in roles or not re.search("<pk>|<int:|#", rule) or of_all_districts or None in roles:
                    continue
                for where in foreign:
                    address, data = routes.address(rule, city, vars(city)[where])
                    answer = browser.get(address) if method == "GET" else browser.post(address, yes | data)
                    if answer.status_code != 404:
                        wrong.append((role, method, address, answer.status_code))
    assert wrong == []


SHARED = {Place, Norm, QueueOrder, QueueCategory, ContractText}  # what lies in a place holds for all its kindergartens


def test_each_scope_on_its_own_keeps_out_what_is_foreign(city):
    """Also of what no page shows by itself: a way that a later page may take is closed already."""
    users = {role: getattr(city.own, f"{role}_account") for role in FOREIGN}
    with city.web.app_context():
        for role, foreign in FOREIGN.items():
            actor = actor_of(db.session.get_one(User, users[role]))
            for model, where in ((model, where) for model in set(SCOPES) - FOR_ALL - NOT_SHOWN for where in foreign):
                there = city.made[where].of(model.__tablename__)
                exist = set(db.session.scalars(sa.select(model.id).where(there)))
                assert exist or model is Place, (model, where)
                with looking_as(actor):
                    seen = set(db.session.scalars(sa.select(model.id).where(there)))
                assert not seen or (where == "neighbour" and model in SHARED), (role, model, where)


def test_each_scope_shows_what_is_ones_own(city):
    """The control. No child of a kindergarten is on the stop-list or asked back; rounds, bulk runs and imports are
    the district's."""
    not_the_heads = {StopListing, Proposal, Round, Lot, LotEntry, BulkRun, BulkRow, ImportRun, ImportProblem, Outbox}
    nobodys = {(Role.head, model) for model in not_the_heads}
    nobodys |= {(role, one.model) for one in OTHERS for role in set(Role) - one.readers}
    with city.web.app_context():
        for role in (role for role, foreign in FOREIGN.items() if foreign):
            actor = actor_of(db.session.get_one(User, getattr(city.own, f"{role}_account")))
            with looking_as(actor):
                for model in set(SCOPES) - FOR_ALL - NOT_SHOWN:
                    some = db.session.scalars(sa.select(model.id).limit(1)).first()
                    assert (some is None) == ((role, model) in nobodys), (role, model)


def test_the_administrator_finds_nothing_about_children_anywhere(city, walked):
    """Spec 1: accounts; no decisions about children."""
    rows = city.tables.rows()
    people = [*rows["child"], *rows["applicant"]]
    private = {str(row[name]) for row in people for name in ("iin", "phone", "email") if len(row.get(name) or "") > 8}
    private |= {f"{row['last_name']} {row['first_name']}" for row in people}
    private |= {row["number"] for row in rows["application"]}
    for address, text in walked(Role.administrator).items():
        assert not [word for word in private if word in text], address
    with city.web.app_context():
        administrator = actor_of(db.session.get_one(User, city.own.administrator_account))
        with looking_as(administrator):
            for model in set(SCOPES) - PUBLIC - FOR_ALL - {Client, UserScope, Outbox, Document}:
                assert db.session.scalars(sa.select(model.id)).all() == [], model
            assert db.session.scalars(sa.select(Document.id)).all() == [city.own.daily]


def test_a_decision_sees_all_that_belongs_to_a_record_which_its_reader_sees_in_part(city):
    """What was loaded through a scope does not carry it into an action: a head decides on all referrals of a child."""
    with city.web.app_context():
        head = actor_of(db.session.get_one(User, city.own.head_account))
        of_moved = sa.select(Referral.id).where(Referral.application_id == city.moved)
        everything = set(db.session.scalars(of_moved))
        with looking_as(head):
            own, moved = set(db.session.scalars(of_moved)), db.session.get_one(Application, city.moved)
            with unscoped():
                assert {referral.id for referral in moved.referrals} == everything > own
            db.session.expire(moved, ["referrals"])
            assert {referral.id for referral in moved.referrals} == own


@pytest.mark.parametrize("load", [joinedload, selectinload, subqueryload, lazyload])
def test_what_is_loaded_along_with_a_record_is_cut_to_its_readers_reach(city, load):
    with city.web.app_context():
        head = actor_of(db.session.get_one(User, city.own.head_account))
        of_moved = sa.select(Application).where(Application.id == city.moved).options(load(Application.referrals))
        with looking_as(head):
            own = set(db.session.scalars(sa.select(Referral.id).where(Referral.application_id == city.moved)))
            assert {referral.id for referral in db.session.scalars(of_moved).unique().one().referrals} == own


def test_every_table_says_of_every_role_what_it_sees():
    assert {model.__tablename__: set(rules) for model, rules in SCOPES.items()} == {
        model.__tablename__: set(Role) for model in tables()
    }


SEEN_WITHOUT_REACH = {  # by whoever has no place, no kindergarten and no application
    **{
        role: {DayOff, DemoTime, Change}  # the history of what lies in no place
        for role in (Role.department, Role.specialist, Role.operator, Role.auditor)
    },
    Role.head: {DayOff, DemoTime},
    Role.administrator: {Client, DayOff, DemoTime, Document, HistorySeal, Outbox, UserScope, Place, Kindergarten},
    Role.family: {DayOff, DemoTime, Place, Kindergarten, KgGroup, Vacancy},
    Role.clock: set(),
}


@pytest.mark.parametrize("role", list(Role))
def test_who_has_no_reach_sees_nothing_of_anybody(city, role):
    """Each role by each table: also the roles that no page knows yet, and an official whose reach was taken away."""
    nobody = Actor(role, user_id=0, place_ids=None if role in (Role.family, Role.clock) else frozenset())
    with city.web.app_context(), looking_as(nobody):
        seen = {model for model in tables() if db.session.scalars(sa.select(model.id).limit(1)).first()}
    assert seen == SEEN_WITHOUT_REACH[role]


def test_a_family_sees_its_own_application_alone(city):
    own = Actor(Role.family, application_id=city.own.application)
    with city.web.app_context(), looking_as(own):
        assert db.session.scalars(sa.select(Application.id)).all() == [city.own.application]
        of_it = [model for model in tables() if "application_id" in model.__table__.c]
        seen = {model: set(db.session.scalars(sa.select(model.application_id))) for model in of_it}
        assert {model for model, ids in seen.items() if ids - {city.own.application}} == set()
        assert {model for model, ids in seen.items() if ids} >= {Voucher, Referral, Document, Notice, Privilege}
        (child,), (applicant,) = (db.session.scalars(sa.select(model)).all() for model in (Child, Applicant))
        told = db.session.get_one(Application, city.own.application)
        assert (told.child, told.applicant) == (child, applicant)


def test_a_table_that_says_nothing_of_a_role_shows_it_nothing(city, monkeypatch):
    """Its statements are not kept: the same ones, of the rules as they are, are asked by other tests."""
    department = db_actor(city, "department")
    with city.web.app_context():
        for rules in ({}, {Role.head: SCOPES[Application][Role.head]}):
            monkeypatch.setitem(SCOPES, Application, rules)
            row_scope._scope.cache_clear()
            with looking_as(department):
                anew = {"execution_options": {"compiled_cache": None}}
                assert db.session.scalars(sa.select(Application.id), **anew).all() == []
    monkeypatch.undo()
    row_scope._scope.cache_clear()


def db_actor(city, role):
    with city.web.app_context():
        return actor_of(db.session.get_one(User, getattr(city.own, f"{role}_account")))


def test_what_a_scope_selects_from_is_its_own_wherever_it_stands(city):
    """A child that is loaded along by its application has both scopes: neither may ask the other's rows."""
    asked: list[str] = []
    loads = joinedload(Voucher.application).options(joinedload(Application.child), joinedload(Application.applicant))
    with city.web.app_context(), looking_as(actor_of(db.session.get_one(User, city.own.specialist_account))):
        sa.event.listen(city.tables.engine, "before_cursor_execute", note := lambda *said: asked.append(said[2]))
        db.session.scalars(sa.select(Voucher).options(loads)).all()
        sa.event.remove(city.tables.engine, "before_cursor_execute", note)
    inner = re.findall(r"\(SELECT (\w+)\.\w+ *\nFROM ([^\n]+)", asked[-1])
    assert len(inner) >= 3, asked[-1]
    assert [(table, source) for table, source in inner if not re.search(rf"\b{table} *$", source)] == []
