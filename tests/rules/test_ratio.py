"""Spec 3.3, ratio: who is next and what the number is, against a list that is interleaved child by child."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.actions import norms, numbers
from app.db.extensions import db
from app.models import (
    Applicant,
    Application,
    ApplicationStatus,
    Child,
    Norm,
    Offer,
    OfferStatus,
    PrivilegeKind,
    QueueKind,
    Round,
    Sex,
    Side,
    Unit,
    Vacancy,
)
from app.rules import queue, ratio
from app.rules.ratio import BirthYearQueue, Cycle, WaitingChild
from tests.factories import district, group, kindergarten, norm, serials, vacancy

TODAY = date(2026, 4, 8)
MORNING = datetime(2026, 3, 1, 4, tzinfo=UTC)
OUT, PRIVILEGED, GENERAL = Side.out_of_turn, Side.privileged, Side.general

RATIOS = st.tuples(st.integers(1, 3), st.integers(1, 4))
OFFERS = st.lists(st.sampled_from(Side), max_size=12)  # what a line was served so far, the first one first
YEARS = (2021, 2022)
CHILDREN = st.lists(
    st.fixed_dictionaries(
        {
            "side": st.sampled_from(Side),
            "year": st.sampled_from(YEARS),
            "minute": st.integers(0, 6),  # several at one moment: the id decides
        }
    ),
    max_size=14,
)


def waiting(children: list[dict]) -> list[WaitingChild]:
    return [
        WaitingChild(id_, c["year"], date(c["year"], 9, 17), MORNING + timedelta(minutes=c["minute"]), c["side"])
        for id_, c in enumerate(children, start=1)
    ]


# ---------------------------------------------------------------- the oracle: spec 3.3, word for word


def due_side(offers: list[Side], privileged: int, general: int) -> Side:
    """The privileged side is due p times, then the general g times, counted over all offers that were ever made."""
    counted = [side for side in offers if side is not OUT]  # out-of-turn offers do not count
    if PRIVILEGED not in counted:
        return PRIVILEGED  # it was never served
    since = counted[::-1].index(PRIVILEGED)  # general offers since its last one
    if since >= general:
        return PRIVILEGED
    run = counted[::-1][since:]
    run = run[: run.index(GENERAL)] if GENERAL in run else run  # its offers in a row
    return PRIVILEGED if since == 0 and len(run) < privileged else GENERAL


def interleaved(children: list[WaitingChild], offers: list[Side], shares: tuple[int, int]) -> list[WaitingChild]:
    """All who wait in one line, in the order in which they are served, one after the other."""
    left, offers, order = sorted(children, key=lambda c: (c.queued_at, c.application_id)), list(offers), []
    while left:
        out = [c for c in left if c.side is OUT]
        due = [c for c in left if c.side is due_side(offers, *shares)]
        child = (out or due or left)[0]  # a side with nobody waiting yields
        left.remove(child)
        offers.append(child.side)
        order.append(child)
    return order


def shared(children: list[WaitingChild], offers: dict[int, list[Side]], shares: tuple[int, int]) -> list[WaitingChild]:
    """The same for a group of mixed birth years: all who are out of turn first, then of the lines' next children the
    one queued earlier."""
    left, offers, order = list(children), {year: list(offers[year]) for year in offers}, []
    while left:
        lines = [[c for c in left if c.birth_year == year] for year in offers]
        nexts = [interleaved(line, offers[line[0].birth_year], shares)[0] for line in lines if line]
        out = [c for c in left if c.side is OUT]
        child = min(out or nexts, key=lambda c: (c.queued_at, c.application_id))
        left.remove(child)
        offers[child.birth_year].append(child.side)
        order.append(child)
    return order


# ---------------------------------------------------------------- Cycle, Line, serve: without a database


def cycle_after(offers: list[Side], shares: tuple[int, int]) -> Cycle:
    """The cycle as the actions build it: from no more than the last offers of the line that it needs."""
    counted = [side for side in reversed(offers) if side is not OUT]
    return ratio.cycle(shares, counted[: sum(shares)])


@given(shares=RATIOS, offers=OFFERS)
@settings(max_examples=300)
def test_the_last_offers_alone_say_whose_turn_it_is(shares, offers):
    assert cycle_after(offers, shares).due is due_side(offers, *shares)


@given(shares=RATIOS, offers=OFFERS, more=OFFERS)
@settings(max_examples=300)
def test_a_cycle_that_goes_on_is_the_cycle_that_is_read_back(shares, offers, more):
    going_on = cycle_after(offers, shares)
    for side in more:
        going_on = going_on.after(side)
        offers = [*offers, side]
        assert going_on.due is cycle_after(offers, shares).due is due_side(offers, *shares)


@given(children=CHILDREN, shares=RATIOS, offers=OFFERS)
@settings(max_examples=200)
def test_a_line_is_served_as_a_person_interleaves_it(children, shares, offers):
    line = waiting([child | {"year": 2022} for child in children])
    served = ratio.serve([BirthYearQueue(line, cycle_after(offers, shares))])
    assert served == interleaved(line, offers, shares)


@given(children=CHILDREN, shares=RATIOS, offers=st.fixed_dictionaries(dict.fromkeys(YEARS, OFFERS)))
@settings(max_examples=200)
def test_of_mixed_birth_years_the_child_queued_earlier_is_served_first(children, shares, offers):
    here = waiting(children)
    lines = [BirthYearQueue([c for c in here if c.birth_year == y], cycle_after(offers[y], shares)) for y in YEARS]
    assert ratio.serve(lines) == shared(here, offers, shares)


@given(children=CHILDREN, shares=RATIOS, offers=st.fixed_dictionaries(dict.fromkeys(YEARS, OFFERS)))
@settings(max_examples=200)
def test_places_that_come_one_by_one_are_shared_as_places_that_come_together(children, shares, offers):
    here = waiting(children)

    def lines(left: list[WaitingChild]) -> list[BirthYearQueue]:
        return [BirthYearQueue([c for c in left if c.birth_year == y], cycle_after(offers[y], shares)) for y in YEARS]

    together = ratio.serve(lines(here), len(here))
    left, one_by_one = list(here), []
    while left:
        (child,) = ratio.serve(lines(left), 1)
        left.remove(child)
        offers = offers | {child.birth_year: [*offers[child.birth_year], child.side]}
        one_by_one.append(child)
    assert one_by_one == together


def test_one_privileged_then_three_general_again_and_again():
    privileged = [{"side": PRIVILEGED, "year": 2022, "minute": 60 + n} for n in range(3)]  # who came last is due first
    line = waiting(privileged + [{"side": GENERAL, "year": 2022, "minute": n} for n in range(8)])
    served = "".join(str(child.side)[0] for child in ratio.serve([BirthYearQueue(line, Cycle(1, 3))]))
    assert served == "pgggpgggpgg"


def test_for_two_to_three_the_privileged_side_is_due_twice():
    line = waiting([{"side": side, "year": 2022, "minute": 0} for side in [GENERAL] * 6 + [PRIVILEGED] * 4])
    assert "".join(str(child.side)[0] for child in ratio.serve([BirthYearQueue(line, Cycle(2, 3))])) == "ppgggppggg"


def test_when_one_side_runs_dry_the_other_goes_on():
    line = waiting([{"side": side, "year": 2022, "minute": 0} for side in [GENERAL] + [PRIVILEGED] * 4])
    assert "".join(str(child.side)[0] for child in ratio.serve([BirthYearQueue(line, Cycle(1, 3))])) == "pgppp"


def test_out_of_turn_is_served_first_and_moves_no_cycle():
    sides = [GENERAL, GENERAL, PRIVILEGED, OUT]
    line = BirthYearQueue(waiting([{"side": s, "year": 2022, "minute": n} for n, s in enumerate(sides)]), Cycle(1, 3))
    assert (line.serve().side, line.cycle) == (OUT, Cycle(1, 3))
    assert line.serve().side is PRIVILEGED


def test_nobody_is_served_from_an_empty_line():
    line = BirthYearQueue([], Cycle(1, 3))
    assert line.next() is None
    with pytest.raises(IndexError, match="nobody waits"):
        line.serve()
    assert ratio.serve([line], 3) == ratio.serve([], 3) == []


def test_a_norm_says_privileged_to_general():
    assert ratio.parse("2:13") == (2, 13)


# ---------------------------------------------------------------- numbers, from the database


def put_in(place_id: int, children: list[dict]) -> list[Application]:
    """The children as rows, without the actions' history: the rule looks at nothing else."""
    privileges = {OUT: PrivilegeKind.out_of_turn, PRIVILEGED: PrivilegeKind.first_order, GENERAL: None}
    put = []
    for child in children:
        serial, born_on = next(serials), date(child["year"], 9, 17)
        put.append(
            Application(
                number=str(serial),
                number_key=str(serial),
                place_id=place_id,
                queue_kind=QueueKind.general,
                queued_at=MORNING + timedelta(minutes=child["minute"]),
                status=ApplicationStatus.queued,
                born_on=born_on,
                birth_year=child["year"],
                privilege=privileges[child["side"]],
                child=Child(place_id=place_id, iin=f"r{serial}", born_on=born_on, sex=Sex.female),
                applicant=Applicant(place_id=place_id, iin=f"s{serial}"),
            )
        )
        db.session.add(put[-1])
        db.session.flush()
    return put


def offered(place_id: int, of: Vacancy, year: int, sides: list[Side]) -> None:
    """Offers that went out from this line before, one round each, all of them over."""
    if not sides:
        return
    (earlier,) = put_in(place_id, [{"side": GENERAL, "year": year, "minute": 0}])
    earlier.status = ApplicationStatus.enrolled
    for side in sides:
        held = Round(
            place_id=place_id, vacancy=of, held_on=TODAY, held_at=MORNING, queue_order=norms.order(place_id, TODAY)
        )
        db.session.add(held)
        db.session.flush()
        db.session.add(
            Offer(
                round_id=held.id,
                application=earlier,
                vacancy=of,
                place_id=place_id,
                queue_kind=QueueKind.general,
                birth_year=year,
                side=side,
                status=OfferStatus.passed_over,
                offered_at=MORNING,
                offered_on=TODAY,
                priority_by=TODAY,
                ended_at=MORNING,
                norm_id=db.session.scalars(db.select(Norm.id).where(Norm.name == "referral.priority")).one(),
            )
        )
        db.session.flush()


@given(children=CHILDREN, shares=RATIOS, offers=st.fixed_dictionaries(dict.fromkeys(YEARS, OFFERS)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_a_number_is_the_position_in_the_interleaved_list_from_any_cycle(app, children, shares, offers):
    place = district(procedure="referral")
    norm("queue.ratio", "{}:{}".format(*shares), Unit.RATIO, place)
    places = vacancy(group(kindergarten(place), years=YEARS))
    for year in YEARS:
        offered(place.id, places, year, offers[year])
    put = put_in(place.id, children)
    sides = {a.id: c["side"] for a, c in zip(put, children, strict=True)}
    for year in YEARS:
        here = [WaitingChild(a.id, year, a.born_on, a.queued_at, sides[a.id]) for a in put if a.birth_year == year]
        order = [child.application_id for child in interleaved(here, offers[year], shares)]
        privileged = [id_ for id_ in order if sides[id_] is not GENERAL]
        for id_ in order:
            found = numbers.of(db.session.get_one(Application, id_), TODAY)
            among = privileged.index(id_) + 1 if id_ in privileged else 0
            assert (found.value, found.privileged, found.side) == (order.index(id_) + 1, among, sides[id_])
    db.session.rollback()


def test_a_privilege_that_has_expired_counts_on_the_general_side_from_the_old_day(app):
    place = district(procedure="referral")
    children = [{"side": side, "year": 2022, "minute": n} for n, side in enumerate([GENERAL, GENERAL, PRIVILEGED])]
    first, _second, last = put_in(place.id, children)
    last.privilege_until = TODAY
    assert [numbers.of(last, TODAY).value, numbers.of(first, TODAY).value] == [1, 2]
    tomorrow = TODAY + timedelta(days=1)
    assert [numbers.of(last, tomorrow).value, numbers.of(last, tomorrow).privileged] == [3, 0]
    line = queue.waiting(place.id, QueueKind.general, tomorrow)
    assert [row.id for row in db.session.execute(queue.next_by_sides(line))][-1] == last.id
