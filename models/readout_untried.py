"""What a policy would have earned that gives each cohort the arm of its own, from an experiment in which arms were
drawn.

Nobody tried it, but parts of the experiment did by chance: `readout_off_policy` puts them together. Reward is margin
per checkout after returns. Unless the caller has a better model of it (the release's belief, for instance), the model
is the mean of cohort and arm among the *other* half of the units: a mean that had seen the checkout itself would be
too sure of it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import readout_off_policy, readout_units
from models.readout_figures import Json, figure
from models.readout_off_policy import Logged, Value, Verdict
from models.readout_table import Checkouts, Design
from models.readout_units import Units

FOLDS = 2


class Unasked(ValueError):
    """A policy that names an arm or a cohort nobody knows; the text says which."""


def of(
    table: Checkouts,
    design: Design,
    choice: Mapping[str, str],
    otherwise: str | None = None,
    expected: Callable[[int], NDArray[Any]] | None = None,
) -> Json:
    """Margin per checkout if each cohort of ``choice`` got the arm it names, all others ``otherwise`` (the control).

    expected: the model's margin (N,) of the experiment's rows under an arm, given by its index. Raises `Unasked`.
    """
    units = readout_units.drawn(table, design)
    if not len(units.rows):
        return _json(readout_off_policy.silent("nobody was drawn yet"))
    arms = len(design.arms)
    wanted = _wanted(units.rows, design, choice, otherwise or design.control.name)
    drawn = units.arm[units.place]
    chance = np.asarray(design.shares)[drawn] / sum(design.shares)
    log = Logged(drawn, chance, units.rows.kept(), units.place)
    model = expected or _means(units, arms)
    return _json(readout_off_policy.evaluate(log, np.eye(arms)[wanted], model))


def _wanted(rows: Checkouts, design: Design, choice: Mapping[str, str], otherwise: str) -> NDArray[np.int64]:
    """The arm (N,) that every row would get."""
    arms = [arm.name for arm in design.arms]
    for name in (*choice.values(), otherwise):
        if name not in arms:
            raise Unasked(f"{name!r:.40} is no arm of {design.name}; its arms are {', '.join(arms)}")
    for name in choice:
        if name not in rows.names.cohorts:
            raise Unasked(f"{name!r:.40} is no cohort; cohorts are {', '.join(rows.names.cohorts)}")
    of_cohort = [arms.index(choice.get(name, otherwise)) for name in (*rows.names.cohorts, "")]
    return np.array(of_cohort)[rows.cohort]  # -1, no cohort, is the last


def _means(units: Units, arms: int) -> Callable[[int], NDArray[np.float64]]:
    """Mean margin of cohort and arm among units of the other fold, for every row; 0 where nobody was."""
    rows, fold, cohorts = units.rows, units.place % FOLDS, len(units.rows.names.cohorts) + 1
    cell = (fold * cohorts + rows.cohort % cohorts) * arms + units.arm[units.place]
    size = FOLDS * cohorts * arms
    sums = np.bincount(cell, weights=rows.kept(), minlength=size)
    means = sums / np.maximum(np.bincount(cell, minlength=size), 1)
    other = (1 - fold) * cohorts + rows.cohort % cohorts
    return lambda arm: means[other * arms + arm]


def _json(found: Verdict) -> Json:
    values = {name: _value(getattr(found, name)) for name in ("weighted", "normalised", "doubly_robust")}
    return {
        "refused": found.refused,
        "effective_size": figure(found.size, 1),
        "weight": figure(found.weight),
        "largest_weight": figure(found.largest),
        **values,
    }


def _value(found: Value | None) -> Json | None:
    if found is None:
        return None
    low, high = found.value - 1.96 * found.error, found.value + 1.96 * found.error
    return {"mean": figure(found.value), "interval_95": [figure(low), figure(high)]}
