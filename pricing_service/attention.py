"""Are the till's prompts read? Counted per cashier and hour, so that targets which leave no time become visible.

A prompt that was answered or closed sooner than `read_ms` of the store's policy was not read. The counts describe the
shop's targets; nothing here ranks people, and a share is told with its interval, so that three prompts say nothing.
"""

from array import array
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from statistics import NormalDist, median
from typing import NamedTuple

from pos_client.core.policy import Policy
from pricing_service.prompts import Prompt, Shown

Z = NormalDist().inv_cdf(0.975)
WIDEST = 0.35  # an interval of the share that is wider tells nothing: 8 prompts all unread, or 28 of which half are
ANSWERS = ("accepted", "asked_more", "left")
COUNTED = ("silent", "prompts", "answered", "skipped", "unread", "accepted_read", "accepted_unread")
HOUR, DAY = 3600, 86_400


class Key(NamedTuple):
    """Where and when. ``hour``: 0 to 23 of the shop's local day; ``queue``: customers waiting, None where not told."""

    store: str
    cashier: str | None
    hour: int
    queue: int | None


@dataclass
class Tally:
    """Prompts that were counted. ``timed``: with a time from prompt to key (ms, in ``times``); ``unread`` are of these.
    ``silent``: checkouts that had something to offer and no time for it."""

    silent: int = 0
    prompts: int = 0
    answered: int = 0
    skipped: int = 0
    unread: int = 0
    accepted_read: int = 0
    accepted_unread: int = 0
    times: array = field(default_factory=lambda: array("i"))
    queues: array = field(default_factory=lambda: array("i"))

    def add(self, shown: Shown, read_ms: int) -> None:
        """Count what one more checkout showed; what is answered in less than ``read_ms`` was not read."""
        self.silent += shown.silent
        for prompt in shown.prompts:
            self._add(prompt, read_ms)
            if shown.queue is not None:
                self.queues.append(shown.queue)

    def _add(self, prompt: Prompt, read_ms: int) -> None:
        unread = prompt.milliseconds is not None and prompt.milliseconds < read_ms
        accepted = prompt.reaction == "accepted"
        self.prompts += 1
        self.answered += prompt.reaction in ANSWERS
        self.skipped += prompt.reaction == "skipped"
        self.unread += unread
        self.accepted_unread += accepted and unread
        self.accepted_read += accepted and not unread
        if prompt.milliseconds is not None:
            self.times.append(prompt.milliseconds)

    def merge(self, other: "Tally") -> None:
        """Count in what another one counted."""
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.times.extend(other.times)
        self.queues.extend(other.queues)

    @property
    def timed(self) -> int:
        return len(self.times)

    @property
    def unanswered(self) -> int:
        return self.prompts - self.answered - self.skipped

    @property
    def share(self) -> float:
        """Unread, of those with a time."""
        return self.unread / self.timed if self.timed else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.unread, self.timed)

    @property
    def enough(self) -> bool:
        """Whether there are prompts enough to say anything about the share."""
        low, high = self.interval
        return high - low <= WIDEST

    @property
    def median_seconds(self) -> float | None:
        return round(median(self.times) / 1000, 1) if self.times else None

    @property
    def median_queue(self) -> float | None:
        return float(median(self.queues)) if self.queues else None


def merged(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    whole = Tally()
    for tally in tallies:
        whole.merge(tally)
    return whole


@dataclass
class Counts:
    """What a log says: ``by`` key, and ``without_clock`` prompts of tills that do not know the hour."""

    policies: dict[str, Policy]
    by: dict[Key, Tally] = field(default_factory=dict)
    without_clock: int = 0

    def total(self) -> Tally:
        return merged(self.by.values())

    def along[K: Hashable](self, key: Callable[[Key], K]) -> dict[K, Tally]:
        """The tallies of all keys that are the same to ``key``, in no order of anybody's merit: as their names sort."""
        groups: dict[K, list[Tally]] = {}
        for each in sorted(self.by, key=_order):
            groups.setdefault(key(each), []).append(self.by[each])
        return {name: merged(tallies) for name, tallies in groups.items()}


def count(checkouts: Iterable[Shown], policy_of: Callable[[str], Policy], store: str | None = None) -> Counts:
    """Count what was shown, of one ``store`` or of all. ``policy_of`` a store says what is too fast, and its offset."""
    counts = Counts({})
    for shown in checkouts:
        if store not in (None, shown.store):
            continue
        if shown.store not in counts.policies:
            counts.policies[shown.store] = policy_of(shown.store)
        if shown.occurred is None:
            counts.without_clock += len(shown.prompts)
        elif shown.prompts or shown.silent:
            policy = counts.policies[shown.store]
            hour = (shown.occurred + 60 * policy.utc_offset) % DAY // HOUR
            key = Key(shown.store, shown.cashier, hour, shown.queue)
            counts.by.setdefault(key, Tally()).add(shown, policy.read_ms)
    return counts


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927): honest at three trials, and at shares of 0 and 1.

    Checked against the textbook form in the tests; (0, 1) without a trial.
    """
    if not trials:
        return 0.0, 1.0
    share, spread = hits / trials, Z * Z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * (share * (1 - share) / trials + spread / (4 * trials)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def _order(key: Key) -> tuple[str, str, int, int]:
    return key.store, key.cashier or "", key.hour, -1 if key.queue is None else key.queue
