"""A snapshot that nobody renewed ends in the safe menu: smallest first, for everybody alike."""

import pytest

from tests.fakes import HandClock, MemoryStorage
from tests.till.counter import RULES
from tests.till.test_till import KNOWN, journaled, sold, started

BUILT = 1_795_000_000
DAY = 86400
BOLD = {"plan": "best_first", "most_stacked": 1}


def till_after(days, clock=None, policy=BOLD, storage=None):
    """A till whose snapshot is so many days old."""
    clock = clock or HandClock(now=BUILT)
    till = started(storage or MemoryStorage(), RULES, clock, built=BUILT, policy=policy)
    clock.forward(seconds=days * DAY)
    return till


@pytest.mark.parametrize(("days", "first"), [(0, 2), (13, 2), (14, 0), (400, 0)])
def test_after_two_weeks_without_a_snapshot_the_smallest_is_offered_first(days, first):
    assert till_after(days).put("one", KNOWN)["offer"]["rung"] == first


def test_the_record_says_by_which_plan_it_was_made():
    storage = MemoryStorage()
    sold(till_after(20, storage=storage), "one")
    record = journaled(storage)[0]
    assert (record["arm"], record["policy"], record["propensity"]) == (
        "smallest_first",
        "smallest_first",
        10000,
    )


def test_the_shop_says_how_many_days():
    policy = {**BOLD, "snapshot_days": 3}
    assert till_after(2, policy=policy).put("one", KNOWN)["offer"]["rung"] == 2
    assert till_after(3, policy=policy).put("one", KNOWN)["offer"]["rung"] == 0


def test_a_till_that_does_not_know_the_date_counts_from_when_it_took_the_snapshot():
    clock = HandClock(now=None)
    assert till_after(13, clock).put("one", KNOWN)["offer"]["rung"] == 2
    assert till_after(14, HandClock(now=None)).put("one", KNOWN)["offer"]["rung"] == 0


def test_announced_discounts_are_given_as_before():
    announced = [{**RULES[0], "entitlement": "automatic"}, *RULES[1:]]
    clock = HandClock(now=BUILT)
    till = started(MemoryStorage(), announced, clock, built=BUILT, policy=BOLD)
    fresh = till.put("one", KNOWN)["automatic"]
    clock.forward(seconds=30 * DAY)
    assert till.put("two", KNOWN)["automatic"] == fresh != []
