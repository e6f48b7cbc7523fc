"""The doors of a scenario's steps beside their actions (issue 13, 6): what people do in a browser at these moments."""

import html
import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app.access import visits
from app.access.actors import Actor
from app.actions import families
from app.cabinet.own import KEY
from app.db.database import transaction
from app.db.extensions import db
from app.models import Application, DemoTime, Purpose, SignedInBy
from app.rules.calendar import local_day
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.scenarios.player import through_its_action
from app.scenarios.town import ScenarioTown
from app.scenarios.verbs import Step
from tests.authority import holder
from tests.views.conftest import Browser
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
    return browser.client.post(f"/my/a/{to}", data=data, headers=HERE)


def asked(answer: TestResponse) -> tuple[str, str]:
    """The key and the text of what is to be signed."""
    assert answer.status_code == 200, answer.text
    text = re.search(r'<pre class="to-sign"[^>]*>(.*?)</pre>', answer.text, re.S)[1]
    return re.search(r'name="challenge" value="([^"]+)"', answer.text)[1], html.unescape(text)


def sign(browser: Browser, application_id: int, answer: TestResponse, iin: str, **more: str) -> TestResponse:
    """Sign what is shown with a key of this person, where a key is asked, and send it."""
    key, text = asked(answer)
    if 'name="cms"' in answer.text:
        more["cms"] = holder(Purpose.act, number=iin, curve=True).sign(text.encode())
    return post(browser, f"{application_id}/signed", challenge=key, **more)


# ---------------------------------------------------------------- doors


def is_of_a_family(step: Step) -> bool:
    """Is this a step that a family does on its own pages, or would do if there were such a page for it?

    Registering and joining are not of an application that is there; a privilege is claimed there by its ground; and
    which of its rights a family takes back is not said there: a voucher it never takes back.
    """
    by = step.get("by")
    role = by["role"] if isinstance(by, dict) else by
    here = isinstance(step.get("application"), str) and step["do"] != "join" and step.get("what") != "voucher"
    return role == Role.family and here and "privilege" not in step


class Cabinet:
    """A family's steps on its own pages, all others by their actions."""

    def __init__(self, web: Flask) -> None:
        self.web, self.browsers = web, dict[tuple[str, SignedInBy], Browser]()

    def __call__(self, town: ScenarioTown, step: Step, *, by: Actor, at: datetime) -> None:
        if not is_of_a_family(step):
            return through_its_action(town, step, by=by, at=at)
        verb, id_, typed = step["do"], town.record(step["application"]).id, _typed(town, step, at)
        person = db.session.get_one(Application, by.application_id).applicant.iin
        with transaction():
            db.session.merge(DemoTime(id=1, at=at))
        browser = self.browser(person, SignedInBy(step.get("sign_in", "key")))
        answer = post(browser, f"{id_}/{verb}", **typed)
        if answer.status_code == 404 and (by.application_id != id_ or verb not in families.ACTS):
            raise Refusal(Reason.not_allowed)
        if 'name="challenge"' in answer.text:
            answer = sign(browser, id_, answer, person)
        if answer.status_code != 303:
            raise Refusal(Reason(re.search(r'data-reason="(\w+)"', answer.text)[1]))

    def browser(self, person: str, by: SignedInBy) -> Browser:
        """Whoever has entered once stays there."""
        if (person, by) not in self.browsers:
            self.browsers[person, by] = entered(self.web, person, by)
        return self.browsers[person, by]


def _typed(town: ScenarioTown, step: Step, at: datetime) -> dict[str, str]:
    """What a family types for this step."""
    match step["do"]:
        case "choose":
            return {"vacancy": str(town.record(step["vacancy"]).id)}
        case "extend":
            return {"until": step["until"], "reason": step.get("reason", "")}
        case "claim_privilege":
            issued_on = step.get("certificate_on", local_day(at).isoformat())
            return {"ground": step["ground"], "paper_title": "Анықтама", "paper_issued_on": issued_on}
    return {}


# ---------------------------------------------------------------- what they leave

APART = {"demo_time", "visit", "challenge", "signature"}  # the moment, who is there, and what was signed
HOW_SIGNED = {"paper_on", "sign_in", "signature_id", "applicant_id"}  # of a change that a family made
BY_CHANCE = {"document": {"code"}}


def left(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    """Every row of the town, but for how a family has signed what it did."""
    db.session.rollback()  # one writer on SQLite

    def cut(name: str, row: dict[str, Any]) -> dict[str, Any]:
        without = HOW_SIGNED if name == "change" and row["role"] == Role.family else BY_CHANCE.get(name, set())
        return {column: value for column, value in row.items() if column not in without}

    return {name: [cut(name, row) for row in rows] for name, rows in tables.rows().items() if name not in APART}
