"""The hazard at which starting small stops paying: the yardstick world again and again, with more and more who leave.

Every shop is the same at every hazard (customers, baskets, draws) and learns its parameters anew from its own log.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from models.arena_match import FULL, LEARNING_PEERS, Size
from models.arena_summary import Estimate, Figures, Season, estimate
from models.arena_tournament import Fixture, Result
from models.arena_worlds import World, yardstick
from models.starting_small import crossing

HAZARDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)
SMALL = "smallest_first"
RIVALS = ("best_first", *LEARNING_PEERS, "adaptive_start")
PLAYED = (SMALL, *RIVALS)


class Crossing(NamedTuple):
    """Where a rival overtakes smallest_first: mean over shops with its interval, and where 95 % of the shops lie.

    ``reached``: shops in which it does within the hazards that were tried; the others count as the largest of these.
    """

    hazard: Estimate
    shops: tuple[float, float]
    reached: int


def fixtures(seeds: Sequence[int], size: Size = FULL, hazards: Sequence[float] = HAZARDS) -> list[Fixture]:
    """The same shops at every hazard: the name that they are drawn by does not tell it."""
    return [Fixture(_world(hazard), seed, PLAYED, size) for seed in seeds for hazard in hazards]


def _world(hazard: float) -> World:
    return replace(yardstick(hazard), name="yardstick")


def sweep(results: Sequence[Result], hazards: Sequence[float] = HAZARDS) -> dict[float, Season]:
    """The results of `fixtures`, in their order, by hazard."""
    by_hazard: dict[float, list[Figures]] = {hazard: [] for hazard in hazards}
    for at, result in enumerate(results):
        by_hazard[hazards[at % len(hazards)]].append(result.figures)
    return {hazard: Season(f"yardstick, h {hazard:g}", shops) for hazard, shops in by_hazard.items()}


def crossings(seasons: dict[float, Season]) -> dict[str, Crossing]:
    """Of every rival."""
    return {rival: _crossing(seasons, rival) for rival in RIVALS}


def _crossing(seasons: dict[float, Season], rival: str) -> Crossing:
    hazards = list(seasons)
    small, theirs = [
        np.array([each.values(policy, "margin") for each in seasons.values()]).T.tolist()
        for policy in (SMALL, rival)
    ]
    found = [crossing(hazards, ours, other) for ours, other in zip(small, theirs, strict=True)]
    where = [hazards[-1] if each is None else each for each in found]
    low, high = np.quantile(where, (0.025, 0.975)).tolist()
    return Crossing(estimate(where), (low, high), sum(each is not None for each in found))


def as_json(seasons: dict[float, Season]) -> dict[str, Any]:
    """Margins by hazard, and the crossings."""
    return {
        "hazards": list(seasons),
        "margin": {
            policy: [season.estimate(policy, "margin").as_json() for season in seasons.values()]
            for policy in PLAYED
        },
        "crossings": {
            rival: {"hazard": each.hazard.as_json(), "shops": list(each.shops), "reached": each.reached}
            for rival, each in crossings(seasons).items()
        },
    }
