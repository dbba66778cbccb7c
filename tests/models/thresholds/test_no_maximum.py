"""Where there is nothing to find it is said, and nothing is invented; where there is, it is found."""

import math

import numpy as np
import pytest

from models.existence import NoMaximum
from models.survey import BadSurvey
from models.thresholds import fit
from tests.models.thresholds import surveys

SPURIOUS = """bid1,R1,bid2,R2,x,y
    10,1,20,0,1,2
    10,0,5,1,2,4
    15,1,30,1,3,6
    20,0,10,0,1,2
    15,0,7,1,0,0"""

NONE = {
    "all yes": ("bid1,R1\n5,1\n10,1", (), {}, "every answer is yes"),
    "all no": ("bid1,R1\n5,0\n10,0", (), {}, "every answer is no"),
    "nothing said": ("lower,upper\n,\n,", (), {}, "every interval is unbounded"),
    "one bid": ("bid1,R1,count\n5,1,7\n5,0,4", (), {}, "flat: with one bid only"),
    "no spread": ("lower,upper\n1,3\n2,4\n2,5", (), {}, "as the scale shrinks to nothing"),
    "perfect order": ("bid1,R1\n5,1\n6,1\n7,0\n8,0", (), {}, "as the scale shrinks to nothing"),
    "rising": ("bid1,R1,count\n5,1,3\n5,0,7\n9,1,6\n9,0,4", (), {}, "as the scale grows without end"),
    "always rising": ("bid1,R1\n5,0\n6,0\n7,1\n8,1", (), {}, "as the scale grows without end"),
    "collinear": (SPURIOUS, ("x", "y"), {}, "do not tell x and y apart"),
    "separated": (
        "bid1,R1,x\n5,1,3\n9,1,2\n7,1,4\n5,0,1\n9,0,0\n7,0,1",
        ("x",),
        {},
        "separated: x predicts them without exception",
    ),
    "free shift": (
        "bid1,R1,bid2,R2\n5,1,9,1\n9,1,12,1\n9,0,,\n5,0,,\n7,1,,",
        (),
        {"shift": True},
        "leave --shift out",
    ),
    "spike and one bid": ("bid1,R1,count\n5,1,7\n5,0,4", (), {"spike": True}, "flat"),
    "spike and two bids": (
        "bid1,R1,count\n5,1,7\n5,0,4\n9,1,4\n9,0,7",
        (),
        {"spike": True},
        "(Intercept), log_scale and logit_pi0 apart",
    ),
    "spike and a step": (
        "bid1,R1,count\n2,1,60\n2,0,40\n5,1,60\n5,0,40\n9,0,100",
        (),
        {"spike": True},
        "zero and one other threshold explain the answers",
    ),
}


@pytest.mark.parametrize(("text", "covariates", "options", "says"), NONE.values(), ids=NONE)
@pytest.mark.parametrize("family", ["lognormal", "logistic", "weibull"])
def test_a_survey_without_a_maximum_is_refused_in_words(text, covariates, options, says, family):
    with pytest.raises(NoMaximum) as refused:
        fit(surveys.of(text, *covariates), family, **options)
    assert says in str(refused.value)


def test_no_spike_in_the_answers_is_a_fit_on_the_edge():
    chance = np.random.default_rng(2)
    drawn = np.exp(chance.normal(3, 0.3, 300))
    answers = surveys.of(surveys.asked_twice(drawn, chance.choice([10.0, 20.0, 30.0], 300)))
    plain, spiked = fit(answers, "lognormal"), fit(answers, "lognormal", spike=True)
    assert (spiked.pi0, spiked.coef[-1], spiked.se[-1]) == (0.0, None, None)
    assert (spiked.coef[:-1], spiked.se[:-1], spiked.loglik) == (plain.coef, plain.se, plain.loglik)
    assert "no spike" in spiked.notes[0]
    assert all(
        surveys.loglik(answers, "lognormal", [*plain.coef, logit], spike=True) < plain.loglik
        for logit in (-12, -8, -5, -3)
    )


@pytest.mark.parametrize("family", ["lognormal", "loglogistic", "weibull"])
def test_a_threshold_below_zero_is_impossible_for_a_logarithm(family):
    with pytest.raises(BadSurvey, match="below -2, but thresholds of the family"):
        fit(surveys.of("bid1,R1\n5,1\n-2,0\n3,0"), family)


def test_a_bid_of_nothing_that_is_accepted_says_nothing_about_a_logarithm():
    text = "bid1,R1,count\n5,1,6\n5,0,4\n9,1,3\n9,0,7"
    assert fit(surveys.of(text + "\n0,1,50"), "lognormal").loglik == fit(surveys.of(text), "lognormal").loglik


def test_a_shift_needs_second_answers():
    for text in ("lower,upper\n1,5\n4,9\n2,3", "bid1,R1\n1,1\n2,0"):
        with pytest.raises(BadSurvey, match="second answers"):
            fit(surveys.of(text), "normal", shift=True)


def has_maximum(answers) -> bool:
    """Of answers some of which have both ends, without covariates: some two exclude each other's thresholds in each
    order (Silvapulle & Burridge 1986, for one group)."""
    lows, highs = answers.lows.max(axis=1), answers.highs.min(axis=1)
    lows, highs = lows[np.isfinite(lows)], highs[np.isfinite(highs)]
    return bool(len(lows) and len(highs) and lows.max() > highs.min() and lows.min() < highs.max())


def bounded(answers) -> bool:
    """Whether some answer has both ends; where none has, a maximum also takes that yes becomes rarer with the bid."""
    return bool((np.isfinite(answers.lows).any(axis=1) & np.isfinite(answers.highs).any(axis=1)).any())


def test_without_an_answer_with_both_ends_a_maximum_is_where_yes_becomes_rarer():
    text = "bid1,R1,count\n5,1,{}\n5,0,{}\n9,1,{}\n9,0,{}"
    for yes in range(1, 10):
        for other in range(1, 10):
            answers = surveys.of(text.format(yes, 10 - yes, other, 10 - other))
            if yes > other:
                assert fit(answers, "logistic").loglik < 0
            else:
                with pytest.raises(NoMaximum, match="as the scale grows without end"):
                    fit(answers, "logistic")


def test_of_hundreds_of_random_surveys_all_that_have_a_maximum_are_fitted():
    chance, fitted = np.random.default_rng(2026), 0
    for number in range(200):
        family = surveys.FAMILIES[number % 5]
        location = 1.5 if surveys.ON_LOG[family] else 20.0
        scale = chance.uniform(0.1, 1.2) * (1 if surveys.ON_LOG[family] else 12)
        size, unit = int(chance.choice([5, 6, 8, 15, 40])), chance.choice([0.01, 1.0, 1e6])
        asked = np.exp(chance.normal(1.5, 0.6, chance.integers(1, 6)))
        bids = chance.choice(asked if surveys.ON_LOG[family] else 5 * asked, size)
        drawn = surveys.thresholds(chance, family, location, scale, size)
        answers = surveys.of(surveys.asked_twice(drawn * unit, bids * unit))
        if not bounded(answers):
            continue
        if not has_maximum(answers):
            with pytest.raises(NoMaximum):
                fit(answers, family)
            continue
        found, fitted = fit(answers, family), fitted + 1
        assert found.loglik == pytest.approx(surveys.loglik(answers, family, found.coef), abs=1e-6)
        for way in 0.02 * chance.normal(size=(8, 2)):
            beside = surveys.loglik(answers, family, np.array(found.coef) + way * found.se)
            assert beside < found.loglik + 1e-9
    assert fitted > 100


def test_of_random_surveys_with_a_spike_no_fit_is_below_any_of_many_points():
    """None of many random points has a higher likelihood, by scipy, than a fit."""
    chance, fitted = np.random.default_rng(7), 0
    for _ in range(15):
        size = int(chance.choice([8, 15, 40, 150]))
        drawn = np.where(chance.random(size) < 0.3, 0, np.exp(chance.normal(2, 0.6, size)))
        answers = surveys.of(surveys.asked_twice(drawn, chance.choice([4.0, 8.0, 16.0], size)))
        points = np.column_stack(
            [chance.normal(2, 1, 150), chance.normal(-1, 1, 150), chance.normal(-1, 2, 150)]
        )
        highest = max(surveys.loglik(answers, "lognormal", at, spike=True) for at in points)
        try:
            found = fit(answers, "lognormal", spike=True)
        except NoMaximum:
            continue
        fitted += 1
        assert found.loglik >= highest
        assert found.loglik == pytest.approx(surveys.loglik(answers, "lognormal", found.coef, spike=True))
        assert all(math.isfinite(error) for error in found.se if error is not None)
    assert fitted > 8
