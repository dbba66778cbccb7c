"""Simulated customers of cohorts, with baskets that move what they need, against the float reference."""

import math
from collections import Counter
from random import Random

from models.basket_features import cohort, raised, value
from models.posterior import acceptance, init, replay, requirement, shares, step
from models.simulate import climb, shopper
from tests.models.test_release_json import RICH

LADDER = [300, 700, 1500]
LARGE = {"lines": [{"quantity": 2}] * 9, "gross": 11000, "currency": "EUR"}
SMALL = {"lines": [{"quantity": 1}], "gross": 250, "currency": "EUR"}


def record(offers, outcome, basket, **more):
    rungs = [{"depth": depth} for depth in LADDER]
    return {"ladder": rungs, "offers": offers, "outcome": outcome, "training": False, **basket, **more}


def test_features_of_a_record_are_what_they_are_called():
    assert [value(name, LARGE) for name in ("lines", "units", "log_gross")] == [9.0, 18.0, math.log(110)]
    assert value("log_gross", {**SMALL, "gross": 0}) == math.log(0.01)
    assert (cohort(RICH, SMALL), cohort(RICH, LARGE)) == (0, 2)


def test_visits_of_a_cohort_happen_as_often_as_the_evidence_says():
    chance, visits, seen = Random(30), 20000, Counter()
    moved, of = raised(RICH, LARGE), cohort(RICH, LARGE)
    assert moved > 0.2
    for _ in range(visits):
        offers, outcome = climb(shopper(RICH, chance, of).visit(chance, moved), LADDER, [0, 1, 2])
        seen[tuple(offer["reaction"] for offer in offers), outcome] += 1
    whole = 0.0
    for (reactions, outcome), times in seen.items():
        offers = [{"rung": rung, "reaction": reaction} for rung, reaction in enumerate(reactions)]
        _, info = step(init(RICH, 300, of), record(offers, outcome, LARGE))
        expected = math.exp(info.evidence)
        whole += expected
        assert abs(times / visits - expected) < 4.5 * math.sqrt(expected * (1 - expected) / visits)
    assert whole > 0.999


def test_customers_of_whom_nothing_is_known_are_a_mixture_of_the_cohorts():
    whole = [acceptance(init(RICH, 300, of), 500, False) for of in (None, 0, 1, 2)]
    assert (
        abs(whole[0] - sum(share * one for share, one in zip(RICH.cohorts.shares, whole[1:], strict=True)))
        < 1e-12
    )
    chance = Random(31)
    drawn = [shopper(RICH, chance).theta for _ in range(20000)]
    mean, spread = requirement(init(RICH, 300))
    assert abs(sum(drawn) / len(drawn) - mean) < 4.5 * spread / math.sqrt(len(drawn))


def test_who_refuses_on_a_basket_that_needs_more_is_not_thought_to_need_as_much():
    refused = [{"rung": 0, "reaction": "asked_more"}, {"rung": 1, "reaction": "accepted"}]
    large, small = (step(init(RICH, 512), record(refused, "sold", basket))[0] for basket in (LARGE, SMALL))
    assert requirement(large)[0] < requirement(small)[0]


def test_the_first_visit_that_teaches_decides_the_cohort_in_a_replay():
    said = [{"rung": 0, "reaction": "accepted"}]
    silent = record([], "sold", SMALL, customer="a", clock="2026-01-01T10:00:00Z")
    first = record(said, "sold", LARGE, customer="a", clock="2026-02-01T10:00:00Z")
    later = record(said, "sold", SMALL, customer="a", clock="2026-03-01T10:00:00Z")
    state = replay(RICH, [silent, first, later])["a"]
    expected, _ = step(init(RICH, 512, 2), first)
    expected, _ = step(expected, later, 28)
    assert state.cohort == 2
    assert shares(state) == shares(expected)
    assert replay(RICH, [silent])["a"].cohort is None
