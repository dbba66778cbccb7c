"""Logs counted twice, claims that are too large, and honest shops that are left in peace."""

from dataclasses import replace

import numpy as np
import pytest

from models import readout, readout_lift, readout_repeats, readout_shop, readout_succession, readout_words
from models.readout_reconciliation import reconcile
from models.readout_shop import CONTROL, Shop, month
from models.readout_table import Arm, Checkouts, Design
from tests.models.readout.tables import DESIGN, table

SHOP = Shop(customers=1500, lift=0.3)


@pytest.fixture(scope="module")
def log() -> Checkouts:
    return month(SHOP, np.random.default_rng(1))


def test_an_honest_log_adds_up_to_the_last_coin(log):
    found = reconcile(log, [SHOP.design()], booked=readout_shop.booked(log))
    assert not found.alarm()
    assert found.twice == 0
    for balance in found.balances.values():
        assert balance.remainder() == pytest.approx(0, abs=1e-3)
        assert balance.kept() == [claim.amount.mean for claim in balance.claims]


@pytest.mark.parametrize("arm", [None, 0, 1])
@pytest.mark.parametrize("how", ["none", "ids", "times"])
def test_a_log_counted_twice_is_caught_by_its_marks_and_only_once_is_believed(log, arm, how):
    copied = readout_shop.twice(log, arm)
    disguised = readout_shop.disguised(copied, len(log), how, np.random.default_rng(2))
    found = reconcile(disguised, [SHOP.design()])
    assert found.doubled()
    honest = reconcile(log, [SHOP.design()]).balances["margin"].observed.amount
    once = found.balances["margin"].observed.amount
    assert honest and once
    if how == "times":  # only known customers can be told to be repeats
        assert found.twice > 0.8 * (len(copied) - len(log))
    else:
        assert found.twice == len(copied) - len(log)
        assert once.mean == pytest.approx(honest.mean)


def test_copies_with_other_amounts_are_caught_because_everybody_came_twice_a_day(log):
    copied = readout_shop.disguised(readout_shop.twice(log), len(log), "amounts", np.random.default_rng(3))
    caught = [each.mark.says for each in readout_repeats.look(copied) if each.alarm()]
    assert caught == ["the same customer on one day"]


def test_a_shop_played_by_a_machine_on_one_day_is_honest_all_the_same_and_caught_when_doubled():
    chance = np.random.default_rng(13)
    who = chance.integers(
        0, 60, 1200
    )  # twenty visits each, always the same basket, every prompt answered at once
    arms = who % 2
    played = table(
        who, arms, np.full(1200, 30), record=np.arange(1200), handling_ms=chance.integers(1, 6, 1200)
    )
    assert not reconcile(played, [DESIGN]).alarm()
    copied = readout_shop.disguised(readout_shop.twice(played), 1200, "times", chance)
    assert reconcile(copied, [DESIGN]).doubled()


def test_a_tenth_of_an_arm_that_came_again_under_other_ids_is_caught_by_its_times():
    log = month(SHOP, np.random.default_rng(14))
    some = np.flatnonzero((log.arm == 1) & (log.customer % 10 == 0))
    more = log.rows(np.concatenate([np.arange(len(log)), some]))
    copied = readout_shop.disguised(more, len(log), "ids", np.random.default_rng(15))
    found = reconcile(copied, [SHOP.design()])
    assert found.doubled()
    assert found.twice == len(some)


def test_copies_of_anonymous_checkouts_with_other_amounts_are_caught_by_the_books_alone():
    shop = replace(SHOP, anonymous=1.0)
    log = month(shop, np.random.default_rng(3))
    copied = readout_shop.disguised(readout_shop.twice(log), len(log), "amounts", np.random.default_rng(3))
    assert not any(each.alarm() for each in readout_repeats.look(copied))
    found = reconcile(copied, [shop.design()], booked=readout_shop.booked(log))
    assert found.books and found.books.alarm()
    assert found.books.scale() == pytest.approx(0.5, abs=0.01)
    claimed, observed = found.balances["margin"].total(), found.balances["margin"].observed.amount
    assert observed and observed.mean == pytest.approx(claimed / 2, rel=0.02)


def test_a_doubled_arm_claims_more_than_was_observed_and_is_cut_back(log):
    found = reconcile(readout_shop.twice(log, arm=1), [SHOP.design()]).balances["margin"]
    assert found.alarm()
    assert found.observed.amount
    assert sum(found.kept()) == pytest.approx(found.observed.amount.mean)


def test_two_reports_of_the_same_experiment_have_to_share_what_was_observed():
    shop = Shop(customers=6000, lift=0.5)
    log, design = month(shop, np.random.default_rng(4)), shop.design()
    balance = reconcile(log, [design, replace(design, name="the same again")]).balances["margin"]
    assert balance.alarm()
    assert balance.observed.amount
    assert balance.total() == pytest.approx(2 * balance.observed.amount.mean)
    assert balance.kept() == pytest.approx([balance.observed.amount.mean / 2] * 2)


def test_the_least_certain_claim_gives_way_most():
    shop = Shop(customers=8000, lift=0.6)
    log, design = month(shop, np.random.default_rng(5)), shop.design()
    part = replace(design, name="first days", days=(readout_shop.FIRST_DAY, readout_shop.FIRST_DAY + 13))
    balance = reconcile(log, [design, part]).balances["margin"]
    cut = [claim.amount.mean - kept for claim, kept in zip(balance.claims, balance.kept(), strict=True)]
    variances = [claim.amount.variance for claim in balance.claims]
    assert balance.alarm()
    assert cut[0] / cut[1] == pytest.approx(variances[0] / variances[1])


def test_two_coffees_a_day_are_not_taken_for_a_copy():
    chance = np.random.default_rng(6)
    log = month(Shop(customers=3000), chance)
    same = np.flatnonzero(chance.random(len(log)) < 0.15)
    coffee = log.rows(same)  # the same customer, amount and day, at another time
    coffee = replace(
        coffee,
        checkout=len(log) + np.arange(len(same)),
        record=len(log) + np.arange(len(same)),
        handling_ms=coffee.handling_ms + chance.integers(1, 500, len(same)),
    )
    whole = _joined(log, coffee)
    assert not reconcile(whole, [Shop().design()]).alarm()


def test_days_and_stores_that_were_not_booked_are_not_compared(log):
    booked = readout_shop.booked(log)
    day = min(day for _, day in booked)
    some = {("main", day): booked["main", day], ("closed", day): 0}
    found = reconcile(log, [SHOP.design()], booked=some)
    assert found.books and not found.books.alarm()
    assert found.books.logged == booked["main", day]


def test_a_log_that_misses_sales_is_no_alarm_but_is_told(log):
    booked = {key: 2 * amount for key, amount in readout_shop.booked(log).items()}
    told = readout.reconciled(log, [SHOP.design()], booked=booked)
    assert told["adds_up"]
    assert any("50% of it is not in the log" in line for line in told["says"])


def test_the_shops_holdout_is_held_against_everybody_else():
    log = month(SHOP, np.random.default_rng(7))
    names = replace(log.names, arms=(CONTROL, Arm("f", "a"), Arm(None, "outside")))
    outside = (log.customer % 3 == 0) & (log.arm == 1)
    table = replace(log, names=names, arm=np.where(outside, 2, log.arm).astype(np.int32))
    design = Design("f", (CONTROL, Arm("f", "a")), (1, 1), CONTROL)
    found = reconcile(table, [design], holdout=CONTROL).balances["margin"]
    whole = reconcile(log, [SHOP.design()]).balances["margin"].observed.amount
    assert found.observed.amount and whole
    assert found.observed.amount.mean == pytest.approx(whole.mean)
    remainder = found.remainder()
    assert remainder is not None and remainder > 0  # what those outside brought is nobody's claim


def test_an_experiment_of_checkouts_is_compared_checkout_by_checkout_and_its_customers_elsewhere_are_not_mixed_in():
    log = month(SHOP, np.random.default_rng(11))
    chance = np.random.default_rng(12)
    names = replace(log.names, arms=(*log.names.arms, Arm("g", "a"), Arm("g", "b")))
    moved = np.where(log.day % 2 == 0, log.arm, 3 + chance.integers(0, 2, len(log))).astype(np.int32)
    table = replace(log, arm=moved, names=names)
    of_checkouts = Design("g", names.arms[3:], (1, 1), names.arms[3], unit="checkout")
    balance = reconcile(table, [SHOP.design(), of_checkouts]).balances["margin"]
    assert len(balance.claims) == 2
    assert balance.remainder() == pytest.approx(0, abs=1e-3)
    kept, arms = table.kept(), table.arm
    by_hand = (kept[arms == 4].mean() - kept[arms == 3].mean()) * (arms == 4).sum()
    assert balance.claims[1].amount.mean == pytest.approx(by_hand)


def test_customers_who_met_two_experiments_are_held_out_only_if_both_held_them_out():
    table, _ = readout_succession.play(0.0, np.random.default_rng(8))
    observed = reconcile(table, readout_succession.DESIGNS).balances["margin"].observed
    met = [set(table.arm[table.customer == customer].tolist()) for customer in np.unique(table.customer)]
    assert observed.held == sum(arms <= {0, 2} for arms in met)
    assert observed.rest == sum(not arms <= {0, 2} for arms in met)


def test_honest_experiments_one_after_the_other_are_hardly_ever_suspected():
    logs = (readout_succession.play(0.0, np.random.default_rng([9, seed]))[0] for seed in range(80))
    alarms = sum(reconcile(log, readout_succession.DESIGNS).alarm() for log in logs)
    assert alarms <= 4  # 0.8 at a rate of one percent; more than 4 has a chance of 1 in 700


def test_what_two_experiments_truly_brought_is_observed_within_its_interval():
    inside = 0
    for seed in range(60):
        table, brought = readout_succession.play(0.3, np.random.default_rng([10, seed]))
        seen = reconcile(table, readout_succession.DESIGNS).balances["margin"].observed.amount
        assert seen
        low, high = readout_lift.interval(seen, 0.95)
        inside += low <= brought <= high
    assert inside >= 50  # fewer has a chance of 1 in 3,000 where 95 % are


def test_nothing_is_said_to_confirm_a_claim_where_what_was_observed_is_the_claim(log):
    other = replace(SHOP.design(), name="another", days=(readout_shop.FIRST_DAY, readout_shop.FIRST_DAY + 13))
    alone = readout.reconciled(log, [SHOP.design()])["says"]
    assert "what was observed is the claim itself" in alone[-1]
    assert not any("remainder" in line or "within what was observed" in line for line in alone)
    assert not readout.reconciled(log, [SHOP.design()])["independent"]
    several = readout.reconciled(log, [SHOP.design(), other])
    assert several["independent"] and any("remainder" in line for line in several["says"])


def test_where_nobody_claims_or_nobody_was_left_alone_the_sentence_says_so(log):
    few = log.rows((log.customer >= 0) & (log.customer < 40))
    assert "No arm claims anything yet" in readout.reconciled(few, [SHOP.design()])["says"][-1]
    absent = readout.reconciled(log, [SHOP.design()], holdout=Arm("shop", "holdout"))["says"]
    assert "Nothing can be held against the claims: fewer than 30 units were left alone" in absent[-1]


def test_a_log_above_the_books_without_a_copy_does_not_speak_of_no_checkouts(log):
    half = {key: amount // 2 for key, amount in readout_shop.booked(log).items()}
    said = readout.reconciled(log, [SHOP.design()], booked=half)["says"]
    assert said[0].startswith("It does not add up")
    assert "No copies could be told apart" in said[-1]
    assert not any("0 checkouts" in line for line in said)


@pytest.mark.parametrize(
    "amount,exponent,written", [(-0.2, 2, "0.00"), (-0.4, 0, "0"), (-123456, 2, "-1,234.56")]
)
def test_nothing_is_not_less_than_nothing(amount, exponent, written):
    assert readout_words.money(amount, exponent) == written


def _joined(first: Checkouts, second: Checkouts) -> Checkouts:
    rows = first.rows(np.concatenate([np.arange(len(first)), np.zeros(len(second), int)]))
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])
        for name in first.__dataclass_fields__
        if name != "names"
    }
    return replace(rows, **columns)
