"""Who comes to a visit is foreseen from the visits before it, and from nothing else."""

import numpy as np
import pytest

from models import foreseen, histories, regressors, virtual_shop
from models.comparison import point_of
from models.priors import DEFAULT
from models.release import HAND_MADE
from models.scoring import log_likelihood, table
from models.virtual_shop import play, truth_of

POINT = point_of(HAND_MADE)


def read(customers: int, visits: int = 4) -> histories.Histories:
    dataset = play(
        truth_of(HAND_MADE), customers=customers, visits=visits, ladders=virtual_shop.MIXED,
        chance=np.random.default_rng(1),
    )  # fmt: skip
    return histories.unmerged(dataset, regressors.regressors(dataset, DEFAULT))


def repeated(one: histories.Histories, times: int) -> histories.Histories:
    """The first customer of these, so many times."""
    cell = one.cell[: one.start[1]]
    return one._replace(cell=np.tile(cell, times), start=np.arange(times + 1) * len(cell))


def test_states_come_as_often_as_the_product_of_the_visits_before_says():
    """Against the belief by Bayes' theorem, written out in NumPy."""
    one, times = read(20), 20_000
    for first in range(3):
        begin, end = one.start[first : first + 2]
        alone = one._replace(cell=one.cell[begin:end], start=np.array([0, end - begin]))
        drawn = foreseen.states(repeated(alone, times), POINT, np.random.default_rng(2)).reshape(times, -1)
        likelihood, belief = table(one, POINT)
        for visit, cell in enumerate(alone.cell):
            expected = belief / belief.sum()
            seen = np.bincount(drawn[:, visit], minlength=len(expected)) / times
            assert (np.abs(seen - expected) < 5 * np.sqrt(expected / times) + 2e-4).all()
            belief = belief * likelihood[cell]


def test_neither_the_visit_itself_nor_later_ones_are_looked_at():
    one = read(500)
    other = one.cell.copy()
    last = one.start[1:] - 1
    other[last] = np.random.default_rng(3).integers(0, len(one.cells.heard), len(last))
    seen, again = [
        foreseen.states(each, POINT, np.random.default_rng(4)) for each in (one, one._replace(cell=other))
    ]
    assert (seen == again).all()


def test_a_visit_that_no_state_can_explain_teaches_nothing():
    """Without slips the indifferent never refuse; where there is nobody else, a refusal is beyond belief."""
    sure = {**POINT, "eps": 0.0, "shares": np.array([1.0, 0.0, 0.0])}
    drawn = foreseen.states(read(300), sure, np.random.default_rng(5))
    assert (drawn == 0).all()


def test_unmerged_customers_have_the_likelihood_of_the_merged_ones():
    dataset = play(
        truth_of(HAND_MADE), customers=300, visits=4, ladders=virtual_shop.MIXED,
        chance=np.random.default_rng(1),
    )  # fmt: skip
    merged = histories.compress(dataset, DEFAULT)
    each = histories.unmerged(dataset, merged.regressors)
    assert log_likelihood(each, POINT) == pytest.approx(log_likelihood(merged, POINT)[merged.customer])
