"""Why something happened where nobody typed a reason: names that people read in their language (words/notices.py)."""

from enum import StrEnum


class OwnReason(StrEnum):
    """The clock's reasons, and those of what follows another act."""

    choose_by = "choose_by"
    stop_list = "stop_list"
    over_age = "over_age"
    certificate = "certificate"
    another_privilege = "another_privilege"
    expire = "expire"
    refuse = "refuse"
    revoke = "revoke"


NAMES = frozenset(map(str, OwnReason))


def kept(reason: str | None) -> str | None:
    """A reason as it goes on record: what people typed is never taken for one of ours.

    A typed one that is spelt alike stands in quotation marks.
    """
    if isinstance(reason, OwnReason):
        return str(reason)
    return f"«{reason}»" if reason in NAMES else reason
