"""A text on a page that is to be signed with a key, and the signature that its form brings (spec 10; ADR 28).

A page calls `to_sign`, and its template `sign` of cabinet/sign.html; where its form goes, `brought` has the signature.
The page alone that has called it may reach the agent on the family's own machine.
"""

from base64 import b64encode
from typing import Any, NamedTuple

from flask import current_app, g, request

from app.access import challenges
from app.actions import signatures
from app.models import Purpose
from app.signing.verify import USES


class Signing(NamedTuple):
    """What the template needs: the challenge's key, the text as it is shown and as it is signed, and of the agent its
    address and which keys it is to offer; may it be signed on a phone, too?
    """

    key: str
    text: str
    data: str
    agent: str
    uses: str
    by_qr: bool


def set_up() -> bool:
    """Does this machine believe any keys?"""
    return current_app.config["KEZEK"].keys is not None


def to_sign(text: str, *, purpose: Purpose, browser: str, **of: Any) -> Signing:
    """Have a text signed on this page. `browser`: the secret of a cookie; `of`: as challenges.ask has it."""
    asked = challenges.ask(text, purpose=purpose, browser=browser, **of)
    kezek = current_app.config["KEZEK"]
    g.reaches = kezek.keys.agent
    data, uses = b64encode(asked.text.encode()).decode(), " ".join(USES[purpose])
    return Signing(asked.key, asked.text, data, g.reaches, uses, by_qr=kezek.qr is not None)


def brought(*, purpose: Purpose, browser: str) -> signatures.Checked:
    """What the form of such a page has brought, verified; before any transaction begins. Raises Refusal."""
    challenge = challenges.take(request.form.get("challenge", ""), browser=browser, purpose=purpose)
    return signatures.check(challenge, request.form.get("cms", ""))
