"""What visits earned, and what they cost customers: the figures of the arena, for one policy in one shop."""

import numpy as np
from numpy.typing import NDArray

from models.arena_customers import Crowd, Shop
from models.arena_kernels import Happened
from models.replies import LEFT

FIGURES = ("margin", "lost", "offers", "discount")


def earned(shop: Shop, crowd: Crowd, happened: Happened) -> NDArray[np.float64]:
    """Of every visit (N, V), as a share of its gross: margin less discount, less what a loss and the questions cost."""
    left = happened.ending == LEFT
    kept = np.where(left, -shop.lost[crowd.basket], shop.keeps[crowd.basket, happened.rung])
    return (kept - happened.heard * shop.world.question) / shop.gross[crowd.basket]


def score(shop: Shop, crowd: Crowd, happened: Happened) -> dict[str, float]:
    """margin: mean of `earned`. lost: share of visits. offers: for each checkout. discount: share of gross given."""
    left = happened.ending == LEFT
    given = np.where(left, 0, shop.amounts[crowd.basket, happened.rung])
    return {
        "margin": float(earned(shop, crowd, happened).mean()),
        "lost": float(left.mean()),
        "offers": float(happened.heard.mean()),
        "discount": float((given / shop.gross[crowd.basket]).mean()),
    }
