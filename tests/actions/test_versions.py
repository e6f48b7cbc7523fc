"""Papers are true: what changes a printed fact makes a new version at once, and the older one says so (ADR 22)."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from app.actions import (
    applications,
    contracts,
    corrections,
    documents,
    enrolments,
    offers,
    privileges,
    records,
    referrals,
    vouchers,
)
from app.actions.applications import register
from app.actions.entries import Entry
from app.actions.people import Person
from app.actions.takeover import take_over
from app.db.extensions import db
from app.models import (
    Application,
    Change,
    Document,
    Kindergarten,
    KindergartenKind,
    Language,
    Office,
    Outbox,
    Ownership,
    Privilege,
    PrivilegeGround,
    QueueKind,
    Round,
)
from app.registers.groups import GROUPS
from app.registers.kindergartens import KINDERGARTENS
from app.rules import iin
from app.rules.refusals import Refusal
from app.rules.roles import Role
from app.rules.verbs import EVERY_PAPER, VERBS
from tests import papers
from tests.factories import DEPARTMENT, application, at, district, family, group, head, kindergarten, role, vacancy

ISSUED, CONFIRMED, CHOSEN = at("2026-04-08T10:00"), at("2026-04-08T12:00"), at("2026-04-09T12:00")
NOW, LATER = at("2026-04-09T15:00"), at("2026-04-09T16:00")
NAME = {"last_name": "Түзетілген"}
WHY = "Туу туралы куәлік"
GUARDIAN = privileges.Paper("Қамқоршылық туралы шешім", date(2026, 3, 2), number="12")


def versions(of: Application) -> list[tuple[str, int, bool]]:
    """Each paper, its version, and whether it is the current one."""
    found = db.session.scalars(db.select(Document).where(Document.application_id == of.id).order_by(Document.id))
    return [(str(one.kind), one.version, one.replaced_at is None) for one in found]


def current(of: Application, kind: str) -> Document:
    one = db.select(Document).where(Document.application_id == of.id, Document.replaced_at.is_(None))
    return db.session.scalars(one.where(Document.kind == kind)).one()


def free_place(place, name="Балапан", **more):
    return vacancy(group(kindergarten(place, name), capacity=3), places=2, **more)


def with_voucher(place) -> Application:
    free_place(place)
    child = application(place)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=ISSUED)
    vouchers.confirm(child, by=family(child), at=CONFIRMED)
    return child


def on_a_stay(place) -> Application:
    child = with_voucher(place)
    lent = free_place(place, "Санаторий", ends_on=date(2026, 4, 30))
    referrals.choose(child, lent, by=family(child), at=CHOSEN)
    return child


def chosen(place) -> Application:
    child = with_voucher(place)
    referrals.choose(child, free_place(place, "Арман"), by=family(child), at=CHOSEN)
    return child


def by_turn() -> Application:
    of = free_place(district("Бурабай ауданы", procedure="referral"))
    child = application(of.group.kindergarten.place)
    offers.offer(of, by=DEPARTMENT, at=ISSUED)
    referrals.choose(child, of, by=family(child), at=CHOSEN)
    return child


@pytest.fixture
def place(app):
    return district()


# ---------------------------------------------------------------- every verb


OF_ITSELF = {"registration_notice", "receipt", "book_entry"}
GIVES = {
    "register": OF_ITSELF,
    "confirm": {"voucher"},
    "choose": {"referral", "temporary_referral", "child_card", "contract"},
    "refuse": {"refusal"},
    "revoke": {"revocation"},
    "reinstate": OF_ITSELF,
}
CHANGES = {
    "choose": {"voucher"},
    "sign": {"contract"},
    "extend": {"voucher", "referral"},
    "reinstate": {"registration_notice"},
    "register": EVERY_PAPER,  # these three where they change a fact of a person
    "change": EVERY_PAPER,
    "correct": EVERY_PAPER,
}


def test_the_table_says_of_every_verb_which_papers_it_gives_and_whose_facts_it_changes():
    rows = VERBS[Application]
    assert {verb: set(row.gives) for verb, row in rows.items() if row.gives} == GIVES
    assert {verb: set(row.changes) for verb, row in rows.items() if row.changes} == CHANGES
    assert {verb for verb, row in rows.items() if row.people} == {"register", "change", "correct"}
    others = {of: rows for of, rows in VERBS.items() if of is not Application}
    assert {(of, verb) for of, rows in others.items() for verb, row in rows.items() if row.gives or row.changes} == {
        (Privilege, "claim"),
        (Round, "issue"),
        (Round, "offer"),
    }


def issued(place) -> Application:
    free_place(place)
    child = application(place)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=ISSUED)
    return child


def archived_and_corrected(place) -> Application:
    child = application(place)
    applications.archive(child, by=DEPARTMENT, at=CHOSEN, reason=WHY)
    correct(child, **NAME)
    assert {(kind, version) for kind, version, now in versions(child) if now and version == 1} == {
        ("registration_notice", 1)
    }
    return child


def reinstate(child):
    applications.reinstate(child, by=DEPARTMENT, at=at("2026-04-10T10:00"), reason=WHY)


def correct(child, who="child", **facts):
    corrections.correct(child, who=who, by=DEPARTMENT, at=LATER, reason=WHY, **facts)


def listed(child, patronymic="", last_name="Ойдан", mothers=""):
    """An older list says of the child what the record has not, or has otherwise."""
    boy, mother = child.child, child.applicant
    said = Person(boy.iin, last_name=last_name, first_name=boy.first_name, patronymic=patronymic)
    entry = Entry(child.number, said, Person(mother.iin, patronymic=mothers), child.queued_at, reason=WHY)
    take_over([entry], place_id=child.place_id, by=DEPARTMENT, at=LATER)


def reregistered(child):
    """An older list says that it has been waiting since the year before."""
    boy, mother = (
        Person(one.iin, last_name=one.last_name, first_name=one.first_name) for one in (child.child, child.applicant)
    )
    entry = Entry(child.number, boy, mother, at("2025-12-30T10:00"), reason=WHY)
    take_over([entry], place_id=child.place_id, by=DEPARTMENT, at=LATER)


def in_another_queue(child, **said):
    """The same child is registered for a sanatorium too, and a part of its name is known now."""
    boy, mother = child.child, child.applicant
    told = Person(boy.iin, last_name=boy.last_name, first_name=boy.first_name, **said)
    mother = Person(mother.iin, last_name=mother.last_name, first_name=mother.first_name)
    queue = QueueKind.sanatorium
    register(place_id=child.place_id, child=told, applicant=mother, queue_kind=queue, by=DEPARTMENT, at=NOW)


def take(child, name, **more):
    referrals.choose(child, free_place(child.place, name, **more), by=family(child), at=CHOSEN)


def first(*kinds):
    return {(kind, 1, True) for kind in kinds}


def second(*kinds):
    return {(kind, 1, False) for kind in kinds} | {(kind, 2, True) for kind in kinds}


FIRST, SECOND = first(*OF_ITSELF, "voucher"), second(*OF_ITSELF, "voucher")
REPLACED = {  # what happens -> a child that has papers, the verb, and the versions that it then has
    "register": (application, lambda child: None, first(*OF_ITSELF)),
    "confirm": (issued, lambda child: vouchers.confirm(child, by=family(child), at=CONFIRMED), FIRST),
    "choose": (with_voucher, lambda child: take(child, "Арман"), FIRST | first("referral", "child_card", "contract")),
    "choose a temporary place": (
        with_voucher,
        lambda child: take(child, "Санаторий", ends_on=date(2026, 4, 30)),
        first(*OF_ITSELF, "temporary_referral") | second("voucher"),
    ),
    "extend a voucher": (
        chosen,
        lambda child: vouchers.extend(child, until=date(2026, 4, 30), by=DEPARTMENT, at=NOW, reason=WHY),
        first(*OF_ITSELF, "child_card", "contract") | second("voucher", "referral"),
    ),
    "extend a referral": (
        lambda _: by_turn(),
        lambda child: referrals.extend(child, until=date(2026, 4, 30), by=family(child), at=NOW, reason=WHY),
        first(*OF_ITSELF, "child_card") | second("referral"),
    ),
    "sign": (
        chosen,
        lambda child: contracts.sign(child, by=family(child), at=NOW),
        FIRST | first("referral", "child_card") | second("contract"),
    ),
    "refuse": (
        with_voucher,
        lambda child: vouchers.refuse(child, by=family(child), at=NOW),
        FIRST | first("refusal"),
    ),
    "revoke a voucher": (
        chosen,
        lambda child: vouchers.revoke(child, by=DEPARTMENT, at=NOW, reason=WHY),
        FIRST | first("referral", "child_card", "contract", "revocation"),
    ),
    "revoke a referral": (
        lambda _: by_turn(),
        lambda child: referrals.revoke(child, by=DEPARTMENT, at=NOW, reason=WHY),
        first(*OF_ITSELF, "referral", "child_card", "revocation"),
    ),
    "reinstate": (archived_and_corrected, reinstate, second("registration_notice", "receipt", "book_entry")),
    "correct a name": (with_voucher, lambda child: correct(child, **NAME), SECOND),
    "correct a birth date": (with_voucher, lambda child: correct(child, born_on=date(2022, 9, 18)), SECOND),
    "correct an IIN": (with_voucher, lambda child: correct(child, iin=iin.make(child.born_on, "male", 77)), SECOND),
    "correct the applicant": (
        with_voucher,
        lambda child: correct(child, "applicant", iin=iin.make(date(1990, 1, 1), "male", 5), **NAME),
        SECOND,
    ),
    "correct what one paper prints": (
        with_voucher,
        lambda child: correct(child, sex=other(child.child.sex)),
        first("registration_notice", "receipt", "voucher") | second("book_entry"),
    ),
    "change": (with_voucher, lambda child: listed(child, "Ерқызы"), SECOND),
    "change contacts": (
        with_voucher,
        lambda child: applications.change(child, by=DEPARTMENT, at=NOW, phone="+77011234567"),
        FIRST,
    ),
    "import a corrected name": (with_voucher, lambda child: listed(child, last_name="Түзетілген"), SECOND),
    "register the child again": (with_voucher, lambda child: in_another_queue(child, patronymic="Ерқызы"), SECOND),
    "claim a privilege": (
        with_voucher,
        lambda child: privileges.claim(child, PrivilegeGround.orphan, papers=[GUARDIAN], by=family(child), at=NOW),
        first("registration_notice", "book_entry", "voucher") | second("receipt"),
    ),
}


def over_age(place) -> Application:
    """An older list had it, and it is too old for the queue: it has no papers of ours."""
    child, mother = iin.make(date(2018, 9, 17), "male", 3), iin.make(date(1990, 1, 1), "female", 3)
    line = Entry("А-7", Person(child, first_name="Бала"), Person(mother, first_name="Ана"), at("2020-04-09T10:00"))
    take_over([line], place_id=place.id, by=DEPARTMENT, at=NOW)
    return db.session.scalars(db.select(Application).where(Application.number == "А-7")).one()


def other(sex):
    return next(one for one in type(sex) if one is not sex)


@pytest.mark.parametrize("case", REPLACED)
def test_a_changed_fact_makes_a_new_version_and_nothing_else_does(place, case):
    begin, act, expected = REPLACED[case]
    child = begin(place)
    act(child)
    db.session.flush()
    assert set(versions(child)) == expected
    assert papers.untrue() == []


def test_every_verb_that_goes_with_papers_was_done_above():
    walked = {case.split()[0] for case in REPLACED} | {"correct" if "import" in case else "" for case in REPLACED}
    assert GIVES.keys() | CHANGES.keys() <= walked


def test_an_extended_voucher_prints_its_new_last_day_and_the_older_paper_the_old_one(place):
    child = chosen(place)
    vouchers.extend(child, until=date(2026, 4, 30), by=DEPARTMENT, at=NOW, reason=WHY)
    old, new = db.session.scalars(db.select(Document).where(Document.kind == "voucher").order_by(Document.id))
    assert (old.facts["choose_by"], new.facts["choose_by"]) == ("2026-04-15", "2026-04-30")
    assert documents.standing(old, NOW.date())[1:3] == (2, NOW)
    asked = db.session.scalars(db.select(Outbox.document_id).order_by(Outbox.id)).all()
    assert asked[-2:] == [new.id, current(child, "referral").id]


def test_a_brother_who_shares_the_applicant_gets_a_new_paper_too(place):
    first = with_voucher(place)
    second = application(place)
    second.applicant = first.applicant
    db.session.flush()
    vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
    vouchers.confirm(second, by=family(second), at=NOW)
    listed(first, mothers="Ерқызы")
    assert set(versions(second)) == SECOND


def test_what_has_come_to_nothing_gets_no_new_version_and_is_void_since_that_day(place):
    child = chosen(place)
    vouchers.revoke(child, by=DEPARTMENT, at=NOW, reason=WHY)
    correct(child, **NAME)
    kept = first("voucher", "referral", "child_card", "contract")
    assert set(versions(child)) == kept | second(*OF_ITSELF, "revocation")
    found = documents.standing(current(child, "referral"), NOW.date())
    assert (found.right.invalid_since, found.right.last_day, found.replaced_by) == (NOW.date(), None, None)


def test_no_paper_of_a_stay_that_ended_before_it_began_names_a_last_day_before_its_first(place):
    child = with_voucher(place)
    take(child, "Санаторий", begins_on=date(2026, 4, 20), ends_on=date(2026, 4, 30))
    vouchers.issue_round(place.id, by=DEPARTMENT, at=NOW)
    vouchers.confirm(child, by=family(child), at=NOW)
    take(child, "Теремок", ends_on=date(2026, 4, 24))
    assert papers.ended_before_they_began() == []
    of_a_stay = db.select(Document).where(Document.facts["begins_on"].as_string() == "2026-04-20")
    found = [(one.kind, documents.standing(one, NOW.date()).right) for one in db.session.scalars(of_a_stay)]
    assert {(str(kind), right.invalid_since, right.last_day) for kind, right in found} == {
        ("voucher", CHOSEN.date(), None),
        ("temporary_referral", CHOSEN.date(), None),
    }


def test_a_new_name_of_a_kindergarten_is_on_the_papers_of_those_on_the_way_alone(place):
    there, coming = by_turn(), by_turn
    arman = there.referrals[0].vacancy.group.kindergarten
    enrolments.enrol(there, by=head(arman), at=NOW)
    coming = application(there.place)
    offers.offer(arman.groups[0].vacancies[0], by=DEPARTMENT, at=NOW)
    referrals.choose(coming, arman.groups[0].vacancies[0], by=family(coming), at=NOW)
    records.change(arman, {"name": "Ертегі"}, by=DEPARTMENT, at=LATER)
    assert set(versions(there)) == first(*OF_ITSELF, "referral", "child_card")
    assert set(versions(coming)) == first(*OF_ITSELF) | second("referral", "child_card")
    assert current(coming, "referral").facts["kindergarten"] == "Ертегі"
    records.change(arman, {"bin": None, "name": "Ертегі"}, by=DEPARTMENT, at=NOW)
    records.change(arman.groups[0], {"capacity": 4}, by=DEPARTMENT, at=NOW)
    assert len(versions(coming)) == 7


OTHERWISE = {  # another value of each field that officials type of a kindergarten and of a group
    **{"name": "Ертегі", "address": "Сәтбаев көшесі, 7", "phone": "+77162259999", "bin": "990840000002"},
    **{"email": "ertegi@example.org", "kind": KindergartenKind.kindergarten, "ownership": Ownership.departmental},
    **{"state_order": True, "queue_kind": QueueKind.general, "language": Language.en, "capacity": 9},
    **{"birth_year_from": 2021, "birth_year_to": 2023},
}


@pytest.mark.parametrize(
    ("register", "name"),
    [(one, each.name) for one in (KINDERGARTENS, GROUPS) for each in one.typed],
    ids=[f"{one.noun}-{each.name}" for one in (KINDERGARTENS, GROUPS) for each in one.typed],
)
def test_no_field_of_a_kindergarten_or_a_group_leaves_a_paper_untrue(place, register, name):
    """Each field that a form has: the papers of those on the way there say the same as the records afterwards."""
    child = chosen(place)
    own = child.referrals[0].vacancy.group
    row = own if register is GROUPS else own.kindergarten
    other = {
        "kindergarten": lambda: kindergarten(own.kindergarten.place, "Ақбота"),
        "place": lambda: district("Зеренді"),
    }
    value = other[name]() if name in other else OTHERWISE[name]
    if name == "place":  # nobody on the way there may lose the place
        with pytest.raises(Refusal):
            records.change(row, {name: value}, by=DEPARTMENT, at=LATER)
        db.session.rollback()
    else:
        records.change(row, {name: value}, by=DEPARTMENT, at=LATER)
    assert papers.untrue() == []


def test_an_official_has_a_paper_made_anew_and_the_history_says_so(place):
    child = with_voucher(place)
    made = documents.make_anew(current(child, "voucher"), by=DEPARTMENT, at=NOW)
    assert set(versions(child)) == first(*OF_ITSELF) | second("voucher")
    assert made is current(child, "voucher")
    (told,) = db.session.scalars(db.select(Change).where(Change.verb == "make_anew"))
    assert told.details == {"document": "voucher", "version": [1, 2]}


@pytest.mark.parametrize("case", ["replaced", "void", "family"])
def test_no_paper_is_made_anew_that_was_replaced_or_is_void_or_for_whoever_may_not(place, case):
    child, by = chosen(place), DEPARTMENT
    paper = current(child, "voucher")
    if case == "replaced":
        documents.make_anew(paper, by=by, at=NOW)
    if case == "void":
        vouchers.revoke(child, by=DEPARTMENT, at=NOW, reason=WHY)
    if case == "family":
        by = role(Role.head, kindergarten_id=db.session.scalars(db.select(Kindergarten.id)).first())
    with pytest.raises(Refusal) as refusal:
        documents.make_anew(paper, by=by, at=NOW)
    assert refusal.value.reason == ("not_allowed" if case == "family" else "wrong_status")


def test_the_database_allows_one_current_version_of_a_paper(place):
    child = with_voucher(place)
    one = current(child, "voucher")
    twice = Document(
        application_id=child.id, voucher_id=one.voucher_id, kind="voucher", version=2, code="x", asked_at=NOW
    )
    db.session.add(twice)
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_what_one_moment_does_makes_one_version(place):
    """An application that comes with a privilege has one receipt, not one that was replaced at once."""
    child, mother = iin.make(date(2022, 9, 17), "male", 3), iin.make(date(1990, 1, 1), "female", 3)
    said = {"child": Person(child, first_name="Бала"), "applicant": Person(mother, first_name="Ана")}
    claimed = {"privilege": PrivilegeGround.orphan, "papers": [GUARDIAN]}
    came = register(place_id=place.id, by=DEPARTMENT, at=NOW, **said, **claimed)
    assert set(versions(came)) == first(*OF_ITSELF)
    assert current(came, "receipt").facts["papers"] == ["Қамқоршылық туралы шешім, № 12, 02.03.2026"]


def test_a_list_that_is_taken_over_gives_no_papers(place):
    child = application(place)
    number = iin.make(date(2022, 9, 17), "male", 9)
    line = Entry(
        "А-1", Person(number, first_name="Бала"), Person(iin.make(date(1990, 1, 1), "female", 9)), child.queued_at
    )
    taken = take_over([line], place_id=place.id, by=DEPARTMENT, at=NOW)
    assert taken.added == 1
    assert db.session.scalars(db.select(Document).where(Document.application_id != child.id)).all() == []


def test_an_official_has_the_papers_made_that_are_missing(place):
    child = with_voucher(place)
    db.session.execute(db.delete(Outbox))
    db.session.execute(db.delete(Document).where(Document.kind != "receipt"))
    db.session.expire_all()
    assert documents.make_missing(child, by=DEPARTMENT, at=NOW) == 3
    db.session.expire_all()
    assert set(versions(child)) == FIRST and documents.missing(child) == []
    told = db.session.scalars(db.select(Change.details).where(Change.verb == "make_anew")).all()
    assert {one["document"] for one in told} == {"registration_notice", "book_entry", "voucher"}


def test_a_revocation_says_why_and_a_paper_names_the_office_that_issues_it(place):
    office = Office(
        place=place, name_kk="Қалалық бөлім", name_ru="Городской отдел", address="Абай, 1", phone="+77162250000"
    )
    office.responsible = "Темірова А."
    records.create(office, by=DEPARTMENT, at=NOW)
    child = by_turn()
    referrals.revoke(child, by=DEPARTMENT, at=NOW, reason=WHY)
    said = current(child, "revocation").facts
    assert (said["reason"], said["kindergarten"], said["office_kk"]) == (WHY, "Балапан", "Білім бөлімі")
    assert said["number"].startswith("ОЖ-2026-") and said["given"] == child.referrals[0].number
    said = current(with_voucher(place), "voucher").facts
    assert (said["office_kk"], said["office_phone"], said["responsible"]) == (
        "Қалалық бөлім",
        "+7 7162 25 00 00",
        "Темірова А.",
    )


@pytest.mark.parametrize("verb", ["archive", "withdraw", "over_age"])
def test_no_paper_is_missing_that_was_never_due(place, verb):
    """A revocation says that the child waits on, a notice that it is in the queue: neither is true of these."""
    child = over_age(place) if verb == "over_age" else by_turn()
    if verb == "archive":
        applications.archive(child, by=DEPARTMENT, at=NOW, reason=WHY)
    if verb == "withdraw":
        applications.withdraw(child, by=family(child), at=NOW)
    assert documents.missing(child) == []
    assert documents.make_missing(child, by=DEPARTMENT, at=LATER) == 0


def test_whoever_an_older_list_had_archived_gets_its_papers_when_it_is_back_in_the_queue(place):
    child, mother = iin.make(date(2022, 9, 17), "male", 3), iin.make(date(1990, 1, 1), "female", 3)
    line = Entry("А-8", Person(child, first_name="Бала"), Person(mother, first_name="Ана"), at("2024-04-09T10:00"))
    take_over([replace(line, archived=True)], place_id=place.id, by=DEPARTMENT, at=NOW)
    of = db.session.scalars(db.select(Application).where(Application.number == "А-8")).one()
    reinstate(of)
    assert set(versions(of)) == first(*OF_ITSELF)


def test_a_second_voucher_that_was_taken_away_otherwise_has_no_revocation(place):
    """The first one was revoked, and the child went back to the queue; with the second one it was archived."""
    child = with_voucher(place)
    vouchers.revoke(child, by=DEPARTMENT, at=NOW, reason=WHY)
    vouchers.issue_round(place.id, by=DEPARTMENT, at=LATER)
    applications.archive(child, by=DEPARTMENT, at=at("2026-04-09T17:00"), reason=WHY)
    assert documents.missing(child) == []
