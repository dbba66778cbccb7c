"""Off-policy estimates: by the formula, by simulation with a known truth, and when there is no answer."""

import numpy as np
import pytest

from models import readout_off_policy, readout_off_policy_trials
from models.readout_off_policy import Logged


def small(count: int = 400) -> tuple[Logged, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(1)
    action = chance.integers(0, 2, count)
    log = Logged(action, np.full(count, 0.5), chance.normal(action, 1), np.arange(count) // 2)
    target = np.stack([np.full(count, 0.3), np.full(count, 0.7)], axis=1)
    return log, target, chance.normal(0.5, 0.1, (count, 2))


def test_the_three_estimates_are_those_of_the_paper_written_as_loops():
    log, target, model = small()
    found = readout_off_policy.evaluate(log, target, lambda action: model[:, action])
    weighted = normal = robust = 0.0
    for at, (action, reward) in enumerate(zip(log.action, log.reward, strict=True)):
        weight = target[at, action] / 0.5
        weighted += weight * reward
        normal += weight
        robust += sum(target[at, a] * model[at, a] for a in (0, 1)) + weight * (reward - model[at, action])
    assert found.weighted and found.normalised and found.doubly_robust
    assert found.weighted.value == pytest.approx(weighted / 400)
    assert found.normalised.value == pytest.approx(weighted / normal)
    assert found.doubly_robust.value == pytest.approx(robust / 400)


def test_errors_are_those_of_resampling_customers():
    log, target, model = small(2000)
    found = readout_off_policy.evaluate(log, target, lambda action: model[:, action])
    chance, values = np.random.default_rng(2), []
    for _ in range(400):
        rows = (chance.integers(0, 1000, 1000)[:, None] * 2 + np.arange(2)).ravel()
        again = Logged(log.action[rows], log.chance[rows], log.reward[rows], log.unit)
        values.append(
            readout_off_policy.evaluate(again, target, lambda action, rows=rows: model[rows, action])
        )
    for name in ("weighted", "normalised", "doubly_robust"):
        resampled = np.std([getattr(each, name).value for each in values])
        assert getattr(found, name).error == pytest.approx(resampled, rel=0.15)


@pytest.mark.parametrize("case", ["both right", "model wrong", "chances wrong"])
def test_doubly_robust_is_right_where_the_model_or_the_chances_are(case):
    truth = readout_off_policy_trials.truth()
    right = readout_off_policy_trials.CASES[case]
    found = [readout_off_policy_trials.trial(np.random.default_rng([5, at]), *right) for at in range(150)]
    values = np.array([each.doubly_robust for each in found])
    assert abs(values[:, 0].mean() - truth) < 4 * values[:, 0].std() / np.sqrt(150)
    assert (np.abs(values[:, 0] - truth) < 1.96 * values[:, 1]).mean() > 0.88


def test_with_both_wrong_nobody_is_saved():
    truth = readout_off_policy_trials.truth()
    right = readout_off_policy_trials.CASES["both wrong"]
    found = [readout_off_policy_trials.trial(np.random.default_rng([6, at]), *right) for at in range(50)]
    assert np.mean([each.doubly_robust.value for each in found]) < truth - 0.2


def test_the_truth_that_it_is_held_against_is_that_of_playing_the_new_policy():
    chance = np.random.default_rng(7)
    x = chance.normal(size=400_000)
    chances = readout_off_policy_trials._chances(readout_off_policy_trials._TARGET, x)
    played = (chance.random(len(x))[:, None] > chances.cumsum(1)[:, :-1]).sum(1)
    earned = readout_off_policy_trials._reward(x)[np.arange(len(x)), played].mean()
    assert readout_off_policy_trials.truth() == pytest.approx(earned, abs=0.01)


def test_a_policy_that_was_hardly_ever_followed_gets_no_estimate_but_a_reason():
    log = Logged(
        np.array([0] * 990 + [1] * 10), np.array([0.99] * 990 + [0.01] * 10), np.ones(1000), np.arange(1000)
    )
    target = np.tile([0.0, 1.0], (1000, 1))
    found = readout_off_policy.evaluate(log, target, lambda action: np.ones(1000))
    assert found.refused and "10 times" in found.refused
    assert found.doubly_robust is None


def test_a_policy_that_does_what_was_never_tried_gets_none_either():
    log = Logged(np.zeros(1000, int), np.ones(1000), np.ones(1000), np.arange(1000))
    found = readout_off_policy.evaluate(log, np.tile([0.5, 0.5], (1000, 1)), lambda action: np.ones(1000))
    assert found.refused and "50%" in found.refused


def test_chances_that_cannot_be_right_are_said_to_be_so():
    log, target, model = small()
    wrong = Logged(log.action, np.full(400, 0.4), log.reward, log.unit)
    found = readout_off_policy.evaluate(wrong, target, lambda action: model[:, action])
    assert found.refused and "cannot be right" in found.refused


def test_what_is_no_log_or_no_policy_is_refused():
    log, target, model = small()
    with pytest.raises(ValueError, match="chance"):
        readout_off_policy.evaluate(log, target / 2, lambda action: model[:, action])
    with pytest.raises(ValueError, match="chances"):
        Logged(np.array([0]), np.array([0.0]), np.array([1.0]), np.array([0]))
