"""One click, one effect (spec 7; docs/adr/0015-forms-that-stay.md): a form has a key, and a key one effect.

The key is made when a form is rendered and says, signed, for which account. `base.attempt` claims it in the effect's
own transaction: what is refused claims nothing. The same form again shows the first answer; with something else in it
it is 409.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from time import monotonic, sleep
from typing import Any, NamedTuple

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from app.access import sent_forms
from app.db.database import Closed, will_write
from app.db.extensions import db
from app.views.sessions import is_file

KEY = "form_key"
FREE = frozenset(  # these neither add nor act: who is there, what is looked for, in which language
    {
        "SignIn.login",
        "SignIn.logout",
        "second_factor.code",
        "HomeView.language",
        "SearchView.find",
        "SearchView.in_list",
    }
)
ANSWERED_WITHIN = 15.0  # seconds for which a second click waits for the answer to the first one


@dataclass
class Sending:
    """The form of this request: its key, whose it is, a digest of what is in it, whether the account has typed into it
    before its session was over, and whether it has had an effect by now."""

    key: str
    user_id: int
    body_hash: str
    kept: bool
    claimed: bool = False


class Held(NamedTuple):
    """Why this request does nothing and shows its form again, filled: the answer's status, a sentence, its key anew."""

    status: int
    sentence: str
    key: str = ""


def signer(secret: str) -> URLSafeTimedSerializer:
    """What signs the keys of forms."""
    return URLSafeTimedSerializer(secret, salt="form key")


def made(secret: str, user_id: int) -> str:
    """A new key for a form that this account is shown."""
    return str(signer(secret).dumps([secrets.token_urlsafe(9), user_id]))


def form_key() -> str:
    """The key of a form on this page; "" for whoever is nobody yet. What may have been done keeps the key it had."""
    if g.get("actor") is None:
        return ""
    return (held.key if (held := holding()) else "") or made(current_app.config["SECRET_KEY"], g.actor.user_id)


def owner(key: str) -> int | None:
    """The account that a form was shown to; None for a key that is none, or too old to be taken."""
    return owner_of(key, current_app.config["SECRET_KEY"])


def owner_of(key: str, secret: str) -> int | None:
    """The same for a secret that one knows."""
    try:
        (_, user_id), made_at = signer(secret).loads(key, return_timestamp=True)
        # One of a time ahead is taken: the machine's clock was put back since. By max_age it would be refused.
        return int(user_id) if datetime.now(UTC) - made_at <= sent_forms.KEY_LASTS else None
    except (BadData, TypeError, ValueError):
        return None


def has_effect() -> bool:
    """Does this request add or act? Lists are taken away as often as somebody wants, each time on the record."""
    endpoint = request.endpoint
    reads = (
        endpoint is None or is_file(endpoint) or endpoint in FREE or endpoint.endswith((".export", ".take", ".pick"))
    )
    return request.method == "POST" and not reads


def holding() -> Held | None:
    """Why nothing is done in this request, if so."""
    return g.get("held")


def say_held() -> str:
    """The sentence, said on the page by whoever asks for it; "" where nothing is held."""
    held = holding()
    if held is None:
        return ""
    g.held_said = True
    return held.sentence


def begin(key: str) -> Response | None:
    """Take up the form of this request. What was done already is answered as it was; raises Other for another body."""
    user_id = g.actor.user_id
    sent, kept = sent_forms.known(key, user_id=user_id, path=request.path)
    g.sending = Sending(key, user_id, sent_forms.digest(key, _body()), kept)
    return repeated() if sent else None


class Other(Exception):
    """The key was used, with another body or by somebody else."""


def claim() -> None:
    """In the effect's transaction: this form has it. Raises sent.Repeated; Closed for a request without a key."""
    sending: Sending | None = g.get("sending")
    if sending is None:
        raise Closed
    if not sending.claimed:
        sent_forms.claim(sending.key, sending.user_id, sending.body_hash)


def claimed() -> None:
    """The effect is there for good. What is read from now on, for the answer, waits for nobody and holds nobody up."""
    g.sending.claimed = True
    will_write(False)


def repeated() -> Response:
    """The answer to the first one of two; it is waited for. Raises Other."""
    end = monotonic() + ANSWERED_WITHIN
    will_write(False)  # and whoever writes the answer down does not wait for those who look for it
    while True:
        db.session.rollback()  # nobody waits for us, least of all the first one
        found = sent_forms.find(g.sending.key)
        if found and (found.user_id, found.body_hash) != (g.sending.user_id, g.sending.body_hash):
            raise Other
        if (found and found.answer is not None) or monotonic() > end:
            break
        sleep(0.05)
    answer = (found.answer if found else None) or {}
    for category, message in answer.get("said", ()):
        flash(message, category)
    if "to" not in answer:
        flash(
            _("This form was sent already, and what it asked for was done. What it showed is shown only once."),
            "warning",
        )
    return redirect(answer.get("to") or url_for("HomeView.index"), code=303)


def after_request(response: Response) -> Response:
    """How a form that had its effect was answered, where it led and what it said, is kept with the session. Nobody may
    be looking any more: a database that went away meanwhile knows no account."""
    sending: Sending | None = g.get("sending")
    if sending is not None and sending.claimed:
        answer = {"said": [list(one) for one in session.get("_flashes", ())]}
        if response.location and response.status_code in (302, 303):
            answer["to"] = response.location
        session.told = partial(_tell, sending, answer, request.path)
    return response


def _tell(sending: Sending, answer: dict[str, Any], path: str, connection: Connection) -> None:
    sent_forms.answered(connection, sending.key, answer)
    if sending.kept:
        sent_forms.done(connection, user_id=sending.user_id, path=path)


def _body() -> str:
    """All that was sent, but for what differs without meaning anything else."""
    sent_here = request.form.items(multi=True)
    fields = sorted((n, v.strip()) for n, v in sent_here if n not in (KEY, "csrf_token") and v.strip())
    return json.dumps([request.path, fields, [_file(name, file) for name, file in request.files.items(multi=True)]])


def _file(name: str, file: Any) -> tuple[str, str, str]:
    found = sha256(file.stream.read()).hexdigest()
    file.stream.seek(0)
    return name, file.filename or "", found
