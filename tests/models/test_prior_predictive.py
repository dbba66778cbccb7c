"""The prior predictive: against the float reference, against simulated customers, and against what a plan would be."""

import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings

from models import posterior, tables
from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal
from models.prior_predictive import changed_plans, draw, preview, release_of
from models.prior_sentences import strength
from models.priors import DEFAULT, Cohorts, Covariate, as_json, read
from models.release import HAND_MADE, Release, normal_cdf
from models.simulate import shopper
from models.weakening import weakened
from pos_client.core.belief import Model, initial, predict
from tests.models.test_priors import any_priors

TIGHT = replace(
    # Narrow enough that every draw is a release that can be simulated, wide enough that the bands are no lines.
    DEFAULT,
    shares=Dirichlet((27, 16, 57)),
    mu=Normal(math.log(0.06), 0.3),
    tau=LogNormal(0.7, 0.1),
    sigma=LogNormal(0.4, 0.1),
    eps=Beta(20, 180),
    leave=(Beta(5, 95), Beta(10, 90), Beta(20, 80)),
)


def certain(priors):
    """The same priors with every parameter fixed to its centre."""
    single = {
        name: Fixed(getattr(priors, name).centre)
        for name in ("shares", "mu", "tau", "eta", "sigma", "delta", "eps", "omega")
    }
    by_type = {
        name: tuple([Fixed(each.centre) for each in getattr(priors, name)]) for name in ("leave", "leave_end")
    }
    beta = tuple([(feature, Fixed(density.centre)) for feature, density in priors.beta])
    return replace(priors, **single, **by_type, beta=beta)


def test_without_doubt_the_curve_is_the_float_references():
    told = preview(certain(DEFAULT), np.random.default_rng(1), depths=(100, 500, 1200, 4000))
    state = posterior.init(release_of(DEFAULT))
    for point in told.curve:
        for band, top in ((point.accepted, False), (point.at_the_top, True)):
            assert band.mean == pytest.approx(posterior.acceptance(state, point.depth, top), abs=1e-9)
            assert band.half == band.most == pytest.approx((band.mean, band.mean))


def test_strangers_drawn_from_the_priors_do_what_the_preview_says():
    chance, dice, depths, customers = np.random.default_rng(2), Random(2), (300, 900), 12_000
    told = preview(TIGHT, np.random.default_rng(3), depths)
    draws = draw(TIGHT, chance, customers)
    answers = [reactions(release_from(draws, at), depths, dice) for at in range(customers)]
    for at, point in enumerate(told.curve):
        for band, word, top in (
            (point.accepted, "accepted", 0),
            (point.at_the_top, "accepted", 1),
            (point.walks_out, "left", 0),
        ):
            share = sum(answer[at][top] == word for answer in answers) / customers
            assert share == pytest.approx(band.mean, abs=4 * math.sqrt(band.mean / customers))


def release_from(draws, at: int) -> Release:
    numbers = {name: float(draws[name][at]) for name in ("mu", "tau", "sigma", "delta", "eps")}
    by_type = {name: tuple(draws[name][at].tolist()) for name in ("leave", "leave_end")}
    shares = tuple((draws["shares"][at] / draws["shares"][at].sum()).tolist())
    return Release(name="drawn", shares=shares, **numbers, **by_type)


def reactions(drawn: Release, depths, dice: Random):
    visit = shopper(drawn, dice).visit(dice)
    return [(visit.answer(0, depth, False, False), visit.answer(0, depth, True, True)) for depth in depths]


def test_bands_hold_the_share_of_draws_they_promise():
    told = preview(TIGHT, np.random.default_rng(4), depths=(600,))
    others = draw(TIGHT, np.random.default_rng(5), 4000)
    curve = [posterior_free_acceptance(others, at, 600) for at in range(4000)]
    point = told.curve[0].accepted
    assert np.mean([point.half[0] < each < point.half[1] for each in curve]) == pytest.approx(0.5, abs=0.04)
    assert np.mean([point.most[0] < each < point.most[1] for each in curve]) == pytest.approx(0.95, abs=0.02)


def posterior_free_acceptance(draws, at: int, depth: int) -> float:
    """The formula of the module's head, by the standard library, for one draw."""
    spread = math.hypot(draws["tau"][at], draws["sigma"][at])
    met = normal_cdf((math.log(depth / 10000) - draws["mu"][at]) / spread)
    return (1 - draws["eps"][at]) * (draws["shares"][at, 0] + draws["shares"][at, 2] * met) + draws["eps"][
        at
    ] / 2


def test_cohorts_spread_the_need_of_strangers():
    cohorts = replace(certain(DEFAULT), eta=Fixed(1.0), cohorts=Cohorts("lines", (3,)))
    drawn = np.random.default_rng(6).normal(HAND_MADE.mu, [1.0], 20_000)
    spread = math.hypot(HAND_MADE.tau, HAND_MADE.sigma)
    met = np.mean([normal_cdf((math.log(0.02) - mean) / spread) for mean in drawn])
    told = preview(cohorts, np.random.default_rng(7), (200,)).curve[0].accepted.mean
    assert told == pytest.approx(0.98 * (0.27 + 0.57 * met) + 0.01, abs=0.005)


@settings(max_examples=60, deadline=None)
@given(any_priors())
def test_every_prior_has_a_preview_a_release_and_weaker_ones(priors):
    told = preview(priors, np.random.default_rng(8), (1, 500, 10_000))
    for point in told.curve:
        for low, high in zip(point.accepted.most, point.at_the_top.most, strict=True):
            assert 0 <= low <= high <= 1
    middle = release_of(priors)
    assert (middle.mu, middle.tau) == (priors.mu.centre, priors.tau.centre)
    assert [each.feature for each in middle.covariates] == [each.feature for each in priors.covariates]
    for factor in (1, 4, 1000):
        weaker = weakened(priors, factor)
        assert read(as_json(weaker)) == weaker
        assert release_of(weaker).shares == pytest.approx(middle.shares)


def test_a_weakened_prior_is_worth_a_fraction_and_says_the_same():
    priors = replace(TIGHT, beta=(("lines", Normal(0.1, 0.2)),), covariates=(Covariate("lines", 3.0),))
    before, after = strength(priors), strength(weakened(priors, 4))
    for name in before.keys() - {"eta", "omega"}:  # a half-normal has no strength to lose: it widens
        assert after[name].amount == pytest.approx(before[name].amount / 4), name
    assert weakened(priors, 4).eta == HalfNormal(2 * priors.eta.sd)
    assert weakened(priors, 4).leave[2].centre == pytest.approx(priors.leave[2].centre)
    assert replace(weakened(certain(priors), 4), name=priors.name) == certain(priors)
    with pytest.raises(ValueError, match="from 1 to 1000"):
        weakened(priors, float("nan"))


def core(of: Release) -> Model:
    return Model(tables.model(of), tables.column_reader(tables.columns(of)))


def opens_where_half_accept(checkout: dict, model: Model) -> list[int]:
    """A plan that weighs the belief: skips rungs that fewer than half of all strangers would take."""
    ladder, stranger = checkout["ladder"], initial(model)
    chances = [
        predict(model, stranger, rung["depth"], at == len(ladder) - 1) for at, rung in enumerate(ladder)
    ]
    first = next((at for at, chance in enumerate(chances) if chance >= 32768), len(ladder) - 1)
    return list(range(first, len(ladder)))


def test_the_plans_that_would_change_are_found_and_counted():
    checkouts = [
        {"checkout_id": f"c{number}", "ladder": [{"depth": depth} for depth in depths]}
        for number, depths in enumerate([(300, 700, 1500), (100, 1000, 3000), (3000, 4000)])
    ]
    present = core(HAND_MADE)
    assert changed_plans(checkouts, opens_where_half_accept, present, core(HAND_MADE)) == (3, [])
    needier = core(release_of(replace(DEFAULT, mu=Normal(math.log(0.15), 0.3))))
    looked_at, changed = changed_plans(checkouts, opens_where_half_accept, present, needier)
    assert looked_at == 3
    assert [each.checkout_id for each in changed] == ["c0", "c1"]
    assert all(each.after == each.before[1:] for each in changed)
    assert changed_plans(checkouts, lambda checkout, _: [0], present, needier) == (3, [])
