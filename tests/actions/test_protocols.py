"""Spec 1.2: the protocol of a round: whom it served, passed over and left, by numbers, and nobody's name."""

import json
from datetime import date

import pypdfium2
import pytest

from app.actions import applications, clock, documents, offers, rounds, vouchers
from app.db.extensions import db
from app.jobs import documents as job
from app.models import (
    Applicant,
    Application,
    Change,
    Child,
    Document,
    Outbox,
    PrivilegeKind,
    Round,
    Unit,
)
from app.papers import documents as papers
from app.rules.refusals import Refusal
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, norm, vacancy

NOW = at("2026-04-10T10:00")


@pytest.fixture
def place(app):
    return district()


def asked_for(held: Round) -> list[Document]:
    return documents.protocols(held)


def made(held: Round) -> tuple[dict, bytes]:
    """What the protocol of a round says, and the paper, as the worker makes it."""
    document = asked_for(held)[0]
    (row,) = db.session.scalars(db.select(Outbox).where(Outbox.document_id == document.id)).all()
    result = job.make(job.read(row))
    assert job.keep(row, result) is None
    return papers.printed(document), result.paper


def written(paper: bytes) -> str:
    """All that its pages say, and what is attached to it."""
    document = pypdfium2.PdfDocument(paper)
    pages = " ".join(page.get_textpage().get_text_range() for page in document)
    return " ".join(pages.split()) + bytes(document.get_attachment(0).get_data()).decode()


@pytest.fixture
def met(place) -> dict[str, Application]:
    """Two places for 2022, one for 2020 that nobody of the queue fits, and a queue in which each outcome is met."""
    of = kindergarten(place)
    vacancy(group(of, capacity=2), places=2)
    vacancy(group(of, (2023, 2023), capacity=1), places=1)
    return {
        "privileged": application(place, date(2022, 5, 1), at("2026-04-03T09:00"), PrivilegeKind.out_of_turn, "ОДО.1"),
        "first": application(place, date(2022, 9, 17), at("2026-04-02T09:00"), number="ОДО.2"),
        "passed": application(place, date(2022, 9, 18), at("2026-04-02T10:00"), number="ОДО.3"),
        "last": application(place, date(2023, 1, 10), at("2026-04-02T11:00"), number="ОДО.4"),
        "left": application(place, date(2023, 1, 11), at("2026-04-02T12:00"), number="ОДО.5"),
        "young": application(place, date(2025, 9, 18), at("2026-04-02T13:00"), number="ОДО.6"),
    }


def test_a_protocol_says_by_number_whom_a_round_served_in_which_order_passed_over_and_left(place, met):
    held = vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
    said, paper = made(held)
    (queue,) = said["queues"]
    assert [(step["numbers"], step["ru"]) for step in queue["served"]] == [
        (["ОДО.1"], "дети, имеющие право на внеочередное получение места"),
        (["ОДО.2", "ОДО.4"], "дети, стоящие в очереди, достигшие 3 лет, по дате постановки в очередь"),
    ]
    assert queue["passed"] == [{"year": 2022, "numbers": ["ОДО.3"]}]
    assert (queue["left"], queue["young"]) == (["ОДО.5"], ["ОДО.6"])
    assert (queue["places"], queue["claims"], said["served"]) == ([[2022, 2022, 2], [2023, 2023, 1]], 0, 3)
    for number in ("1. ОДО.1", "2. ОДО.2", "3. ОДО.4", "для 2022 года рождения ОДО.3", "закончились ОДО.5"):
        assert number in written(paper), number


def test_a_protocol_names_the_rules_that_were_in_force(place, met):
    norm("voucher.confirm", "3", Unit.WD, place, since=date(2026, 4, 9), legal_basis="Қаулы № 5")
    norm("voucher.confirm", "9", Unit.WD, place, since=date(2026, 4, 11))
    held = vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
    said, paper = made(held)
    (confirm,) = (one for one in said["norms"] if one["name"] == "voucher.confirm")
    assert (confirm["value"], confirm["legal_basis"]) == ("3", "Қаулы № 5")
    assert "3 жұмыс күні / рабочих дней, 09.04.2026" in written(paper)
    assert said["order"]["legal_basis"] == held.queue_order.legal_basis


def test_a_protocol_names_no_rule_of_its_day_that_was_approved_after_the_round(place, met):
    held = vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
    later = norm("voucher.confirm", "9", Unit.WD, place, since=NOW.date())
    later.approved_at = at("2026-04-10T15:00")
    db.session.flush()
    anew = documents.make_anew(asked_for(held)[0], by=DEPARTMENT, at=at("2026-04-11T10:00"))
    (confirm,) = (one for one in anew.facts["norms"] if one["name"] == "voucher.confirm")
    assert confirm["value"] == "2"


def test_the_list_of_offers_is_told_by_the_ratio_of_their_moment(app):
    by_turn = district("Бұланды ауданы", procedure="referral")
    for kind in (None, PrivilegeKind.first_order, None, PrivilegeKind.first_order):
        application(by_turn, privilege=kind)
    held = offers.offer(vacancy(group(kindergarten(by_turn), capacity=3), places=3), by=DEPARTMENT, at=NOW)
    before = rounds.of_round(held)
    later = norm("queue.ratio", "2:1", Unit.RATIO, by_turn, since=NOW.date())
    later.approved_at = at("2026-04-10T15:00")
    db.session.commit()
    assert rounds.of_round(held).lines == before.lines and before.followed


def test_no_name_and_no_iin_of_the_town_is_in_a_protocol(place, met):
    """Neither on a page nor in the facts that are attached, of vouchers and of offers."""
    held = vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
    by_turn = district("Бұланды ауданы", procedure="referral")
    for _ in range(3):
        application(by_turn)
    offered = offers.offer(vacancy(group(kindergarten(by_turn, "Үшінші"))), by=DEPARTMENT, at=NOW)
    people = [*db.session.scalars(db.select(Child)), *db.session.scalars(db.select(Applicant))]
    private = {one.iin for one in people} | {one.full_name for one in people} | {one.last_name for one in people}
    private |= {f"{one.born_on:%d.%m.%Y}" for one in people if isinstance(one, Child)}
    for one in (held, offered):
        _said, paper = made(one)
        text = written(paper)
        assert [word for word in private if word and word in text] == []
        assert all(number in text for number in numbers_served(one))


def numbers_served(held: Round) -> list[str]:
    rows = db.session.scalars(db.select(Change.application_id).where(Change.verb.in_(("issue", "offer"))))
    ids = {one for one in rows if one is not None}
    served = db.select(Application.number).where(Application.id.in_(ids), Application.place_id == held.place_id)
    return list(db.session.scalars(served))


def test_the_protocol_of_offers_goes_by_the_sides_of_the_ratio(app):
    place = district(procedure="referral")
    general = [application(place, number=f"Ж.{n}") for n in range(3)]
    privileged = application(place, privilege=PrivilegeKind.first_order, number="Б.1")
    of = group(kindergarten(place))
    held = offers.offer(vacancy(of, places=2), by=DEPARTMENT, at=NOW)
    said, paper = made(held)
    (queue,) = said["queues"]
    served = {step["ru"]: step["numbers"] for step in queue["served"]}
    assert served == {"в первую очередь": [privileged.number], "в общей очереди": [general[0].number]}
    assert (queue["left"], queue["places"]) == ([general[1].number, general[2].number], [[2022, 2022, 2]])
    assert (said["kindergarten"], said["by"]) == (of.kindergarten.name, "ratio")
    assert "по соотношению, направления" in written(paper)


def test_it_says_the_same_whenever_it_is_made(place, met):
    """Its facts come from the history, which what happens afterwards does not change."""
    held = vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
    first, paper = made(held)
    applications.withdraw(met["first"], by=family(met["first"]), at=at("2026-04-10T12:00"))
    vouchers.confirm(met["last"], by=family(met["last"]), at=at("2026-04-10T12:00"))
    again, same = made(held)
    assert (again, same) == (first, paper)


def test_its_facts_are_kept_with_it_and_attached_to_it(place, met):
    held = vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
    said, paper = made(held)
    (document,) = asked_for(held)
    assert document.facts["queues"] == said["queues"] and "address" not in document.facts
    assert json.loads(bytes(pypdfium2.PdfDocument(paper).get_attachment(0).get_data())) == said
    assert papers.open_stored(document) == paper
    assert said["number"] == f"Х-2026-{held.id:06d}"


def test_every_round_that_served_somebody_has_one_also_of_the_clock(place):
    norm("rounds", "clock", Unit.CHOICE, place)
    assert clock.run(at=at("2026-04-09T00:10"), place_id=place.id) == 1
    vacancy(group(kindergarten(place)))
    application(place)
    assert clock.run(at=at("2026-04-10T00:10"), place_id=place.id) == 1
    nobody, somebody = db.session.scalars(db.select(Round).order_by(Round.id))
    assert ([len(asked_for(one)) for one in (nobody, somebody)], somebody.served) == ([0, 1], 1)


def test_the_day_of_offers_has_a_protocol_for_each_vacancy_and_none_of_its_own(app):
    place = district(procedure="referral")
    for name in ("А", "Б"):
        vacancy(group(kindergarten(place, name)))
        application(place)
    day = offers.offer_all(place.id, by=DEPARTMENT, at=NOW)
    each = db.session.scalars(db.select(Round).where(Round.vacancy_id.is_not(None))).all()
    assert (len(asked_for(day)), [len(asked_for(one)) for one in each]) == (0, [1, 1])
    with pytest.raises(Refusal, match="wrong_status"):
        documents.make_protocol(day, by=DEPARTMENT, at=NOW)


def test_an_act_by_hand_has_none(place, met):
    vouchers.issue_out_of_turn(met["left"], by=DEPARTMENT, at=NOW, reason="себеп")
    (held,) = db.session.scalars(db.select(Round).where(Round.by_hand.is_not(None)))
    assert asked_for(held) == []
    with pytest.raises(Refusal, match="wrong_status"):
        documents.make_protocol(held, by=DEPARTMENT, at=NOW)


def test_an_official_has_it_made_anew_on_record_and_the_older_one_says_so(place, met):
    held = vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
    first, _paper = made(held)
    documents.make_protocol(held, by=DEPARTMENT, at=at("2026-04-13T10:00"))
    second, older = asked_for(held)
    standing = documents.standing(older, date(2026, 4, 13))
    assert (second.version, standing.replaced_by, standing.valid) == (2, 2, False)
    again, _paper = made(held)
    assert again["queues"] == first["queues"]
    told = db.session.scalars(db.select(Change).where(Change.subject == "queue_round", Change.verb == "make_anew"))
    assert [one.details for one in told] == [{"document": "protocol", "version": [1, 2]}]
