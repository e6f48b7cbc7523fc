"""Where a portal is told what happens (Standard Webhooks 1.0): it sets that itself, as the administrator can (ADR 36).

Each change is on record by the portal's name. The address is judged as one that is typed in the office
(rules/webhooks.py), and once more each time that it is called (gateways/webhooks.py).
"""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from app.access import login_limits
from app.access.actors import Actor
from app.actions import clients, webhooks
from app.api import schemas
from app.api.door import here, portal, tagged
from app.api.problems import Unanswerable
from app.api.reading import told
from app.db.database import DEADLOCK, locked, retried
from app.db.extensions import db
from app.db.viewer import decides_in, unscoped
from app.models import Client
from app.now import now
from app.rules import webhooks as rules
from app.rules.roles import Role


@portal.get("/webhook")
@told(200, schemas.WebhookTold)
def webhook() -> Any:
    """Where this portal is told, how many messages wait to be taken, and what the newest of them met."""
    with unscoped():
        return tagged(_told(db.session.get_one(Client, here().id)))


@portal.put("/webhook")
@portal.arguments(schemas.WebhookAsked)
@told(200, schemas.WebhookGiven)
def set_webhook(body: dict[str, Any]) -> Any:
    """Be told there from now on, also of what still waits. Whoever has no secret yet is shown one, this once."""
    return _changed(lambda row, by: clients.set_webhook(row, body["url"], by=by, at=now()))


@portal.delete("/webhook")
@told(200, schemas.WebhookTold)
def remove_webhook() -> Any:
    """Be told nothing any more. The secret is forgotten, too."""
    return _changed(lambda row, by: clients.remove_webhook(row, by=by, at=now()), gives=False)


@portal.post("/webhook/secret")
@told(200, schemas.WebhookGiven)
def new_secret() -> Any:
    """Another secret, shown this once; for a day each message is signed with the one before, too."""
    return _changed(lambda row, by: clients.new_secret(row, by=by, at=now()))


@portal.post("/webhook/test")
@told(202, schemas.WebhookTold, 409)
def test() -> Any:
    """Be sent a message of the type webhook.test, as any other is."""
    answer: Response = _changed(lambda row, _by: webhooks.leave_test(row, now()), gives=False)
    answer.status_code = 202
    return answer


def _changed(change: Callable[[Client, Actor], str | None], *, gives: bool = True) -> Response:
    """Change it in one transaction. `gives`: a secret is told, if there is a new one. Raises Unanswerable(too_often,
    no_webhook).
    """
    if seconds := login_limits.wait_to_be_told_elsewhere(here().id):
        raise Unanswerable(429, "too_often", {"Retry-After": str(seconds)})
    by = Actor(Role.clock, client=here().name)  # nobody's: a program's, under its name

    def done() -> dict[str, Any]:
        row = locked(Client, here().id)
        secret = change(row, by)
        db.session.flush()
        return {**_told(row), "secret": secret} if gives else _told(row)

    db.session.rollback()  # what was read ends
    decides_in(here().place_id)
    try:
        return tagged(retried(done, (DEADLOCK,)))
    except webhooks.Nowhere:
        raise Unanswerable(409, "no_webhook") from None


def _told(row: Client) -> dict[str, Any]:
    given, found = row.secret_at if row.secret else None, webhooks.goes(row)
    return {
        "url": row.webhook,
        "secret_given_at": given.isoformat() if given else None,
        "types": list(rules.TYPES),
        "waiting": found.waiting,
        "last_taken_at": found.taken_at.isoformat() if found.taken_at else None,
        "last_problem": found.problem,
    }
