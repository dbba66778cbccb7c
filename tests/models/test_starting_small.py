"""Where starting small pays: the curves over the hazard, against values computed another way."""

import math

import numpy as np
import pytest

from models.release import HAND_MADE, Release
from models.starting_small import MATTERS, crossing, moved, standing

LADDER = (200, 300, 500, 700, 1000, 1500, 2000, 2500)
YARDSTICK = Release(
    "yardstick", (1e-6, 1e-6, 1 - 2e-6), math.log(0.07), 0.6, 0.3, 0.0, 1e-4, (0.1,) * 3, (1 - 1e-6,) * 3
)


def test_with_no_hazard_starting_small_earns_as_much_as_any_start_and_more_than_one_offer():
    found = standing(YARDSTICK, LADDER)
    assert found.smallest_first[0] == pytest.approx(found.any_start[0], abs=1e-4)
    assert found.smallest_first[0] > found.one_offer[0] + 0.03


def test_the_best_single_offer_is_what_the_normal_law_says():
    spread = math.hypot(0.6, 0.3)
    met = [0.5 * math.erfc(-math.log(depth / 700) / spread / math.sqrt(2)) for depth in LADDER]
    worth = [chance * (0.35 - depth / 10000) for chance, depth in zip(met, LADDER, strict=True)]
    found = standing(YARDSTICK, LADDER, hazards=(0.3,))
    assert found.one_offer[0] == pytest.approx(max(worth), abs=2e-4)
    assert found.best_single[0] == int(np.argmax(worth))


def test_starting_small_falls_with_the_hazard_and_crosses_the_single_offer_once():
    found = standing(YARDSTICK, LADDER)
    assert all(low >= high for low, high in zip(found.smallest_first, found.smallest_first[1:], strict=False))
    assert found.crossing is not None and 0.1 < found.crossing < 0.5
    for hazard, small, single in zip(found.hazards, found.smallest_first, found.one_offer, strict=True):
        if abs(hazard - found.crossing) > 0.05:
            assert (small > single) == (hazard < found.crossing)


def test_a_tie_of_rounding_is_no_crossing():
    """Where two plans are one offer, a hundredth of a percent puts one of them ahead; it says nothing."""
    hazards = (0.0, 0.1, 0.2, 0.3)
    small = (0.2, 0.18, 0.16, 0.16)
    assert crossing(hazards, small, (0.1, 0.1801, 0.1604, 0.1603), MATTERS) is None
    assert crossing(hazards, small, (0.1, 0.1801, 0.16, 0.161), MATTERS) == pytest.approx(0.25)
    assert crossing(hazards, small, (0.2003, 0.1, 0.1, 0.1), MATTERS) is None
    assert crossing(hazards, small, (0.1, 0.1801, 0.1604, 0.1603)) is not None, (
        "an arena's mean is not rounded"
    )
    assert crossing(hazards, small, (0.21, 0.19, 0.17, 0.17), MATTERS) == 0


def test_a_shop_knows_how_sure_it_may_be_to_stand_below_the_crossing():
    limit = standing(YARDSTICK, LADDER).crossing
    draws = np.concatenate([np.full(90, limit - 0.05), np.full(10, limit + 0.05)])
    found = standing(YARDSTICK, LADDER, leave=draws)
    assert found.chance_below == pytest.approx(0.9)
    assert found.interval == pytest.approx((limit - 0.05, limit + 0.05))


def test_the_shops_own_hazards_are_what_they_are_at_its_own_place():
    assert moved(HAND_MADE, HAND_MADE.leave[2]) == [round(chance * 65536) for chance in HAND_MADE.leave]


def test_a_lost_customer_and_till_time_cost_what_the_shop_says():
    plain, dear = standing(YARDSTICK, LADDER), standing(YARDSTICK, LADDER, lost=1000, question=20)
    assert all(a > b for a, b in zip(plain.smallest_first, dear.smallest_first, strict=True))
    assert dear.crossing < plain.crossing


def test_a_ladder_that_is_none_is_refused():
    for depths in ((), (500, 300), (500, 500)):
        with pytest.raises(ValueError, match="ladder"):
            standing(HAND_MADE, depths)
