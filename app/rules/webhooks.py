"""Where a portal may be told what happened, and what it is told (Standard Webhooks 1.0; docs/adr/0036-the-api.md)."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from app.rules.texts import Unfit, line

LONGEST = 300
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
# What a notice to a family of this name means to a portal; of any other change of status it is STATUS.
EVENTS: Mapping[str, str] = {
    "issue": "voucher.issued",
    "offer": "offer.made",
    "choose": "referral.issued",
    "enrol": "application.enrolled",
}
STATUS = "application.status_changed"
TEST = "webhook.test"  # what a portal asks for itself
TYPES = (STATUS, *EVENTS.values(), TEST)


def address(raw: str) -> str:
    """One by https, of a host that has a name, with nothing secret in it. Raises Unfit: not_https, and as `line`."""
    text = line(LONGEST)(raw)
    try:
        to = urlsplit(text)
        known = to.scheme == "https" and HOST.fullmatch(to.hostname or "") and not (to.username or to.fragment)
        known = known and (to.port is None or to.port > 0) and text.isascii() and " " not in text
    except ValueError:
        known = False
    if not known:
        raise Unfit("not_https")
    return text
