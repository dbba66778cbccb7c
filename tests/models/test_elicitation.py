"""An analyst's words become densities in closed form: checked with SciPy's distributions and with PreliZ's search."""

import math

import preliz
import pytest
import scipy.stats

from models.densities import Beta, Dirichlet, Fixed, LogNormal, Normal
from models.priors import DEFAULT, Covariate, Priors, as_json, read


def heard(**words: object) -> Priors:
    return read({"declaration": "rung-1", "name": "words", "words": words})


NEED = {"half_need_more_than": math.sqrt(6 * 15), "sure_between": [6, 15]}


def test_half_need_more_than_the_middle_and_nineteen_in_twenty_lie_in_the_range():
    mu = heard(need=NEED).mu
    assert isinstance(mu, Normal)
    independent = scipy.stats.norm(mu.mean, mu.sd)
    assert 100 * math.exp(independent.median()) == pytest.approx(math.sqrt(90))
    assert [100 * math.exp(end) for end in independent.interval(0.95)] == pytest.approx([6, 15])


def test_a_spread_and_a_shift_have_the_median_and_the_range_that_were_said():
    priors = heard(
        differs_between_customers={
            "factor": math.exp(math.sqrt(math.log(1.5) * math.log(3))),
            "sure_between": [1.5, 3],
        },
        after_a_refusal={"wants_more": 28, "sure_between": [10, 80]},
    )
    assert isinstance(priors.tau, LogNormal) and isinstance(priors.delta, LogNormal)
    tau = scipy.stats.lognorm(priors.tau.log_sd, scale=priors.tau.median)
    assert [math.exp(end) for end in tau.interval(0.95)] == pytest.approx([1.5, 3])
    within = scipy.stats.norm(0, priors.tau.median)
    assert within.cdf(priors.tau.median) - within.cdf(-priors.tau.median) == pytest.approx(2 / 3, abs=0.02)
    assert math.expm1(priors.delta.median) == pytest.approx(0.28)
    delta = scipy.stats.lognorm(priors.delta.log_sd, scale=priors.delta.median)
    assert delta.cdf(math.log(1.8)) - delta.cdf(math.log(1.1)) == pytest.approx(0.95, abs=0.01)


def test_chances_are_as_sure_as_after_the_cases_they_are_worth():
    priors = heard(
        mis_keyed={"one_visit_in": 50, "worth_visits": 100},
        walks_out={"sensitive": {"one_refusal_in": 10, "worth_refusals": 50}},
        types={"indifferent": 0.25, "hunter": 0.15, "sensitive": 0.6, "worth_customers": 20},
    )
    assert (priors.eps, priors.leave[2]) == (Beta(2, 98), Beta(5, 45))
    assert priors.leave[:2] == DEFAULT.leave[:2]  # nothing was said of the other types
    assert isinstance(priors.shares, Dirichlet)
    assert scipy.stats.dirichlet(priors.shares.alpha).mean() == pytest.approx([0.25, 0.15, 0.6])
    assert math.fsum(priors.shares.alpha) == pytest.approx(20)


def test_preliz_finds_the_same_densities_by_search():
    mu = heard(need=NEED).mu
    normal = preliz.Normal()
    preliz.maxent(normal, math.log(0.06), math.log(0.15), 0.95, plot=False)
    assert (mu.mean, mu.sd) == pytest.approx((normal.mu, normal.sigma), rel=1e-3)

    eta = heard(differs_between_cohorts={"factor_surely_below": 1.5}).eta
    half = preliz.HalfNormal()
    preliz.maxent(half, 0, math.log(1.5), 0.95, plot=False)
    assert eta.sd == pytest.approx(half.sigma, rel=1e-3)

    sigma = heard(differs_between_visits={"factor": 1.5, "sure_between": [1.25, 2.05]}).sigma
    quarter, three_quarters = scipy.stats.lognorm(sigma.log_sd, scale=sigma.median).ppf([0.25, 0.75])
    log_normal = preliz.LogNormal()
    preliz.quartile(log_normal, quarter, math.log(1.5), three_quarters, plot=False)
    assert (math.log(sigma.median), sigma.log_sd) == pytest.approx(
        (log_normal.mu, log_normal.sigma), rel=1e-2
    )

    leave = heard(walks_out={"hunter": {"one_refusal_in": 10, "worth_refusals": 50}}).leave[1]
    beta = preliz.Beta()
    preliz.quartile(beta, *scipy.stats.beta(leave.a, leave.b).ppf([0.25, 0.5, 0.75]), plot=False)
    assert (leave.a, leave.b) == pytest.approx((beta.alpha, beta.beta), rel=1e-2)


def test_the_effect_of_the_basket_is_told_by_one_more_and_by_doublings_of_its_value():
    said = {"typical": 30, "effect_surely_below": 10}
    priors = heard(basket={"log_gross": said, "lines": {**said, "typical": 3}})
    assert priors.covariates == (Covariate("lines", 3.0), Covariate("log_gross", math.log(30)))
    lines, gross = (density for _, density in priors.beta)
    assert scipy.stats.norm(0, lines.sd).interval(0.95)[1] == pytest.approx(math.log(1.1))
    assert scipy.stats.norm(0, gross.sd).interval(0.95)[1] * math.log(2) == pytest.approx(math.log(1.1))


@pytest.mark.parametrize(
    ("words", "parameter", "value"),
    [
        ({"need": {"half_need_more_than": 10, "exactly": True}}, "mu", math.log(0.1)),
        ({"after_a_refusal": {"wants_more": 25, "exactly": True}}, "delta", math.log(1.25)),
        ({"after_a_refusal": {"wants_more": 0, "exactly": True}}, "delta", 0.0),
        ({"differs_between_visits": {"factor": 2, "exactly": True}}, "sigma", math.log(2)),
        ({"differs_between_cohorts": {"factor": 1, "exactly": True}}, "eta", 0.0),
        ({"mis_keyed": {"one_visit_in": 50, "exactly": True}}, "eps", 0.02),
    ],
)
def test_exactly_fixes_a_parameter(words, parameter, value):
    density = getattr(heard(**words), parameter)
    assert isinstance(density, Fixed)
    assert density.value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("words", "says_so"),
    [
        (
            {"need": {"half_need_more_than": 10, "sure_between": [6, 30]}},
            "need: 10 is not in the middle of 6 to 30",
        ),
        ({"need": {"half_need_more_than": 10, "sure_between": [15, 6]}}, "need: sure_between must rise"),
        (
            {"need": {"half_need_more_than": 1e999, "sure_between": [6, 15]}},
            "need: half_need_more_than is inf",
        ),
        ({"need": {"half_need_more_than": 10}}, "need: sure_between missing"),
        ({"need": {"half_need_more_than": 10, "exactly": False}}, 'need: "exactly" can only be true'),
        ({"need": 10}, "need must be an object"),
        (
            {"types": {"indifferent": 0.5, "hunter": 0.5, "sensitive": 0.5, "worth_customers": 9}},
            "types: the three",
        ),
        (
            {"mis_keyed": {"one_visit_in": 0, "worth_visits": 9}},
            "mis_keyed: one_visit_in is 0; give a number",
        ),
        ({"walks_out": {"sensitive": {"one_refusal_in": 10}}}, "walks_out.sensitive: worth_refusals missing"),
        ({"walks_out": {"child": {}}}, "walks_out: 'child' is not known"),
        ({"basket": {"age": {}}}, "basket: 'age' is not known"),
        ({"half_life_days": -3}, "half_life_days is -3"),
    ],
)
def test_words_that_make_no_density_are_refused_with_what_to_say(words, says_so):
    with pytest.raises(ValueError) as refused:
        heard(**words)
    assert str(refused.value).startswith(says_so)


def test_one_thing_is_not_said_twice():
    given = {"declaration": "rung-1", "name": "both", "mu": as_json(DEFAULT)["mu"]}
    assert read({**given, "words": {"half_life_days": 90}}).half_life == 90
    with pytest.raises(ValueError, match="mu is given in words and as a density"):
        read({**given, "words": {"need": NEED}})
