"""A release as data: out and in again to the last bit, nothing unknown, and the release a posterior makes."""

import json
import math
from dataclasses import FrozenInstanceError, asdict, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from models.estimate import from_means
from models.release import HAND_MADE, Cohorts, Covariate, as_json, identity, read
from tests.models.releases import releases

RICH = replace(
    HAND_MADE,
    cohorts=Cohorts("lines", (3.0, 8.0), (-3.1, -2.8, -2.5), (0.5, 0.25, 0.25)),
    covariates=(Covariate("log_gross", 3.1, 0.25), Covariate("units", 6.0, -0.01)),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(releases())
def test_a_release_comes_back_from_json_to_the_last_bit(release):
    again = read(json.loads(json.dumps(as_json(release))))
    assert again == release
    assert identity(again) == identity(release)


def test_the_hand_made_release_without_newer_members_is_read():
    old = {name: value for name, value in as_json(HAND_MADE).items() if name not in ("cohorts", "covariates")}
    del old["declaration"], old["half_life"]
    assert read(old) == HAND_MADE


def test_a_release_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        HAND_MADE.mu = -1.0  # type: ignore[misc]
    assert hash(RICH) == hash(replace(RICH))
    again = as_json(RICH)
    again["cohorts"]["cuts"].append(9.0)
    again["covariates"].clear()
    assert as_json(RICH) != again


def changed(**members):
    given = as_json(RICH)
    for path, value in members.items():
        where: Any = given
        *steps, last = path.split("__")
        for step in steps:
            where = where[int(step)] if step.isdigit() else where[step]
        where[last] = value
    return given


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"age": 40}, "no member age"),
        ({"cohorts__sex": 1}, "no member sex"),
        ({"covariates__0__postcode": 1}, "no member postcode"),
        ({"declaration": "rung-2"}, "declaration rung-1"),
        ({"name": 7}, "name is text"),
        ({"name": ""}, "1 to 80"),
        ({"mu": "low"}, "mu is made of numbers"),
        ({"mu": True}, "mu is made of numbers"),
        ({"mu": math.nan}, "mu is the log"),
        ({"tau": math.inf}, "tau and sigma"),
        ({"shares": 0.5}, "shares is a list"),
        ({"shares": [0.5, 0.5]}, "one number per type"),
        ({"leave": [0.1, None, 0.1]}, "leave is made of numbers"),
        ({"half_life": 10**400}, "half-life"),
        ({"cohorts": []}, "cohorts is an object"),
        ({"cohorts__feature": "age"}, "lines, units, log_gross"),
        ({"cohorts__cuts": [8.0, 3.0]}, "must rise"),
        ({"cohorts__cuts": [3.0, 3.0]}, "must rise"),
        ({"cohorts__cuts": [3.0, math.inf]}, "finite cuts"),
        ({"cohorts__cuts": []}, "cuts"),
        ({"cohorts__means": [-3.0, -2.0]}, "one mean and one share more"),
        ({"cohorts__means": [-3.0, -2.0, 0.4]}, "cohort's mean"),
        ({"cohorts__means": [-3.0, -2.0, math.nan]}, "cohort's mean"),
        ({"cohorts__shares": [0.5, 0.6, -0.1]}, "never below 0"),
        ({"cohorts__shares": [0.5, 0.4, 0.3]}, "add up to 1"),
        ({"covariates": {}, "cohorts": None}, None),
        ({"covariates": 3}, "covariates is a list"),
        ({"covariates__0__feature": "birthday"}, "a covariate is one of"),
        ({"covariates__0__feature": "units"}, "once"),
        ({"covariates__0__beta": 6.0}, "beta lies"),
        ({"covariates__1__centre": math.nan}, "centre is finite"),
    ],
)
def test_what_is_no_release_is_refused_in_words(members, says):
    if says is None:
        assert read(changed(**members)).covariates == ()
        return
    with pytest.raises(ValueError, match=says):
        read(changed(**members))


@pytest.mark.parametrize("name", ["name", "mu", "leave_end"])
def test_a_missing_member_is_named(name):
    with pytest.raises(ValueError, match=f"needs the member {name}"):
        read({key: value for key, value in as_json(HAND_MADE).items() if key != name})
    with pytest.raises(ValueError, match="needs the member means"):
        read({**as_json(RICH), "cohorts": {"feature": "lines", "cuts": [1], "shares": [0.5, 0.5]}})


def test_cohorts_further_apart_than_a_grid_resolves_are_refused():
    with pytest.raises(ValueError, match="tau apart"):
        replace(RICH, tau=0.05, cohorts=Cohorts("lines", (2.0,), (-6.0, -1.0), (0.5, 0.5)))


MEANS = {
    name: value for name, value in asdict(HAND_MADE).items() if name in ("mu", "tau", "sigma", "delta", "eps")
}
MEANS |= {name: np.array(getattr(HAND_MADE, name)) for name in ("shares", "leave", "leave_end")}


def test_the_means_of_a_posterior_make_a_release():
    assert from_means("hand-1", MEANS) == HAND_MADE
    means = {**MEANS, "eta": 0.3, "cohort_mu": np.array([-3.1, -2.8, -2.5]), "beta": np.array([0.25, -0.01])}
    made = from_means(
        "hand-1",
        {**means, "mu": np.float64(MEANS["mu"])},
        cohorts=("lines", [3, 8], [200, 100, 100]),
        covariates=[("log_gross", 3.1), ("units", 6)],
    )
    assert made == RICH
    assert read(as_json(made)) == made


def test_where_cashiers_differ_the_slips_of_an_unknown_one_are_expected():
    many = np.random.default_rng(5).normal(math.log(0.02 / 0.98), 0.8, 400_000)
    expected = (1 / (1 + np.exp(-many))).mean()
    made = from_means("fit", {**MEANS, "omega": 0.8, "cashier_eps": np.array([0.02, 0.03])})
    assert made.eps == pytest.approx(expected, rel=0.01)
    assert from_means("fit", {**MEANS, "omega": 0.0}).eps == 0.02


@pytest.mark.parametrize(
    ("more", "asked", "says"),
    [
        ({}, {"cohorts": ("lines", [3], [1, 1])}, "no cohort_mu"),
        ({}, {"covariates": [("lines", 3)]}, "no beta"),
        ({"beta": [0.1, 0.2]}, {"covariates": [("lines", 3)]}, "another number of beta"),
        ({"cohort_mu": [-2.0]}, {"cohorts": ("lines", [3], [1, 1])}, "one mean and one share"),
        ({"sigma": math.nan}, {}, "sigma"),
    ],
)
def test_means_that_make_no_release_are_refused(more, asked, says):
    with pytest.raises(ValueError, match=says):
        from_means("fit", {**MEANS, **more}, **asked)


def test_a_posterior_without_a_parameter_is_refused_by_name():
    with pytest.raises(ValueError, match="no delta"):
        from_means("fit", {name: value for name, value in MEANS.items() if name != "delta"})
