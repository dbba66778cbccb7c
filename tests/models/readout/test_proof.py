"""A small version of `python -m models.readout_proof`, whose thousand trials are in docs/readout.md."""

from dataclasses import replace

import numpy as np
from scipy import stats

from models import readout_trials as trials
from models.readout_shop import Shop

AA = 60
MANY = 20


def likely(count: int, size: int, low: float, high: float) -> bool:
    """Could so many of size come from a chance between low and high? False once in a thousand times at most."""
    return bool(stats.binom.ppf(0.0005, size, low) <= count <= stats.binom.ppf(0.9995, size, high))


def test_without_an_effect_weak_intervals_hold_zero_as_often_as_they_say_and_nobody_is_alarmed():
    read = [trials.experiment(trials.SMALL, number, kind=101) for number in range(AA)]
    for name in ("margin_per_unit", "margin_per_checkout", "turnover_per_unit"):
        for level, low, high in (("50", 0.47, 0.53), ("95", 0.93, 0.97)):
            held = sum(each.covers[f"{name}|percent|weak|{level}"] for each in read)
            assert likely(held, AA, low, high), (name, level, held)
        assert np.mean([each.covers[f"{name}|percent|sceptical|95"] for each in read]) >= 0.95
    assert likely(sum(each.alarm for each in read), AA, 0.0, 0.01)
    assert sum(each.cashier[1] for each in read) < 0.3 * sum(each.cashier[0] for each in read)


def test_a_planted_lift_is_found_about_as_often_as_was_announced():
    shop = Shop(customers=2000, before=True, adjusted=True)
    least = trials.announced(shop)["arms"][0]["least_lift"]  # found four times of five
    read = [trials.experiment(replace(shop, lift=least), number, kind=102) for number in range(AA)]
    assert likely(sum(each.won["margin_per_unit"] for each in read), AA, 0.77, 0.83)
    assert likely(sum(each.covers["margin_per_unit|percent|weak|95"] for each in read), AA, 0.93, 0.97)


def test_every_doubled_log_is_caught_and_no_honest_one_is_suspected():
    for arm in (None, 0, 1):
        for how in trials.DISGUISES:
            caught = [trials.doubled(number, arm, how) for number in range(MANY)]
            assert all(each.marks and each.books for each in caught)
    honest = [trials.honest(number) for number in range(MANY)]
    assert not any(each.marks or each.books for each in honest)
