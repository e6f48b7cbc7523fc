"""Spec 3.3: what the categories of a queue order may say, without a database."""

import pytest

from app.models import PrivilegeKind, QueueOrderKind
from app.rules import shipped
from app.rules.orders import MOST, CategoryFacts, OrderProblem, problem

OUT, FIRST = PrivilegeKind.out_of_turn, PrivilegeKind.first_order
CATEGORIES = QueueOrderKind.categories


def step(privilege=None, first=0, last=None, kk="санат", ru="этап") -> CategoryFacts:
    return CategoryFacts(privilege, first, last, kk, ru)


def test_what_is_shipped_could_be_entered_by_an_official():
    assert problem(CATEGORIES, [CategoryFacts(*category) for category in shipped.CATEGORIES]) is None
    assert problem(QueueOrderKind.ratio, []) is None


def test_twenty_one_categories_are_no_problem():
    steps = [step(kind, month, month + 9) for month in range(0, 70, 10) for kind in (OUT, FIRST, None)]
    assert len(steps) == 21
    assert problem(CATEGORIES, steps) is None


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], OrderProblem("no_categories")),
        ([step(first=n, last=n) for n in range(MOST + 1)], OrderProblem("too_many_categories", MOST)),
        ([step(kk="")], OrderProblem("category_name", 1)),
        ([step(OUT), step(ru=None)], OrderProblem("category_name", 2)),
        ([step(first=36, last=35)], OrderProblem("category_ages", 1)),
        ([step(first=-1)], OrderProblem("category_ages", 1)),
        ([step(last=217)], OrderProblem("category_ages", 1)),
        ([step(first=217)], OrderProblem("category_ages", 1)),
        ([step(FIRST, 24, 36), step(FIRST, 36)], OrderProblem("categories_overlap", 2, 1)),
        ([step(first=36), step(first=24, last=35), step(first=30, last=31)], OrderProblem("categories_overlap", 3, 2)),
        ([step(first=24), step(FIRST, 36)], OrderProblem("category_in_vain", 2, 1)),
    ],
)
def test_the_first_category_that_cannot_be_is_named(steps, expected):
    assert problem(CATEGORIES, steps) == expected


def test_a_category_without_privilege_may_stand_before_one_that_reaches_further():
    assert problem(CATEGORIES, [step(first=36), step(FIRST, 24)]) is None
    assert problem(CATEGORIES, [step(first=24, last=35), step(first=36)]) is None


def test_an_order_by_ratio_has_no_categories():
    assert problem(QueueOrderKind.ratio, [step()]) == OrderProblem("categories_by_ratio")
