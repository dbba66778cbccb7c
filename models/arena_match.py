"""One shop, all policies: what each of them makes of the very same visits.

    figures = match(WORLDS["grocery"], seed=1)          # {policy: {"margin": ..., "lost": ..., ...}}

A shop learns first: `Size.learners` customers of some visits each, from whose log the parameters are estimated. Then
other customers come. The policies of the till (TILL) believe and learn by what was estimated; LIMITS do the same with
the true parameters, where the model has them; the clairvoyants know every customer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models import arena_clairvoyant, arena_learning, arena_peers, tables
from models.arena_customers import Crowd, Shop, crowd, open_shop
from models.arena_kernels import Happened, law_of, mind_of, play_beliefs, play_plans
from models.arena_ladders import MOST
from models.arena_logistic import logistic
from models.arena_score import score
from models.arena_thompson import thompson
from models.arena_worlds import World
from models.release import Release

UNLIMITED = 31
TWO_CLIMBS = 3  # offers
TINY = 1e-6  # a release needs a little of every type, of every hazard and of slips
LEAST_EPS = 1e-4


@dataclass(frozen=True)
class Size:
    """How many customers a shop learns from and is judged by, and how many visits each of them makes."""

    learners: int = 2000
    lessons: int = 4
    customers: int = 1500
    visits: int = 12


FULL, QUICK = Size(), Size(600, 3, 300, 6)


class Match:
    """A shop of a world with its customers; what takes time is done once, when it is first asked for."""

    def __init__(self, world: World, seed: int, size: Size = FULL):
        draws = np.random.SeedSequence([seed, *world.name.encode()]).spawn(4)
        shop, learning, playing, policies = [np.random.default_rng(each) for each in draws]
        self.shop: Shop = open_shop(world, shop)
        self.learning: Crowd = crowd(self.shop, size.learners, size.lessons, learning)
        self.crowd: Crowd = crowd(self.shop, size.customers, size.visits, playing)
        self._draws = policies.bit_generator.seed_seq.spawn(3)  # type: ignore[attr-defined]

    def chance(self, use: int) -> np.random.Generator:
        """What a policy draws for itself: the same however many others play."""
        return np.random.default_rng(self._draws[use])

    @cached_property
    def release(self) -> Release:
        """What the shop learned."""
        return arena_learning.release(self.shop, self.learning, self.chance(0))

    @cached_property
    def mind(self):
        return mind_of(tables.held(self.release), self.shop)

    @cached_property
    def true_mind(self):
        return mind_of(tables.held(true_release(self.shop.world)), self.shop)

    def believing(self, anywhere: bool, most: int = UNLIMITED, true: bool = False) -> Happened:
        """The till's own policies: `smallest_first`, or with any first rung `adaptive_start`."""
        mind = self.true_mind if true else self.mind
        shop = self.shop
        return Happened(
            *play_beliefs(
                law_of(shop), self.crowd, mind, shop.keeps, shop.lost, shop.world.question, anywhere, most
            )
        )

    def always(self, first: np.ndarray, count: np.ndarray) -> Happened:
        """The same plan for everybody: by kind of basket, ``count`` rungs from ``first`` on."""
        plans = np.minimum(first[:, None] + np.arange(MOST), MOST - 1)
        return Happened(*play_plans(law_of(self.shop), self.crowd, plans, count, self.crowd.basket))

    def one_by_one(self, most: int = UNLIMITED) -> Happened:
        return self.always(np.zeros(len(self.shop.rungs), np.int64), np.minimum(self.shop.rungs, most))

    def at_once(self, rungs: np.ndarray) -> Happened:
        return self.always(rungs, np.ones(len(rungs), np.int64))


def true_release(world: World) -> Release:
    """The world's own parameters as a release: only of worlds that break nothing."""
    truth = world.truth
    shares = np.maximum(truth.shares, TINY)
    indifferent, hunter = (shares / shares.sum()).tolist()[:2]
    return Release(
        name="true",
        shares=(indifferent, hunter, 1 - indifferent - hunter),
        mu=truth.mu,
        tau=truth.tau,
        sigma=truth.sigma,
        delta=truth.delta,
        eps=max(truth.eps, LEAST_EPS),
        leave=_inside(truth.leave),
        leave_end=_inside(truth.leave_end),
        half_life=truth.half_life if np.isfinite(truth.half_life) else 36500.0,
    )


def _inside(chances: Sequence[float]) -> tuple[float, float, float]:
    one, two, three = np.clip(chances, TINY, 1 - TINY).tolist()
    return one, two, three


def _first_applicable(match: Match) -> Happened:
    return match.at_once(np.array([kind.first for kind in match.shop.kinds]))


Policy = Callable[[Match], Happened]
TILL: dict[str, Policy] = {
    "smallest_first": lambda match: match.believing(anywhere=False),
    "adaptive_start": lambda match: match.believing(anywhere=True),
}
PEERS: dict[str, Policy] = {
    "one_by_one": Match.one_by_one,
    "best_first": lambda match: match.at_once(match.shop.rungs - 1),
    "first_applicable": _first_applicable,
    "fixed_percentage": lambda match: arena_peers.fixed_percentage(match.shop, match.learning, match.crowd),
    "logistic": lambda match: logistic(match.shop, match.learning, match.crowd, match.chance(1)),
    "thompson": lambda match: thompson(match.shop, match.learning, match.crowd, match.chance(2)),
}
CLAIRVOYANT: dict[str, Policy] = {
    "clairvoyant_smallest": lambda match: arena_clairvoyant.play(
        match.shop, match.crowd, smallest_first=True
    ),
    "clairvoyant": lambda match: arena_clairvoyant.play(match.shop, match.crowd, smallest_first=False),
    "seer": lambda match: arena_clairvoyant.seer(match.shop, match.crowd),
}
LIMITS: dict[str, Policy] = {
    "smallest_first, true": lambda match: match.believing(anywhere=False, true=True),
    "adaptive_start, true": lambda match: match.believing(anywhere=True, true=True),
}
UNSEEING: dict[str, Policy] = {  # where some haggle
    "clairvoyant_smallest, hagglers unseen": lambda match: arena_clairvoyant.play(
        match.shop, match.crowd, smallest_first=True, sees_hagglers=False
    ),
}
CAPPED: dict[str, Policy] = {
    "smallest_first, 2 climbs": lambda match: match.believing(anywhere=False, most=TWO_CLIMBS),
    "adaptive_start, 2 climbs": lambda match: match.believing(anywhere=True, most=TWO_CLIMBS),
    "one_by_one, 2 climbs": lambda match: match.one_by_one(most=TWO_CLIMBS),
}
POLICIES = TILL | PEERS | CLAIRVOYANT | LIMITS | UNSEEING | CAPPED
LEARNING_PEERS = ("fixed_percentage", "logistic", "thompson")


def match(
    world: World, seed: int, size: Size = FULL, policies: Sequence[str] = tuple(POLICIES)
) -> dict[str, dict[str, float]]:
    """The figures of `arena_score` by policy, of those that have a meaning in this world."""
    shop = Match(world, seed, size)
    names = [name for name in policies if _means_something(name, world)]
    return {name: score(shop.shop, shop.crowd, POLICIES[name](shop)) for name in names}


def _means_something(policy: str, world: World) -> bool:
    """The model has true parameters only where nothing breaks it."""
    if policy in LIMITS:
        return world.breaks is None
    return policy not in UNSEEING or world.hagglers > 0
