"""Spec 3.3: who is next, and whether everybody could still be seated."""

from collections.abc import Sequence
from typing import Any

OTHER_CATEGORIES = [("out_of_turn", 18, 216), ("none", 30, 216), ("first_order", 20, 29), ("none", 20, 29)]
CATEGORIES = [  # privilege, from and to how many months
    ("out_of_turn", 0, 999),
    ("first_order", 36, 999),
    ("none", 36, 999),
    ("first_order", 24, 35),
    ("none", 24, 35),
    ("first_order", 18, 23),
    ("none", 18, 23),
]


def category(categories: Sequence[tuple[str, int, int]], privilege: str, months: int) -> int | None:
    """The place of a child's category in their order; None for a child that is not served."""
    asks = {"none", privilege}  # a category that asks for no privilege takes those with one too
    found = [i for i, (kind, low, high) in enumerate(categories) if kind in asks and low <= months <= high]
    return found[0] if found else None


def seatable(years: Sequence[int], seats: Sequence[tuple[int, int]]) -> bool:
    """Whether children of these birth years can all sit at once, each on a seat for years from and to."""
    taken: dict[int, int] = {}

    def sit(child: int, tried: set[int]) -> bool:
        for seat, (low, high) in enumerate(seats):
            if low <= years[child] <= high and seat not in tried:
                tried.add(seat)
                if seat not in taken or sit(taken[seat], tried):
                    taken[seat] = child
                    return True
        return False

    return all(sit(child, set()) for child in range(len(years)))


def privileged_is_due(served: Sequence[bool], privileged: int, general: int) -> bool:
    """The ratio: what was served so far in this line (True: privileged), oldest first."""
    if True not in served:
        return True
    since = served[::-1].index(True)  # how many general ones came after the last privileged one
    if since:
        return since >= general
    run = [*served[::-1], False].index(False)
    return run < privileged


def interleaved(waiting: Sequence[Any], served: Sequence[bool], ratio: tuple[int, int]) -> list[Any]:
    """A line in the order in which it is served: out of turn, then first order and general by the ratio."""
    waiting = sorted(waiting, key=lambda a: (a.queued_at, a.id))
    order = [a for a in waiting if a.counts == "out_of_turn"]
    first = [a for a in waiting if a.counts == "first_order"]
    general = [a for a in waiting if a.counts == "none"]
    served = [*served]
    while first or general:
        privileged = bool(first) and (privileged_is_due(served, *ratio) or not general)
        order.append((first if privileged else general).pop(0))
        served.append(privileged)
    return order


def privileged(waiting: Sequence[Any]) -> list[Any]:
    """The privileged of a line, out of turn before first order."""
    found = [a for a in waiting if a.counts != "none"]
    return sorted(found, key=lambda a: (a.counts != "out_of_turn", a.queued_at, a.id))
