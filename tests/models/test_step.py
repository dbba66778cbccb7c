"""`posterior.step` against dense Gauss-Legendre quadrature, written anew from docs/model.md with other libraries."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from models.posterior import init, requirement, shares, step
from models.release import HAND_MADE
from tests.models.releases import life, releases

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
PANELS = 300


class Quadrature:
    """A customer's density over theta on Gauss-Legendre nodes, and the mass of the two types without theta."""

    def __init__(self, release, cohort):
        self.release = release
        rule = release.cohorts
        means = np.array(rule.means if rule else [release.mu])
        mixed = np.array(rule.shares if rule and cohort is None else [1.0])
        mine = means if cohort is None else means[[cohort]]
        edges = np.linspace(means.min() - 9 * release.tau, means.max() + 9 * release.tau, PANELS + 1)
        half = (edges[1] - edges[0]) / 2
        self.theta = ((edges[:-1] + half)[:, None] + half * NODES).ravel()
        self.weight = np.tile(half * WEIGHTS, PANELS)
        z = (self.theta[:, None] - mine) / release.tau
        bell = np.exp(-(z**2) / 2) / (release.tau * math.sqrt(2 * math.pi))
        self.fresh = np.array([*release.shares[:2]]), release.shares[2] * (bell * mixed).sum(axis=1)
        self.types, self.density = self.fresh

    def visit(self, record, days):
        """Take the visit in; the log of its chance."""
        kept = 2.0 ** (-days / self.release.half_life)
        types = kept * self.types + (1 - kept) * self.fresh[0]
        density = kept * self.density + (1 - kept) * self.fresh[1]
        types = types * [self.chance(record, 0), self.chance(record, 1)]
        density = density * self.chance(record, 2)
        whole = types.sum() + self.weight @ density
        self.types, self.density = types / whole, density / whole
        return math.log(whole)

    def chance(self, record, kind):
        """Likelihood of the visit for a type: a number, or (nodes,) for the sensitive."""
        release, top = self.release, len(record["ladder"]) - 1
        refused, accepted, stays = 0.0, 1.0, 1.0
        for number, offer in enumerate(record["offers"]):
            met = self.met(record, number, offer["rung"], kind)
            if offer["reaction"] == "accepted":
                accepted = met
            else:
                refused = np.maximum(refused, met)
                last = offer["rung"] in (top, record["plan"][-1])
                away = (release.leave_end if last else release.leave)[kind]
                stays *= away if offer["reaction"] == "left" else 1 - away
        inside = np.maximum(accepted - refused, 0.0)
        return ((1 - release.eps) * inside + release.eps * 0.5 ** len(record["offers"])) * stays

    def met(self, record, number, rung, kind):
        release = self.release
        if kind < 2:
            return 1.0 if kind == 0 or rung == len(record["ladder"]) - 1 else 0.0
        depth = math.log(record["ladder"][rung]["depth"] / 1e4) - (release.delta if number else 0.0)
        x = {
            "lines": len(record["lines"]),
            "units": sum(line["quantity"] for line in record["lines"]),
            "log_gross": math.log(record["gross"] / 100),
        }
        moved = sum(one.beta * (x[one.feature] - one.centre) for one in release.covariates)
        return ndtr((depth - self.theta - moved) / release.sigma)

    def place(self):
        """Mean and standard deviation of theta."""
        whole = self.weight @ self.density
        mean = self.weight @ (self.theta * self.density) / whole
        return mean, math.sqrt(self.weight @ ((self.theta - mean) ** 2 * self.density) / whole)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(release=releases(), seed=st.integers(0, 10**6), known=st.booleans())
def test_a_step_agrees_with_quadrature(release, seed, known):
    chance = Random(seed)
    cohort, records = life(release, chance, 8)
    cohort = cohort if known else None
    state, exact = init(release, cohort=cohort), Quadrature(release, cohort)
    for record in records:
        days = chance.choice([0, 0, 1, 30, 400])
        state, info = step(state, record, days)
        assert abs(info.evidence - exact.visit(record, days)) < 1e-8
        assert requirement(state) == pytest.approx(exact.place(), abs=1e-6)
        assert shares(state)[:2] == pytest.approx(exact.types, abs=1e-8)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(release=releases(), seed=st.integers(0, 10**6))
def test_without_drift_the_order_of_visits_does_not_matter(release, seed):
    chance = Random(seed)
    cohort, records = life(release, chance, 7)
    told = []
    for _ in range(3):
        state, evidence = init(release, 1024, cohort), 0.0
        for record in records:
            state, info = step(state, record)
            evidence += info.evidence
        told.append([*shares(state), *requirement(state), evidence])
        chance.shuffle(records)
    assert told[1] == pytest.approx(told[0], abs=1e-10)
    assert told[2] == pytest.approx(told[0], abs=1e-10)


def test_with_drift_the_order_of_visits_matters():
    _, records = life(HAND_MADE, Random(3), 6)
    told = []
    for some in (records, records[::-1]):
        state = init(HAND_MADE, 1024)
        for record in some:
            state, _ = step(state, record, 200)
        told.append(requirement(state)[0])
    assert abs(told[0] - told[1]) > 1e-3
