"""What a portal does for a family (issue 13, 7): what is signed is done, once, in the state that was seen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import sqlalchemy as sa

from app.actions import guardianships, vouchers
from app.api import schemas
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Challenge,
    Change,
    Client,
    Guardianship,
    Place,
    PortalVerb,
    SentForm,
    Sex,
    Signature,
    SignedInBy,
    Unit,
    Vacancy,
    WaitingEntry,
)
from app.now import now
from app.rules import iin
from app.words import PERHAPS_DONE
from tests import authority as of
from tests import factories
from tests.authority import OTHER_IIN
from tests.factories import DEPARTMENT
from tests.views import portals
from tests.views.conftest import forget_tries
from tests.views.portals import Portal, applicant, sign
from tests.views.test_api import is_problem
from tests.views.test_nothing_lost import unheard_commit

CHILD, PARENT = iin.make(date(2022, 3, 8), Sex.female, 77), iin.make(date(1991, 3, 8), Sex.female, 78)


@pytest.fixture(autouse=True)
def believed(city, tmp_path):
    """The application believes the tests' authority."""
    with of.believed_by(city.web, tmp_path):
        yield


@pytest.fixture
def portal(city) -> Portal:
    return portals.made(city.web, city.own.place)


@pytest.fixture
def child(city) -> int:
    """A child whose family is asked whether it is still interested: the id of its application."""
    with city.web.app_context(), transaction():
        waiting = db.session.get_one(Application, city.own.waiting)
        vouchers.issue_out_of_turn(waiting, by=DEPARTMENT, at=now(), reason="кезектен тыс")
    return city.own.waiting


def body(place: int, **more: object) -> dict:
    return {
        "district": place,
        "child": {"iin": CHILD, "first_name": "Бала", "last_name": "Ойдан"},
        "applicant": {"iin": PARENT, "first_name": "Ана", "last_name": "Ойдан"},
        "contacts": {"phone": "+7 701 555 66 77", "notice_language": "ru"},
        "source_number": "ЦОН-17",
        **more,
    }


def status(city, id_: int) -> ApplicationStatus:
    with city.web.app_context():
        return db.session.get_one(Application, id_).status


# ---------------------------------------------------------------- into the queue


def test_a_child_comes_into_the_queue_by_the_phone_that_the_portal_has_proven(city, portal):
    answer = portal.once("applications", body(city.own.place))
    assert answer.status_code == 201, answer.text
    assert (answer.json["status"], answer.json["source_number"]) == ("queued", "ЦОН-17")
    assert portal.client.get(answer.headers["Location"], headers=portal.headers).json == answer.json
    with city.web.app_context():
        row = db.session.scalars(sa.select(Application).where(Application.child_iin == CHILD)).one()
        change = db.session.scalars(sa.select(Change).where(Change.application_id == row.id)).one()
        assert (row.source, row.source_number, row.phone) == ("Indigo", "ЦОН-17", "+77015556677")
        assert (change.role, change.client, change.sign_in, change.signature_id) == (
            "family",
            "Indigo",
            SignedInBy.code,
            None,
        )
        id_ = row.id
    assert "Indigo, ЦОН-17" in city.sign_in("specialist").get(f"/applications/show/{id_}").text


def test_a_child_comes_into_the_queue_by_a_signature_over_the_exact_text(city, portal):
    sent = body(city.own.place)
    sent["child"] |= {"born_on": "2022-03-08", "sex": "female"}
    shown = portal.post("applications/challenge", sent).json
    for fact in (CHILD, PARENT, "Көкшетау", "+77015556677"):
        assert fact in shown["text"]
    answer = portal.once("applications", sent | {"signature": sign(shown, PARENT)})
    assert answer.status_code == 201, answer.text
    with city.web.app_context():
        change = db.session.scalars(
            sa.select(Change).where(Change.verb == "register").order_by(Change.id.desc())
        ).first()
        kept = db.session.scalars(sa.select(Signature)).one()
        assert (change.sign_in, change.signature_id, kept.text.decode()) == (SignedInBy.key, kept.id, shown["text"])


def test_where_a_key_is_asked_a_phone_is_not_enough_to_come_into_the_queue(city, portal):
    with city.web.app_context(), transaction():
        factories.norm("sign.register", "key", Unit.CHOICE, db.session.get_one(Place, city.own.place))
    assert is_problem(portal.once("applications", body(city.own.place)), 422, "signature_required")


def test_what_is_wrong_in_an_application_is_told_at_its_place_and_nothing_is_done(city, portal):
    sent = body(city.own.place, queue_kind="x", more=1)
    sent["child"] = {"iin": "1", "first_name": "7"}
    sent["contacts"] = {"phone": "12"}
    portal.get("districts")  # that its key was used is written once a minute
    with city.tables.unchanged():
        answer = portal.once("applications", sent)
    assert is_problem(answer, 422, "invalid")
    assert {one["pointer"] for one in answer.json["errors"]} == {
        "/child/iin",
        "/child/first_name",
        "/contacts/phone",
        "/queue_kind",
        "/more",
    }
    for said in ({"born_on": "2022-03-09"}, {"sex": "male"}):  # of its papers: an official's to accept
        otherwise = body(city.own.place)
        otherwise["child"] |= said
        assert is_problem(portal.post("applications/challenge", otherwise), 422, "reason_required")
        assert is_problem(portal.once("applications", otherwise), 422, "reason_required")
    twice = portal.once("applications", body(city.own.place, applicant=body(1)["child"]))
    assert is_problem(twice, 422, "bad_iin") and twice.json["errors"][0]["pointer"] == "/applicant"


def test_no_child_comes_into_the_queue_of_another_place(city, portal):
    for place in (city.district.place, city.region.place, 999_999):
        assert is_problem(portal.once("applications", body(place)), 404, "not_found")


def test_a_portal_does_nothing_that_it_was_not_allowed(city, child):
    reads = portals.made(city.web, city.own.place, "Оқырман", registers=False, acts=False)
    person = applicant(city.web, child)
    assert is_problem(reads.once("applications", body(city.own.place)), 403, "not_this_portal")
    assert is_problem(reads.post("applications/challenge", body(city.own.place)), 403, "not_this_portal")
    assert is_problem(reads.act(child, "confirm", {"iin": person}), 403, "not_this_portal")
    assert is_problem(reads.act(child, "confirm", {"iin": person}, signed=False), 403, "not_this_portal")


def test_a_portal_does_of_the_acts_of_families_what_it_was_given_alone(city, child):
    given = portals.made(city.web, city.own.place, "Бірі", verbs=[PortalVerb.confirm])
    person = applicant(city.web, child)
    assert given.get("portal").json["verbs"] == ["confirm"]
    assert given.get(given.address(child)).json["acts"] == ["confirm"]
    with city.tables.unchanged():
        for signed in (True, False):
            assert is_problem(given.act(child, "refuse", {"iin": person}, signed=signed), 403, "verb_not_given")
        joins = f"{given.address(city.own.waiting)}/join"
        assert is_problem(given.post(f"{joins}/challenge", joining(city)), 403, "verb_not_given")
        assert is_problem(given.once(joins, joining(city)), 403, "verb_not_given")
    assert given.act(child, "confirm", {"iin": person}).json["status"] == "voucher_issued"
    nothing = portals.made(city.web, city.own.place, "Ештеңе", acts=False)
    assert nothing.get("portal").json == {**given.get("portal").json, "name": "Ештеңе", "verbs": []}


def test_a_portal_may_be_given_each_act_that_goes_through_the_api():
    assert set(PortalVerb) == {*schemas.VERBS, "join"}


# ---------------------------------------------------------------- acts


def test_what_a_parent_has_signed_is_done_and_the_history_names_the_portal(city, portal, child):
    seen = portal.get(portal.address(child)).headers["ETag"]
    answer = portal.act(child, "confirm", {"iin": applicant(city.web, child)}, If_Match=f'"before", W/{seen}')
    assert (answer.status_code, answer.json["status"]) == (200, "voucher_issued"), answer.text
    assert answer.headers["ETag"] == portal.get(portal.address(child)).headers["ETag"]
    with city.web.app_context():
        kept = db.session.scalars(sa.select(Signature)).one()
        done = sa.select(Change).where(Change.application_id == child, Change.verb == "confirm")
        done = done.where(Change.subject != "privilege")
        assert {(one.client, one.sign_in, one.signature_id) for one in db.session.scalars(done)} == {
            ("Indigo", SignedInBy.key, kept.id)
        }
    assert "Indigo" in city.sign_in("specialist").get("/history/list/").text


def test_an_act_of_which_nobody_heard_that_it_is_done_is_answered_when_it_is_sent_again(city, portal, child, kind):
    address, about = portal.address(child), f"?district={portal.district(child)}"
    asked = {"iin": applicant(city.web, child)}
    seen = portal.get(address + about).headers["ETag"]
    asked["signature"] = sign(portal.post(f"{address}/confirm/challenge{about}", asked).json, asked["iin"])
    with unheard_commit(city, kind):
        told = portal.once(f"{address}/confirm{about}", asked, "one", If_Match=seen)
    assert (told.status_code, told.json["detail"]) == (503, str(PERHAPS_DONE))
    with city.tables.unchanged():
        answer = portal.once(f"{address}/confirm{about}", asked, "one", If_Match=seen)
    assert (answer.status_code, answer.json["status"]) == (200, "voucher_issued")


def test_without_a_signature_nothing_is_done_that_asks_for_one(city, portal, child):
    with city.web.app_context():
        row = db.session.get_one(Application, child)
        sent = {"iin": row.applicant.iin, "phone": "+77015556677"}
    with city.web.app_context(), transaction():
        db.session.get_one(Application, child).phone = "+77015556677"
    assert is_problem(portal.act(child, "confirm", sent, signed=False), 422, "signature_required")
    assert status(city, child) is ApplicationStatus.confirming


def test_where_a_code_is_enough_a_phone_of_the_application_is_needed(city, portal, child):
    with city.web.app_context(), transaction():
        row = db.session.get_one(Application, child)
        row.phone = "+77015556677"
        factories.norm("sign.confirm", "code", Unit.CHOICE, row.place)
        person = row.applicant.iin
    for phone in ({}, {"phone": "+77010000000"}):
        answer = portal.act(child, "confirm", {"iin": person, **phone}, signed=False)
        assert is_problem(answer, 403, "not_allowed")
    answer = portal.act(child, "confirm", {"iin": person, "phone": "+77015556677"}, signed=False)
    assert answer.json["status"] == "voucher_issued"


def test_nobody_acts_for_a_child_of_others(city, portal, child):
    answer = portal.act(child, "confirm", {"iin": OTHER_IIN})
    assert is_problem(answer, 403, "not_allowed")


def test_a_signature_of_another_text_person_or_act_is_refused_by_name(city, portal, child):
    address, person = portal.address(child), applicant(city.web, child)
    tag = portal.get(address).headers["ETag"]

    def tried(verb: str = "confirm", **wrong: str):
        shown = portal.post(f"{address}/confirm/challenge", {"iin": person}).json
        signature = sign(shown | {"text": wrong.get("text", shown["text"])}, wrong.get("by", person))
        signature |= {name: wrong[name] for name in ("cms", "challenge") if name in wrong}
        return portal.once(f"{address}/{verb}", {"iin": person, "signature": signature}, If_Match=tag)

    assert is_problem(tried(text="басқа мәтін"), 422, "bad_signature")
    assert is_problem(tried(by=OTHER_IIN), 422, "foreign_iin")
    assert is_problem(tried(cms="AAAA"), 422, "bad_signature")
    assert is_problem(tried(challenge="басқа"), 422, "challenge_over")
    assert is_problem(tried(verb="refuse"), 422, "challenge_over")
    assert status(city, child) is ApplicationStatus.confirming


def test_a_text_that_another_portal_was_shown_is_not_taken(city, portal, child):
    other = portals.made(city.web, city.own.place, "Басқа портал")
    address, person = portal.address(child), applicant(city.web, child)
    shown = portal.post(f"{address}/confirm/challenge", {"iin": person}).json
    sent = {"iin": person, "signature": sign(shown, person)}
    tag = portal.get(address).headers["ETag"]
    assert is_problem(other.once(f"{address}/confirm", sent, If_Match=tag), 422, "challenge_over")


def test_an_act_says_which_state_was_seen_and_is_not_done_in_another(city, portal, child):
    address, person = portal.address(child), applicant(city.web, child)
    seen = portal.get(address).headers["ETag"]
    assert is_problem(portal.once(f"{address}/confirm", {"iin": person}), 428, "if_match_missing")
    assert portal.act(child, "confirm", {"iin": person}).status_code == 200
    answer = portal.act(child, "refuse", {"iin": person}, If_Match=seen)
    assert is_problem(answer, 412, "changed_meanwhile")
    assert status(city, child) is ApplicationStatus.voucher_issued


def test_a_request_without_its_key_is_400_and_the_same_key_for_something_else_409(city, portal):
    assert is_problem(portal.post("applications", body(city.own.place)), 400, "idempotency_key_missing")
    first = portal.once("applications", body(city.own.place), key="k1")
    with city.tables.unchanged():
        again = portal.once("applications", body(city.own.place), key="k1")
        other = portal.once("applications", body(city.own.place, source_number="2"), key="k1")
    assert (again.status_code, again.data, again.headers["ETag"]) == (201, first.data, first.headers["ETag"])
    assert is_problem(other, 409, "idempotency_key_reused")
    stranger = portals.made(city.web, city.own.place, "Басқа портал")
    assert is_problem(stranger.once("applications", body(city.own.place), key="k1"), 422, "already_waiting")


def test_what_was_refused_may_be_sent_again_under_its_key(city, portal):
    wrong = body(city.own.place, child=body(1)["applicant"])
    assert portal.once("applications", wrong, key="k1").status_code == 422
    assert portal.once("applications", body(city.own.place), key="k1").status_code == 201


def test_the_same_request_ten_times_at_once_has_one_effect_and_one_answer(city, portal, child):
    address, person = portal.address(child), applicant(city.web, child)
    shown = portal.post(f"{address}/confirm/challenge", {"iin": person}).json
    sent, tag = {"iin": person, "signature": sign(shown, person)}, portal.get(address).headers["ETag"]

    def click(_: int):
        other = Portal(city.web, portal.headers["Authorization"].removeprefix("Bearer "))
        answer = other.once(f"{address}/confirm", sent, key="k1", If_Match=tag)
        return answer.status_code, answer.data

    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(click, range(10)))
    assert len(found) == 1 and found.pop()[0] == 200
    with city.web.app_context():
        done = sa.select(sa.func.count(Change.id)).where(Change.application_id == child, Change.client == "Indigo")
        assert db.session.scalar(done.where(Change.subject == "application", Change.verb == "confirm")) == 1
        assert db.session.scalar(sa.select(sa.func.count(Signature.id))) == 1


def test_a_parent_chooses_one_of_the_places_that_the_portal_was_told(city):
    with city.web.app_context():
        row = db.session.get_one(Application, city.own.notified)
        person, place = row.applicant.iin, row.place_id
    portal = portals.made(city.web, place)
    told = portal.get(f"{portal.address(city.own.notified)}/places").json["items"]
    (free,) = [one for one in told if one["id"] == city.own.turn]
    answer = portal.act(city.own.notified, "choose", {"iin": person, "vacancy": free["id"]})
    assert (answer.status_code, answer.json["status"]) == (200, "referred"), answer.text
    assert answer.json["referral"]["status"] == "issued" and answer.json["to_do"]["what"] == "attend"


def test_whoever_gets_no_place_is_told_at_once_what_else_is_free(city):
    with city.web.app_context():
        row = db.session.get_one(Application, city.own.notified)
        person, place = row.applicant.iin, row.place_id
        held = db.session.scalars(sa.select(Vacancy.id).where(Vacancy.id != city.own.turn)).first()
    portal = portals.made(city.web, place)
    free = portal.get(f"{portal.address(city.own.notified)}/places").json["items"]
    answer = portal.act(city.own.notified, "choose", {"iin": person, "vacancy": held})
    assert (answer.status_code, answer.json["free"]) == (422, free) and free != []
    strangers = portal.act(city.own.notified, "choose", {"iin": OTHER_IIN, "vacancy": held})
    assert is_problem(strangers, 403, "not_allowed") and "free" not in strangers.json


# ---------------------------------------------------------------- what a family waits for, and who joins


def test_a_family_waits_for_a_kindergarten_and_gives_that_up_through_a_portal(city, portal):
    with city.web.app_context(), transaction():
        db.session.execute(sa.delete(WaitingEntry))
        row = db.session.get_one(Application, city.own.waiting)
        row.phone, person = "+77015556677", row.applicant.iin
    address, of = portal.address(city.own.waiting), {"iin": person, "phone": "+77015556677"}
    found = portal.get(f"{address}/kindergartens").json
    assert {one["entry"] for one in found["items"]} == {None} and found["next"] is None
    there = city.own.kindergarten
    answer = portal.act(city.own.waiting, "wish", {**of, "kindergarten": there, "language": "kk"}, signed=False)
    assert answer.status_code == 200 and "unwish" in answer.json["acts"], answer.text
    again = portal.act(city.own.waiting, "wish", {**of, "kindergarten": there}, signed=False)
    assert is_problem(again, 422, "already_used")
    (waits,) = [one for one in portal.get(f"{address}/kindergartens").json["items"] if one["entry"]]
    assert (waits["id"], waits["language"]) == (there, "kk")
    page = portal.get(f"{address}/kindergartens?limit=1").json
    assert len(page["items"]) == 1
    answer = portal.act(city.own.waiting, "unwish", {**of, "entry": waits["entry"]}, signed=False)
    assert answer.status_code == 200 and "unwish" not in answer.json["acts"]


def joining(city, **more: str) -> dict[str, str]:
    with city.web.app_context():
        known = db.session.get_one(Application, city.own.waiting).child_iin
    return {"iin": OTHER_IIN, "child_iin": known, "first_name": "Айгүл", "phone": "+77015550011", **more}


def test_another_parent_joins_through_a_portal_by_a_signature_and_once(city, portal):
    address, body_ = portal.address(city.own.waiting), joining(city)
    shown = portal.post(f"{address}/join/challenge", body_).json
    for fact in (body_["child_iin"], OTHER_IIN, "Айгүл", "+77015550011"):
        assert fact in shown["text"]
    assert is_problem(portal.once(f"{address}/join", body_), 422, "signature_required")
    sent = body_ | {"signature": sign(shown, OTHER_IIN)}
    answer = portal.once(f"{address}/join", sent, key="k1")
    assert (answer.status_code, answer.json["status"]) == (201, "asked"), answer.text
    assert portal.once(f"{address}/join", sent, key="k1").data == answer.data
    assert portal.client.get(answer.headers["Location"], headers=portal.headers).json == answer.json
    with city.web.app_context(), transaction():
        row = db.session.scalars(sa.select(Guardianship).where(Guardianship.iin == OTHER_IIN)).one()
        change = db.session.scalars(sa.select(Change).where(Change.verb == "join", Change.role == "family")).one()
        assert (row.phone, change.client, change.sign_in) == ("+77015550011", "Indigo", SignedInBy.key)
        guardianships.approve(row, by=DEPARTMENT, at=now())
        id_ = row.id
    assert portal.get(f"{address}/joinings/{id_}").json["status"] == "approved"
    assert portal.get(f"{portal.address(city.own.enrolled)}/joinings/{id_}").status_code == 404
    withdrawn = portal.act(city.own.waiting, "withdraw", {"iin": OTHER_IIN})
    assert withdrawn.json["status"] == "removed", withdrawn.text


def test_which_of_two_facts_is_wrong_is_told_to_no_portal_and_tries_are_counted(city, portal):
    right, wrong = joining(city), joining(city, child_iin=CHILD)
    nowhere = portal.post("applications/ЖОҚ-1/join/challenge", right)
    assert is_problem(nowhere, 404, "not_found")
    address = portal.address(city.own.waiting)
    assert portal.post(f"{address}/join/challenge", wrong).data == nowhere.data
    assert portal.once(f"{address}/join", wrong).data == nowhere.data
    found = [portal.post(f"{address}/join/challenge", joining(city, iin=PARENT)).status_code for _ in range(3)]
    assert found == [200, 200, 429]
    reads = portals.made(city.web, city.own.place, "Оқырман", registers=False, acts=False)
    forget_tries(city.web)
    assert is_problem(reads.post(f"{address}/join/challenge", right), 403, "not_this_portal")


def test_nothing_typed_lies_in_what_is_kept_of_a_request(city, portal):
    portal.once("applications", body(city.own.place))
    with city.web.app_context():
        kept = [str((one.key_hash, one.body_hash, one.answer)) for one in db.session.scalars(sa.select(SentForm))]
        assert kept and not [one for one in (CHILD, PARENT, "Ойдан", "77015556677") for row in kept if one in row]
        assert db.session.scalar(sa.select(sa.func.count(Challenge.id))) == 0
        assert db.session.scalars(sa.select(Client)).all()


def test_a_person_who_tries_too_often_is_stopped_through_a_portal_too(city, portal):
    forget_tries(city.web)
    wrong = body(city.own.place, child=body(1)["applicant"])
    found = [portal.once("applications", wrong).status_code for _ in range(11)]
    assert found == [422] * 10 + [429]
