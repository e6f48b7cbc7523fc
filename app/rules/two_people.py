"""Spec 3.8: what one official may start alone, and what takes another one's yes. A table, not a chain of questions."""

from collections.abc import Mapping

MANY = 50  # records

# How many records at once one official alone may do a verb to; what stands nowhere here takes nothing away.
ALONE: Mapping[str, int] = {
    "issue_out_of_turn": 0,
    "reinstate": 0,
    "take_back": 0,
    "archive": 1,
    "revoke": MANY,
    "withdraw": MANY,
    "refuse": MANY,
    "reject_privilege": MANY,
    "leave": MANY,
    "close": MANY,
}
TAKE_NOTHING = frozenset(  # the verbs for many that leave every family what it has
    {"extend", "release", "enrol", "approve", "reject", "publish", "offer", "confirm", "restore", "sign"}
)


def alone(verb: str, records: int) -> bool:
    """Spec 3.8: may one official start this verb for so many records without another one's yes?"""
    return records <= ALONE.get(verb, records)
