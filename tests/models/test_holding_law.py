"""The law that finds hold-outs, against sums over every requirement and every bluff, and against a plain reading."""

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest

from models import holding_law
from models.holding_law import HOLDING, LEFT, ONE, OPEN, STAYED, TOOK, State, Visits

LADDER = (200, 300, 500, 700, 1000, 1500, 2000, 2500)
BLUFFING, LEAVING, STAYING = (getattr(holding_law, name) / ONE for name in ("BLUFFING", "LEAVING", "STAYING"))


def visit(ends: int, *depths: int) -> Visits:
    return Visits(np.array([depths]), np.array([ends]))


def after(*visits: Visits) -> State:
    state = holding_law.begin(1)
    for one in visits:
        state = holding_law.step(state, one)
    return state


def score(*visits: Visits, stay: float = 0.0) -> int:
    return int(holding_law.score(after(*visits), stay)[0])


def enumerated(theta: float, depths: tuple[int, ...], ends: int) -> tuple[float, float]:
    """Chance of a visit under both laws: over where the requirement lies, and over every pattern of bluffs.

    Honest are those who never bluff; the chance not to is not theirs.
    """
    chances = [NormalDist(theta, holding_law.SIGMA).cdf(math.log(depth / 10000)) for depth in depths]
    edges = [0.0, *chances, 1.0]
    honest = holding = 0.0
    for first in range(len(depths) + 1):  # the first offer that satisfies; the last value: none does
        mass = edges[first + 1] - edges[first]
        for bluffs in itertools.product((False, True), repeat=len(depths)):
            likely, path = _played(first, bluffs, len(depths), ends)
            if path:
                holding += mass * likely
        likely, path = _played(first, (False,) * len(depths), len(depths), ends)
        if path:
            honest += mass * likely / (1 - BLUFFING if first < len(depths) else 1)
    return honest, holding


def _played(first: int, bluffs: tuple[bool, ...], made: int, ends: int) -> tuple[float, bool]:
    """(chance of the reactions but for the hazard of leaving, whether this is how the visit went)."""
    likely = 1.0
    for number in range(made):
        last = number == made - 1
        if number < first:
            if bluffs[number]:
                return 0.0, False  # nothing to bluff with: count this pattern once
            if last:
                return (STAYING if ends == STAYED else 1.0) * likely, ends != TOOK
            likely *= 1 - LEAVING
            continue
        likely *= BLUFFING if bluffs[number] else 1 - BLUFFING
        if not bluffs[number]:
            return likely, last and ends == TOOK and not any(bluffs[number + 1 :])
        if last:
            return likely, ends in (STAYED, OPEN)
    return likely, False


@pytest.mark.parametrize(
    ("ends", "depths"),
    [
        (TOOK, (200,)),
        (TOOK, (200, 700)),
        (TOOK, (200, 500, 1000, 2500)),
        (LEFT, (200, 700)),
        (OPEN, (200, 700, 1500)),
        (STAYED, (200, 1000)),
        (STAYED, (300,)),
    ],
)
def test_the_chance_of_a_visit_is_the_sum_over_requirements_and_bluffs(ends: int, depths: tuple) -> None:
    honest, holding = holding_law._chances(visit(ends, *depths))
    for point, theta in enumerate(holding_law.THETA):
        right = enumerated(float(theta), depths, ends)
        assert honest[0, point] / ONE == pytest.approx(right[0], abs=0.004)
        assert holding[0, point] / ONE == pytest.approx(right[1], abs=0.004)


def test_nobody_is_suspected_for_being_hard_to_please_once() -> None:
    for depths in ((200,), (200, 500), (200, 1000), (200, 500, 1500), LADDER):
        for ends in (TOOK, LEFT):
            assert score(visit(ends, *depths)) < holding_law.least(3500, 0), (depths, ends)


def test_taking_what_was_refused_when_the_till_stands_firm_gives_a_hold_out_away() -> None:
    climbs = [visit(TOOK, 200, 700), visit(TOOK, 200, 700, 1000), visit(TOOK, 200, 1000, 1500)]
    before, gives_in = score(*climbs), score(*climbs, visit(STAYED, 200, 700))
    leaves = score(*climbs, visit(LEFT, 200, 700))
    assert leaves < before < gives_in
    assert gives_in > holding_law.least(3500, 0) > leaves
    assert score(*climbs, visit(STAYED, 200, 700), stay=0.05) == gives_in - holding_law.MOST + holding_law.BIT


def test_where_everybody_stays_giving_in_says_next_to_nothing() -> None:
    stays = [visit(STAYED, 200, 700)] * 3
    assert score(*stays, stay=0.95) < score(*stays, stay=0.5) < score(*stays, stay=0.1)
    assert score(*stays, stay=0.95) < holding_law.least(3500, 0)
    assert holding_law.stay((0.27, 0.16, 0.57), (0.01, 0.04, 0.08)) == pytest.approx(0.96)
    assert holding_law.stay((0.0, 0.0, 1.0), (1.0, 1.0, 1.0)) == 0


def test_who_gives_it_up_is_forgiven() -> None:
    climbs = [visit(TOOK, 200, 700), *[visit(STAYED, 200, 700)] * 6]
    scores = [score(*climbs, *[visit(TOOK, 200)] * honest) for honest in range(13)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 12 * holding_law.BIT and scores[-1] < 0


def test_a_year_takes_half_of_it_back_and_ten_all() -> None:
    state = after(*[visit(STAYED, *LADDER)] * 4)
    gone = [holding_law.later(state, np.array([days])) for days in (0, 365, 3650)]
    leans = [int(holding_law.score(one, 0.1)[0]) for one in gone]
    assert np.array_equal(gone[0].weights, state.weights) and leans[0] > leans[1] > leans[2]
    start = holding_law.begin(1).weights
    assert np.abs(gone[2].weights - start).max() < holding_law.TOTAL // 500
    assert gone[1].stays[0] == state.stays[0] // 2


def test_the_ceiling_follows_what_somebody_gave_in_to() -> None:
    start = holding_law.ceiling(holding_law.begin(1), 3500, 0)[0]
    low = holding_law.ceiling(after(*[visit(STAYED, 200, 500)] * 4), 3500, 0)[0]
    high = holding_law.ceiling(after(*[visit(LEFT, 200, 1000)] * 4), 3500, 0)[0]
    assert low < start < high
    dear = holding_law.ceiling(holding_law.begin(1), 3500, 20000)[0]
    assert dear > start, "where a lost customer is dear, the till goes further before it stands firm"
    assert holding_law.least(3500, 3500) == holding_law.least(3500, 0) + holding_law.BIT


def test_the_ceiling_is_what_pays_most_by_a_sum_in_floats() -> None:
    state = after(visit(TOOK, 200, 700), visit(STAYED, 200, 1000), visit(LEFT, 200, 500))
    weights = state.weights[0, HOLDING]

    def earned(depth: int) -> float:
        normal = [
            NormalDist(theta, holding_law.SIGMA).cdf(math.log(depth / 10000)) for theta in holding_law.THETA
        ]
        return float(weights @ np.array(normal)) * (3500 - depth)

    found = int(holding_law.ceiling(state, 3500, 0)[0]) / holding_law.ROOM
    best = max(range(100, 3500, 5), key=earned)
    assert earned(round(found)) > 0.995 * earned(best)


def test_no_weight_dies_and_the_total_is_kept() -> None:
    state = after(*[visit(TOOK, 200)] * 60, *[visit(STAYED, *LADDER)] * 60)
    assert state.weights.min() >= 1
    assert abs(int(state.weights.sum()) - holding_law.TOTAL) <= 2 * holding_law.POINTS * holding_law.LAWS
    assert state.weights.max() < 1 << 16


def test_customers_do_not_meet_in_a_state() -> None:
    chance = np.random.default_rng(4)
    made = chance.integers(1, 9, 40)
    depths = np.where(np.arange(8) < made[:, None], np.array(LADDER), 0)
    ends = chance.integers(0, 4, 40)
    together = holding_law.begin(40)
    for _ in range(3):
        together = holding_law.step(together, Visits(depths, ends))
    for who in range(40):
        alone = after(*[visit(int(ends[who]), *LADDER[: made[who]])] * 3)
        assert np.array_equal(alone.weights[0], together.weights[who])
