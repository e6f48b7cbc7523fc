"""Old lists have groups with more children than places: they come in as they are, marked, and give nothing away."""

from datetime import date

import pytest
import sqlalchemy as sa

from app.actions import records, vacancies
from app.db.extensions import db
from app.imports.command import bring_in
from app.models import Intake, KgGroup, Seat, Vacancy, VacancyStatus
from app.rules.refusals import Reason, Refusal
from app.rules.seats import over_capacity, unpublished_seats
from tests import files
from tests.factories import DEPARTMENT, at, district, group, kindergarten

NOW = at("2026-04-13T10:00")
ATTEND, FREE, ENDS, INTAKE = "Жүріп жатқан балалар саны", "Бос орындар саны", "Аяқталу күні", "Қабылдау режимі"


def bring(tmp_path, cells):
    """A list of one group of 25 places."""
    path = files.workbook(tmp_path / "list.xlsx", [files.kindergarten(1, **{FREE: "", **cells})])
    return bring_in("kindergartens", path, by=DEPARTMENT, at=NOW)


def over() -> list[int]:
    return [above for _group, above in db.session.execute(over_capacity())]


def standing() -> int:
    return db.session.scalar(sa.select(sa.func.count(Seat.id)).where(Seat.retired_at.is_(None)))


def the_group() -> KgGroup:
    return db.session.scalars(sa.select(KgGroup)).one()


def refused(vacancy: Vacancy) -> bool:
    """Is its publication refused because of the children above the capacity?"""
    with pytest.raises(Refusal) as refusal:
        vacancies.publish(vacancy, by=DEPARTMENT, at=NOW)
    return refusal.value.reason is Reason.no_free_place and "over_capacity" in refusal.value.facts


def drafted(intake: Intake) -> Vacancy:
    """A place of the group that waits to be published."""
    last = date(2026, 4, 30) if intake is Intake.temporary else None
    made = Vacancy(group=the_group(), intake=intake, places=1, ends_on=last)
    records.create(made, by=DEPARTMENT, at=NOW)
    return made


@pytest.fixture(autouse=True)
def town(app):
    place = district()
    db.session.commit()
    return place


def test_a_group_with_more_children_than_places_comes_in_as_it_is_and_is_named(tmp_path):
    outcome = bring(tmp_path, {ATTEND: 27})
    assert (outcome.added, outcome.problems) == (1, [])
    assert [(one.name, one.facts) for one in outcome.warnings] == [("over_full", {"over": 2})]
    assert (the_group().capacity, standing(), over()) == (25, 27, [2])


def test_the_same_list_brought_in_again_changes_nothing(tmp_path):
    bring(tmp_path, {ATTEND: 27})
    again = bring(tmp_path, {ATTEND: 27})
    assert (again.same, again.problems, standing()) == (1, [], 27)


def test_a_list_that_is_refused_does_not_say_that_a_group_is_marked(tmp_path):
    """Its places are published, so nobody more can be taken over beside them."""
    bring(tmp_path, {ATTEND: 20, FREE: 3})
    refused = bring(tmp_path, {ATTEND: 27})
    assert ([one.name for one in refused.problems], refused.warnings) == (["places_are_held"], [])


def test_its_free_places_are_a_problem_of_their_cell(tmp_path):
    assert [one.name for one in bring(tmp_path, {ATTEND: 27, FREE: 1}).problems] == ["over_capacity"]
    temporary = {INTAKE: "Уақытша болу", ENDS: date(2026, 4, 30), FREE: 1}
    assert [one.name for one in bring(tmp_path, {ATTEND: 27, **temporary}).problems] == ["nothing_to_publish"]
    assert standing() == 0


@pytest.mark.parametrize("intake", Intake)
def test_nothing_is_published_from_it_until_its_children_have_left(tmp_path, intake):
    bring(tmp_path, {ATTEND: 27})
    waits = drafted(intake)
    assert refused(waits)
    bring(tmp_path, {ATTEND: 26})
    assert (over(), standing(), refused(waits)) == ([1], 26, True)
    bring(tmp_path, {ATTEND: 24})
    assert (over(), standing()) == ([], 25)
    vacancies.publish(waits, by=DEPARTMENT, at=NOW)
    assert waits.status is VacancyStatus.published


def test_more_capacity_takes_in_the_children_above_it_before_it_has_a_free_place(tmp_path):
    bring(tmp_path, {ATTEND: 27})
    for capacity, free in ((26, 0), (27, 0), (29, 2)):
        records.change(the_group(), {"capacity": capacity}, by=DEPARTMENT, at=NOW)
        assert (len(db.session.scalars(unpublished_seats(the_group().id)).all()), standing()) == (free, 27 + free)


def test_other_facts_of_it_change_and_its_capacity_is_not_cut(tmp_path):
    bring(tmp_path, {ATTEND: 27})
    records.change(the_group(), {"name": "Жұлдыз"}, by=DEPARTMENT, at=NOW)
    with pytest.raises(Refusal, match="no_free_place"):
        records.change(the_group(), {"capacity": 24}, by=DEPARTMENT, at=NOW)
    assert standing() == 27


@pytest.mark.parametrize("intake", Intake)
def test_no_list_fills_a_group_whose_places_were_promised_to_families(tmp_path, town, intake):
    of = group(kindergarten(town, "№1 «Балапан»"), name="Күншуақ", capacity=25, years=(2022, 2022))
    records.occupy(of, 20, by=DEPARTMENT, at=NOW)
    vacancies.publish(drafted(intake), by=DEPARTMENT, at=NOW)
    outcome = bring(tmp_path, {ATTEND: 27})
    assert [one.name for one in outcome.problems] == ["places_are_held"]


def test_no_seat_is_free_before_the_children_above_the_capacity_have_left(tmp_path):
    bring(tmp_path, {ATTEND: 27})
    for left in (26, 25):
        records.vacate(the_group(), 1, by=DEPARTMENT, at=NOW)
        assert (standing(), len(db.session.scalars(unpublished_seats(the_group().id)).all())) == (left, 0)
    records.vacate(the_group(), 1, by=DEPARTMENT, at=NOW)
    assert (standing(), len(db.session.scalars(unpublished_seats(the_group().id)).all())) == (25, 1)
