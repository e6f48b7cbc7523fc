"""The four documents of the customer as tables: each step, button, column, status, message and paper that they name.

A row is the number of the step, the seed's own words, the page on which a family comes to it, and what is done or
looked at there. The rows of a seed stand in the order in which one walk in a browser comes to them (walk.py); the
numbers are those under which the steps were counted, from the first seed to the last.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.seeds.walk import Walk

Act = Callable[["Walk"], None]


@dataclass(frozen=True)
class Step:
    """`act`: None where the step is not ours to take, and `why` not."""

    number: int
    words: str
    page: str
    name: str = ""
    act: Act | None = None
    why: str = ""

    @property
    def id(self) -> str:
        return f"{self.number}-{self.name}"


@dataclass
class Seed:
    """A document; `title`: its own, shortened."""

    name: str
    title: str
    steps: list[Step] = field(default_factory=list)

    def add(self, number: int, words: str, page: str, name: str, act: Act) -> None:
        """A step of ours."""
        self.steps.append(Step(number, words, page, name, act))

    def step(self, number: int, words: str, page: str) -> Callable[[Act], Act]:
        """What the function does is this step, which bears its name."""

        def kept(act: Act) -> Act:
            self.add(number, words, page, act.__name__.replace("_", "-"), act)
            return act

        return kept

    def look(self, number: int, words: str, page: str, name: str, *texts: str, gone: tuple[str, ...] = ()) -> None:
        """The page that the walk has come to says all of these, and none of what is `gone`."""
        self.add(number, words, page, name, lambda walk: walk.sees(*texts, gone=gone))

    def not_ours(self, number: int, words: str, whose: str, why: str) -> None:
        """A step on a page of a portal's own, or in the window of the signing agent."""
        self.steps.append(Step(number, words, whose, why=why))

    @property
    def ours(self) -> list[Step]:
        return [one for one in self.steps if one.act is not None]
