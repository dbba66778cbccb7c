"""Priors: bounded numbers in, the same densities out, and sentences that say what they mean."""

import json
import math
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal
from models.prior_sentences import says, strength
from models.priors import DEFAULT, FEATURES, Cohorts, Covariate, as_json, fixed, parameters, read
from models.release import HAND_MADE

JSON = as_json(DEFAULT)


def beta_priors() -> st.SearchStrategy:
    return st.builds(Beta, st.floats(1, 500), st.floats(500, 5000)) | st.builds(Fixed, st.floats(0.001, 0.5))


def spreads(least: float = 0.05) -> st.SearchStrategy:
    drawn = st.builds(LogNormal, st.floats(least, 3), st.floats(0.01, 2))
    return drawn | st.builds(Fixed, st.floats(least, 3))


@st.composite
def any_priors(draw: st.DrawFn):
    """Priors of every shape: fixed or not, with cohorts and covariates or not."""
    features = [feature for feature in FEATURES if draw(st.booleans())]
    effects = st.builds(Normal, st.floats(-1, 1), st.floats(0.01, 1)) | st.builds(Fixed, st.floats(-1, 1))
    half = st.builds(HalfNormal, st.floats(0.01, 1)) | st.builds(Fixed, st.floats(0, 1))
    alphas = st.tuples(*[st.floats(1, 300)] * 3)
    cuts = st.lists(st.integers(0, 100), min_size=1, max_size=4, unique=True).map(sorted).map(tuple)
    return replace(
        DEFAULT,
        shares=draw(st.builds(Dirichlet, alphas) | st.just(Fixed((0.2, 0.3, 0.5)))),
        mu=draw(
            st.builds(Normal, st.floats(-5, -1), st.floats(0.01, 1)) | st.builds(Fixed, st.floats(-5, -1))
        ),
        tau=draw(spreads()),
        sigma=draw(spreads()),
        delta=draw(spreads(0.01) | st.just(Fixed(0.0))),
        eta=draw(half),
        omega=draw(half),
        eps=draw(beta_priors()),
        leave=draw(st.tuples(*[beta_priors()] * 3)),
        leave_end=draw(st.tuples(*[beta_priors()] * 3)),
        cohorts=draw(st.none() | st.builds(Cohorts, st.sampled_from(FEATURES), cuts)),
        covariates=tuple([Covariate(feature, draw(st.floats(0, 100))) for feature in features]),
        beta=tuple([(feature, draw(effects)) for feature in features]),
    )


@settings(max_examples=60, deadline=None)
@given(any_priors())
def test_what_is_written_reads_back_the_same(priors):
    assert read(json.loads(json.dumps(as_json(priors), sort_keys=True))) == priors


@settings(max_examples=60, deadline=None)
@given(any_priors())
def test_every_parameter_has_a_sentence_and_a_strength(priors):
    names = [name for name, _ in parameters(priors)]
    assert list(says(priors)) == [*names, "half_life"]
    assert list(strength(priors)) == names
    for sentence in says(priors).values():
        assert sentence.endswith(".") and "{" not in sentence and "nan" not in sentence
    unmoved = tuple([name for name, worth in strength(priors).items() if worth.amount is None])
    assert unmoved == fixed(priors)


def test_priors_never_change():
    with pytest.raises(FrozenInstanceError):
        DEFAULT.name = "other"  # type: ignore[misc]
    assert hash(DEFAULT) == hash(read(JSON))


@pytest.mark.parametrize(
    ("member", "value", "says_so"),
    [
        (
            "mu",
            {"density": "normal", "mean": math.inf, "sd": 1},
            "mu: mean is inf; give a number from -10 to 10",
        ),
        ("mu", {"density": "normal", "mean": math.nan, "sd": 1}, "mu: mean is nan"),
        ("mu", {"density": "normal", "mean": 10**400, "sd": 1}, "mu: mean is a huge number"),
        ("mu", {"density": "normal", "mean": -2, "sd": -1}, "mu: sd is -1; give a number from 0.001 to 5"),
        (
            "mu",
            {"density": "normal", "mean": 2, "sd": 1},
            "mu: its centre is 2.0; give a number from -6.908 to 0",
        ),
        ("mu", {"density": "normal", "mean": "-2", "sd": 1}, "mu: mean is no number"),
        ("mu", {"density": "normal", "mean": True, "sd": 1}, "mu: mean is True"),
        ("mu", {"density": "normal", "mean": -2}, "mu: sd missing; its members are density, mean, sd"),
        ("mu", {"density": "normal", "mean": -2, "sd": 1, "df": 3}, "mu: 'df' is not known"),
        ("mu", {"density": "cauchy", "mean": -2, "sd": 1}, 'mu needs a "density": one of normal,'),
        ("mu", {"density": "beta", "a": 1, "b": 1}, "mu is a Normal (or Fixed) in rung-1"),
        ("mu", {"density": "fixed", "value": [0.2, 0.3, 0.5]}, "mu needs one number"),
        ("shares", {"density": "fixed", "value": 0.3}, "shares needs three numbers"),
        ("shares", {"density": "fixed", "value": [0.3, 0.3, 0.3]}, "shares must add up to 1"),
        ("shares", {"density": "dirichlet", "alpha": [1, 2]}, "shares: alpha needs three numbers"),
        ("shares", {"density": "dirichlet", "alpha": [1, 2, 1e9]}, "shares: alpha is 1000000000.0"),
        (
            "eps",
            {"density": "beta", "a": 60, "b": 40},
            "eps: its centre is 0.6; give a number from 0.0001 to 0.5",
        ),
        ("leave", [{"density": "beta", "a": 1, "b": 9}], "leave must be a list of 3"),
        ("half_life", 0, "half_life is 0; give a number from 1 to"),
        (
            "cohorts",
            {"feature": "age", "cuts": [30]},
            "cohorts: the feature must be one of lines, units, log_gross",
        ),
        ("cohorts", {"feature": "lines", "cuts": [5, 2]}, "cohorts: cuts must rise"),
        (
            "covariates",
            [{"feature": "lines", "centre": 3}],
            "beta needs one density for each of the covariates",
        ),
        ("declaration", "rung-2", 'declaration must be "rung-1"'),
        ("name", "", "name needs 1 to 80 printable characters"),
        ("nmae", 1, "priors: 'nmae' is not known; its members are"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_write(member, value, says_so):
    with pytest.raises(ValueError) as refused:
        read({**JSON, member: value})
    assert str(refused.value).startswith(says_so)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["beta", "lines"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["density", "value", "a"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*JSON, "words"]), anything)
def test_whatever_is_sent_is_read_or_refused_in_words(member, value):
    try:
        assert read(as_json(read({**JSON, member: value}))) is not None
    except ValueError as refused:
        assert 0 < len(str(refused)) < 400


@pytest.mark.parametrize(
    ("density", "independent"),
    [
        (Normal(-2.0, 0.7), scipy.stats.norm(-2, 0.7)),
        (LogNormal(0.4, 0.3), scipy.stats.lognorm(0.3, scale=0.4)),
        (HalfNormal(0.5), scipy.stats.halfnorm(scale=0.5)),
        (Beta(2, 98), scipy.stats.beta(2, 98)),
    ],
)
def test_draws_are_of_the_density_they_are_named_after(density, independent):
    drawn = density.draw(np.random.default_rng(5), 20_000)
    assert scipy.stats.kstest(drawn, independent.cdf).pvalue > 1e-3
    middle = independent.mean() if isinstance(density, Beta) else independent.median()
    assert density.centre == pytest.approx(middle)


def test_shares_are_drawn_together_and_fixed_ones_are_always_the_same():
    chance = np.random.default_rng(6)
    drawn = Dirichlet((5, 3, 12)).draw(chance, 20_000)
    independent = scipy.stats.dirichlet((5, 3, 12))
    assert drawn.sum(axis=1) == pytest.approx(1)
    assert drawn.mean(axis=0) == pytest.approx(independent.mean(), abs=0.005)
    assert drawn.var(axis=0) == pytest.approx(independent.var(), rel=0.05)
    assert (Fixed((0.2, 0.3, 0.5)).draw(chance, 4) == [[0.2, 0.3, 0.5]] * 4).all()
    assert (Fixed(0.4).draw(chance, 3) == [0.4] * 3).all()


def test_the_default_lies_around_the_release_made_by_hand():
    for name in ("shares", "mu", "tau", "sigma", "delta", "eps"):
        assert getattr(DEFAULT, name).centre == pytest.approx(getattr(HAND_MADE, name), abs=1e-4)
    for name in ("leave", "leave_end"):
        assert [each.centre for each in getattr(DEFAULT, name)] == pytest.approx(getattr(HAND_MADE, name))


def test_the_sentences_say_the_numbers():
    told = says(DEFAULT)
    assert told["shares"].startswith("Of 100 customers, 27 take any offer (indifferent), 16 know the shop")
    assert told["mu"] == "Half of the sensitive customers need more than 6 % (surely 1.52 to 23.7 %)."
    assert told["eps"] == "One visit in 50 is keyed wrongly; as sure as after 100 cases."
    assert told["leave.hunter"].startswith("A hunter who refuses an offer walks out one time in 100;")
    assert told["eta"].startswith("Not used")
    pinned = says(replace(DEFAULT, delta=Fixed(math.log(1.25))))
    assert pinned["delta"] == "A customer who has refused once needs 25 % more than before, fixed."


def test_strength_is_what_data_would_have_to_weigh():
    worth = strength(DEFAULT)
    assert worth["shares"].amount == pytest.approx(10)
    assert worth["leave_end.sensitive"].amount == pytest.approx(50)
    # n exact requirements give a mean with this spread: as wide as the prior says
    assert math.sqrt((0.7**2 + 0.4**2) / worth["mu"].amount) == pytest.approx(0.7)
    # ... and n of them a standard deviation known within log_sd: the spread of ln s from n normal draws, by simulation
    count = 50
    logs = np.log(np.random.default_rng(3).normal(size=(20_000, count)).std(axis=1))
    same = strength(replace(DEFAULT, tau=LogNormal(0.7, float(logs.std()))))["tau"].amount
    assert same == pytest.approx(count, rel=0.1)  # the formula is for many


def test_reading_priors_imports_nothing_heavy():
    code = (
        "import sys, models.priors, models.prior_predictive, models.prior_sentences;"
        "print([m for m in ('scipy','pymc','arviz','preliz','numba','xarray') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_a_density_checks_every_one_of_its_fields():
    for density in (Normal, LogNormal, HalfNormal, Beta):
        assert [field.name for field in fields(density)] == list(density.BOUNDS)
