"""Two things measured in turns, so that a busy machine slows both."""

from __future__ import annotations

import time
from collections.abc import Callable


def in_turns(ours: Callable[[int], object], baseline: Callable[[int], object], rounds: int) -> tuple[float, float]:
    """Seconds that each takes, given the number of the round: the quarter of the rounds that was least disturbed."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for what, times in zip((ours, baseline), taken, strict=True):
            began = time.perf_counter()
            what(number)
            times.append(time.perf_counter() - began)
    first, second = (sorted(times)[rounds // 4] for times in taken)
    return first, second
