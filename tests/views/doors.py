"""The doors of a scenario's steps beside their actions (issue 13, 6): what people do in a browser at these moments."""

import html
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app.access import visits
from app.access.actors import Actor
from app.access.hashes import hashed
from app.actions import families, places, wishes
from app.actions.people import Person
from app.api.schemas import VERBS
from app.cabinet.own import KEY
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, Change, Client, DemoTime, Place, Purpose, SignedInBy, User
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.scenarios.player import through_its_action
from app.scenarios.town import ScenarioTown
from app.scenarios.verbs import Step
from tests.authority import holder
from tests.views import portals
from tests.views.city import official
from tests.views.conftest import Browser, forget_tries, sign_in
from tests.views.forms import Fields
from tests.views.portals import Portal
from tests.views.tables import Tables

HERE = {"Origin": "http://localhost"}


# ---------------------------------------------------------------- what a family does on its own pages


def entered(web: Flask, iin: str, by: SignedInBy = SignedInBy.key) -> Browser:
    """Somebody of a family in the cabinet; how one comes in: test_cabinet.py, test_entry_by_key.py."""
    browser = Browser(web.test_client())
    with web.app_context():
        key = visits.begin(iin)
        if by is SignedInBy.code:
            db.session.execute(sa.text("UPDATE visit SET sign_in = 'code' WHERE id = (SELECT max(id) FROM visit)"))
            db.session.commit()
    browser.client.set_cookie(KEY, key, path="/my")
    return browser


def post(browser: Browser, to: str, **data: str) -> TestResponse:
    return browser.client.post(f"/my/{to}", data=data, headers=HERE)


def asked(answer: TestResponse) -> tuple[str, str]:
    """The key and the text of what is to be signed."""
    assert answer.status_code == 200, answer.text
    text = re.search(r'<pre class="to-sign"[^>]*>(.*?)</pre>', answer.text, re.S)[1]
    return re.search(r'name="challenge" value="([^"]+)"', answer.text)[1], html.unescape(text)


def code_in(answer: TestResponse) -> str:
    """The code that the demo shows instead of sending it."""
    return re.search(r'<p class="note">[^<]*?(\d{6})', answer.text)[1]


def sign(browser: Browser, to: str, answer: TestResponse, person: str) -> TestResponse:
    """Sign what is shown with a key of this person, where a key is asked, say the code, where one is, and send it."""
    key, text = asked(answer)
    more = {"code": code_in(answer)} if 'name="code"' in answer.text else {}
    if 'name="cms"' in answer.text:
        more["cms"] = holder(Purpose.act, number=person, curve=True).sign(text.encode())
    return post(browser, to, challenge=key, **more)


# ---------------------------------------------------------------- doors


def is_of_a_family(step: Step) -> bool:
    """Is this a step that a family does on its own pages, or would do if there were such a page for it?

    A privilege is claimed there by its ground, nobody is put into the queue there without a phone and none by another
    birth date than the IIN has, and which of its rights a family takes back is not said there: a voucher it never
    takes back. What is left out by that: test_scenarios.py.
    """
    by, of = step.get("by"), step.get("application", {})
    role = by["role"] if isinstance(by, dict) else by
    if role != Role.family or step.get("what") == "voucher":
        return False
    if step["do"] == "join":
        return "phone" in step
    return "phone" in of if isinstance(of, dict) else "privilege" not in step


class Cabinet:
    """A family's steps on its own pages, all others by their actions."""

    def __init__(self, web: Flask) -> None:
        self.web, self.browsers = web, dict[tuple[str, SignedInBy], Browser]()
        web.config["KEZEK"] = replace(web.config["KEZEK"], demo=True)  # which shows a code instead of sending it
        forget_tries(web)

    def __call__(self, town: ScenarioTown, step: Step, *, by: Actor, at: datetime) -> None:
        if not is_of_a_family(step):
            return through_its_action(town, step, by=by, at=at)
        with transaction():
            db.session.merge(DemoTime(id=1, at=at))
        how = SignedInBy(step.get("sign_in", "key"))
        doors = {"register": self.register, "join": self.join}
        return doors.get(step["do"], self.act)(town, step, by, at, how)

    def act(self, town: ScenarioTown, step: Step, by: Actor, at: datetime, how: SignedInBy) -> None:
        """What is done to an application that is there."""
        verb, id_, typed = step["do"], town.record(step["application"]).id, _typed(town, step, at)
        person = db.session.get_one(Application, by.application_id).applicant.iin
        db.session.rollback()  # what was read ends
        browser = self.browser(person, how)
        answer = post(browser, f"a/{id_}/{verb}", **typed)
        if answer.status_code == 404 and (by.application_id != id_ or verb not in families.ACTS):
            raise Refusal(Reason.not_allowed)
        self.signed(browser, f"a/{id_}/signed", answer, person)

    def join(self, town: ScenarioTown, step: Step, _by: Actor, _at: datetime, how: SignedInBy) -> None:
        """Another parent asks, by what it knows of the application."""
        named = town.record(step["application"])
        typed = {"number": named.number, "child_iin": named.child_iin, "basis": step.get("basis", "parent")}
        typed |= {"phone": step["phone"], "first_name": step["first_name"], "last_name": "", "patronymic": ""}
        db.session.rollback()  # what was read ends
        forget_tries(self.web)
        browser = self.browser(step["iin"], how)
        self.signed(browser, "join/signed", post(browser, "join", **typed), step["iin"])

    def register(self, town: ScenarioTown, step: Step, _by: Actor, at: datetime, how: SignedInBy) -> None:
        """A child is put into the queue, one question a page."""
        row = step["application"]
        child, parent = town.family(row)
        answers = {
            "district": {"district": str(town.record(row["place"]).id)},
            "child": {"child_iin": child.iin} | _named("child", child),
            "applicant": _named("applicant", parent),
            "contacts": {"phone": row["phone"], "notice_language": "kk"},
            "queue": {"queue_kind": row.get("queue_kind", "general")},
            "privilege": _claimed(row, at),
        }
        db.session.rollback()
        browser = self.browser(parent.iin, how)
        for page, typed in answers.items():
            assert post(browser, f"new/{page}", **typed).status_code == 303
        done = self.signed(browser, "new/signed", post(browser, "new/check"), parent.iin)
        town.ids[row["ref"]] = Application, int(re.search(r"/my/a/(\d+)", done.location)[1])

    def signed(self, browser: Browser, to: str, answer: TestResponse, person: str) -> TestResponse:
        """What is shown is signed and sent. Raises Refusal by the name that stands on the page."""
        if 'name="challenge"' in answer.text:
            answer = sign(browser, to, answer, person)
        if answer.status_code != 303:
            raise Refusal(Reason(re.search(r'data-reason="(\w+)"', answer.text)[1]))
        return answer

    def browser(self, person: str, by: SignedInBy) -> Browser:
        """Whoever has entered once stays there."""
        if (person, by) not in self.browsers:
            self.browsers[person, by] = entered(self.web, person, by)
        return self.browsers[person, by]


class Api:
    """A family's steps as a portal of the country sends them, all others by their actions. A code is a phone that
    stands on the application, or the own one of whoever joins.
    """

    def __init__(self, web: Flask) -> None:
        self.web, self.portal = web, Portal(web, "kezek_of_scenarios")

    def __call__(self, town: ScenarioTown, step: Step, *, by: Actor, at: datetime) -> None:
        if not is_of_a_portal(step) or (step.get("sign_in") == "code" and not self.phone(town, step)):
            return through_its_action(town, step, by=by, at=at)
        with transaction():
            db.session.merge(DemoTime(id=1, at=at))
            if db.session.scalar(sa.select(Client.id)) is None:
                here = {"place_id": places.country().id, "registers": True, "acts": True, "active": True}
                key = self.portal.headers["Authorization"].removeprefix("Bearer ")
                db.session.add(Client(name="Портал", key_hash=hashed(key), **here))
        forget_tries(self.web)
        doors = {"register": self.register, "join": self.join}
        doors.get(step["do"], self.act)(town, step, by, at)

    def act(self, town: ScenarioTown, step: Step, by: Actor, at: datetime) -> None:
        typed = {name: said for name, said in _typed(town, step, at).items() if said}
        if step["do"] == "claim_privilege":
            typed = {"privilege": typed}
        typed |= {name: int(typed[name]) for name in ("vacancy", "kindergarten", "entry") if name in typed}
        signed = step.get("sign_in", "key") == "key"
        id_, person = (
            town.record(step["application"]).id,
            db.session.get_one(Application, by.application_id).applicant.iin,
        )
        phone = {} if signed else {"phone": self.phone(town, step)}
        db.session.rollback()  # what was read ends
        _refused(self.portal.act(id_, step["do"], {"iin": person, **phone, **typed}, signed=signed))

    def join(self, town: ScenarioTown, step: Step, _by: Actor, _at: datetime) -> None:
        """Another parent asks, by what it knows of the application."""
        named = town.record(step["application"])
        body = {"iin": step["iin"], "child_iin": named.child_iin, "basis": step.get("basis", "parent")}
        body |= {"phone": step["phone"], "first_name": step["first_name"]}
        address, district = self.portal.address(named.id), f"?district={named.place_id}"
        db.session.rollback()
        if step.get("sign_in", "key") == "key":
            shown = _refused(self.portal.post(f"{address}/join/challenge{district}", body))
            body["signature"] = portals.sign(shown.json, step["iin"])
        _refused(self.portal.once(f"{address}/join{district}", body))

    def register(self, town: ScenarioTown, step: Step, _by: Actor, at: datetime) -> None:
        row = step["application"]
        child, parent = town.family(row)
        body = {
            "district": town.record(row["place"]).id,
            "queue_kind": row.get("queue_kind", "general"),
            "child": _of_person(child),
            "applicant": _of_person(parent),
            "contacts": {"phone": row["phone"], "notice_language": "kk"},
        } | ({"privilege": _claimed(row, at)} if "ground" in row else {})
        db.session.rollback()
        if step.get("sign_in", "key") == "key":
            shown = _refused(self.portal.post("applications/challenge", body))
            body["signature"] = portals.sign(shown.json, parent.iin)
        number = _refused(self.portal.once("applications", body)).json["number"]
        made = sa.select(Application.id).where(Application.number == number, Application.place_id == body["district"])
        town.ids[row["ref"]] = Application, db.session.scalars(made).one()
        db.session.rollback()

    def phone(self, town: ScenarioTown, step: Step) -> str | None:
        """The one that is a code: of an application, or the own one of whoever joins."""
        if step["do"] == "join":
            return step["phone"]
        row = step["application"]
        found = row["phone"] if isinstance(row, dict) else town.record(row).phone
        db.session.rollback()
        return found


def is_of_a_portal(step: Step) -> bool:
    """Is this a step that a family does through a portal?"""
    return is_of_a_family(step) and step["do"] in {"register", "join", *VERBS}


def _of_person(person: Person) -> dict[str, str]:
    names = {name: getattr(person, name) or "" for name in ("last_name", "first_name", "patronymic")}
    return {"iin": person.iin, **names}


def _refused(answer: TestResponse) -> TestResponse:
    """Raises Refusal by the name that the problem has."""
    if answer.status_code >= 400:
        raise Refusal(Reason(answer.json["reason"]))
    return answer


FORMS_OF_THEIR_OWN = {"choose": "choose", "claim_privilege": "claim-privilege"}


class Counter:
    """A family's acts by an official at the counter of its district, by the paper that it has signed that day, and all
    other steps by their actions. A page of the office tells a refusal in a sentence alone: that it refuses is seen
    here, not why.
    """

    def __init__(self, web: Flask) -> None:
        self.web, self.browsers = web, dict[int, Browser]()
        forget_tries(web)

    def __call__(self, town: ScenarioTown, step: Step, *, by: Actor, at: datetime) -> None:
        if not is_for_a_family(step):
            return through_its_action(town, step, by=by, at=at)
        application = town.record(step["application"])
        verb, id_, place_id = step["do"], application.id, application.place_id
        with transaction():
            db.session.merge(DemoTime(id=1, at=at))
        browser = self.browser(place_id)
        typed = {"sure": "yes", "paper_on": local_day(at).isoformat(), **_typed(town, step, at)}
        db.session.rollback()
        address = {"choose": f"choose/{id_}", "claim_privilege": f"claim-privilege/{id_}"}.get(
            verb, f"action/{verb}/{id_}"
        )
        if verb == "claim_privilege":
            typed |= {"seen": Fields(browser.get(f"/applications/{address}").text).values["seen"]}
        answer = browser.post(f"/applications/{address}", typed, follow_redirects=True)
        if 'class="flash success"' not in answer.text:
            assert 'role="alert"' in answer.text and "error" in step, answer.text
            raise Refusal(Reason(step["error"]))

    def browser(self, place_id: int) -> Browser:
        """Of the official in a district, who stays there."""
        if place_id not in self.browsers:
            with transaction():
                official(f"counter-{place_id}", Role.operator, db.session.get_one(Place, place_id))
            self.browsers[place_id] = sign_in(self.web, f"counter-{place_id}")
        return self.browsers[place_id]


def is_for_a_family(step: Step) -> bool:
    """Is this an act of the family itself that an official can do for it by its paper?"""
    return is_of_a_family(step) and step["by"] == Role.family and step["do"] in families.ACTS and "sign_in" not in step


def _named(whose: str, person: Person) -> dict[str, str]:
    return {f"{whose}_{name}": getattr(person, name) or "" for name in ("last_name", "first_name", "patronymic")}


def _claimed(row: Step, at: datetime) -> dict[str, str]:
    """The privilege that an application comes with, and the paper that proves it; {} for none."""
    issued_on = row.get("certificate_on", local_day(at).isoformat())
    paper = {"paper_title": "Анықтама", "paper_issued_on": issued_on}
    return {"ground": row["ground"], **paper} if "ground" in row else {}


def _typed(town: ScenarioTown, step: Step, at: datetime) -> dict[str, str]:
    """What a family types for this step."""
    match step["do"]:
        case "choose" | "enter_lot" | "leave_lot":
            return {"vacancy": str(town.record(step["vacancy"]).id)}
        case "wish":
            return {"kindergarten": str(town.record(step["kindergarten"]).id), "language": step.get("language", "")}
        case "unwish":
            there = town.record(step["kindergarten"]).id
            waits = [one for one in wishes.of(town.record(step["application"])) if one.kindergarten_id == there]
            return {"entry": str(waits[0].id) if waits else ""}
        case "extend":
            return {"until": step["until"], "reason": step.get("reason", "")}
        case "claim_privilege":
            return _claimed(step, at)
    return {}


# ---------------------------------------------------------------- what they leave

# The moment, who is there, what was signed, and through which portal.
APART = {"demo_time", "visit", "challenge", "signature", "draft", "client", "sent_form"}
HOW_SIGNED = {"paper_on", "sign_in", "signature_id", "applicant_id", "client"}  # of a change that a family made
BY_CHANCE = {"document": {"code"}, "application": {"source", "source_number"}}


def history() -> list[tuple[Any, ...]]:
    """What has been done in the town, in its order, whoever has done it."""
    told = "at", "verb", "subject", "application_id", "effective_on", "status_from", "status_to", "reason"
    rows = sa.select(*(getattr(Change, name) for name in told)).where(Change.subject != User.__tablename__)
    return [tuple(row) for row in db.session.execute(rows.order_by(Change.id))]


def left(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    """Every row of the town, but for how a family has signed what it did."""
    db.session.rollback()  # one writer on SQLite

    def cut(name: str, row: dict[str, Any]) -> dict[str, Any]:
        without = HOW_SIGNED if name == "change" and row["role"] == Role.family else BY_CHANCE.get(name, set())
        return {column: value for column, value in row.items() if column not in without}

    return {name: [cut(name, row) for row in rows] for name, rows in tables.rows().items() if name not in APART}
