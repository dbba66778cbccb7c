"""The law by which cashiers are held against each other."""

import math
import random

import numpy as np
import pytest

from models import (
    guard_law,
    guard_norm,
    guard_patterns,
    guard_watch,
)
from models.guard_law import ALARM, BLOCK, FALSE_ALARMS, NEEDED, YEAR, Heard, Sight
from models.guard_patterns import (
    BAND,
    DEEPEST,
    EVENTS,
    FIRST,
    LAST,
    LATER,
    ONLY,
    REACTIONS,
    SLIPS,
    STEPS,
    UNIT,
)
from models.poisoned_guards import Guards

NOTHING = [(0, 0)] * len(EVENTS)


def moved(chance: float, by: float) -> float:
    odds = chance / (1 - chance) * math.exp(by)
    return odds / (1 + odds)


@pytest.mark.parametrize("place", [FIRST, ONLY, LATER, LAST])
def test_no_honest_cashier_gains_evidence_against_themselves_on_average(place: int) -> None:
    """The mean factor is at most 1 for every chance inside the band; Ville's inequality then bounds false alarms."""
    for at, row in enumerate(guard_patterns.REACTED[place]):
        expected = 1 / (1 + math.exp(-(at - DEEPEST) / STEPS))
        for moving in np.linspace(-3, BAND, 18):
            for wrong in (0.0, SLIPS / 2, SLIPS):
                for pattern in range(len(REACTIONS)):
                    gains = row[0][pattern], row[1][pattern]
                    for taken in (True, False):  # honest cashiers may err towards taking or towards refusing
                        accepts = moved(expected, moving if taken else -moving)
                        accepts = accepts * (1 - wrong) + (wrong if taken else 0.0)
                        wanted = guard_patterns.wanted(REACTIONS[pattern].name, place, expected)
                        if wanted is not taken:
                            continue
                        mean = accepts * math.exp(gains[1][0] / UNIT) + (1 - accepts) * math.exp(
                            gains[0][0] / UNIT
                        )
                        assert mean <= 1 + 1e-9


def test_nor_by_odd_events() -> None:
    for pattern in EVENTS:
        for rate in np.linspace(0, 0.99, 34):
            hit, miss = guard_patterns.evidence(float(rate), pattern)
            for less in (0.0, 0.3, 1.0):
                honest = pattern.base + (1 - pattern.base) * moved(max(rate, 1e-6), pattern.apart)
                honest *= 1 - less
                assert honest * math.exp(hit / UNIT) + (1 - honest) * math.exp(miss / UNIT) <= 1 + 1e-9


def test_the_alarm_stands_where_all_beginnings_of_a_year_and_all_patterns_leave_one_in_a_hundred() -> None:
    def chance(needed: int) -> float:
        return math.exp(-(ALARM + needed) / UNIT)

    whole = sum(YEAR // BLOCK * chance(later) + chance(first) for later, first in NEEDED)
    assert 0.99 * FALSE_ALARMS < whole <= FALSE_ALARMS


def test_evidence_begins_anew_with_every_block_and_nowhere_else() -> None:
    """The bound counts beginnings: records that speak against a pattern weigh against it until the block is over."""
    others = guard_norm.norm(crew(random.Random(8), 0.4))
    watch = guard_watch.begin()
    accepts, refuses = (Sight([Heard(20_000, taken, False)], NOTHING) for taken in (True, False))
    for at in range(1, 1 + 10 * BLOCK):
        guard_law.step(watch, others, accepts, at)
    assert watch.tallies[0].score < 0 and watch.tallies[0].start == 1 + 9 * BLOCK
    least = watch.tallies[0].score
    guard_law.step(watch, others, refuses, 1 + 10 * BLOCK)
    assert watch.tallies[0].start == 1 + 10 * BLOCK and watch.tallies[0].score > 0
    for at in range(2 + 10 * BLOCK, 2 + 11 * BLOCK - 1):
        guard_law.step(watch, others, accepts, at)
        assert watch.tallies[0].start == 1 + 10 * BLOCK
    assert watch.tallies[0].score < 0.8 * least, "not cut off at nothing"


def test_who_is_hostile_from_their_first_record_on_is_found_sooner_than_who_turns() -> None:
    others = guard_norm.norm(crew(random.Random(9), 0.4))

    def found_after(before: int) -> int:
        chance, watch = random.Random(10), guard_watch.begin()
        for at in range(1, 1 + before):
            guard_law.step(watch, others, sight(chance, 0.4), at)
        for at in range(1 + before, 400 + before):
            guard_law.step(watch, others, sight(chance, 0.0), at)
            if guard_law.alarm(watch, others):
                return at - before
        raise AssertionError("not found")

    assert found_after(0) < found_after(20 * BLOCK) < 2 * found_after(0)


def crew(
    chance: random.Random, accepts: float, count: int = 4, records: int = 150
) -> list[guard_watch.Watch]:
    watches = []
    for _ in range(count):
        watch = guard_watch.begin()
        for at in range(records):
            guard_law.step(watch, guard_norm.norm([]), sight(chance, accepts), at)
        watches.append(watch)
    return watches


def sight(chance: random.Random, accepts: float, believed: float = 0.4) -> Sight:
    heard = []
    for number in range(3):
        heard.append(Heard(round(believed * 65536), chance.random() < accepts, number == 2))
        if heard[-1].accepted:
            break
    return Sight(heard, NOTHING)


def test_what_the_others_see_sets_the_beliefs_right() -> None:
    """Customers of this shop take 70 % where beliefs say 40 %; one cashier of whom that is true raises no alarm."""
    chance = random.Random(1)
    others = guard_norm.norm(crew(chance, 0.7))
    alone = guard_norm.norm([])
    assert others.judged and not alone.judged and all((others.levels[cell] or 0) > 4 for cell in (1, 4))
    watch = guard_watch.begin()
    for at in range(3000):
        guard_law.step(watch, others, sight(chance, 0.7), at)
        assert guard_law.alarm(watch, others) is None


def test_what_happens_to_everybody_is_known_from_the_first_records_on() -> None:
    """Nine cashiers of whose customers nine of ten leave, after four refusals each; 30 in all is when it counts."""
    chance, watches = random.Random(11), [guard_watch.begin() for _ in range(9)]
    for watch in watches:
        left = [(int(chance.random() < 0.9), 1), *NOTHING[1:]]
        for at in range(1, 5):
            guard_law.step(watch, guard_norm.norm([]), Sight([], left), at)
    rate = guard_norm.norm(watches).rates[0]
    assert rate is not None and rate > 0.7


def test_who_lets_every_customer_refuse_does_not_settle_how_often_customers_leave() -> None:
    """Two who never say that somebody left have ten times the refusals of the others, of whose customers half do."""
    watches = [guard_watch.begin() for _ in range(7)]
    for number, watch in enumerate(watches):
        watch.rates[0] = [0, 100] if number < 2 else [5, 10]
    for others in (watches, watches[1:3]):
        rate = guard_norm.norm([*others, *others]).rates[0]
        assert rate is not None and 0.4 < rate < 0.6


def test_one_hostile_of_three_moves_nothing_of_what_the_others_are_held_against() -> None:
    chance = random.Random(2)
    honest, hostile = crew(chance, 0.4, 1), crew(chance, 0.0, 1)
    for others in ([*honest, *hostile], hostile):  # nor where only two are left
        assert all(level is not None and abs(level) <= 2 for level in guard_norm.norm(others).levels)


def test_what_is_kept_of_a_cashier_survives_being_stored() -> None:
    chance = random.Random(3)
    (watch,) = crew(chance, 0.4, 1)
    others = guard_norm.norm(crew(chance, 0.4))
    again = guard_watch.read(guard_watch.numbers(watch))
    for at in range(200):
        seen = sight(chance, 0.1)
        for one in (watch, again):
            guard_law.step(one, others, seen, at)
    assert guard_watch.numbers(watch) == guard_watch.numbers(again)
    assert guard_law.alarm(watch, others) == guard_law.alarm(again, others)


def test_one_customer_who_has_changed_is_one_surprise_however_long_the_climb() -> None:
    others = guard_norm.norm(crew(random.Random(7), 0.4))
    watch = guard_watch.begin()
    climb = [Heard(60_000, False, number == 7) for number in range(8)]
    guard_law.step(watch, others, Sight(climb, NOTHING), 1)
    assert max(tally.score for tally in watch.tallies) == guard_law.MOST


def test_what_others_do_is_looked_at_soon_at_first_and_never_later_than_a_hundred_records() -> None:
    known, unknown = guard_norm.norm(crew(random.Random(12), 0.4)), guard_norm.norm([])
    watch = guard_watch.begin()
    for others, compared, wait in ((unknown, 0, 5), (known, 0, 25), (known, 200, 50), (known, 10_000, 100)):
        watch.records = compared + wait - 1
        assert not guard_norm.due(watch, others, compared)
        watch.records += 1
        assert guard_norm.due(watch, others, compared)


def test_what_comes_over_all_at_once_is_nobodys() -> None:
    """All customers begin to refuse on the same day: the beliefs lag behind, and no cashier is suspected."""
    chance, guards = random.Random(6), Guards(4)
    for at in range(2000):
        for cashier in range(4):
            guards.see(cashier, sight(chance, 0.4 if at < 200 else 0.05), 4 * at + cashier + 1)
            assert guards.alarm(cashier) is None


def test_the_alarm_says_since_when() -> None:
    chance = random.Random(4)
    others = guard_norm.norm(crew(chance, 0.4))
    watch = guard_watch.begin()
    found, at = None, 0
    while not found and at < 1050:
        at += 1
        guard_law.step(watch, others, sight(chance, 0.4 if at < 1000 else 0.0), at)
        found = guard_law.alarm(watch, others)
    assert found and found.pattern == "refused" and 1000 - BLOCK <= found.start <= 1000 + BLOCK
