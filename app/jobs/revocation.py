"""Lists of revoked keys are fetched and kept, so that no page asks for them (ADR 28)."""

import logging

from flask import current_app

from app.logs import described
from app.signing import revocation, trust

log = logging.getLogger(__name__)


def fetch() -> None:
    """Twice or in parallel it changes nothing. An address that fails holds up no other: the list that is kept is good
    for a while, and the next time comes.
    """
    config = current_app.config["KEZEK"]
    if config.keys is None:
        return
    known = trust.certificates(config.keys.anchors)
    for url in config.keys.crls:
        try:
            revocation.fetch(url, config.crls, known)
        except (OSError, ValueError) as error:
            log.warning("a list of revoked keys was not fetched from %s: %s", url, described(error))
