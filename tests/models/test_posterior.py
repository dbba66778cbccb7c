"""The float reference against quadrature written from DESIGN section 4, and against simulated customers."""

import math
from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random
from statistics import NormalDist

import pytest

from models.posterior import acceptance, drifted, init, replay, shares, step
from models.release import HAND_MADE
from models.simulate import climb, shopper

LADDER = (300, 700, 1500)


def record(*reactions, outcome="sold", ladder=LADDER, plan=None, **others):
    rungs = plan or range(len(ladder))
    offers = [{"rung": rung, "reaction": word} for rung, word in zip(rungs, reactions, strict=False)]
    fields = {"customer": "c", "clock": "2026-03-01T10:00:00Z", "training": False, "outcome": outcome}
    return {**fields, "ladder": [{"depth": depth} for depth in ladder], "offers": offers, **others}


def simpson(function, low, high, pieces=4000):
    """Integral of a function by Simpson's rule."""
    step = (high - low) / pieces
    odd = sum(function(low + step * i) for i in range(1, pieces, 2))
    even = sum(function(low + step * i) for i in range(2, pieces, 2))
    return (function(low) + function(high) + 4 * odd + 2 * even) * step / 3


def of_sensitive(*chances):
    """Chance that a sensitive customer shows all these visits: the integral over theta of their product."""
    prior = NormalDist(HAND_MADE.mu, HAND_MADE.tau)

    def joint(theta):
        return prior.pdf(theta) * math.prod(chance(theta) for chance in chances)

    return HAND_MADE.shares[2] * simpson(
        joint, HAND_MADE.mu - 8 * HAND_MADE.tau, HAND_MADE.mu + 8 * HAND_MADE.tau
    )


def needs(theta, depth, later=False):
    """F of the sensitive at a depth in basis points."""
    return NormalDist(theta, HAND_MADE.sigma).cdf(math.log(depth / 10000) - (HAND_MADE.delta if later else 0))


EPS = HAND_MADE.eps
STAY = tuple(1 - chance for chance in HAND_MADE.leave)
STAY_END = tuple(1 - chance for chance in HAND_MADE.leave_end)


def climbed(theta):
    """The sensitive customer refused 3 %, stayed, took 7 %."""
    return ((1 - EPS) * max(needs(theta, 700, True) - needs(theta, 300), 0) + EPS / 4) * STAY[2]


def walked(theta):
    """The sensitive customer refused 3 % and 7 %, stayed after the first, left."""
    refused = max(needs(theta, 300), needs(theta, 700, True))
    return ((1 - EPS) * (1 - refused) + EPS / 4) * STAY[2] * HAND_MADE.leave[2]


def took_the_only(theta):
    return (1 - EPS) * needs(theta, 1000) + EPS / 2


def test_type_shares_after_three_visits_agree_with_quadrature():
    state = init(HAND_MADE)
    state, _ = step(state, record("asked_more", "accepted"))
    state, _ = step(state, record("asked_more", "left", outcome="lost"))
    state, _ = step(state, record("accepted", ladder=(1000,)))
    sensitive = of_sensitive(climbed, walked, took_the_only)
    indifferent = HAND_MADE.shares[0] * (EPS / 4 * STAY[0]) * (EPS / 4 * STAY[0] * HAND_MADE.leave[0])
    indifferent *= (1 - EPS) + EPS / 2
    walks = (1 - EPS + EPS / 4) * STAY[1] * HAND_MADE.leave[1]
    hunter = HAND_MADE.shares[1] * (EPS / 4 * STAY[1]) * walks * ((1 - EPS) + EPS / 2)
    whole = sensitive + indifferent + hunter
    assert shares(state) == pytest.approx((indifferent / whole, hunter / whole, sensitive / whole), rel=1e-9)


def test_the_evidence_of_a_visit_agrees_with_quadrature():
    _, info = step(init(HAND_MADE), record("asked_more", "accepted"))
    others = EPS / 4 * (HAND_MADE.shares[0] * STAY[0] + HAND_MADE.shares[1] * STAY[1])
    assert math.exp(info.evidence) == pytest.approx(of_sensitive(climbed) + others, rel=1e-9)
    assert info.reactions == 2


def test_acceptance_after_a_refusal_agrees_with_quadrature():
    state, _ = step(init(HAND_MADE), record("accepted", ladder=(1000,)))
    taken = of_sensitive(took_the_only, climbed)
    here = of_sensitive(
        took_the_only, lambda theta: ((1 - EPS) * (1 - needs(theta, 300)) + EPS / 2) * STAY[2]
    )
    once = (1 - EPS) + EPS / 2
    taken += once * EPS / 4 * (HAND_MADE.shares[0] * STAY[0] + HAND_MADE.shares[1] * STAY[1])
    here += once * (HAND_MADE.shares[0] * STAY[0] * EPS / 2 + HAND_MADE.shares[1] * STAY[1] * (1 - EPS / 2))
    assert acceptance(state, 700, False, [(300, False)]) == pytest.approx(taken / here, rel=1e-9)


def test_a_coarser_grid_says_the_same():
    fine, coarse = init(HAND_MADE), init(HAND_MADE, 300)
    for visit in (
        record("asked_more", "accepted"),
        record("accepted"),
        record("asked_more", "left", outcome="lost"),
    ):
        fine, coarse = step(fine, visit)[0], step(coarse, visit)[0]
    assert shares(coarse) == pytest.approx(shares(fine), rel=1e-9)
    assert acceptance(coarse, 500, False) == pytest.approx(acceptance(fine, 500, False), rel=1e-9)


def every_visit():
    """All that can be recorded on the ladder: offers taken or not, customers staying or leaving."""
    for length in range(1, len(LADDER) + 1):
        asked = ["asked_more"] * (length - 1)
        yield record(*asked, "accepted")
        yield record(*asked, "left", outcome="lost")
    yield record(*["asked_more"] * len(LADDER))


def test_the_chances_of_all_that_can_happen_add_up_to_one():
    state, _ = step(init(HAND_MADE), record("asked_more", "accepted"))
    assert sum(math.exp(step(state, visit)[1].evidence) for visit in every_visit()) == pytest.approx(1)


def test_simulated_visits_happen_as_often_as_the_evidence_says():
    release = replace(HAND_MADE, eps=0.15)
    chance = Random(20)
    visits = 40000
    seen = Counter()
    for _ in range(visits):
        offers, outcome = climb(shopper(release, chance).visit(chance), list(LADDER), [0, 1, 2])
        seen[tuple(offer["reaction"] for offer in offers), outcome] += 1
    for visit in every_visit():
        expected = math.exp(step(init(release, 300), visit)[1].evidence)
        happened = seen[tuple(offer["reaction"] for offer in visit["offers"]), visit["outcome"]] / visits
        assert abs(happened - expected) < 4.5 * math.sqrt(expected * (1 - expected) / visits)


def test_simulated_customers_with_one_history_are_what_the_posterior_says():
    chance = Random(21)
    kinds, takes = Counter(), 0
    for _ in range(40000):
        someone = shopper(HAND_MADE, chance)
        offers, _ = climb(someone.visit(chance), [500, 1000], [0, 1])
        if [offer["reaction"] for offer in offers] == ["asked_more", "accepted"]:
            kinds[someone.kind] += 1
            takes += someone.visit(chance).answer(0, 800, False, False) == "accepted"
    state, _ = step(init(HAND_MADE, 300), record("asked_more", "accepted", ladder=(500, 1000)))
    met = sum(kinds.values())
    assert met > 4000
    for kind, share in enumerate(shares(state)):
        assert abs(kinds[kind] / met - share) < 4.5 * math.sqrt(share * (1 - share) / met)
    expected = acceptance(state, 800, False)
    assert abs(takes / met - expected) < 4.5 * math.sqrt(expected * (1 - expected) / met)


def test_taking_the_top_after_refusing_it_only_says_that_the_customer_stayed():
    refused = record("asked_more", "asked_more", "asked_more")
    taken = record("asked_more", "asked_more", "asked_more", "accepted", plan=(0, 1, 2, 2))
    assert step(init(HAND_MADE, 300), taken)[0] == step(init(HAND_MADE, 300), refused)[0]


@pytest.mark.parametrize(
    "silent",
    [
        record("asked_more", "skipped"),
        record("accepted", outcome="cancelled"),
        record("accepted", training=True),
        record(None),
        record(),
    ],
)
def test_skipped_cancelled_silent_and_training_checkouts_teach_nothing(silent):
    state, info = step(init(HAND_MADE, 300), silent)
    assert state == init(HAND_MADE, 300)
    assert info == (0, 0.0)


def test_half_a_life_later_half_of_the_belief_is_the_population_again():
    fresh = init(HAND_MADE, 300)
    known, _ = step(fresh, record("asked_more", "accepted"))
    later = drifted(known, HAND_MADE.half_life)
    for new, old, prior in zip(shares(later), shares(known), shares(fresh), strict=True):
        assert new == pytest.approx((old + prior) / 2)
    assert drifted(known, -5) == known


def test_a_replay_is_every_customer_stepped_alone():
    first, second = record("asked_more", "accepted"), record("accepted", clock="2026-06-01T10:00:00Z")
    other = record("accepted", customer="d")
    state, _ = step(step(init(HAND_MADE, 512), first)[0], second, days=92)
    found = replay(HAND_MADE, [first, other, second, record("accepted", customer=None)])
    assert found == {"c": state, "d": step(init(HAND_MADE, 512), other)[0]}


@pytest.mark.parametrize("clock", [None, "2025-01-01T10:00:00Z"])
def test_a_visit_without_a_good_clock_counts_as_the_same_day(clock):
    first, later = record("asked_more", "accepted"), record("accepted", clock="2026-03-01T23:00:00Z")
    odd = record("accepted", clock=clock)
    assert replay(HAND_MADE, [first, odd, later]) == replay(HAND_MADE, [first, later, later])


def test_every_short_history_keeps_a_whole_belief():
    for history in product(list(every_visit()), repeat=2):
        state = init(HAND_MADE, 100)
        for visit in history:
            state, _ = step(state, visit)
        assert sum(shares(state)) == pytest.approx(1)
