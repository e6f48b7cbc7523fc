"""Each guard on its own: who may, how far one sees, what cannot be written past an action, whose filters these are."""

import re
import threading
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from flask import before_render_template
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.access.actors import Actor
from app.access.permissions import EVERY_VERB, permit, within
from app.access.row_scope import looking_as
from app.actions.moving import move, record
from app.db.database import transaction
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import (
    Application,
    ApplicationStatus,
    BulkRun,
    Child,
    Client,
    Contract,
    ContractText,
    DayOff,
    Delivery,
    Enrolment,
    ImportRun,
    KgGroup,
    Kindergarten,
    Lot,
    LotEntry,
    Norm,
    Notice,
    Offer,
    Outbox,
    Place,
    Privilege,
    Proposal,
    QueueOrder,
    Referral,
    Round,
    User,
    Vacancy,
    Voucher,
)
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from tests.factories import START
from tests.registers import OTHERS
from tests.views.forms import Fields, valid


def specialist(city) -> Actor:
    return Actor(Role.specialist, place_ids=frozenset({city.own.place}))


def subjects(own: SimpleNamespace) -> dict[type, object]:
    """One record of the own place for every kind that a verb is about."""
    of = Application.id == own.application
    found = {
        Application: db.session.get_one(Application, own.application),
        Voucher: db.session.get_one(Voucher, own.voucher),
        Referral: db.session.get_one(Referral, own.referral),
        Contract: db.session.scalars(sa.select(Contract).join(Referral).join(Application).where(of)).one(),
        Enrolment: db.session.scalars(sa.select(Enrolment).where(Enrolment.application_id == own.enrolled)).one(),
        Offer: db.session.get_one(Offer, own.offer),
        Lot: db.session.get_one(Lot, own.lot),
        LotEntry: db.session.get_one(LotEntry, own.lot_entry),
        Proposal: db.session.get_one(Proposal, own.proposal),
        Privilege: db.session.scalars(sa.select(Privilege).where(Privilege.application_id == own.waiting)).one(),
        Vacancy: db.session.get_one(Vacancy, own.draft),
        KgGroup: db.session.get_one(KgGroup, own.group),
        Kindergarten: db.session.get_one(Kindergarten, own.kindergarten),
        Norm: db.session.get_one(Norm, own.norm),
        QueueOrder: db.session.get_one(QueueOrder, own.order),
        ContractText: db.session.get_one(ContractText, own.text),
        DayOff: db.session.get_one(DayOff, own.day),
        User: db.session.get_one(User, own.account),
        BulkRun: db.session.get_one(BulkRun, own.run),
        ImportRun: db.session.get_one(ImportRun, own.file),
        Round: Round(place_id=own.place),
        Place: db.session.get_one(Place, own.place),
        Notice: db.session.get_one(Notice, own.notice),
        Delivery: db.session.get_one(Delivery, own.delivery),
        Outbox: db.session.get_one(Outbox, own.job),
        **{one.model: db.session.get_one(one.model, getattr(own, one.table)) for one in OTHERS},
    }
    assert found.keys() == EVERY_VERB.keys()
    return found


def actors(city) -> dict[Role, Actor]:
    """One of each role, whose reach covers the own place; and so far as it goes, everything."""
    place = frozenset({city.own.place})
    return {
        **{role: Actor(role, place_ids=place) for role in Role},
        Role.head: Actor(Role.head, place_ids=frozenset(), kindergarten_id=city.own.kindergarten),
        Role.family: Actor(Role.family, application_id=city.own.application),
    }


def test_the_one_writer_asks_for_every_verb_whether_this_role_may(city):
    """House rule 4: no entrance can forget to ask, because `move` and `record` ask themselves."""
    with city.tables.unchanged(), city.web.app_context():
        for model, subject in subjects(city.own).items():
            for verb, row in EVERY_VERB[model].items():
                for role, actor in actors(city).items():
                    if role in row.roles:
                        continue
                    for write in (move, record) if row.target else (record,):
                        with pytest.raises(Refusal) as refused:
                            write(subject, verb, by=actor, at=START)
                        assert refused.value.reason is Reason.not_allowed, (model, verb, role)
        db.session.rollback()


def test_nobody_may_a_verb_that_is_not_in_the_table(city):
    with city.web.app_context():
        for subject in subjects(city.own).values():
            for role in Role:
                with pytest.raises(Refusal):
                    permit(Actor(role), "nonsense", subject)


def test_an_official_of_elsewhere_may_nothing_here(city):
    """The reach is asked for every record, whatever its kind: only days off, accounts and portals lie in no place, and
    the administrator keeps the machine, with all work that waits there."""
    elsewhere = frozenset({city.district.place, city.region.place})
    with city.web.app_context():
        for model, subject in subjects(city.own).items():
            for role in (Role.department, Role.specialist, Role.operator, Role.auditor, Role.administrator):
                everywhere = model in (Client, DayOff, User) or (model is Outbox and role is Role.administrator)
                assert within(Actor(role, place_ids=elsewhere), subject) == everywhere, (model, role)
                assert within(Actor(role, place_ids=frozenset()), subject) == everywhere, (model, role)
            for kindergarten in (city.neighbour.kindergarten, city.district.kindergarten, None):
                head = Actor(Role.head, place_ids=frozenset(), kindergarten_id=kindergarten)
                assert not within(head, subject), (model, kindergarten)
            assert not within(Actor(Role.family, application_id=city.neighbour.application), subject), model


WRITES = {
    "a new row": lambda city: db.session.add(Norm(name="x", place_id=city.own.place)),
    "a changed row": lambda city: setattr(db.session.get(Vacancy, city.own.draft), "places", 7),
    "a deleted row": lambda city: db.session.delete(db.session.get(DayOff, city.own.day)),
    "an UPDATE": lambda city: db.session.execute(sa.update(Vacancy).values(places=7)),
    "a DELETE": lambda city: db.session.execute(sa.delete(Notice)),
    "an INSERT": lambda city: db.session.execute(sa.insert(Place).values(kind="region", name_kk="x", name_ru="x")),
    "an UPDATE of a table": lambda city: db.session.execute(sa.update(Vacancy.__table__).values(places=7)),
}


def test_nothing_is_written_past_an_action_while_somebody_looks(city):
    with city.tables.unchanged(), city.web.app_context():
        for what, write in WRITES.items():
            with looking_as(specialist(city)), pytest.raises(RuntimeError, match="outside an action"):
                write(city)
                db.session.commit()
                raise AssertionError(what)
            db.session.rollback()


def test_within_a_transaction_the_same_is_written(city):
    """The control of the test above: it is not the statement that was refused."""
    with city.web.app_context(), looking_as(specialist(city)), transaction():
        WRITES["a changed row"](city)
    (row,) = (row for row in city.tables.rows()["vacancy"] if row["id"] == city.own.draft)
    assert row["places"] == 7


def test_a_page_writes_nothing_by_whatever_statement(city, kind):
    """Past all guards of ours: PostgreSQL refuses it, on SQLite it ends with the page."""
    reader, refused = city.sign_in("department"), []

    def write(_app, **_page) -> None:
        try:
            with unscoped():
                db.session.execute(sa.text("UPDATE place SET name_kk = name_kk || ' жоқ'"))
        except sa.exc.InternalError as error:
            refused.append(type(error.orig).__name__)
            db.session.rollback()

    with city.tables.unchanged(), before_render_template.connected_to(write):
        reader.get("/applications/list/")
    assert refused == (["ReadOnlySqlTransaction"] if kind == "postgresql" else [])


EVERY_ID = sa.select(Application.__table__.c.id)  # no entity of the ORM, so no scope: the ids of all districts
QUERIES = {
    "rows": lambda: db.session.scalars(sa.select(Application)).all(),
    "joined": lambda: db.session.scalars(sa.select(Application).join(Child).where(Child.iin != "")).all(),
    "from the other end": lambda: db.session.scalars(sa.select(Application).select_from(Place).join(Application)).all(),
    "an alias": lambda: db.session.scalars(sa.select(aliased(Application))).all(),
    "by an old query": lambda: db.session.query(Application).all(),
    "loaded along": lambda: [
        v.application for v in db.session.scalars(sa.select(Voucher).options(joinedload(Voucher.application)))
    ],
    "loaded after": lambda: [
        v.application for v in db.session.scalars(sa.select(Voucher).options(selectinload(Voucher.application)))
    ],
    "one by one": lambda: [db.session.get(Application, id_) for (id_,) in db.session.execute(EVERY_ID)],
    "a union": lambda: db.session.scalars(
        sa.select(Application).from_statement(sa.union_all(sa.select(Application), sa.select(Application)))
    ).all(),
}


def test_a_query_of_any_shape_finds_own_rows_alone(city):
    for shape, query in QUERIES.items():
        with city.web.app_context(), looking_as(specialist(city)):
            found = {row.place_id for row in query() if row is not None}
            assert found == {city.own.place}, shape


def test_counts_columns_and_subqueries_are_cut_too(city):
    with city.web.app_context():
        with looking_as(specialist(city)):
            ids = set(db.session.scalars(sa.select(Application.id)))
            assert db.session.scalar(sa.select(sa.func.count(Application.id))) == len(ids)
            inner = sa.select(Application.id).subquery()
            assert set(db.session.scalars(sa.select(inner.c.id))) == ids
            exists = sa.select(Child.id).where(sa.exists().where(Application.child_id == Child.id))
            assert len(set(db.session.scalars(exists))) == len(ids)
        everywhere = set(db.session.scalars(sa.select(Application.id)))
    assert {city.own.application, city.neighbour.application} < ids
    assert not ids & {city.district.application, city.region.application}
    assert everywhere > ids


def numbers_shown(text: str) -> set[int]:
    return {int(pk) for pk in re.findall(r"/applications/show/(\d+)", text)}


def with_status(city, status: ApplicationStatus) -> set[int]:
    return {
        row["id"]
        for row in city.tables.rows()["application"]
        if row["status"] is status and row["place_id"] in (city.own.place, city.own.refers)
    }


def test_a_filter_is_gone_with_its_request(city):
    """Spec 6: the framework keeps search filters on the view, which all requests share (open issue #2366)."""
    one, other = city.sign_in("specialist"), city.sign_in("specialist")
    everything = numbers_shown(one.get("/applications/list/").text)
    for status in (ApplicationStatus.queued, ApplicationStatus.referred, ApplicationStatus.enrolled):
        shown = numbers_shown(one.get(f"/applications/list/?_flt_0_status={status}").text)
        assert shown == with_status(city, status) != set()
        assert numbers_shown(other.get("/applications/list/").text) == everything


def test_two_requests_at_once_keep_their_filters_apart(city):
    """One waits between counting and reading its rows while another one asks the same view for something else."""
    first, second = city.sign_in("specialist"), city.sign_in("specialist")
    asked, answered, found = threading.Event(), threading.Event(), {}

    def wait(_connection, _cursor, statement: str, *_) -> None:
        if threading.current_thread() is slow and "ORDER BY application.id DESC" in statement and not asked.is_set():
            asked.set()
            assert answered.wait(20)

    def ask() -> None:
        found["slow"] = numbers_shown(first.get("/applications/list/?_flt_0_status=referred").text)

    slow = threading.Thread(target=ask)
    sa.event.listen(city.tables.engine, "before_cursor_execute", wait)
    try:
        slow.start()
        assert asked.wait(20)
        found["quick"] = numbers_shown(second.get("/applications/list/?_flt_0_status=queued").text)
    finally:
        answered.set()
        slow.join(20)
        sa.event.remove(city.tables.engine, "before_cursor_execute", wait)
    assert found["slow"] == with_status(city, ApplicationStatus.referred)
    assert found["quick"] == with_status(city, ApplicationStatus.queued)


def test_the_administrator_gives_a_head_any_kindergarten_and_it_stays_given(city):
    administrator = city.sign_in("administrator")
    offered = Fields(administrator.get("/users/add").text).options
    every = {str(row["id"]) for row in city.tables.rows()["kindergarten"]}
    assert every <= set(offered["kindergarten"])
    shown = Fields(administrator.get(f"/users/edit/{city.own.head_account}").text)
    assert (shown.values["kindergarten"], shown.values["role"]) == (str(city.own.kindergarten), "head")
    assert administrator.post(f"/users/edit/{city.own.head_account}", shown.values).status_code == 302
    assert city.sign_in("head").get(f"/kindergartens/show/{city.own.kindergarten}").status_code == 200


def test_nobody_gives_the_own_account_another_role(city):
    """Spec 7: no one raises own rights, nor locks the last administrator out by the way."""
    administrator, own = city.sign_in("administrator"), city.own.administrator_account
    filled = Fields(administrator.get(f"/users/edit/{own}").text).values
    with city.tables.unchanged():
        answer = administrator.post(f"/users/edit/{own}", {**filled, "role": "department", "place": city.own.place})
        assert answer.status_code == 422
        blocked = administrator.post(f"/users/edit/{own}", {n: v for n, v in filled.items() if n != "active"})
        assert (blocked.status_code, "өз есептік жазбаңыз" in blocked.text) == (422, True)
    assert administrator.post(f"/users/edit/{own}", {**filled, "first_name": "Жаңа"}).status_code == 302


def test_an_account_is_on_the_history_of_its_own_reach_alone(city):
    """The change itself was marked with the canary of its place: tests/views/test_scope.py looks for it."""
    administrator = city.sign_in("administrator")
    new = {**valid("users", city.own), "place": city.district.place}
    assert administrator.post("/users/add", new).status_code == 302
    assert new["username"] not in city.sign_in("specialist").get("/history/list/?psize_HistoryView=100").text
    change = max(row["id"] for row in city.tables.rows()["change"])
    assert city.sign_in("specialist").get(f"/history/show/{change}").status_code == 404
    assert city.sign_in("auditor").get(f"/history/show/{change}").status_code == 200
