"""What must not matter, and what must matter in a known way."""

import math

import numpy as np
import pytest

from models.thresholds import fit
from tests.models.thresholds import surveys

UNITS = (0.01, 1e6, 1e6, 0.01, 1e6)


@pytest.fixture(scope="module")
def drawn():
    chance = np.random.default_rng(21)
    people = np.where(chance.random(200) < 0.2, 0, np.exp(chance.normal(2.3, 0.7, 200)))
    return people, chance.choice([5.0, 10.0, 16.0], 200), chance.normal(size=200)


def test_counts_are_repeated_lines(drawn):
    lines = surveys.asked_twice(*drawn[:2]).splitlines()
    counted = [f"{line},{lines.count(line)}" for line in dict.fromkeys(lines[1:])]
    for spike in (False, True):
        once = fit(surveys.of("\n".join(lines)), "lognormal", spike)
        assert once == fit(surveys.of("\n".join([lines[0] + ",count", *counted])), "lognormal", spike)


def test_the_order_of_lines_does_not_matter(drawn):
    header, *lines = surveys.asked_twice(*drawn[:2], x=drawn[2]).splitlines()
    turned = surveys.of("\n".join([header, *reversed(lines)]), "x")
    straight = surveys.of("\n".join([header, *lines]), "x")
    assert fit(turned, "weibull", spike=True) == fit(straight, "weibull", spike=True)


@pytest.mark.parametrize("family", surveys.FAMILIES)
def test_intervals_say_the_same_as_the_answers_they_come_from(drawn, family):
    answers = surveys.of(surveys.asked_twice(*drawn[:2]))
    lines = [
        ",".join("" if math.isinf(end) else repr(float(end)) for end in (low, high))
        for low, high in zip(answers.lows.max(axis=1), answers.highs.min(axis=1), strict=True)
    ]
    intervals = surveys.of("\n".join(["lower,upper", *lines]))
    one, other = fit(answers, family), fit(intervals, family)
    assert other.coef == pytest.approx(one.coef, rel=1e-9)
    assert other.se == pytest.approx(one.se, rel=1e-9)
    assert other.loglik == pytest.approx(one.loglik, abs=1e-9)


@pytest.mark.parametrize(("family", "unit"), list(zip(surveys.FAMILIES, UNITS, strict=True)))
def test_bids_in_cents_and_in_millions_are_the_same_survey(drawn, family, unit):
    people, bids, x = drawn
    one = fit(surveys.of(surveys.asked_twice(people, bids, x=x), "x"), family, spike=True, shift=True)
    other = fit(
        surveys.of(surveys.asked_twice(people * unit, bids * unit, x=x), "x"), family, spike=True, shift=True
    )
    assert other.loglik == pytest.approx(one.loglik, abs=1e-8)
    assert other.median == pytest.approx(one.median * unit, rel=1e-6)
    assert other.pi0 == pytest.approx(one.pi0, abs=1e-8)
    if surveys.ON_LOG[family]:
        assert other.coef[0] == pytest.approx(one.coef[0] + math.log(unit), abs=1e-6)
        assert (other.coef[1:3], other.delta) == (
            pytest.approx(one.coef[1:3], abs=1e-6),
            pytest.approx(one.delta),
        )
    else:
        assert np.divide(other.coef[:2], unit) == pytest.approx(one.coef[:2], rel=1e-6)
        assert other.coef[2] == pytest.approx(one.coef[2] + math.log(unit), abs=1e-6)
        assert other.delta == pytest.approx(one.delta * unit, rel=1e-5)


def test_another_origin_of_a_covariate_only_moves_the_intercept(drawn):
    people, bids, x = drawn
    one = fit(surveys.of(surveys.asked_twice(people, bids, x=x), "x"), "normal")
    other = fit(surveys.of(surveys.asked_twice(people, bids, x=1000 + 10 * x), "x"), "normal")
    assert other.coef[1:] == pytest.approx([one.coef[1] / 10, one.coef[2]], rel=1e-6)
    assert other.coef[0] == pytest.approx(one.coef[0] - 100 * one.coef[1], rel=1e-6)
    assert other.loglik == pytest.approx(one.loglik, abs=1e-8)
    assert other.median == pytest.approx(one.median)


def test_words_are_columns_against_the_last_word(drawn):
    people, bids, _ = drawn
    number = np.arange(200) % 3
    lines = surveys.asked_twice(people, bids, is_b=number == 1, is_a=number == 0).splitlines()
    told = ["shop", *("cab"[{0: 1, 1: 2, 2: 0}[value]] for value in number)]
    text = "\n".join(f"{line},{word}" for line, word in zip(lines, told, strict=True))
    named, coded = fit(surveys.of(text, "shop"), "normal"), fit(surveys.of(text, "is_a", "is_b"), "normal")
    assert named.names == ("(Intercept)", "shopa", "shopb", "log_scale")
    assert (named.coef, named.se, named.loglik) == (coded.coef, coded.se, coded.loglik)


@pytest.mark.parametrize("family", surveys.FAMILIES)
def test_a_billion_answers_are_as_easy_as_a_thousand(family):
    header, *lines = surveys.carson_text().splitlines()
    many = [line.rsplit(",", 1)[0] + f",{1_000_000 * int(line.rsplit(',', 1)[1])}" for line in lines]
    few, lots = fit(surveys.carson(), family), fit(surveys.of("\n".join([header, *many])), family)
    assert lots.n == 1_043_000_000
    assert lots.coef == pytest.approx(few.coef, rel=1e-7)
    assert np.multiply(lots.se, 1000) == pytest.approx(few.se, rel=1e-6)
    assert lots.loglik == pytest.approx(1e6 * few.loglik, rel=1e-12)


def test_heavy_ties_and_an_outlier_are_no_obstacle():
    text = "lower,upper,count\n9,10,100000\n10,11,100000\n,5,2\n14,,1\n3,1e8,7"
    answers = surveys.of(text)
    for family in surveys.FAMILIES:
        found = fit(answers, family)
        assert found.loglik == pytest.approx(surveys.loglik(answers, family, found.coef), rel=1e-6)
        for place, error in enumerate(found.se):
            for way in (-0.3, 0.3):
                beside = list(found.coef)
                beside[place] += way * error
                assert surveys.loglik(answers, family, beside) < found.loglik


def test_narrow_intervals_are_as_good_as_the_values_in_them():
    """Intervals of a ten-millionth: mean and standard deviation of the values, the textbook's fit."""
    values = np.random.default_rng(31).normal(50, 4, 60)
    lines = [f"{value - 5e-7!r},{value + 5e-7!r}" for value in values.tolist()]
    found = fit(surveys.of("\n".join(["lower,upper", *lines])), "normal")
    assert found.coef == pytest.approx([values.mean(), math.log(values.std())], abs=1e-6)
    assert found.se == pytest.approx([values.std() / math.sqrt(60), 1 / math.sqrt(120)], rel=1e-4)
