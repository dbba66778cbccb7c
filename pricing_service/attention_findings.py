"""What stands out in the counts of unread prompts, and what the shop could change: hours and queues, never people.

An hour stands out where, with 95 % certainty, more than `TOO_MANY` of its prompts are unread. Whether it is the queue
is asked of the data: the hour's prompts are split at the queue length that tells read from unread best (the largest
binomial likelihood), and the split counts only where the intervals of both sides do not overlap.
"""

import math
from typing import NamedTuple

from pos_client.core.policy import Policy
from pricing_service.attention import Counts, Tally, merged

TOO_MANY = 0.2  # of the prompts unread: where one in five is, the till is asking in vain
ANY = 0


class Finding(NamedTuple):
    """``first_hour`` to ``end_hour`` of the local day; ``queue``: this many waiting or more, 0 any."""

    store: str
    first_hour: int
    end_hour: int
    queue: int
    tally: Tally
    cashiers: int


def find(counts: Counts) -> list[Finding]:
    """The hours that stand out, by store and time; neighbours with the same queue are told as one."""
    by_queue = counts.along(lambda key: (key.store, key.hour, key.queue or 0))
    found: list[Finding] = []
    for store, hour in sorted({(store, hour) for store, hour, _ in by_queue}):
        queues = {queue: tally for (s, h, queue), tally in by_queue.items() if (s, h) == (store, hour)}
        queue = _queue_of(queues)
        tally = _from(queues, queue)
        if not _stands_out(tally):
            continue
        if found and found[-1][:4] == (store, found[-1].first_hour, hour, queue):
            tally.merge(found[-1].tally)
            hour_from = found.pop().first_hour
        else:
            hour_from = hour
        involved = _cashiers(counts, store, range(hour_from, hour + 1), queue)
        found.append(Finding(store, hour_from, hour + 1, queue, tally, involved))
    return found


def says(finding: Finding, policy: Policy, read: Tally) -> str:
    """The finding and what to change, in sentences. ``read``: all prompts of the store, to compare what is accepted."""
    return " ".join(
        part
        for part in (_what(finding), _worth(finding, read), _change(finding, policy), _whose(finding))
        if part
    )


def _queue_of(queues: dict[int, Tally]) -> int:
    """From which queue on prompts go unread; `ANY` where it does not tell, or they go unread below it as well."""
    splits = [(_fit(queues, queue), -queue) for queue in queues if queue > min(queues)]
    if not splits:
        return ANY
    queue = -max(splits)[1]
    below, above = _below(queues, queue), _from(queues, queue)
    apart = above.interval[0] > below.interval[1]
    return queue if apart and not _stands_out(below) else ANY


def _fit(queues: dict[int, Tally], queue: int) -> float:
    return _likelihood(_below(queues, queue)) + _likelihood(_from(queues, queue))


def _likelihood(tally: Tally) -> float:
    """The largest binomial log likelihood of the tally's unread prompts."""
    shares = ((tally.unread, tally.share), (tally.timed - tally.unread, 1 - tally.share))
    return sum(count * math.log(share) for count, share in shares if count)


def _below(queues: dict[int, Tally], queue: int) -> Tally:
    return merged(tally for length, tally in queues.items() if length < queue)


def _from(queues: dict[int, Tally], queue: int) -> Tally:
    return merged(tally for length, tally in queues.items() if length >= queue)


def _stands_out(tally: Tally) -> bool:
    return tally.enough and tally.interval[0] > TOO_MANY


def _cashiers(counts: Counts, store: str, hours: range, queue: int) -> int:
    """How many cashiers were shown such prompts; whoever is not named counts as one."""
    return len(
        {
            key.cashier
            for key in counts.by
            if key.store == store and key.hour in hours and (key.queue or 0) >= queue
        }
    )


def _what(finding: Finding) -> str:
    tally = finding.tally
    low, high = tally.interval
    waiting = f" with {finding.queue} or more waiting" if finding.queue else ""
    counted = f"{tally.unread:,} of {tally.timed:,}; {_percent(low)} to {_percent(high)}"
    return (
        f"Between {finding.first_hour} and {finding.end_hour} o'clock, {_percent(tally.share)} of the prompts{waiting}"
        f" are closed before anybody can have read them ({counted})."
    )


def _worth(finding: Finding, whole: Tally) -> str:
    """What reading is worth, where both sides are counted often enough."""
    read = whole.timed - whole.unread
    if read < 100 or finding.tally.unread < 30:
        return ""
    accepted, hurried = whole.accepted_read / read, finding.tally.accepted_unread / finding.tally.unread
    taken = f"{_percent(accepted)} were accepted, of these unread ones {_percent(hurried)}"
    return f"Of all prompts that were read {taken}."


def _change(finding: Finding, policy: Policy) -> str:
    time = (
        "let a checkout take longer then: the targets of the shop, and till_seconds of the policy, which is"
        f" {policy.till_seconds} now"
    )
    if not finding.queue:
        climbs = f"most_climbs of the policy is {policy.most_climbs} now"
        return f"The queue makes no difference. Ask less ({climbs}), or {time}."
    if policy.silent_above < finding.queue:
        return f"The till is silent above {policy.silent_above} by now and makes no such prompts any more."
    silent = finding.queue - 1
    now = f"silent_above of the policy is {policy.silent_above} now"
    return f"Either {time}; or make the till silent above {silent} ({now})."


def _whose(finding: Finding) -> str:
    return (
        "They all come from one cashier's checkouts, which says more about one shift than about the hour."
        if finding.cashiers == 1
        else ""
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
