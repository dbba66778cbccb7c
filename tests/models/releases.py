"""Random releases, baskets and visits for tests of the belief."""

import math
from random import Random

from hypothesis import strategies as st

from models.basket_features import cohort, raised
from models.release import Cohorts, Covariate, Release
from models.simulate import climb, shopper

COVARIATES = {"lines": (4.0, 0.15), "units": (8.0, 0.08), "log_gross": (3.0, 0.6)}  # centre, largest beta


@st.composite
def releases(draw, cohorts: bool = True, covariates: bool = True) -> Release:
    """Any release a fit may plausibly make."""
    depth, tau = draw(st.floats(0.03, 0.2)), draw(st.floats(0.3, 1.2))
    first, second = draw(st.floats(0.1, 0.4)), draw(st.floats(0.1, 0.3))
    return Release(
        "any",
        (first, second, 1 - first - second),
        math.log(depth),
        tau,
        draw(st.floats(0.25, 0.8)),
        draw(st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.333, 0.5])),
        draw(st.floats(0.005, 0.05)),
        (0.02, 0.05, 0.12),
        (0.05, 0.2, 0.35),
        draw(st.sampled_from([90.0, 365.0])),
        draw(_cohorts(math.log(depth))) if cohorts else None,
        draw(_covariates()) if covariates else (),
    )


@st.composite
def _cohorts(draw, mu: float) -> Cohorts:
    feature, cuts = draw(
        st.sampled_from([("lines", (2.0, 5.0)), ("units", (7.0,)), ("log_gross", (2.5, 3.0, 4.0))])
    )
    means = tuple([mu + draw(st.floats(-0.6, 0.6)) for _ in range(len(cuts) + 1)])
    parts = [draw(st.floats(0.1, 1.0)) for _ in means]
    return Cohorts(feature, cuts, means, tuple([part / sum(parts) for part in parts]))


@st.composite
def _covariates(draw) -> tuple[Covariate, ...]:
    chosen = draw(st.sets(st.sampled_from(sorted(COVARIATES)), min_size=1))
    return tuple(
        [
            Covariate(name, COVARIATES[name][0], draw(st.floats(-1, 1)) * COVARIATES[name][1])
            for name in sorted(chosen)
        ]
    )


def basket(chance: Random) -> dict:
    """What a record says of a small basket."""
    lines = [{"quantity": chance.randint(1, 4)} for _ in range(chance.randint(1, 8))]
    return {"lines": lines, "gross": chance.randint(200, 12000), "currency": "EUR"}


def life(release: Release, chance: Random, visits: int) -> tuple[int | None, list[dict]]:
    """The records of one customer, who behaves as the release says, and the customer's cohort."""
    bought = [basket(chance) for _ in range(visits)]
    of = cohort(release, bought[0])
    someone = shopper(release, chance, of)
    records = []
    for goods in bought:
        ladder = sorted(chance.sample(range(100, 4000, 50), chance.randint(1, 5)))
        plan = sorted(chance.sample(range(len(ladder)), chance.randint(1, len(ladder))))
        offers, outcome = climb(someone.visit(chance, raised(release, goods)), ladder, plan)
        rungs = [{"depth": depth} for depth in ladder]
        told = {"ladder": rungs, "plan": plan, "offers": offers, "outcome": outcome, "training": False}
        records.append({**told, **goods})
    return of, records
