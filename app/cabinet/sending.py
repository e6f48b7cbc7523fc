"""From the exact text of an act to the act itself (ADR 28, 30): what the forms by which a family sends one have alike.

The text, and what the act is asked with, are kept until they come back (access/challenges.py): what is done is what was
shown, once. A phone that is new is proven on the way, by a code that is sent to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import sleep
from typing import Any

from flask import g, make_response, request
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from app import words
from app.access import challenges, login_limits, uploads, visits
from app.access.actors import Visitor
from app.access.hashes import hashed
from app.actions import signatures
from app.asked.acts import Mistyped, fit
from app.cabinet import signing
from app.cabinet.own import KEY, in_demo, send_after
from app.cabinet.public import render
from app.db.database import DEADLOCK, retried
from app.db.extensions import db
from app.models import Challenge, Purpose, SignedInBy
from app.rules import uploads as files
from app.rules.refusals import Reason, Refusal

TRIES, APART = 8, 0.25  # seconds: as long as an act takes on a busy day
# Beside what an act is asked with: the hash of the code that proves its phone, that phone, and the demo's code itself.
CODE, PROVES, SHOWN = "code", "proves", "shown"
CLICKS, MOST_CLICKS = "clicks", 3  # by each of which one may say the code once: no more tries than at the entry


class Again(Exception):
    """What came was done a moment ago, by the first of two clicks; it led to `address`."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class WrongCode(Mistyped):
    """The code that came proves no phone; `asked`: what the act was asked with."""

    def __init__(self, asked: Mapping[str, str]) -> None:
        super().__init__(_("That is not the code that was sent to the phone. Ask for another one."))
        self.asked = asked


class TooOften(Mistyped):
    """A code was asked for too often; another one in so many `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(_("A code was asked for too often. Try again later."))
        self.seconds = seconds


def sent_file() -> dict[str, str]:
    """The file that came with the form, kept until the act is signed, by its checksum; {} for none. Raises Mistyped."""
    file = request.files.get("paper_file")
    content = file.stream.read(files.MOST + 1) if file is not None else b""
    if not content:
        return {}
    fit(files.kind_of, content)
    return {"paper_file": uploads.keep(g.visitor.iin, content)}


def can_sign(by: SignedInBy) -> bool:
    """Has whoever visits entered as strongly as that?"""
    return by is SignedInBy.code or (g.visitor.sign_in is SignedInBy.key and signing.set_up())


def shown(
    template: str,
    text: str,
    *,
    by: SignedInBy,
    verb: str,
    asked: Mapping[str, str],
    application_id: int | None = None,
    phone: str = "",
    **facts: Any,
) -> Response:
    """The page with the text, to be signed or sent; `phone`: one that is to be proven. Raises TooOften."""
    kept, browser, demo = dict(asked), request.cookies[KEY], in_demo()
    code = ""  # that has to be sent
    asks = bool(phone) and not visits.proven(browser, phone)
    before = challenges.asked_just_now(browser) if asks else {}
    # of two clicks the second has the code of the first
    if before.get(PROVES) == phone and before.get(CLICKS, MOST_CLICKS) < MOST_CLICKS:
        kept |= {name: before[name] for name in (CODE, PROVES, SHOWN) if name in before}
        kept[CLICKS] = before[CLICKS] + 1
    elif asks:
        if seconds := login_limits.wait_for_code(g.visitor.iin, phone, request.remote_addr):
            raise TooOften(seconds)
        code = visits.new_code()
        kept |= {CODE: hashed(browser + code), PROVES: phone, CLICKS: 1} | ({SHOWN: code} if demo else {})
    ask = signing.to_sign if by is SignedInBy.key else challenges.ask
    of = {"iin": g.visitor.iin, "application_id": application_id, "verb": verb, "asked": kept}
    to_sign = ask(text, purpose=Purpose.act, browser=browser, **of)
    told = {"to_sign": to_sign, "with_key": by is SignedInBy.key, "code": asks, "shown_code": kept.get(SHOWN, "")}
    page = make_response(render(template, verb=verb, **told, **facts))
    if code and not demo:
        send_after(page, phone, code)
    return page


def taken(*verbs: str, **of: Any) -> Challenge:
    """What was shown to this person on this browser, once, of one of these verbs. `of`: its application_id, where only
    one will do.

    Raises Refusal(challenge_over), WrongCode, Again.
    """
    browser = request.cookies[KEY]
    key = request.form.get("challenge", "")
    found = challenges.take(key, browser=browser, purpose=Purpose.act)
    if found is None and (address := _led_to(key, browser)):
        raise Again(address)
    of |= {"iin": g.visitor.iin}
    if found is None or found.verb not in verbs or any(getattr(found, name) != one for name, one in of.items()):
        raise Refusal(Reason.challenge_over)
    code = (found.asked or {}).get(CODE)
    if code is not None and code != hashed(browser + request.form.get("code", "").replace(" ", "")):
        raise WrongCode(found.asked or {})
    if code is not None:
        visits.prove(browser, found.asked[PROVES])
    return found


def _led_to(key: str, browser: str) -> str | None:
    """Where the first of two clicks has led; it may be on its way still."""
    for _try in range(TRIES):
        if (address := challenges.led_to(key, browser=browser)) is not None:
            return address
        db.session.rollback()  # to see what was done meanwhile, and to let it be done
        sleep(APART)
    return None


def done(challenge: Challenge, act: Callable[[Visitor], str]) -> str:
    """In one transaction: the signature on record, if one came along, and what stands on it; `act` says which page that
    leads to. Raises Refusal as the signature and the act do, Mistyped for what the database does not take.
    """
    cms = request.form.get("cms", "")
    checked = signatures.check(challenge, cms) if cms else None

    def once() -> str:
        signed = signatures.keep(checked).id if checked is not None else None
        address = act(replace(g.visitor, signature_id=signed))
        challenges.lead(challenge, address)
        return address

    try:
        return retried(once, (DEADLOCK,))
    except IntegrityError as error:
        raise Mistyped(words.constraint(error)) from None
