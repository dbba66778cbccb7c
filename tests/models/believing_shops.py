"""Shops whose till chooses every plan by what it believes of the customer, as datasets a fit reads.

dataset = believing(WORLDS["grocery"], HAND_MADE, chance, anywhere=False)
"""

import numpy as np
import xarray as xr

from models import arena_kernels, belief_kernels, checkout_table, plan_kernels, tables
from models.arena_customers import Crowd, Shop, crowd, open_shop
from models.arena_kernels import Mind, law_of, mind_of
from models.arena_ladders import MOST
from models.arena_worlds import World
from models.release import Release

FIRM = 0.1  # share of the visits on which the till does not climb, drawn at random


def believing(
    world: World,
    release: Release,
    chance: np.random.Generator,
    *,
    anywhere: bool = False,
    customers: int = 500,
    visits: int = 5,
    most: int = 3,
) -> xr.Dataset:
    """A shop of this world with a till that believes ``release`` and offers at most ``most`` times.

    anywhere: `adaptive_start`, else `smallest_first`.
    """
    shop = open_shop(world, chance)
    people = crowd(shop, customers, visits, chance)
    mind = mind_of(tables.held(release), shop)
    firm = chance.random((customers, visits)) < FIRM
    played = [_customer(shop, people, mind, who, firm[who], anywhere, most) for who in range(customers)]
    return _dataset(shop, people, [visit for each in played for visit in each])


def _customer(
    shop: Shop, people: Crowd, mind: Mind, who: int, firm: np.ndarray, anywhere: bool, most: int
) -> list[tuple]:
    """(plan, length, heard, ending) of every visit of one customer."""
    law, played = law_of(shop), []
    weights, scratch = mind.initial.copy(), np.empty((5, len(mind.initial)), np.int64)
    for visit in range(people.basket.shape[1]):
        basket, plan = people.basket[who, visit], np.zeros(MOST, np.int64)
        count = law.rungs[basket]
        if people.days[who, visit]:
            belief_kernels.drift(weights, mind.population, mind.keep[people.days[who, visit]], scratch[0])
        _, length = plan_kernels.best(
            weights, mind.columns[basket, :count], mind.part[basket, :count], mind.eps, mind.hazards,
            shop.keeps[basket, :count], shop.lost[basket], shop.world.question, count if anywhere else 1, most,
            plan[:count],
        )  # fmt: skip
        length = 1 if firm[visit] else length
        plan[length:] = 0
        _, heard, ending = arena_kernels.answer(law, people, who, visit, plan, length)
        arena_kernels.likelihood(mind, basket, count - 1, plan, length, heard, ending, scratch[0], scratch[1])
        belief_kernels.update(weights, scratch[1], mind.population, *scratch[2:])
        played.append((plan, length, heard, ending))
    return played


def _dataset(shop: Shop, people: Crowd, played: list[tuple]) -> xr.Dataset:
    customers, visits = people.basket.shape
    count, basket = customers * visits, people.basket.reshape(-1)
    plan, planned, heard, ending = [np.array(each) for each in zip(*played, strict=True)]
    columns = {
        "customer": np.repeat(np.arange(customers), visits),
        "cashier": np.zeros(count),
        "day": people.days.cumsum(axis=1).reshape(-1),
        "gross": shop.gross[basket],
        "gross_major": shop.gross[basket] / 100,
        "lines": np.ones(count),
        "units": np.ones(count),
        "planned": planned,
        "heard": heard,
        "ending": ending,
    }
    shown = np.arange(MOST) < planned[:, None]
    return checkout_table.assemble(
        columns,
        np.where(shown, shop.depths[basket[:, None], plan], 0),
        shown & (plan == shop.rungs[basket][:, None] - 1),
        tokens=np.arange(customers).astype("S8"),
        cashiers=["c0"],
        first=np.zeros((customers, len(checkout_table.FEATURES))),
        counts={"records": count, "used": count},
    )
