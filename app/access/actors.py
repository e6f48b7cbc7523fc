"""Who acts or looks: a role, the person behind it, and how far it reaches (spec 1, 3.8)."""

from dataclasses import dataclass, replace
from datetime import date

from app.models import SignedInBy
from app.rules.roles import COUNTER, Role
from app.rules.verbs import ForFamily, Verb


@dataclass(frozen=True)
class Visitor:
    """Spec 3.10: who of a family has entered and how, and what this person signed: the exact text of the act."""

    iin: str
    sign_in: SignedInBy
    signature_id: int | None = None
    phones: frozenset[str] | None = None  # hashes of the proven ones, by which applications are seen; None: all are


@dataclass(frozen=True)
class Actor:
    """Who acts or looks: a role, the person behind it, and how far it reaches (None: everywhere)."""

    role: Role
    user_id: int | None = None
    place_ids: frozenset[int] | None = None
    above_ids: frozenset[int] = frozenset()  # what lies above those: its norms and its name reach down
    kindergarten_id: int | None = None
    application_id: int | None = None
    paper_on: date | None = None  # at the counter: the day of the family's signed paper
    visitor: Visitor | None = None  # of a family in its cabinet
    client: str | None = None  # the portal through which it comes, by its name
    on_paper: bool = False  # a family, or a head who signs, whose paper is of the day of the act: scenarios, the demo
    signature_id: int | None = None  # what a head has signed with the key of its organisation
    stale: bool = False  # has a second factor, which was asked for too long ago for what asks for it once more

    def stands_for_family(self, verb: Verb) -> bool:
        """Spec 3.8: an official at the counter does a family's verb for it.

        Where the office could do it by itself too, the day of the family's signed paper says for whom.
        """
        if verb.family is ForFamily.with_paper:
            return self.role is Role.operator or (self.role in COUNTER and self.paper_on is not None)
        return self.role in COUNTER and verb.family is ForFamily.always

    def for_itself(self) -> "Actor":
        """The office's own verb, whoever's paper lies on the table."""
        return replace(self, paper_on=None)


CLOCK = Actor(Role.clock)
