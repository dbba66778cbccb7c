"""The customers of one simulated shop and everything chance has in store for them, drawn before anybody plays.

All policies meet the same customers, baskets and draws (common random numbers): what a visit is like depends on the
seed alone, what happens on it on the offers as well.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.arena_ladders import MOST, Kind
from models.arena_worlds import World
from models.truth import Truth

NEVER_LESS = 1e-6  # of a depth that is needed, so that it has a logarithm


class Shop(NamedTuple):
    """One shop: its world, its kinds of basket as arrays, and the stakes of their rungs in minor units.

    depths, amounts (kinds, MOST): basis points, minor units; 0 beyond the ladder. rungs, gross, lost (kinds,).
    keeps (kinds, MOST): what the shop keeps of the sale with each rung.
    """

    world: World
    kinds: tuple[Kind, ...]
    rungs: NDArray[np.int64]
    depths: NDArray[np.int64]
    gross: NDArray[np.int64]
    amounts: NDArray[np.int64]
    keeps: NDArray[np.int64]
    lost: NDArray[np.int64]


class Crowd(NamedTuple):
    """N customers of V visits each; (N, V) but for haggles (N,), need, coin and walk (N, V, MOST).

    type, theta: of who comes on this visit; theta is the log of what they usually need. need: log of the depth needed
    today, by rung (different only where offers are decided anew). basket: kind of basket. slip: the visit is mis-keyed;
    coin: below 0.5 the slip makes offer n accepted. walk: below the hazard, who refuses offer n leaves. days: since the
    visit before.
    """

    type: NDArray[np.int8]
    theta: NDArray[np.float64]
    need: NDArray[np.float64]
    basket: NDArray[np.int64]
    slip: NDArray[np.bool_]
    coin: NDArray[np.float64]
    walk: NDArray[np.float64]
    haggles: NDArray[np.bool_]
    days: NDArray[np.int64]


def open_shop(world: World, chance: np.random.Generator) -> Shop:
    """A shop of this world, with ladders of its own."""
    kinds = world.kinds(chance)
    gross = np.array([kind.gross for kind in kinds])
    depths = np.zeros((len(kinds), MOST), np.int64)
    for row, kind in enumerate(kinds):
        depths[row, : len(kind.depths)] = kind.depths
    amounts = (gross[:, None] * depths + 5000) // 10000
    keeps = (gross * world.margin // 10000)[:, None] - amounts
    rungs = np.array([len(kind.depths) for kind in kinds])
    return Shop(world, kinds, rungs, depths, gross, amounts, keeps, gross * world.lost // 10000)


def crowd(shop: Shop, customers: int, visits: int, chance: np.random.Generator) -> Crowd:
    """Customers drawn by the world's own law."""
    world, truth, shape = shop.world, shop.world.truth, (customers, visits)
    shares = np.array([kind.share for kind in shop.kinds])
    basket = chance.choice(len(shop.kinds), shape, p=shares / shares.sum())
    person = _persons(truth, shape, world.days, chance)
    kind, theta = _born(truth, int(person.max()) + 1, chance)
    return Crowd(
        kind[person],
        theta[person],
        _needs(shop, theta[person], basket, chance),
        basket,
        chance.random(shape) < truth.eps,
        chance.random((*shape, MOST)),
        chance.random((*shape, MOST)),
        chance.random(customers) < world.hagglers,
        np.tile(np.where(np.arange(visits) > 0, world.days, 0), (customers, 1)),
    )


def _persons(
    truth: Truth, shape: tuple[int, int], days: int, chance: np.random.Generator
) -> NDArray[np.int64]:
    """Who comes: after every half-life, half of the customers are somebody else."""
    new = chance.random(shape) >= 0.5 ** (days / truth.half_life)
    new[:, 0] = True
    return np.cumsum(new.reshape(-1)).reshape(shape) - 1


def _born(
    truth: Truth, count: int, chance: np.random.Generator
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Type and usual log need of each person."""
    kind = chance.choice(3, count, p=truth.shares).astype(np.int8)
    share, centre, spread = np.array(truth.humps).T
    hump = chance.choice(len(share), count, p=share)
    return kind, truth.mu + truth.tau * (centre[hump] + spread[hump] * chance.standard_normal(count))


def _needs(
    shop: Shop, theta: NDArray[np.float64], basket: NDArray[np.int64], chance: np.random.Generator
) -> NDArray[np.float64]:
    """Log depth needed on each visit, by rung."""
    world, truth = shop.world, shop.world.truth
    if world.free:
        spread = world.free * chance.logistic(size=(*theta.shape, MOST))
        return np.log(np.maximum(np.exp(theta)[..., None] + spread, NEVER_LESS))
    size = theta.shape
    noise = (
        chance.standard_normal(size) if math.isinf(truth.freedom) else chance.standard_t(truth.freedom, size)
    )
    need = usual(shop, theta, basket) + truth.sigma * noise
    return np.repeat(need[..., None], MOST, axis=-1)


def usual(shop: Shop, theta: NDArray[np.float64], basket: NDArray[np.int64]) -> NDArray[np.float64]:
    """Log of the depth usually needed with this basket."""
    return theta - np.log(shop.gross[basket]) if shop.world.budget else theta
