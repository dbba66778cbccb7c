"""The population model against what shares no code with it: the float reference, brute force, simulated customers."""

from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from pymc.blocking import DictToArrayBijection, RaveledVars

from models import cohort_means, posterior, scoring
from models.histories import as_arrays, compress, expand, from_arrays
from models.priors import DEFAULT, Cohorts, Covariate, Fixed, Normal, Priors
from models.reaction_model import declare
from models.release import HAND_MADE
from models.virtual_shop import MIXED, YARDSTICK, from_priors, play, truth_of

EVERYTHING = replace(
    DEFAULT,
    cohorts=Cohorts("lines", (3,)),
    covariates=(Covariate("lines", 2.0),),
    beta=(("lines", Normal(0.0, 0.1)),),
)
NAMES = ("shares", "mu", "tau", "sigma", "delta", "eps", "leave", "leave_end")


def point(release=HAND_MADE) -> dict:
    return {name: getattr(release, name) for name in NAMES}


def shop(customers=40, visits=5, ladders=MIXED, seed=1, truth=None):
    chance = np.random.default_rng(seed)
    return play(
        truth or truth_of(HAND_MADE), customers=customers, visits=visits, ladders=ladders, chance=chance
    )


def record(dataset, row: int) -> dict:
    """A checkout of the dataset as a till would have journaled it."""
    at = dataset.isel(checkout=row)
    depth, top, planned = at["depth"].values, at["top"].values, int(at["planned"])
    ladder = [{"depth": int(each)} for each in depth[:planned]]
    ladder += [] if top[planned - 1] else [{"depth": 9999}]
    last = {0: "accepted", 1: "left", 2: "asked_more"}[int(at["ending"])]
    heard = ["asked_more"] * (int(at["heard"]) - 1) + [last]
    offers = [{"rung": rung, "reaction": reaction} for rung, reaction in enumerate(heard)]
    outcome = "lost" if last == "left" else "sold"
    plan = list(range(planned))
    return {"training": False, "outcome": outcome, "ladder": ladder, "plan": plan, "offers": offers}


def evidence(dataset, customer: int, release=HAND_MADE) -> float:
    """Log probability of a customer's visits, one step of the float reference after the other."""
    state, total = posterior.init(release), 0.0
    for row in np.flatnonzero(dataset["customer"].values == customer):
        state, info = posterior.step(state, record(dataset, row))
        total += info.evidence
    return total


@pytest.mark.parametrize("ladders", [MIXED, YARDSTICK], ids=["mixed ladders", "one long ladder"])
def test_a_history_is_as_likely_as_the_float_reference_says(ladders):
    dataset = shop(ladders=ladders)
    histories = compress(dataset, DEFAULT)
    likely = scoring.log_likelihood(histories, point())[histories.customer]
    assert np.abs(likely - [evidence(dataset, customer) for customer in range(40)]).max() < 2e-5


def test_long_histories_do_not_underflow():
    dataset = shop(customers=2, visits=300)
    histories = compress(dataset, DEFAULT)
    likely = scoring.log_likelihood(histories, point(), points=512)[histories.customer]
    assert np.allclose(likely, [evidence(dataset, customer) for customer in range(2)], rtol=1e-5)


def test_customers_counted_together_say_the_same_as_each_alone():
    dataset = shop(customers=600, visits=3, ladders=YARDSTICK)
    merged, alone = compress(dataset, DEFAULT), expand(dataset, DEFAULT)
    assert len(merged.multiplicity) < 300 and merged.multiplicity.sum() == 600
    together = scoring.log_likelihood(merged, point())[merged.customer]
    assert np.allclose(together, scoring.log_likelihood(alone, point()), atol=1e-10)


def test_the_order_of_checkouts_does_not_matter():
    dataset = shop()
    backwards = dataset.isel(checkout=slice(None, None, -1))
    one, other = compress(dataset, DEFAULT), compress(backwards, DEFAULT)
    likely = [scoring.log_likelihood(each, point())[each.customer] for each in (one, other)]
    assert np.allclose(likely[0], likely[1], atol=1e-10)


def test_anonymous_visits_are_customers_of_their_own():
    dataset = shop(customers=10, visits=3)
    nobody = dataset.assign(customer=dataset["customer"].where(dataset["customer"] > 4, -1))
    histories = compress(nobody, DEFAULT)
    assert histories.multiplicity.sum() == 5 + 5 * 3


def test_cashiers_of_few_visits_share_a_slip_rate():
    dataset = shop(200, 5, truth=replace(truth_of(HAND_MADE), cashier_eps=(0.02, 0.02, 0.02)))
    one_visit = dataset.assign(cashier=("checkout", np.r_[2, np.arange(999) % 2]))
    found = compress(one_visit, DEFAULT).regressors
    assert len(found.cashiers) == 3 and found.cashiers[-1] == "all others"
    assert found.cashier_group.tolist() == [0, 1, 2]
    lonely = dataset.assign(cashier=("checkout", np.r_[1, np.zeros(999, int)]))
    assert compress(lonely.isel(checkout=slice(0, 90)), DEFAULT).regressors.cashiers == ("all others",)


def test_a_dataset_that_says_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing to fit"):
        compress(shop().isel(checkout=slice(0, 0)), DEFAULT)


def test_histories_kept_with_a_fit_are_read_back():
    histories = compress(
        shop(truth=from_priors(EVERYTHING, np.random.default_rng(2), cashiers=3)), EVERYTHING
    )
    back = from_arrays(xr.Dataset(as_arrays(histories)))
    here = {**point(), "beta": [0.05], "cohort_mu": [-3.0, -2.5]}
    assert np.array_equal(scoring.log_likelihood(back, here), scoring.log_likelihood(histories, here))


def densities(model):
    """Log density and its gradient as functions of one flat vector, and where to start."""
    density, slope = model.compile_logp(), model.compile_dlogp()
    start = DictToArrayBijection.map(model.initial_point())

    def at(vector):
        return DictToArrayBijection.rmap(RaveledVars(vector, start.point_map_info))

    return lambda x: float(density(at(x))), lambda x: slope(at(x)), start.data


def test_the_gradient_is_that_of_the_density():
    chance = np.random.default_rng(3)
    truth = from_priors(EVERYTHING, chance, cashiers=3)
    density, slope, start = densities(declare(EVERYTHING, compress(shop(60, 12, truth=truth), EVERYTHING)))
    here = start + chance.normal(0, 0.2, len(start))
    steps = 1e-5 * np.eye(len(start))
    secants = [(density(here + step) - density(here - step)) / 2e-5 for step in steps]
    assert np.allclose(slope(here), secants, rtol=1e-6, atol=1e-5)


def test_parameters_that_are_fixed_are_not_sampled():
    priors = replace(DEFAULT, delta=Fixed(0.0), mu=Fixed(-3.0), leave=(Fixed(0.01), *DEFAULT.leave[1:]))
    model = declare(priors, compress(shop(), priors))
    free = {variable.name for variable in model.free_RVs}
    assert not free & {"delta", "mu", "leave_indifferent"} and {"leave_hunter", "tau"} <= free


@pytest.mark.parametrize("centred", [False, True], ids=["few customers", "many customers"])
def test_cohort_means_have_the_distribution_of_the_declaration(centred):
    """Moments of mu and of three means, eta given, against Normal(mu, eta^2) with mu ~ Normal(m, s^2)."""
    with pm.Model(coords={"cohort": range(3)}):
        mu, means = cohort_means.declare(Normal(-3.0, 0.7), 0.4, 3, centred)
    drawn = pm.draw([mu, means], draws=20000, random_seed=5)
    together = np.column_stack([drawn[0], drawn[1]])
    expected = np.full((4, 4), 0.7**2) + np.diag([0, *[0.4**2] * 3])
    assert np.allclose(together.mean(0), -3.0, atol=0.03)
    assert np.allclose(np.cov(together.T), expected, atol=0.025)


def known(release) -> Priors:
    """Priors that leave nothing open."""
    single = ("shares", "mu", "tau", "sigma", "delta", "eps")
    fixed = {name: Fixed(getattr(release, name)) for name in single}
    fixed |= {name: tuple(map(Fixed, getattr(release, name))) for name in ("leave", "leave_end")}
    return replace(DEFAULT, **fixed)


def distance(dataset) -> float:
    """Chi-square, for each degree of freedom, between the dataset's cells and those the model draws for its plans."""
    histories = expand(dataset, known(HAND_MADE))
    model = declare(known(HAND_MADE), histories)
    drawn = pm.draw(model["visits"], mode="FAST_COMPILE", random_seed=4)
    ours, theirs = (
        np.bincount(cells, minlength=len(histories.cells.heard)) for cells in (drawn, histories.cell)
    )
    frequent = ours + theirs >= 20
    return float(((ours - theirs) ** 2 / np.maximum(ours + theirs, 1))[frequent].sum() / frequent.sum())


@pytest.mark.parametrize("ladders", [MIXED, YARDSTICK], ids=["mixed ladders", "one long ladder"])
def test_the_model_simulates_what_a_shop_of_such_customers_does(ladders):
    """Visits drawn from the model are as frequent as visits played one offer after the other; under another delta, not.

    Two visits of one customer agree, so the distance may be up to 2, not 1.
    """
    assert distance(shop(4000, 2, ladders)) < 2
    assert distance(shop(4000, 2, ladders, truth=replace(truth_of(HAND_MADE), delta=0.5))) > 2
