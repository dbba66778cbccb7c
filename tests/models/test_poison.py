"""What hostile cashiers do to the plans of a small simulated shop, and how that is measured."""

import math

import numpy as np
import pytest

from models import (
    guard_kernels,
    poison_measures,
    poison_proof,
    poisoned_shop,
    poisoned_stage,
    tables,
)
from models.arena_match import true_release
from models.arena_worlds import WORLDS
from models.guard_kernels import COINS, REFUSED, TOPPED
from pos_client.core import belief


def stage(seed: int = 1000, customers: int = 250) -> poisoned_stage.Stage:
    world = WORLDS["grocery"]
    return poisoned_stage.stage(world, true_release(world), seed, customers=customers, visits=8, cashiers=5)


def test_the_compiled_chances_are_the_cores() -> None:
    on = stage(customers=40)
    model = tables.held(true_release(WORLDS["grocery"]))
    out = np.empty(8, np.int64)
    chance = np.random.default_rng(5)
    for _ in range(60):
        basket = int(chance.integers(len(on.shop.kinds)))
        depths = on.shop.kinds[basket].depths
        plan = np.sort(chance.choice(len(depths), 3, replace=False)).astype(np.int64)
        weights = chance.multinomial(1 << 30, chance.dirichlet(np.ones(model.states))).astype(np.int64)
        guard_kernels.expect(on.mind, basket, len(depths) - 1, plan, 3, weights, out)
        refused: list = []
        for number, rung in enumerate(plan.tolist()):
            top = rung == len(depths) - 1
            right = belief.predict(model, weights.tolist(), depths[rung], top, False, refused)
            assert abs(int(out[number]) - right) <= 3
            refused.append((depths[rung], top, False, "asked_more"))


@pytest.mark.parametrize(("manner", "within"), [(REFUSED, 50), (TOPPED, 50), (COINS, 200)])
def test_hostile_cashiers_are_found_and_the_shop_decides_as_if_they_had_never_answered(
    manner: int, within: int
) -> None:
    on = stage()
    plain = poisoned_shop.play(on, {0: manner}, anywhere=True)
    guarded = poisoned_shop.guarded(on, plain)
    told = poisoned_shop.play(on, {0: manner}, anywhere=True, known=True)
    assert set(guarded.found) == {0} and guarded.found[0][0] <= within
    late = len(on.order) // 2
    alike = [(one.first[late:] == told.first[late:]).mean() for one in (plain, guarded)]
    assert alike[1] > 0.97 > alike[0], "all but the few records before it began are taken back"


def test_honest_cashiers_raise_no_alarm_with_hold_outs_and_an_unfitted_release() -> None:
    """A tenth of a year each; the long runs are in docs/trust.md."""
    for believed, held in (("fitted", 0.0), ("hand-made", 0.19)):
        on = poison_measures.a_year("grocery", 1000, 3, believed, held, records=2000)
        assert poisoned_shop.honest_year(on) == [0, 0, 0]


def test_what_missing_records_move_follows_from_the_honest_shop_alone() -> None:
    """Where every learnt visit adds one point, the n-th visit is short of a fifth of the n before it."""
    curve = np.arange(12.0)
    right = sum(-0.2 * before for before in range(12)) / 12
    assert poison_measures.missed(curve, 12) == pytest.approx(right)
    assert poison_measures.missed(np.full(12, 60.0), 12) == pytest.approx(0)


def test_other_luck_falls_on_the_visits_to_these_cashiers_alone_and_leaves_customers_what_they_are() -> None:
    on = stage(customers=60)
    other = poisoned_stage.other_luck(on, [0, 1], np.random.default_rng(1))
    told = [one.people.need[on.order, on.visit, 0] for one in (on, other)]
    theirs = on.cashier < 2
    assert (told[0] == told[1])[~theirs].all() and (told[0] != told[1])[theirs].mean() > 0.9
    usual = on.people.theta[on.order, on.visit]
    for cashier in range(2):
        own = [np.sort((need - usual)[on.cashier == cashier]) for need in told]
        assert own[0] == pytest.approx(own[1]), "the same luck, to others"


def test_what_records_keyed_by_chance_can_tell_is_the_mean_of_what_they_told() -> None:
    on = poison_measures.stage("grocery", 1000)
    said = poison_measures.play(on, True, COINS, known=True).said
    told = [
        sum(
            math.log(0.5 / (chance if accepted and number == heard - 1 else 1 - chance))
            for number, chance in enumerate(np.clip(chances[:heard] / 65536, 1e-4, 1 - 1e-4))
        )
        for heard, accepted, chances in zip(
            said.heard[on.cashier < 2],
            said.ending[on.cashier < 2] == guard_kernels.ACCEPTED,
            said.chances[on.cashier < 2],
            strict=True,
        )
    ]
    error = np.std(told) / math.sqrt(len(told))
    assert abs(poison_measures.knowable(on) - np.mean(told)) < 3 * error < 0.3


def test_the_bound_on_a_rate_is_the_textbooks() -> None:
    assert poison_proof.upper(0, 100) == pytest.approx(-math.log(0.025) / 100, rel=1e-6)
    assert poison_proof.upper(3, 1) == pytest.approx(8.7673, abs=1e-3)  # Garwood's table
