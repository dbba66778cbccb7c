"""What a shop learns before it plays: a log of offers one by one, and the parameters estimated from that log alone.

On a tenth of the visits of that log the till holds firm after the smallest rung: who then stays and who leaves is the
only thing that tells what an unsatisfied customer does.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models import arena_kernels, checkout_table, population_mode
from models.arena_customers import Crowd, Shop
from models.arena_kernels import Happened
from models.arena_ladders import MOST
from models.priors import DEFAULT, Priors
from models.release import Release
from models.weakening import weakened

PRIORS = weakened(
    DEFAULT
)  # what a shop believes that knows nothing of its own: a quarter of the default's weight
HOLDS_FIRM = 0.1  # share of the learning visits with no climb


def release(shop: Shop, crowd: Crowd, chance: np.random.Generator, priors: Priors = PRIORS) -> Release:
    """The parameters of this shop as its log of offers one by one tells them."""
    return population_mode.fit(log(shop, crowd, chance), priors)


def log(shop: Shop, crowd: Crowd, chance: np.random.Generator) -> xr.Dataset:
    """The visits of these customers, offered one rung after the other, as the dataset a fit reads."""
    firm = chance.random(crowd.basket.shape) < HOLDS_FIRM
    planned = np.where(firm, 1, shop.rungs[crowd.basket])
    happened = climbed(shop, crowd, planned)
    customers, visits = crowd.basket.shape
    count, basket = customers * visits, crowd.basket.reshape(-1)
    columns = {
        "customer": np.repeat(np.arange(customers), visits),
        "cashier": np.zeros(count),
        "day": crowd.days.cumsum(axis=1).reshape(-1),
        "gross": shop.gross[basket],
        "gross_major": shop.gross[basket] / 100,
        "lines": np.ones(count),
        "units": np.ones(count),
        "planned": planned.reshape(-1),
        "heard": happened.heard.reshape(-1),
        "ending": happened.ending.reshape(-1),
    }
    return checkout_table.assemble(
        columns,
        shop.depths[basket],
        np.arange(MOST) == shop.rungs[basket][:, None] - 1,
        tokens=np.arange(customers).astype("S8"),
        cashiers=["c0"],
        first=np.zeros((customers, len(checkout_table.FEATURES))),
        counts={"records": count, "used": count},
    )


def climbed(shop: Shop, crowd: Crowd, planned: NDArray[np.int64]) -> Happened:
    """Offers one by one from the smallest, at most ``planned`` (N, V) of them on each visit."""
    plans = np.tile(np.arange(MOST), (MOST, 1))
    law = arena_kernels.law_of(shop)
    return Happened(*arena_kernels.play_plans(law, crowd, plans, np.arange(1, MOST + 1), planned - 1))
