"""What hostile cashiers move in one simulated shop, what luck alone moves there, and what missing records must move.

Every measure meets the same customers and cashiers with the same chance (common random numbers). Shifts are points
(hundredths of all visits) against the same shop with honest cashiers only.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import poisoned_shop, poisoned_stage
from models.arena_match import true_release
from models.arena_worlds import WORLDS
from models.guard_kernels import COINS, GONE, HONEST, REFUSED, TAKEN, TOPPED
from models.poisoned_shop import Played
from models.poisoned_stage import Stage
from models.release import HAND_MADE

SHOPS = ("grocery", "patient hunters", "half buy anyway", "in a hurry")
MANNERS = {  # what the hostile key, and on which share of their records
    "asks for more, always": (REFUSED, 1.0),
    "climbs to the top, always": (TOPPED, 1.0),
    "accepted, always": (TAKEN, 1.0),
    "left, always": (GONE, 1.0),
    "any key": (COINS, 1.0),
    "asks for more, every other": (REFUSED, 0.5),
}
CASHIERS, HOSTILE = 10, 2
CHECKOUTS, VISITS = 8000, 20  # of a shop; of one customer
RECORDS = 20_000  # of a cashier in a year
REGULAR = 20  # visits of a customer in it


class Found(NamedTuple):
    """delays: records until found; missed: hostile cashiers never found; wronged: honest ones suspected."""

    delays: list[int]
    missed: int
    wronged: int


class Shifts(NamedTuple):
    """Of one seed, points. ``base``: the honest shop's share, or mean last rung. ``beyond``: the guarded shop against
    the one where the hostile records are left out from the first on: what they move besides being missing."""

    base: float
    unguarded: float
    guarded: float
    beyond: float
    found: Found


class Luck(NamedTuple):
    """Of one seed, points: what the shop moves by where nobody is hostile. ``missing``: the records of the two are left
    out; ``foreseen``: that, computed from the honest shop alone (NaN of climbs); ``theirs``, ``everybodys``: all are
    learnt, and luck fell otherwise on the visits to the two, on all visits."""

    missing: float
    foreseen: float
    theirs: float
    everybodys: float


def openings(played: Played, honest: Played) -> float:
    """Points by which larger openings are more than with honest cashiers."""
    return 100 * float((played.first > 0).mean() - (honest.first > 0).mean())


def climbs(played: Played, honest: Played) -> float:
    """Points by which larger climbs are more than smaller ones."""
    return 100 * float((played.last > honest.last).mean() - (played.last < honest.last).mean())


def shifts(on: Stage, anywhere: bool) -> Iterator[tuple[str, Shifts]]:
    """One seed of every row: what the hostile do, what comes of it."""
    shift, honest = openings if anywhere else climbs, play(on, anywhere)
    base = 100 * float((honest.first > 0).mean()) if anywhere else float(honest.last.mean())
    missing = play(on, anywhere, known=True)
    for name, (manner, share) in MANNERS.items():
        plain = play(on, anywhere, manner, share)
        kept = poisoned_shop.guarded(on, plain)
        moved = shift(plain, honest), shift(kept, honest), shift(kept, missing)
        yield name, Shifts(base, *moved, found(kept))


def luck(on: Stage, anywhere: bool, chance: np.random.Generator) -> Luck:
    """What moves the same shop with honest cashiers only."""
    shift, honest = openings if anywhere else climbs, play(on, anywhere)
    theirs, everybodys = (
        play(poisoned_stage.other_luck(on, range(many), chance), anywhere) for many in (HOSTILE, CASHIERS)
    )
    missing = shift(play(on, anywhere, known=True), honest)
    curve = learning_curve(on, honest)
    foreseen = missed(curve, len(curve)) if anywhere else math.nan
    return Luck(missing, foreseen, shift(theirs, honest), shift(everybodys, honest))


def learning_curve(on: Stage, honest: Played) -> NDArray[np.float64]:
    """(V,): share of larger openings, points, at a visit before which so many others were learnt."""
    larger = np.bincount(on.visit, honest.first > 0)
    return 100 * larger / np.bincount(on.visit)


def missed(curve: NDArray[np.float64], visits: int) -> float:
    """By how many points larger openings move over the first ``visits`` of a customer where each is learnt with the
    chance that its cashier is honest: what is known at the n-th is then that of a binomial number of visits."""
    keep, moved = 1 - HOSTILE / CASHIERS, 0.0
    for before in range(visits):
        chances = [
            math.comb(before, learnt) * keep**learnt * (1 - keep) ** (before - learnt)
            for learnt in range(before + 1)
        ]
        moved += float(np.dot(chances, curve[: before + 1]) - curve[before])
    return moved / visits


def turning(on: Stage, after: int) -> Iterator[tuple[str, Found]]:
    """How soon those are found who key honestly ``after`` times before."""
    for name, (manner, share) in MANNERS.items():
        plain = play(on, True, manner, share, honest=after)
        yield name, found(poisoned_shop.guarded(on, plain), after)


def knowable(on: Stage) -> float:
    """What a record keyed by chance tells, in natural units, to who knows exactly how honest ones fall here (the
    Kullback-Leibler divergence): no test finds such a cashier sooner than by the evidence it asks for over this."""
    told = play(on, True, COINS, known=True).said
    theirs = on.cashier < HOSTILE
    heard = np.arange(told.chances.shape[1]) < told.heard[:, None]
    chance = np.clip(told.chances / 65536, 1e-4, 1 - 1e-4)
    each = -0.5 * np.log(4 * chance * (1 - chance)) * heard
    return float(each.sum(axis=1)[theirs].mean())


def play(
    on: Stage,
    anywhere: bool,
    manner: int = HONEST,
    share: float = 1.0,
    known: bool = False,
    honest: int = 0,
) -> Played:
    """The shop where the first two cashiers key in this manner."""
    hostile = dict.fromkeys(range(HOSTILE), manner)
    return poisoned_shop.play(on, hostile, anywhere=anywhere, share=share, known=known, honest=honest)


def found(guarded: Played, after: int = 0) -> Found:
    """How soon the hostile were found who began ``after`` records."""
    hostile = [guarded.found[cashier][0] - after for cashier in range(HOSTILE) if cashier in guarded.found]
    delays = [delay for delay in hostile if delay > 0]
    return Found(delays, HOSTILE - len(delays), len(guarded.found) - len(delays))


def stage(world: str, seed: int, visits: int = VISITS, again: int = 0, checkouts: int = CHECKOUTS) -> Stage:
    size = {"customers": checkouts // visits, "visits": visits, "cashiers": CASHIERS, "again": again}
    return poisoned_stage.stage(WORLDS[world], true_release(WORLDS[world]), seed, **size)


def a_year(
    world: str, seed: int, cashiers: int, believed: str, held: float = 0.0, records: int = RECORDS
) -> Stage:
    """A shop of honest cashiers, ``records`` each, in which a share of ``held`` customers holds out."""
    release = true_release(WORLDS[world]) if believed == "fitted" else HAND_MADE
    size = {"customers": cashiers * records // REGULAR, "visits": REGULAR, "cashiers": cashiers}
    on = poisoned_stage.stage(WORLDS[world], release, seed, **size)
    return poisoned_stage.holding_out(on, held)
