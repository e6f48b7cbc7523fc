"""What a portal may ask (issue 13, 7): who comes in, what is there for it, and how it is told what is wrong."""

import pytest
import sqlalchemy as sa

from app.access import login_limits
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change, Client, Place, PlaceKind
from app.rules.registration_numbers import fold
from tests.views import portals
from tests.views.city import CANARIES
from tests.views.conftest import forget_tries
from tests.views.portals import Portal


@pytest.fixture
def portal(city) -> Portal:
    return portals.made(city.web, city.own.place)


def addresses(web, number: str) -> list[tuple[str, str]]:
    """(method, address) of all of the API, from the application itself."""
    found = []
    for rule in web.url_map.iter_rules():
        if rule.endpoint.startswith("portal."):
            address = rule.rule.replace("<number>", number).replace("<verb>", "confirm").replace("<int:id_>", "1")
            found += [(method, address) for method in rule.methods & {"GET", "POST", "PUT", "DELETE"}]
    return found


def is_problem(answer, status: int, reason: str) -> bool:
    assert answer.content_type == "application/problem+json", answer.text
    told = answer.json
    assert {"type", "title", "status", "reason", "detail"} <= told.keys()
    assert (told["status"], told["type"]) == (answer.status_code, f"/problems/{told['reason']}")
    return (answer.status_code, told["reason"]) == (status, reason)


def test_no_address_opens_without_a_key_that_is_good(city, portal):
    with city.web.app_context(), transaction():
        db.session.add(Client(name="Жабық", place_id=city.own.place, active=False, key_hash="0" * 64))
    closed = portals.made(city.web, city.own.place, "Тоқтатылған", active=False)
    official = city.sign_in("administrator").client
    there = addresses(city.web, portals.number(city.web, city.own.waiting))
    assert len(there) > 6
    for method, address in there:
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp4"}, closed.headers):
            for client in (city.web.test_client(), official):
                forget_tries(city.web)
                answer = client.open(address, method=method, headers=headers, json={})
                assert is_problem(answer, 401, "no_such_key"), (method, address, headers)


def test_keys_that_are_none_are_refused_for_longer_and_longer_and_a_good_one_comes_in(city, portal):
    found = [Portal(city.web, f"kezek_wrong{n}").get("districts") for n in range(100)]
    assert [one.status_code for one in found] == [401] * 5 + [429] * 95
    assert is_problem(found[-1], 429, "too_often") and 0 < int(found[-1].headers["Retry-After"]) <= 60
    assert portal.get("districts").status_code == 200, "nobody guesses a key: a good one does not wait"


def test_a_portal_whose_key_is_stopped_or_replaced_is_out_at_once(city, portal):
    assert portal.get("districts").status_code == 200
    with city.web.app_context(), transaction():
        db.session.get_one(Client, portal.id).active = False
    assert is_problem(portal.get("districts"), 401, "no_such_key")
    with city.web.app_context(), transaction():
        db.session.get_one(Client, portal.id).active = True
    assert portal.get("districts").status_code == 200
    administrator, address = city.sign_in("administrator"), f"/clients/action/new_key/{portal.id}"
    told = administrator.post(address, {"sure": "yes"}).text
    assert is_problem(portal.get("districts"), 401, "no_such_key")
    key = told.partition("<code>")[2].partition("</code>")[0]
    assert Portal(city.web, key).get("districts").status_code == 200
    assert key not in str(city.tables.rows())


def test_that_a_key_was_used_is_seen_by_the_administrator(city, portal):
    assert portals.rows(city.web, Client)[-1].seen_at is None
    portal.get("districts")
    assert portals.rows(city.web, Client)[-1].seen_at is not None


def test_the_districts_of_a_portal_are_those_of_its_place(city):
    with city.web.app_context():
        region = db.session.get_one(Place, city.own.place).parent_id
        below = sa.select(Place.id).where(Place.parent_id == region, Place.kind == PlaceKind.district)
        expected = set(db.session.scalars(below))
    of_region, of_district = portals.made(city.web, region), portals.made(city.web, city.own.place, "Басқа")
    assert {one["id"] for one in of_region.get("districts").json["items"]} == expected
    assert [one["id"] for one in of_district.get("districts").json["items"]] == [city.own.place]


def test_what_lies_elsewhere_is_not_there_for_a_portal_as_what_is_nowhere(city, portal):
    nowhere = portal.get("applications/ЖОҚ-1")
    for foreign in (city.district, city.region):
        with city.web.app_context(), transaction():
            row = db.session.get_one(Application, foreign.waiting)
            row.number_key = fold(row.number)  # by which it would be found
            number, born_on = row.number, row.born_on.isoformat()
        for answer in (
            portal.get(f"applications/{number}"),
            portal.get(f"applications/{number}/explanation"),
            portal.get(f"applications/{number}/places"),
            portal.get(f"norms?district={foreign.place}"),
            portal.get(f"vacancies?district={foreign.place}"),
            portal.post("queue-check", {"number": number, "born_on": born_on}),
        ):
            assert (answer.status_code, answer.data) == (404, nowhere.data)


def test_no_byte_of_what_lies_elsewhere_and_no_name_and_no_iin_is_told(city, portal):
    with city.web.app_context():
        people = db.session.scalars(sa.select(Application)).all()
        secret = {one.child_iin for one in people} | {one.applicant.iin for one in people}
        secret |= {one.child.last_name for one in people if one.child.last_name}
        secret |= {CANARIES["district"], CANARIES["region"]}
        own = [one.number for one in people if one.place_id == city.own.place]
    pages = [portal.get("districts").text]
    pages += [portal.get(f"{what}?district={city.own.place}").text for what in ("norms", "vacancies")]
    for number in own:
        pages += [portal.get(f"applications/{number}{part}").text for part in ("", "/explanation", "/places")]
    assert len(own) > 5
    assert [one for one in secret for page in pages if one in page] == []


def test_an_application_is_found_by_any_spelling_of_its_number_and_known_again(city, portal):
    number = portals.number(city.web, city.own.waiting)
    first = portal.get(f"applications/{number}")
    assert (first.status_code, first.json["number"], first.json["status"]) == (200, number, "queued")
    assert portal.get(f"applications/{number.lower().replace('-', '.')}").json == first.json
    again = portal.get(f"applications/{number}", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_number_that_two_districts_have_asks_for_the_district(city):
    with city.web.app_context(), transaction():
        here, there = (db.session.get_one(Application, one) for one in (city.own.waiting, city.own.waits))
        there.number, there.number_key = here.number, here.number_key
        region, number, district = here.place.parent_id, here.number, there.place_id
    portal = portals.made(city.web, region)
    assert is_problem(portal.get(f"applications/{number}"), 409, "ambiguous")
    assert portal.get(f"applications/{number}?district={district}").json["district"] == district


def test_why_a_number_is_so_and_how_many_stand_ahead(city, portal):
    told = portal.get(f"{portal.address(city.own.waiting)}/explanation").json
    assert told["number"] == told["ahead_in_all"] + 1
    assert told["order"] == "categories" and told["category"]["name_kk"] and told["norms"] == ["procedure"]


def test_free_places_are_turned_over_page_by_page_and_none_is_missed(city, portal):
    whole = portal.get(f"vacancies?district={city.own.place}").json
    assert len(whole["items"]) > 1 and whole["next"] is None
    found, cursor = [], ""
    while cursor is not None:
        page = portal.get(f"vacancies?district={city.own.place}&limit=1{cursor and f'&cursor={cursor}'}").json
        found, cursor = found + page["items"], page["next"]
    assert found == whole["items"]
    assert is_problem(portal.get(f"vacancies?district={city.own.place}&cursor=x"), 422, "invalid")


def test_the_places_of_a_choice_are_those_that_the_family_may_take(city, portal):
    refused = portal.get(f"{portal.address(city.own.enrolled)}/places")
    assert is_problem(refused, 422, "wrong_status")
    chooses = portals.made(city.web, portals_place(city, city.own.notified), "Екінші")
    found = chooses.get(f"{chooses.address(city.own.notified)}/places").json["items"]
    assert city.own.turn in [one["id"] for one in found]


def portals_place(city, id_: int) -> int:
    with city.web.app_context():
        return db.session.get_one(Application, id_).place_id


def test_a_number_check_says_of_two_facts_not_which_is_wrong_and_of_an_iin_no_right(city, portal, monkeypatch):
    with city.web.app_context():
        row = db.session.get_one(Application, city.own.waiting)
        number, born_on, iin = row.number, row.born_on.isoformat(), row.child_iin
    right = portal.post("queue-check", {"number": number, "born_on": born_on})
    assert right.json["items"][0]["application"] == number
    wrong = [
        portal.post("queue-check", {"number": number, "born_on": "2001-01-01"}),
        portal.post("queue-check", {"number": "ЖОҚ", "born_on": born_on}),
    ]
    assert {(one.status_code, one.data) for one in wrong} == {(404, wrong[0].data)}
    by_iin = portal.post("queue-check", {"iin": iin}).json["items"][0]
    assert (by_iin["side"], by_iin["privileged"], by_iin["ahead"]) == (None, None, [])
    assert portal.post("queue-check", {}).status_code == 422
    assert is_problem(portal.post("queue-check", {"iin": iin}), 429, "too_often")


def test_a_portal_that_asks_too_often_is_told_when_to_come_again(city, portal, monkeypatch):
    monkeypatch.setattr(login_limits, "PORTAL", login_limits.parse_many("2/minute")[0])
    first = portal.get("districts")
    assert first.headers["RateLimit"].startswith('"portal";r=1;t=')
    assert first.headers["RateLimit-Policy"] == '"portal";q=2;w=60'
    portal.get("districts")
    third = portal.get("districts")
    assert is_problem(third, 429, "too_often") and int(third.headers["Retry-After"]) > 0


@pytest.mark.parametrize(("language", "word"), (("kk", "ештеңе"), ("ru", "ничего"), ("en", "nothing"), ("", "ештеңе")))
def test_what_is_wrong_is_said_in_the_language_that_is_asked_for(city, portal, language, word):
    answer = portal.get("applications/1-2-3", **{"Accept-Language": language})
    assert is_problem(answer, 404, "not_found") and word in answer.json["detail"].lower()


def test_whatever_is_no_address_below_api_is_told_as_a_problem(city, portal):
    client = city.web.test_client()
    for address in ("/api/", "/api/v2/districts", "/api/v1/", "/api/v1/x/y"):
        assert is_problem(client.get(address), 404, "not_found")
        assert is_problem(client.post(address), 404, "not_found")
    answer = client.delete("/api/v1/districts")
    assert is_problem(answer, 405, "wrong_method") and "GET" in answer.headers["Allow"]


def test_a_field_that_is_wrong_is_named_by_its_pointer(city, portal):
    answer = portal.get("vacancies?district=x&limit=1000")
    assert is_problem(answer, 422, "invalid")
    assert {one["pointer"] for one in answer.json["errors"]} == {"/district", "/limit"}
    answer = portal.client.post(
        "/api/v1/queue-check", data="{", headers=portal.headers, content_type="application/json"
    )
    assert is_problem(answer, 400, "bad_request")


def test_what_the_api_takes_and_gives_is_described(city):
    told = city.web.test_client().get("/api/v1/openapi.json").json
    assert told["openapi"] == "3.1.0" and "/api/v1/applications/{number}" in told["paths"]


def test_a_portal_says_itself_where_it_is_told_and_is_shown_its_secret_once(city, portal):
    nothing = portal.get("webhook").json
    assert (nothing["url"], nothing["secret_given_at"], nothing["waiting"]) == (None, None, 0)
    assert is_problem(portal.post("webhook/test"), 409, "no_webhook")
    first = portal.put("webhook", {"url": "https://portal.example.org/kezek"}).json
    assert first["secret"].startswith("whsec_") and "webhook.test" in first["types"]
    second = portal.put("webhook", {"url": "https://portal.example.org/new"}).json
    assert (second["url"], second["secret"]) == ("https://portal.example.org/new", None)
    row = portals.rows(city.web, Client)[-1]
    assert (row.webhook, row.secret) == (second["url"], first["secret"])
    forget_tries(city.web)
    new = portal.post("webhook/secret").json["secret"]
    row = portals.rows(city.web, Client)[-1]
    assert (row.secret, row.secret_before) == (new, first["secret"]) and new not in portal.get("webhook").text
    assert portal.post("webhook/test").status_code == 202 and portal.get("webhook").json["waiting"] == 1
    ended = portal.delete("webhook").json
    row = portals.rows(city.web, Client)[-1]
    assert (ended["url"], row.webhook, row.secret, row.secret_before) == (None, None, None, None)
    with city.web.app_context():
        told = db.session.scalars(sa.select(Change).where(Change.subject == "client").order_by(Change.id)).all()
    said = [(one.verb, one.client, one.user_id) for one in told if one.client == "Indigo"]
    verbs = ("set_webhook", "new_secret", "set_webhook", "new_secret", "remove_webhook")
    assert said == [(verb, "Indigo", None) for verb in verbs]
    page = city.sign_in("auditor").get("/history/list/").text
    assert "Портал, Indigo" in page and first["secret"] not in page and new not in page


@pytest.mark.parametrize(
    "url",
    (
        "http://portal.example.org/",
        "https://127.0.0.1/",
        "https://localhost/x",
        "https://u@portal.example.org/",
        "x",
        "",
    ),
)
def test_a_portal_is_told_by_https_at_a_host_of_the_public_internet_alone(city, portal, url):
    portal.get("districts")  # that its key was used is written once a minute
    with city.tables.unchanged():
        answer = portal.put("webhook", {"url": url})
    assert is_problem(answer, 422, "invalid") and answer.json["errors"][0]["pointer"] == "/url"


def test_a_portal_makes_us_call_somebody_five_times_a_minute_at_most(city, portal):
    url = {"url": "https://portal.example.org/kezek"}
    assert portal.put("webhook", url).status_code == 200
    assert [portal.post("webhook/test").status_code for _ in range(5)] == [202] * 4 + [429]
    assert is_problem(portal.delete("webhook"), 429, "too_often")


def test_a_portal_is_added_by_the_administrator_alone_and_its_page_tells_no_secret(city, portal):
    administrator = city.sign_in("administrator")
    page = administrator.get(f"/clients/show/{portal.id}").text
    row = portals.rows(city.web, Client)[-1]
    assert "Indigo" in page and row.key_hash not in page
    assert city.sign_in("department").get(f"/clients/show/{portal.id}").status_code in (302, 403)
    with city.web.app_context():
        told = db.session.scalars(sa.select(Change).where(Change.subject == "client")).all()
        assert "new_key" in {one.verb for one in told}
