"""How fast anybody may ask: a bucket of requests for each caller, and growing waits after wrong passwords.

Both live in memory and are bounded: who has not been here for longest is forgotten first.
"""

import math
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from pricing_service.problem import Problem

MOST_KEPT = 10_000
FREE_TRIES = 5  # wrong passwords in a row that cost nothing
LONGEST_WAIT = 300  # seconds after more of them; a name is never locked for good


class Buckets:
    """``per_second`` requests for each caller, and ``burst`` at once after a pause. Times are seconds of one clock."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._kept: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, caller: Hashable, now: float) -> None:
        """Take one request out of the caller's bucket. Raises `Problem` 429 where it is empty."""
        left, since = self._kept.get(caller, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        if left < 1:
            raise _slower("too-many-requests", (1 - left) / self._per_second)
        self._kept[caller] = (left - 1, now)
        _forget(self._kept, caller)


class Failures:
    """Wrong passwords by who is tried from where."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[int, float]] = OrderedDict()

    def take(self, tried: Hashable, now: float) -> None:
        """Take one try, which counts as wrong until it `succeeded`: many at the same moment are as many tries.

        After `FREE_TRIES` each doubles the wait. Raises `Problem` 429 while it is too early for another one.
        """
        count, until = self._kept.get(tried, (0, now))
        if until > now:
            raise _slower("sign-in-too-fast", until - now)
        wait = 0 if count < FREE_TRIES else min(LONGEST_WAIT, 2 ** min(count + 1 - FREE_TRIES, 20))
        self._kept[tried] = (count + 1, now + wait)
        _forget(self._kept, tried)

    def put_back(self, tried: Hashable, now: float) -> None:
        """The try that was taken last did not come to pass."""
        count, _ = self._kept.get(tried, (0, now))
        if count:
            self._kept[tried] = (count - 1, now)

    def succeeded(self, tried: Hashable) -> None:
        """Forget what went wrong before."""
        self._kept.pop(tried, None)


def _forget(kept: OrderedDict[Hashable, Any], newest: Hashable) -> None:
    kept.move_to_end(newest)
    if len(kept) > MOST_KEPT:
        kept.popitem(last=False)


def _slower(code: str, seconds: float) -> Problem:
    wait = math.ceil(seconds)
    return Problem(429, code, f"Too fast: come back in {wait} s.", {"retry-after": str(wait)})
