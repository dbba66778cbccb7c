"""A policy by cohort that nobody tried, against shops in which it is tried."""

import json

import numpy as np
import pytest

from models import readout_untried
from tests.models.readout.tables import DESIGN, HELD, TRIED, table

# Cohort a does better with the control, cohort b with the arm that is tried; margins of cohort and arm.
MEANS = np.array([[30.0, 20.0], [25.0, 40.0]])


def shop(customers: int, seed: int):
    """Customers with three checkouts each and a level of their own; arms drawn half and half."""
    chance = np.random.default_rng([1, seed])
    who = np.repeat(np.arange(customers), 3)
    arm, cohort = chance.integers(0, 2, customers)[who], chance.integers(0, 2, customers)[who]
    level = chance.normal(0, 6, customers)[who]
    margin = np.round(MEANS[cohort, arm] + level + chance.normal(0, 8, len(who))).astype(int)
    return table(who, arm, margin, cohort=cohort)


def test_the_best_arm_for_each_cohort_is_valued_without_having_been_tried():
    best, held = 0, 0
    for seed in range(200):
        told = readout_untried.of(shop(400, seed), DESIGN, {"b": TRIED.name})
        low, high = told["doubly_robust"]["interval_95"]
        best += told["doubly_robust"]["mean"] / 200
        held += low <= (30 + 40) / 2 <= high
    assert best == pytest.approx(35, abs=0.15)
    assert held >= 180


def test_giving_all_one_arm_is_the_mean_of_that_arm():
    rows = shop(2000, 1)
    told = readout_untried.of(rows, DESIGN, {}, otherwise=TRIED.name)
    assert told["normalised"]["mean"] == pytest.approx(rows.margin[rows.arm == 1].mean(), abs=1e-3)


def test_a_model_of_the_callers_is_used():
    rows = shop(2000, 2)
    truth = [MEANS[rows.cohort, arm] for arm in range(2)]
    own = readout_untried.of(rows, DESIGN, {"b": TRIED.name}, expected=lambda arm: truth[arm])
    plain = readout_untried.of(rows, DESIGN, {"b": TRIED.name})
    assert own["doubly_robust"]["mean"] == pytest.approx(plain["doubly_robust"]["mean"], abs=0.1)
    assert own["doubly_robust"] != plain["doubly_robust"]


def test_too_little_to_go_by_is_a_reason_and_no_figure():
    for rows in (table([], [], []), shop(20, 3)):
        told = readout_untried.of(rows, DESIGN, {"a": HELD.name})
        assert told["refused"]
        assert told["doubly_robust"] is None
        json.dumps(told, allow_nan=False)


@pytest.mark.parametrize("choice,says", [({"a": "free"}, "no arm"), ({"c": "tried"}, "no cohort")])
def test_arms_and_cohorts_that_nobody_knows_are_refused(choice, says):
    with pytest.raises(readout_untried.Unasked, match=says):
        readout_untried.of(shop(100, 4), DESIGN, choice)
