"""One figure: two sides that do the same work, alternating, medians with their spread."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

Side = Callable[[], object]


@dataclass(frozen=True)
class Figure:
    """Both sides' times in seconds, at least two, the i-th of each taken in one turn. `note`: what else was seen."""

    ours: list[float]
    peer: list[float]
    note: str = ""

    @property
    def ratio(self) -> float:
        """Our median beside the peer's."""
        return median(self.ours) / median(self.peer)

    @property
    def ratios(self) -> list[float]:
        """The ratio of each pair: their spread says how much the machine's noise weighs."""
        return [ours / peer for ours, peer in zip(self.ours, self.peer, strict=True)]


def quartiles(values: list[float]) -> tuple[float, float]:
    """The spread that is told: half of the values lie between these two."""
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def alternate(
    ours: Side, peer: Side, *, times: int, before: Side = lambda: None, clock: Callable[[], float] = perf_counter
) -> Figure:
    """Run both sides `times` times, taking turns in who comes first; `before` goes before each run, untimed.

    `clock`: of time, or of a processor's.
    """
    taken: dict[Side, list[float]] = {ours: [], peer: []}
    gc.freeze()  # what both sides stand on: to go through all of it before each run would leave neither a warm cache
    for turn in range(times):
        for side in (ours, peer) if turn % 2 else (peer, ours):
            before()
            taken[side].append(seconds(side, clock))
    gc.unfreeze()
    return Figure(taken[ours], taken[peer])


def seconds(side: Side, clock: Callable[[], float] = perf_counter) -> float:
    """How long one run takes, without a collection of garbage that others left."""
    gc.collect()
    start = clock()
    side()
    return clock() - start
