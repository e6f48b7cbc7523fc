"""Spec 3.3, categories: who is next and what the number is, against plain Python that counts on its fingers."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.actions import norms, numbers
from app.actions.counting import counts as counts_now
from app.db.extensions import db
from app.models import (
    Applicant,
    Application,
    ApplicationStatus,
    Child,
    Privilege,
    PrivilegeKind,
    PrivilegeStatus,
    QueueCategory,
    QueueKind,
    Sex,
    Side,
    Unit,
)
from app.rules import queue
from tests.factories import district, norm, serials

TODAY = date(2026, 4, 8)
MORNING = datetime(2026, 3, 1, 4, tzinfo=UTC)
BIRTHDAYS = st.one_of(  # around each border of the shipped categories, and anywhere
    st.sampled_from([18, 24, 36]).flatmap(
        lambda months: st.integers(-2, 2).map(lambda days: born(months) + timedelta(days=days))
    ),
    st.dates(date(2020, 4, 9), TODAY),
)
CHILDREN = st.lists(
    st.fixed_dictionaries(
        {
            "born_on": BIRTHDAYS,
            "minute": st.integers(0, 5),  # several at one moment: the id decides
            "kind": st.sampled_from([None, *PrivilegeKind]),
            "status": st.sampled_from(PrivilegeStatus),
            "valid_until": st.sampled_from([None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)]),
            "waits": st.sampled_from([True, True, True, False]),
            "standing": st.sampled_from([True, True, True, False]),
            "queue_kind": st.sampled_from([QueueKind.general, QueueKind.general, QueueKind.special]),
        }
    ),
    max_size=12,
)


def born(months: int) -> date:
    """The birthday of a child that turns so many months old today."""
    total = TODAY.year * 12 + TODAY.month - 1 - months
    return date(total // 12, total % 12 + 1, TODAY.day)


def months_old(born_on: date) -> int:
    """The oracle's own way to count: month after month until the next one is not full yet."""
    full = 0
    while True:
        total = born_on.year * 12 + born_on.month + full  # one month later than `full`
        year, month = total // 12, total % 12 + 1
        if date(year, month, min(born_on.day, monthrange(year, month)[1])) > TODAY:
            return full
        full += 1


def category(child: dict) -> int | None:
    """Spec 3.3, the shipped list, written out."""
    months, privilege = months_old(child["born_on"]), counts(child)
    if privilege == "out_of_turn":
        return 1
    first = privilege == "first_order"
    if months >= 36:
        return 2 if first else 3
    if months >= 24:
        return 4 if first else 5
    if months >= 18:
        return 6 if first else 7
    return None


def counts(child: dict) -> PrivilegeKind | None:
    expired = child["valid_until"] is not None and child["valid_until"] < TODAY
    return child["kind"] if child["status"] is PrivilegeStatus.confirmed and not expired else None


def numbered(child: dict) -> bool:
    return child["waits"] and child["standing"]


def put_in(place_id: int, children: list[dict]) -> list[Application]:
    """The children as rows, without the actions' history: the rule looks at nothing else.

    The privilege that is confirmed stands on the application; its last day alone decides whether it counts.
    """
    put = []
    for child in children:
        serial = next(serials)
        application = Application(
            number=str(serial),
            number_key=str(serial),
            place_id=place_id,
            queue_kind=child["queue_kind"],
            queued_at=MORNING + timedelta(minutes=child["minute"]),
            status=ApplicationStatus.queued if child["waits"] else ApplicationStatus.confirming,
            standing=child.get("standing", True),
            born_on=child["born_on"],
            birth_year=child["born_on"].year,
            child=Child(place_id=place_id, iin=f"c{serial}", born_on=child["born_on"], sex=Sex.female),
            applicant=Applicant(place_id=place_id, iin=f"a{serial}"),
        )
        if child["kind"]:
            privilege = {name: child[name] for name in ("kind", "status", "valid_until")}
            application.privileges = [Privilege(claimed_at=MORNING, **privilege)]
        db.session.add(application)
        counts_now([application])
        put.append(application)
    return put


@given(children=CHILDREN)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_order_and_numbers_are_what_a_person_counts(app, children):
    place = district()
    put = put_in(place.id, children)
    stands = {a.id: (category(c), a.queued_at, a.id) for a, c in zip(put, children, strict=True) if numbered(c)}
    privileged = {a.id for a, c in zip(put, children, strict=True) if counts(c)}
    categories = norms.order(place.id, TODAY).categories
    for kind in QueueKind:
        here = {a.id: stands[a.id] for a in put if a.queue_kind is kind and a.id in stands}
        waiting = queue.waiting(place.id, kind, TODAY)
        line = db.session.execute(queue.next_by_categories(waiting, categories, TODAY)).all()
        served = sorted((stand for stand in here.values() if stand[0]), key=lambda stand: stand)
        assert [id_ for id_, _ in line] == [id_ for _, _, id_ in served]
        assert [int(year) for _, year in line] == [
            db.session.get_one(Application, id_).child.born_on.year for _, _, id_ in served
        ]
        ordered = sorted(here.values(), key=lambda stand: (stand[0] or 99, *stand[1:]))
        for id_, stand in here.items():
            same = [other for other in ordered if other[0] == stand[0]]
            before = [other for other in ordered if other[2] in privileged]
            found = numbers.of(db.session.get_one(Application, id_), TODAY)
            assert (found is None) == (stand[0] is None)  # too young for any category
            if found is None:
                continue
            assert found.value == same.index(stand) + 1
            assert found.privileged == (before.index(stand) + 1 if id_ in privileged else 0)
            assert found.category.rank == stand[0]
    db.session.rollback()


def test_who_does_not_wait_has_no_number(app):
    place = district()
    child = {"born_on": date(2022, 9, 17), "minute": 0, "kind": None, "waits": True, "queue_kind": QueueKind.general}
    waits, holds, lost = put_in(place.id, [child, child | {"waits": False}, child | {"standing": False}])
    assert numbers.of(waits, TODAY).value == 1
    assert numbers.of(waits, TODAY).category.name_ru.startswith("дети, стоящие в очереди, достигшие 3 лет")
    assert numbers.of(holds, TODAY) is None
    assert numbers.of(lost, TODAY) is None


def test_the_number_is_of_the_order_that_the_procedure_of_the_day_asks_for(app):
    place = district("Степногорск қаласы", "referral")
    child = {"born_on": date(2022, 9, 17), "minute": 0, "kind": None, "waits": True, "queue_kind": QueueKind.general}
    _older, waits = put_in(place.id, [child | {"born_on": date(2021, 9, 17)}, child])
    norm("procedure", "voucher", Unit.CHOICE, place, date(2026, 4, 9))
    by_ratio, by_category = numbers.of(waits, TODAY), numbers.of(waits, date(2026, 4, 9))
    assert (by_ratio.value, by_ratio.side, by_ratio.category) == (1, Side.general, None)
    assert (by_category.value, by_category.side, by_category.category.rank) == (2, None, 3)


def test_a_list_without_a_category_for_a_privilege_serves_the_child_by_its_age(app):
    place, first = district(), PrivilegeKind.first_order
    own = [QueueCategory(rank=2, privilege=None, months_from=36), QueueCategory(rank=1, privilege=None, months_from=60)]
    child = {"born_on": born(36), "minute": 0, "kind": first, "status": PrivilegeStatus.confirmed}
    put_in(place.id, [child | {"valid_until": None, "waits": True, "queue_kind": QueueKind.general}])
    line = queue.waiting(place.id, QueueKind.general, TODAY)
    assert (
        db.session.scalar(select(queue.category_rank(line, own, TODAY)))
        == queue.category_of(born(36), first, own, TODAY).rank
        == 2
    )
    assert queue.category_of(born(60), first, own, TODAY).rank == 1
    assert queue.category_of(born(35), first, own, TODAY) is None


@pytest.mark.parametrize("privilege", [None, *PrivilegeKind])
def test_one_childs_category_is_the_one_that_the_select_finds(app, privilege):
    place = district()
    categories = norms.order(place.id, TODAY).categories
    for months in (17, 18, 23, 24, 35, 36, 71):
        child = {
            "born_on": born(months),
            "minute": 0,
            "kind": privilege,
            "status": PrivilegeStatus.confirmed,
            "valid_until": None,
            "waits": True,
            "queue_kind": QueueKind.general,
        }
        (application,) = put_in(place.id, [child])
        line = queue.waiting(place.id, QueueKind.general, TODAY)
        rank = select(queue.category_rank(line, categories, TODAY)).where(line.c.id == application.id)
        found = db.session.scalar(rank)
        one = queue.category_of(child["born_on"], privilege, categories, TODAY)
        assert found == (one.rank if one else queue.NOT_SERVED)
        assert (one.rank if one else None) == category(child)
