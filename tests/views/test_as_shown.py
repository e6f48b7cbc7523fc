"""Spec 3.2, 3.8: a yes is to what its page has shown; whatever of that is another thing by now, it is no yes."""

from datetime import date

import pytest
import sqlalchemy as sa

from app.actions import accounts, bulk, proposals
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Place, Proposal, Unit, User
from app.now import now
from app.rules.roles import Role
from tests import factories
from tests.views.city import official
from tests.views.forms import Fields, valid

LATER = date(2028, 1, 1)
OF_A_CHILD = ("child.last_name", "child.first_name", "child.born_on", "applicant.last_name", "applicant.first_name")


@pytest.fixture
def asked(city) -> dict[str, tuple[str, int]]:
    """(noun, id) of something that waits for a second person's yes, for each verb and record that there is."""
    own = city.own
    with city.web.app_context(), transaction():
        place = db.session.get_one(Place, own.place)
        author = db.session.scalars(sa.select(User).where(User.username == "department")).one()
        official("deputy", Role.department, place.parent)
        by, at = accounts.actor_of(author), now()
        children = [factories.application(place) for _ in range(3)]
        run = bulk.ask(Application, "archive", [(one.id, one.id) for one in children[1:]], by=by, at=at, reason="себеп")
        while bulk.go_on(run.id, at=at, enough=lambda: False):
            pass
        subjects = {
            "issue_out_of_turn": db.session.get_one(Application, children[0].id),
            "start": run,
            "take_back norm": factories.norm("notice.reminder", "2", Unit.WD, place, since=LATER),
            "take_back order": factories.order(place, LATER),
            "take_back text": factories.contract_text(place, LATER),
        }
        back = db.session.get_one(Proposal, own.proposal)
        back.asked_by_id = author.id
        found = {"reinstate": ("proposals", back.id)}
        for name, subject in subjects.items():
            one = proposals.ask(subject, name.split()[0], by=by, at=at, reason="себеп")
            db.session.flush()
            found[name] = ("proposals", one.id)
    browser = city.sign_in("department")
    for noun in ("norms", "queue-orders", "contract-texts", "days-off"):
        pk = browser.post(f"/{noun}/add", {**valid(noun, own), "valid_from": "2029-01-01"}).location.rsplit("/", 1)[1]
        found[f"approve {noun}"] = (noun, int(pk))
    return found


def shown(city, name: str, noun: str, pk: int) -> list[tuple[str, int, str]]:
    """(table, id, column) of what the page of this one shows, beside what its own form may change."""
    with city.web.app_context(), transaction():
        view = next(one for one in city.web.appbuilder.baseviews if one.route_base == f"/{noun}")
        row = db.session.get_one(view.subject, pk)
        people = row.asked_by if noun == "proposals" else row.entered_by
        found = [("ab_user", people.id, "last_name")]
        if noun == "proposals":
            found.append(("proposal", row.id, "reason"))
            subject = proposals.subject_of(row)
            if row.application:
                of = {"child": row.application.child, "applicant": row.application.applicant}
                found += [(who, of[who].id, part) for who, part in (one.split(".") for one in OF_A_CHILD)]
                found.append(("application", row.application.id, "number"))
            elif name == "start":
                found.append(("bulk_run", subject.id, "feasible"))
            else:
                found.append((subject.__tablename__, subject.id, "legal_basis"))
        else:
            basis = "decree" if noun == "days-off" else "legal_basis"
            found.append((view.subject.__tablename__, row.id, basis))
            if noun != "days-off":
                found += [("place", row.place.id, "name_kk"), ("place", row.place.id, "name_ru")]
            found += [("queue_category", one.id, "name_kk") for one in getattr(row, "categories", ())]
    return found


def change(city, table: str, pk: int, column: str) -> None:
    of = db.metadata.tables[table]
    value = of.c[column]
    other: object = sa.func.substr(value, 1, 30).concat("ң")
    if isinstance(value.type, sa.Date):
        other = date(2022, 1, 2)
    elif isinstance(value.type, sa.Integer):
        other = value - 1
    with city.tables.engine.begin() as connection:
        connection.execute(sa.update(of).where(of.c.id == pk).values({column: other}))


def test_whatever_the_page_shows_is_seen_once_more_when_it_was_changed(city, asked, kind):
    there = {(model.__tablename__, verb) for model, acts in proposals.ACTS.items() for verb in acts}
    deputy, wrong, kinds = city.sign_in("deputy"), [], set()
    for name, (noun, pk) in asked.items():
        address = f"/{noun}/action/approve/{pk}"
        with city.web.app_context():
            one = db.session.get_one(Proposal, pk) if noun == "proposals" else None
            kinds |= {(one.subject, one.verb)} if one else set()
        changes = shown(city, name, noun, pk)
        for table, id_, column in changes:
            seen = {**Fields(deputy.post(address).text).values, "sure": "yes"}
            change(city, table, id_, column)
            before = decided(city, noun, pk)
            deputy.post(address, seen)
            if before or decided(city, noun, pk):
                wrong.append((name, f"{table}.{column}"))
                break
        else:
            seen = {**Fields(deputy.post(address).text).values, "sure": "yes"}
            deputy.post("/language/ru")
            told = deputy.post(address, seen)
            if not decided(city, noun, pk):
                wrong.append((name, "no yes is taken at all", told.status_code))
    assert wrong == []
    assert kinds == there


def decided(city, noun: str, pk: int) -> bool:
    view = next(one for one in city.web.appbuilder.baseviews if one.route_base == f"/{noun}")
    with city.web.app_context():
        row = db.session.get_one(view.subject, pk)
        return (row.decided_at if noun == "proposals" else row.approved_at) is not None
