"""A shop with an experiment, simulated as tables of checkouts: what a readout is proved on.

Customers come a negative-binomial number of times, each has a level of their own, baskets are lognormal around it,
some sales are lost, some goods come back, offers are made and refused. It shares no line with the readout. An arm's
true lift multiplies the margin of its checkouts, so the lift in margin is known exactly; at 0 the experiment is an
A/A test.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.readout_table import NOBODY, Arm, Checkouts, Design, Names

DAYS = 28
FIRST_DAY = 20_000
CONTROL, TRIED = Arm("trial", "holdout"), Arm("trial", "smallest_first")


@dataclass(frozen=True)
class Shop:
    """customers: who could come. visits: mean in four weeks. shape: of the negative binomial, small for very unequal
    customers. level, basket: sd of the log of a customer's level and of one basket around it. share: of the arm that
    is tried. anonymous: share of checkouts without a card. before: four weeks before the start are simulated as well.
    """

    customers: int = 4000
    visits: float = 2.5
    shape: float = 1.0
    level: float = 0.5
    basket: float = 0.7
    share: float = 0.5
    lift: float = 0.0
    anonymous: float = 0.1
    before: bool = False
    adjusted: bool = False

    def design(self) -> Design:
        """What is announced of the experiment."""
        share = round(self.share * 10_000)
        return Design("trial", (CONTROL, TRIED), (10_000 - share, share), CONTROL, adjusted=self.adjusted)


NAMES = Names(
    arms=(CONTROL, TRIED, Arm(None, "outside")),
    cashiers=tuple(f"c{at}" for at in range(30)),
    cohorts=("few units", "many units"),
    stores=("main",),
)


def month(shop: Shop, chance: np.random.Generator) -> Checkouts:
    """Four weeks of an experiment, with the four before where they are asked for."""
    often = chance.gamma(shop.shape, shop.visits / shop.shape, shop.customers)
    level = chance.lognormal(np.log(2500), shop.level, shop.customers)
    arm = (chance.random(shop.customers) < shop.share).astype(np.int32)
    weeks = [_weeks(shop, often, level, arm, FIRST_DAY, chance)]
    if shop.before:
        outside = np.full(shop.customers, 2, np.int32)
        weeks.insert(0, _weeks(shop, often, level, outside, FIRST_DAY - DAYS, chance))
    columns = {name: np.concatenate([each[name] for each in weeks]) for name in weeks[0]}
    count = len(columns["day"])
    return Checkouts.of(names=NAMES, checkout=np.arange(count), record=np.arange(count), **columns)


def _weeks(
    shop: Shop, often: NDArray, level: NDArray, arm: NDArray, first: int, chance: np.random.Generator
) -> dict[str, NDArray]:
    """Four weeks from day ``first`` on, every customer in the arm of theirs; the anonymous draw theirs each time."""
    who = np.repeat(np.arange(shop.customers), chance.poisson(often))
    count = len(who)
    anonymous = chance.random(count) < shop.anonymous
    drawn = np.where(arm[who] < 2, (chance.random(count) < shop.share).astype(np.int32), 2)
    of_row = np.where(anonymous, drawn, arm[who]).astype(np.int32)
    gross = np.maximum(chance.lognormal(np.log(level[who]), shop.basket).astype(np.int64), 50)
    return {
        "arm": of_row,
        "customer": np.where(anonymous, NOBODY, who),
        "day": first + chance.integers(0, DAYS, count),
        "cashier": chance.integers(0, len(NAMES.cashiers), count),
        "cohort": who % 2,
        "store": np.zeros(count, int),
        "gross": gross,
        **_sales(shop, gross, of_row, chance),
        "opted_out": (chance.random(count) < 0.0005) & ~anonymous,
    }


def _sales(shop: Shop, gross: NDArray, arm: NDArray, chance: np.random.Generator) -> dict[str, NDArray]:
    """What came of the baskets: offers, refusals, discounts, money kept, goods brought back."""
    count = len(gross)
    refusals = np.minimum(chance.geometric(0.7, count) - 1, 2)
    sold = chance.random(count) < 0.97 - 0.02 * refusals
    discount = np.where(sold, gross * (2 + 3 * refusals) // 100, 0)
    turnover = np.where(sold, gross - discount, 0)
    margin = 0.35 * gross - discount
    lifted = margin * np.where(arm == 1, 1 + shop.lift, 1.0)
    rounded = np.floor(lifted + chance.random(count)).astype(
        np.int64
    )  # by chance, so that no lift is lost in it
    came_back = sold & (chance.random(count) < 0.03)
    return {
        "sold": sold,
        "discount": discount,
        "turnover": turnover,
        "margin": np.where(sold, rounded, 0),
        "returned": np.where(came_back, (turnover * chance.random(count)).astype(np.int64), 0),
        "offers": refusals + 1,
        "refusals": refusals,
        "handling_ms": chance.gamma(4, 900 * (1 + refusals)).astype(np.int64) + 1,
    }


def booked(table: Checkouts) -> dict[tuple[str, int], int]:
    """What the accounts of the shop say: every sale once, by store and day."""
    days, at = np.unique(table.day, return_inverse=True)
    sums = np.bincount(at, weights=table.turnover)
    return {("main", int(day)): round(total) for day, total in zip(days, sums, strict=True)}


def twice(table: Checkouts, arm: int | None = None) -> Checkouts:
    """A log in which every checkout (of one arm: every one of it) was counted twice, the copies after the originals."""
    copied = np.flatnonzero((table.arm == arm) if arm is not None else np.ones(len(table), bool))
    return table.rows(np.concatenate([np.arange(len(table)), copied]))


def disguised(doubled: Checkouts, originals: int, how: str, chance: np.random.Generator) -> Checkouts:
    """The copies of a doubled log made to look like others: new "ids", new "times" too, and new "amounts" as well."""
    copies = np.arange(len(doubled)) >= originals
    fresh = np.where(copies, np.arange(len(doubled)), doubled.checkout)
    changed = replace(doubled, checkout=fresh, record=fresh)
    if how in ("times", "amounts"):
        milliseconds = doubled.handling_ms + copies * chance.integers(1, 900, len(doubled))
        changed = replace(changed, handling_ms=milliseconds)
    if how == "amounts":
        factor = np.where(copies, chance.uniform(0.9, 1.1, len(doubled)), 1.0)
        amounts = ("gross", "turnover", "margin", "discount")
        changed = replace(
            changed, **{name: (getattr(doubled, name) * factor).astype(np.int64) for name in amounts}
        )
    return changed
