"""Experiments simulated by the thousand, read out, and held against what is true of them: what `readout_proof` counts.

Every trial depends on its number alone.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from models import (
    readout,
    readout_announcement,
    readout_lift,
    readout_reconciliation,
    readout_shop,
    readout_succession,
)
from models.readout_figures import Json
from models.readout_shop import Shop
from models.readout_table import Checkouts

SEED = 20261122
SMALL = Shop(customers=3000, before=True)
# Steadier customers: of fifty thousand, a lift of two percent is found every other time.
LARGE = Shop(customers=50_000, level=0.4, basket=0.6, shape=1.5, before=True)
FEW = Shop(customers=800)
DISGUISES = ("none", "ids", "times", "amounts")  # what was changed of the copies of a doubled log


class Read(NamedTuple):
    """One experiment: is the true lift within its interval? By metric, scale, prior and level; and what was found.

    alarm: of the sample-ratio check. won: the 95 % interval of the weak prior is above zero, by metric.
    cashier: the best cashier's 95 % interval is above zero, as seen and as believed.
    """

    covers: dict[str, bool]
    alarm: bool
    won: dict[str, bool]
    cashier: tuple[bool, bool]


class Doubled(NamedTuple):
    """One log counted twice: was it caught by the marks, by the books?"""

    marks: bool
    books: bool


def chance(kind: int, number: int) -> np.random.Generator:
    """The randomness of one trial."""
    return np.random.default_rng([SEED, kind, number])


def experiment(shop: Shop, number: int, kind: int) -> Read:
    """Simulate an experiment and read it out."""
    return read_out(readout_shop.month(shop, chance(kind, number)), shop)


def read_out(table: Checkouts, shop: Shop) -> Read:
    """The margin's true lift is the shop's; what else is measured is only looked at where there is none."""
    told = readout.of(table, shop.design())
    covers, won = {}, {}
    for lift in told["arms"][0]["lifts"]:
        if shop.lift == 0 or lift["metric"].startswith("margin"):
            covers |= _covers(lift, shop.lift)
            won[lift["metric"]] = lift["under"]["weak"]["difference"]["interval_95"][0] > 0
    return Read(covers, told["shares"]["alarm"], won, _best_cashier(told["arms"][0]["cashiers"]["groups"]))


def _covers(lift: Json, truth: float) -> dict[str, bool]:
    """The relative lift is known exactly; in money it is only where it is zero."""
    found = {}
    for prior, under in lift["under"].items():
        for scale in ("percent", "difference"):
            for level in ("50", "95"):
                low, high = under[scale][f"interval_{level}"]
                if scale == "percent" or truth == 0:
                    found[f"{lift['metric']}|{scale}|{prior}|{level}"] = low <= 100 * truth <= high
    return found


def _best_cashier(groups: list[Json]) -> tuple[bool, bool]:
    """Would one who looks for the best of thirty believe to have found somebody?"""
    seen = max(each["seen"] - 1.96 * each["error"] for each in groups) > 0
    return seen, max(each["interval_95"][0] for each in groups) > 0


def announced(shop: Shop) -> Json:
    """What is said before the experiment: from eight weeks of another shop like it, in which nothing was tried."""
    table = readout_shop.month(replace(shop, lift=0.0, before=True), chance(0, 0))
    return readout_announcement.of(table, shop.design(), readout_shop.DAYS)


def succession(number: int, lift: float) -> tuple[bool, bool]:
    """Two honest experiments on the same customers: is it an alarm, and is the truth within what was observed?"""
    table, brought = readout_succession.play(lift, chance(5, number))
    found = readout_reconciliation.reconcile(table, readout_succession.DESIGNS)
    seen = found.balances["margin"].observed.amount
    assert seen
    low, high = readout_lift.interval(seen, 0.95)
    return found.alarm(), low <= brought <= high


def honest(number: int) -> Doubled:
    """A log that counts everything once: is it suspected?"""
    table = readout_shop.month(FEW, chance(3, number))
    return _caught(table, readout_shop.booked(table))


def doubled(number: int, arm: int | None, how: str) -> Doubled:
    """A log that counts everything twice, or everything of one arm, with its copies disguised."""
    source = chance(4, number)
    table = readout_shop.month(FEW, source)
    copied = readout_shop.disguised(readout_shop.twice(table, arm), len(table), how, source)
    return _caught(copied, readout_shop.booked(table))


def _caught(table: Checkouts, booked: dict) -> Doubled:
    found = readout_reconciliation.reconcile(table, [FEW.design()], booked=booked)
    return Doubled(any(each.alarm() for each in found.repeats), bool(found.books and found.books.alarm()))
