"""Baskets of a simulated shop and the ladders its rules give them, drawn at random from what shops usually do.

A shop has a few kinds of basket. A rule covers a share of a basket's value and takes a rate off it; rules that may be
given together make a deeper rung, and the deepest is all of them together, as far as the shop's floor allows. What
comes out is what a till would offer: 3 to 8 rungs, all depths different.
"""

from dataclasses import dataclass

import numpy as np

FEWEST, MOST = 3, 8
CLOSEST = 40  # basis points between two rungs; nobody notices less

# name: rates in basis points of what the rule covers, and the least and the most of a basket that it covers.
RULES = {
    "thank-you": ((200, 300), (1.0, 1.0)),
    "tier": ((300, 400, 500), (1.0, 1.0)),
    "birthday": ((500, 700, 1000), (1.0, 1.0)),
    "brand": ((1000, 1500, 2000), (0.2, 0.7)),
    "volume": ((500, 1000, 1500, 2000), (0.2, 0.6)),
    "bundle": ((2500, 3300), (0.15, 0.5)),
    "clearance": ((3000, 4000), (0.2, 0.6)),
    "whole basket": ((1000, 1500, 2000), (1.0, 1.0)),
}
ALWAYS = ("thank-you", "tier")
TOGETHER = (("tier", "brand"), ("birthday", "volume"), ("bundle", "whole basket"))  # may be stacked
FLOOR = (1800, 2600)  # the deepest a shop goes, basis points: of a margin of 35 % it keeps 9 to 17
GROSS = (900, 1800, 3200, 5500, 9000)  # minor units of small and large baskets


@dataclass(frozen=True)
class Kind:
    """A kind of basket: its value, the depths of its ladder (basis points, smallest first), how often it comes.

    first: position of the rung whose rule a promotion engine would apply, by its order of priorities.
    """

    gross: int
    depths: tuple[int, ...]
    share: float
    first: int


YARDSTICK = (Kind(10_000, (200, 300, 500, 700, 1000, 1500, 2000, 2500), 1.0, 4),)


def drawn(chance: np.random.Generator) -> tuple[Kind, ...]:
    """The kinds of basket of one shop, one for each size; no rung is deeper than the shop's floor allows."""
    deepest = int(chance.integers(*FLOOR))
    shares = chance.dirichlet(np.full(len(GROSS), 4.0))
    return tuple(
        [_kind(chance, gross, float(share), deepest) for gross, share in zip(GROSS, shares, strict=True)]
    )


def _kind(chance: np.random.Generator, gross: int, share: float, deepest: int) -> Kind:
    while True:
        depths = _ladder(chance, deepest)
        if len(depths) >= FEWEST:
            return Kind(gross, depths, share, int(chance.integers(0, len(depths))))


def _ladder(chance: np.random.Generator, deepest: int) -> tuple[int, ...]:
    """The ladder of one basket: some of the rules apply to it, each to a part of it."""
    others = [name for name in RULES if name not in ALWAYS]
    applied = [*ALWAYS, *chance.choice(others, int(chance.integers(2, 6)), replace=False).tolist()]
    depth = {name: _depth(chance, *RULES[name]) for name in applied}
    stacked = [depth[one] + depth[two] for one, two in TOGETHER if one in depth and two in depth]
    everything = min(sum(depth.values()), deepest)
    return _apart(sorted([*[one for one in (*depth.values(), *stacked) if one < everything], everything]))


def _depth(chance: np.random.Generator, rates: tuple[int, ...], covers: tuple[float, float]) -> int:
    return round(int(chance.choice(rates)) * chance.uniform(*covers))


def _apart(depths: list[int]) -> tuple[int, ...]:
    """Without rungs too near the one above; of too long a ladder, the largest and others evenly."""
    kept: list[int] = []
    for depth in reversed(depths):
        if not kept or kept[-1] - depth >= CLOSEST:
            kept.append(depth)
    kept.reverse()
    if len(kept) > MOST:
        kept = [kept[round(at * (len(kept) - 1) / (MOST - 1))] for at in range(MOST)]
    return tuple(kept)
