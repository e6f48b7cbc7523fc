"""Spec 3.2: which norm is in force where and when, and what a norm may say."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.actions import norms as actions
from app.actions import places
from app.db.extensions import db
from app.models import Norm, OnLapse, Place, PlaceKind, QueueOrder, QueueOrderKind, Unit
from app.rules import norms, shipped
from app.rules.calendar import LOCAL
from app.rules.deadlines import Term
from app.rules.refusals import Reason, Refusal
from tests.factories import START, at, district, norm, role
from tests.test_constraints import users

FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 8).map(lambda n: FIRST + timedelta(days=n))
ROWS = st.dictionaries(  # (depth of the place, day): (value, approved on, if it was)
    st.tuples(st.integers(0, 2), DAYS), st.tuples(st.integers(1, 99), st.none() | DAYS), max_size=8
)


@given(rows=ROWS, day=DAYS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_the_most_specific_place_wins_and_of_its_approved_rows_the_last_that_has_begun(app, rows, day):
    db.session.rollback()
    place = district()
    path = places.path(place.id)
    for (depth, since), (value, approved) in rows.items():
        row = norm("test", str(value), Unit.WD, db.session.get_one(Place, path[depth]), since)
        row.approved_at = datetime.combine(approved, time(23, 59), LOCAL) if approved else None
    db.session.flush()
    begun = {key: value for key, (value, on) in rows.items() if on and on <= day and key[1] <= day}
    expected = begun[min(begun, key=lambda key: (key[0], -key[1].toordinal()))] if begun else None
    try:
        found = actions.number("test", place.id, day)
    except Refusal:
        found = None
    assert found == expected
    db.session.rollback()


def test_a_number_that_nobody_entered_is_an_error_with_a_name(app):
    place = district()
    with pytest.raises(Refusal) as refused:
        actions.in_force("voucher.confirm", place.id, date(2015, 12, 31))
    assert (refused.value.reason, refused.value.facts["norm"]) == (Reason.no_norm, "voucher.confirm")


def test_the_queue_order_is_dated_and_placed_like_a_norm(app):
    place = district()
    whole = actions.order(place.id, FIRST)
    own = QueueOrder(place_id=place.id, kind=QueueOrderKind.categories, valid_from=date(2026, 2, 1), legal_basis="test")
    db.session.add(own)
    db.session.flush()
    assert actions.order(place.id, date(2026, 2, 1)) is whole  # nobody has approved it
    own.approved_at = at("2026-02-02T23:59")
    assert actions.order(place.id, date(2026, 2, 1)) is whole
    assert actions.order(place.id, date(2026, 2, 2)) is own
    with pytest.raises(Refusal, match="no_norm"):
        actions.order(place.id, date(2015, 12, 31))


def test_vouchers_are_given_by_categories_and_referrals_by_ratio(app):
    by_voucher, by_referral = district(), district("Степногорск қаласы", "referral")
    assert actions.order(by_voucher.id, FIRST).kind is QueueOrderKind.categories
    assert actions.order(by_referral.id, FIRST).kind is QueueOrderKind.ratio
    norm("procedure", "voucher", Unit.CHOICE, by_referral, date(2026, 2, 1))
    assert actions.order(by_referral.id, date(2026, 1, 31)).kind is QueueOrderKind.ratio
    assert actions.order(by_referral.id, date(2026, 2, 1)).kind is QueueOrderKind.categories


def test_what_follows_a_missed_term_is_to_choose_only_where_the_choice_acts():
    """What acts by it is actions/referrals.miss; scenarios/blocked-not-deleted.yaml plays it."""
    choices = {name: set(known.on_lapse) for name, known in norms.KNOWN.items() if len(known.on_lapse) > 1}
    assert choices == {"referral.attend": {OnLapse.stop_list, OnLapse.hold}}


def test_what_is_shipped_could_be_entered_by_an_official():
    for name, value, unit, on_lapse, basis in shipped.NORMS:
        assert norms.problem(Norm(name=name, value=value, unit=unit, on_lapse=on_lapse)) is None, name
        assert basis
    assert {name for name, *_ in shipped.NORMS} == set(norms.KNOWN)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", {"name": "voucher.confirms"}),
        ("unit", {"unit": Unit.H}),
        ("unit", {"unit": Unit.COUNT}),
        ("value", {"value": "two"}),
        ("value", {"value": "-1"}),
        ("value", {"value": ""}),
        ("value", {"value": "1.5"}),
        ("value", {"value": "10000"}),
        ("on_lapse", {"on_lapse": None}),
        ("on_lapse", {"on_lapse": OnLapse.remove}),
        ("value", {"name": "procedure", "unit": Unit.CHOICE, "value": "both", "on_lapse": None}),
        ("unit", {"name": "procedure", "unit": Unit.WD, "value": "voucher", "on_lapse": None}),
        ("value", {"name": "queue.ratio", "unit": Unit.RATIO, "value": "1", "on_lapse": None}),
        ("value", {"name": "queue.ratio", "unit": Unit.RATIO, "value": "0:3", "on_lapse": None}),
        ("value", {"name": "queue.ratio", "unit": Unit.RATIO, "value": "1:0", "on_lapse": None}),
        ("unit", {"name": "referral.revocation", "unit": Unit.CD, "value": "1", "on_lapse": None}),
        ("on_lapse", {"name": "referral.attend", "unit": Unit.CD, "value": "5", "on_lapse": OnLapse.archive}),
    ],
)
def test_the_field_that_cannot_be_as_entered_is_named(field, wrong):
    row = {"name": "voucher.confirm", "value": "2", "unit": Unit.WD, "on_lapse": OnLapse.stop_list} | wrong
    assert norms.problem(Norm(**row)) == field


def test_a_term_is_made_of_value_unit_and_carry():
    assert norms.term_of(Norm(name="x", value="28", unit=Unit.CD, carry=True)) == Term(28, Unit.CD, carry=True)
    for unit in (Unit.COUNT, Unit.RATIO, Unit.CHOICE):
        with pytest.raises(ValueError, match="x is no term"):
            norms.term_of(Norm(name="x", value="1", unit=unit))


def test_a_second_official_puts_a_norm_in_force_and_its_author_never_does(app):
    place = district()
    row = norm("voucher.confirm", "3", Unit.WD, place, FIRST, on_lapse=OnLapse.stop_list)
    (author,) = users(1)
    row.approved_at, row.entered_by_id = None, author
    with pytest.raises(Refusal) as refused:
        actions.approve(row, by=role("department", user_id=author), at=START)
    assert refused.value.reason is Reason.not_allowed
    row.entered_by_id = None  # an author without an account: from a file
    with pytest.raises(Refusal, match="not_allowed"):
        actions.approve(row, by=role("specialist"), at=START)
    actions.approve(row, by=role("department"), at=at("2026-01-02T10:00"))
    assert actions.in_force("voucher.confirm", place.id, FIRST) is not row  # what began before keeps its number
    assert actions.in_force("voucher.confirm", place.id, date(2026, 1, 2)) is row
    with pytest.raises(Refusal, match="wrong_status"):
        actions.approve(row, by=role("department"), at=START)
    db.session.rollback()


def test_the_country_is_above_every_region_and_district(app):
    place = district()
    assert [db.session.get_one(Place, id_).kind for id_ in places.path(place.id)] == [
        PlaceKind.district,
        PlaceKind.region,
        PlaceKind.country,
    ]
