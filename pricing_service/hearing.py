"""Since when the service hears its tills: who was deaf itself calls nobody silent. State in, state out.

    hearing = heard(hearing, now)                  # a till, whichever, has reported
    may_judge(hearing, deadline, now)              # whether silence says something of tills now

A service that was down, cut off, or set back to a copy finds all of its tills silent for longer than any deadline, and
so it does on a Monday. It waits until they had time to report. While nobody at all is heard, something like that is
likelier than a bad image, and silence takes three deadlines.
"""

from typing import NamedTuple

GAP = 1800  # seconds in which some till reports, if there is one that can; each does about every ten minutes
GRACE = 3 * 3600  # until everybody is back: shops open one after the other
ALONE = 3  # deadlines


class Hearing(NamedTuple):
    """Unix seconds: ``since`` there was no gap, ``last`` a till was heard. Both are now for a service that starts."""

    since: int
    last: int


def heard(hearing: Hearing, now: int) -> Hearing:
    """A till has reported."""
    is_gap = abs(now - hearing.last) > GAP  # also where the clock was set back
    return Hearing(now if is_gap else hearing.since, now)


def may_judge(hearing: Hearing, deadline: int, now: int) -> bool:
    """Whether tills that were silent for ``deadline`` seconds may be called so."""
    if now - hearing.last > GAP:
        return now - hearing.last >= ALONE * deadline
    return now - hearing.since >= min(deadline, GRACE)
