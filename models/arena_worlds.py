"""The simulated shops of the arena: what their customers are like, and what each of them breaks of the model.

A world is data. ``breaks`` is None where the model's law holds (docs/model.md), else the assumption that does not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arena_ladders import YARDSTICK, Kind, drawn
from models.truth import Truth

Draws = Callable[[np.random.Generator], tuple[Kind, ...]]


def yardstick_ladder(chance: np.random.Generator) -> tuple[Kind, ...]:
    """One kind of basket with the eight rungs of the yardstick."""
    return YARDSTICK


@dataclass(frozen=True)
class World:
    """A kind of shop; every seed draws another shop of it.

    truth: the customers. margin: of shelf prices, basis points. lost: what a customer who leaves costs besides this
    sale, basis points of gross; question: till time of one offer, minor units. days: between two visits of a customer.
    hagglers: share who refuse the first offer on principle, and do not leave over it. free: spread (in depth) of a
    logistic that decides every offer anew, in place of a requirement. budget: what is required is an amount of
    money: theta and mu are the log of minor units. reach: who refuses an offer e times too small leaves with
    1 / reach times the hazard, in proportion to the log.
    """

    name: str
    truth: Truth
    breaks: str | None = None
    kinds: Draws = drawn
    margin: int = 3500
    lost: int = 0
    question: int = 0
    days: int = 0
    hagglers: float = 0.0
    free: float = 0.0
    budget: bool = False
    reach: float = 0.0

    @property
    def hazard(self) -> float:
        """The chance that a sensitive customer leaves after a refusal that is not the last."""
        return self.truth.leave[2]


def yardstick(hazard: float) -> World:
    """The published world: only sensitive customers, log threshold Normal(log 7 %, 0.6), 0.3 between visits."""
    truth = Truth(
        shares=(0.0, 0.0, 1.0), mu=math.log(0.07), tau=0.6, sigma=0.3, delta=0.0, eps=0.0,
        leave=(hazard, hazard, hazard), leave_end=(1.0, 1.0, 1.0),
    )  # fmt: skip
    return World(f"yardstick, h {hazard:g}", truth, kinds=yardstick_ladder)


def _shop(
    hazard: float, hunters: float = 0.1, indifferent: float = 0.2, end: float = 0.9, **other: Any
) -> Truth:
    """A shop as the model has it. ``end``: chance that who was never satisfied does not buy."""
    given = {"mu": math.log(0.06), "tau": 0.6, "sigma": 0.35, "delta": 0.15, "eps": 0.01, **other}
    return Truth(
        shares=(indifferent, hunters, 1 - indifferent - hunters),
        leave=(hazard / 2, hazard / 2, hazard),  # hunters wait for the best, so they leave less often
        leave_end=(end / 2, end, end),
        **given,
    )


WELL = (
    yardstick(0.0),
    yardstick(0.1),
    yardstick(0.4),
    World("grocery", _shop(0.02, hunters=0.12, end=0.8)),
    World("patient hunters", _shop(0.05, hunters=0.25, end=0.8)),
    World("in a hurry", _shop(0.3, hunters=0.05, end=0.95)),
    World("mis-keyed 8 %", _shop(0.1, eps=0.08)),
    World("customers change", _shop(0.05, half_life=365.0), days=30),
    World("queues and lost trade", _shop(0.1, end=0.8), lost=500, question=8),
    World("half buy anyway", _shop(0.05, end=0.5)),
    World("half buy anyway, losses count", _shop(0.05, end=0.5), lost=1000),
)
MISSPECIFIED = (
    World(
        "two humps",
        _shop(0.05, humps=((0.5, -1.1, 0.35), (0.5, 1.1, 0.35))),
        "requirements of customers have two humps, not one",
    ),
    World(
        "heavy tails",
        _shop(0.1, freedom=3.0),
        "requirements of a visit have heavy tails (Student t, 3 degrees)",
    ),
    World("no threshold", _shop(0.05), "every offer is decided anew, by a logistic in depth", free=0.02),
    World(
        "budgets",
        _shop(0.1, mu=math.log(180)),
        "what is required is an amount of money, not a share of the basket",
        budget=True,
    ),
    World(
        "far offers offend",
        _shop(0.15),
        "the further an offer is from what is required, the more leave",
        reach=0.7,
    ),
    World(
        "hagglers 5 %", _shop(0.02, hunters=0.05), "5 % refuse the first offer whatever it is", hagglers=0.05
    ),
    World(
        "hagglers 19 %",
        _shop(0.02, hunters=0.05),
        "19 % refuse the first offer whatever it is",
        hagglers=0.19,
    ),
)
WORLDS = {world.name: world for world in (*WELL, *MISSPECIFIED)}
