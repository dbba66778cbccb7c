"""Adjusting by the weeks before, against least squares."""

import numpy as np
import pytest

from models import readout_adjusting, readout_units
from models.readout_table import Design
from tests.models.readout.tables import HELD, TRIED, table


def test_the_adjusted_difference_is_the_arms_coefficient_of_a_regression():
    chance = np.random.default_rng(1)
    arm, earlier = chance.integers(0, 2, 5000), chance.lognormal(3, 1, 5000)
    values = 2 * earlier + 7 * arm + chance.normal(0, 30, 5000)
    found = readout_adjusting.adjusted(values, earlier, arm)
    columns = np.stack([np.ones(5000), arm, earlier], axis=1)
    regression = np.linalg.lstsq(columns, values, rcond=None)[0]
    assert found[arm == 1].mean() - found[arm == 0].mean() == pytest.approx(regression[1])
    assert found.var() < 0.5 * values.var()


def test_weeks_that_tell_nothing_change_nothing():
    values = np.arange(6.0)
    assert readout_adjusting.adjusted(values, np.zeros(6), np.array([0, 1] * 3)).tolist() == values.tolist()


def test_only_what_known_customers_of_the_experiment_left_before_its_first_day_counts():
    whole = table(
        [1, 1, 2, -1, 3, 1, 2, 9],
        [2, 2, 2, 2, 2, 0, 1, 0],
        [10, 20, 40, 80, 160, 5, 7, 7],
        day=[0, 1, 1, 1, 1, 4, 5, 4],
    )
    units = readout_units.drawn(whole, Design("e", (HELD, TRIED), (1, 1), HELD))
    before = readout_adjusting.before(whole, units, whole.kept())
    assert dict(zip(units.names.tolist(), before.tolist(), strict=True)) == {1: 30, 2: 40, 9: 0}
