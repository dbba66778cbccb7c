"""Posterior predictive checks where the till plans by what it believes: a sound fit passes, a wrong one does not."""

import numpy as np
import pytest
import xarray as xr

from models import predictive
from models.arena_match import true_release
from models.arena_worlds import WORLDS
from models.priors import DEFAULT
from tests.models.believing_shops import believing
from tests.models.laplace_fits import honest
from tests.models.planted_fits import plant


@pytest.fixture(scope="module", params=[False, True], ids=["smallest first", "any start"])
def planned_by_belief(request: pytest.FixtureRequest) -> tuple[xr.Dataset, xr.DataTree]:
    """A shop whose till plans by what it believes, a tenth of its visits without a climb; and an honest fit of it."""
    world, chance = WORLDS["grocery"], np.random.default_rng(6)
    shop = believing(world, true_release(world), chance, anywhere=request.param, customers=600, visits=8)
    return shop, honest(shop, DEFAULT, chance)


def rejected_by(fit: xr.DataTree, shop: xr.Dataset) -> dict[str, str]:
    """What each check that fails says."""
    seen = predictive.compare(fit, shop, np.random.default_rng(7))
    checks = [predictive.check(name, each) for name, each in seen.items()]
    return {check.name: check.says for check in checks if not check.passed}


def test_a_sound_fit_of_a_shop_that_plans_by_belief_passes(planned_by_belief: tuple):
    shop, fit = planned_by_belief
    assert rejected_by(fit, shop) == {}


def test_who_is_asked_late_in_such_a_shop_is_no_random_part_of_it(planned_by_belief: tuple):
    """Without the visits before, the same fit would expect far fewer of them to accept."""
    shop, fit = planned_by_belief
    strangers = shop.copy(deep=True)
    strangers["customer"].values[:] = -1
    assert "acceptance_by_rung" in rejected_by(fit, strangers)


def test_a_log_that_lacks_the_visits_which_made_the_plans_is_rejected(planned_by_belief: tuple):
    """What the plans know of the customer is not in such a log: a fit of it is biased (docs/gate.md)."""
    shop, _ = planned_by_belief
    late = shop.isel(checkout=np.flatnonzero(np.arange(shop.sizes["checkout"]) % 8 >= 4))
    assert rejected_by(honest(late, DEFAULT, np.random.default_rng(9)), late)


@pytest.mark.parametrize("kind", ["wrong mu", "wrong sigma", "wrong delta", "swapped labels in all chains"])
def test_a_wrong_fit_of_a_shop_that_plans_by_belief_is_rejected(kind: str, planned_by_belief: tuple):
    shop, fit = planned_by_belief
    assert rejected_by(plant(kind, fit, np.random.default_rng(8)), shop)
