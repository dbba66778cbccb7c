"""Shrinkage against a brute-force posterior and a published table, and what it does to the best of thirty."""

import numpy as np
import pytest
from scipy import stats

from models import readout_by_group, readout_groups, readout_units
from tests.models.readout.tables import DESIGN, table

# Eight schools (Rubin 1981), as in Gelman and others, Bayesian Data Analysis, table 5.2.
EFFECTS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


def brute_force(seen, errors, scale, count=200_000):
    """Posterior means and 95 % intervals by weighting draws of the prior: no formula is shared with the code."""
    chance = np.random.default_rng(1)
    tau = np.abs(chance.normal(0, scale, count))
    mu = chance.uniform(-60, 60, count)
    log = np.zeros(count)
    for effect, error in zip(seen, errors, strict=True):
        spread = np.hypot(tau, error)
        log += -np.log(spread) - 0.5 * ((effect - mu) / spread) ** 2
    kept = chance.choice(count, 60_000, p=np.exp(log - log.max()) / np.exp(log - log.max()).sum())
    precision = 1 / errors**2 + 1 / tau[kept, None] ** 2
    centre = (seen / errors**2 + mu[kept, None] / tau[kept, None] ** 2) / precision
    return centre + chance.normal(size=centre.shape) / np.sqrt(precision)


def test_the_posterior_of_eight_schools_is_that_of_brute_force():
    draws = brute_force(EFFECTS, ERRORS, 10.0)
    found = readout_groups.shrink(EFFECTS, ERRORS, 10.0)
    assert found.mean() == pytest.approx(draws.mean(0), abs=0.25)
    for chance in (0.025, 0.25, 0.75, 0.975):
        assert found.quantile(chance) == pytest.approx(np.quantile(draws, chance, axis=0), abs=0.5)
    assert found.above(0) == pytest.approx((draws > 0).mean(0), abs=0.01)


def test_the_published_figures_of_eight_schools_come_out():
    found = readout_groups.shrink(EFFECTS, ERRORS, 1e6)  # flat in tau, as in the book's table 5.3
    published = {
        0.25: [7, 3, 2, 4, 1, 2, 7, 4],
        0.5: [10, 8, 7, 8, 5, 6, 10, 8],
        0.75: [16, 12, 11, 11, 9, 10, 15, 13],
    }
    for chance, medians in published.items():
        assert found.quantile(chance) == pytest.approx(np.array(medians, float), abs=1.6)


def test_the_best_of_thirty_alike_cashiers_is_nobody_special():
    chance = np.random.default_rng(2)
    surely = [0, 0]
    for _ in range(60):
        seen = chance.normal(0, 40, 30)
        found = readout_groups.shrink(seen, np.full(30, 40.0), 45.0)
        surely[0] += seen.max() > 1.96 * 40
        surely[1] += found.quantile(0.025).max() > 0
    assert surely[0] > 20
    assert surely[1] <= 5


def test_groups_that_do_differ_keep_most_of_what_was_seen():
    true = np.linspace(-100, 100, 30)
    seen = true + np.random.default_rng(3).normal(0, 10, 30)
    found = readout_groups.shrink(seen, np.full(30, 10.0), 50.0)
    assert found.mean() == pytest.approx(seen, abs=5)
    assert 40 < found.tau_quantile(0.5) < 75


def test_the_tail_of_the_normal_is_scipys():
    at = np.linspace(-9, 9, 1001)
    assert readout_groups.tail(at) == pytest.approx(stats.norm.sf(at), abs=1e-7)


def test_small_groups_borrow_their_variance():
    drawn = readout_groups.moderated(np.array([1.0, 9.0]), np.array([10, 990]))
    pooled = (1 * 10 + 9 * 990) / 1000
    assert drawn == pytest.approx([(10 + 30 * pooled) / 40, (990 * 9 + 30 * pooled) / 1020])


def test_a_groups_lift_is_between_its_own_checkouts_and_a_customer_is_one_cluster_in_it():
    chance = np.random.default_rng(4)
    customer = np.repeat(np.arange(400), 5)
    arm, level = customer % 2, chance.normal(1000, 300, 400)
    margin = (level[customer] + 50 * arm + chance.normal(0, 30, 2000)).astype(int)
    rows = table(customer, arm, margin, cashier=chance.integers(0, 2, 2000), gross=np.full(2000, 5000))
    units = readout_units.drawn(rows, DESIGN)
    found = readout_by_group.lifts(units, units.rows.cashier, 2, 1, 0)
    for group in range(2):
        mine = rows.cashier == group
        means = [margin[mine & (arm == which)].mean() for which in range(2)]
        assert found.seen[group] == pytest.approx(means[1] - means[0])
        naive = np.sqrt(
            sum(margin[mine & (arm == which)].var() / (mine & (arm == which)).sum() for which in range(2))
        )
        assert (
            found.errors[group] > 1.4 * naive
        )  # two and a half checkouts of a customer count as little more than one
    assert found.enough.all()


def test_a_group_with_few_customers_is_left_out():
    rows = table(np.arange(40), np.arange(40) % 2, np.arange(40), cashier=(np.arange(40) > 33).astype(int))
    units = readout_units.drawn(rows, DESIGN)
    assert readout_by_group.lifts(units, units.rows.cashier, 2, 1, 0).enough.tolist() == [True, False]
