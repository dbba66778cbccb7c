"""Two limits: how surely content hold-outs could be found, and what is recovered where it is known who holds out.

    python -m models.holding_limit                 # 10 seeds, a few minutes

The observer is told the shop's own parameters and the exact behaviour (`models.holding_out`, "content"), and reads what
the log says of plain tills. By Neyman and Pearson no detector that reads the same log ranks customers better than this
likelihood ratio.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from models import holding_out
from models.holding_law import STAYED, TOOK, Visits
from models.holding_out import BEHAVIOURS, CONTENT, Shop
from models.holding_proof import LADDER, PLAIN, SIXTH, TOLD, auc, interval, rows, yardstick

Array = NDArray[np.float64]
POINTS, WIDTH = 121, 5.0
T_10 = 2.262  # Student's t, 97.5 %, 9 degrees of freedom
SEEDS, CUSTOMERS = 10, 4000


class Observer:
    """The two laws over a grid of theta, for every customer, and the depth each would expect if they held out."""

    def __init__(self, shop: Shop, customers: int) -> None:
        law = shop.release
        places = np.linspace(-WIDTH, WIDTH, POINTS)
        self._stays = 1 - law.leave[2]
        theta, normal = law.mu + law.tau * places, NormalDist()
        depths = np.array([0, *shop.depths])
        self._place = {int(depth): row for row, depth in enumerate(depths)}
        inner = [
            [normal.cdf((math.log(depth / 10000) - at) / law.sigma) for at in theta] for depth in shop.depths
        ]
        self._curve = np.vstack([np.zeros(POINTS), inner])
        height = np.exp(-(places**2) / 2)
        self._honest = np.tile(height / height.sum(), (customers, 1))
        self._content = self._honest.copy()
        self._expects, self._best = np.zeros(customers), np.zeros(customers)

    def see(self, visits: Visits) -> None:
        """One visit of every customer."""
        for who, (row, ends) in enumerate(zip(visits.depths.tolist(), visits.ends.tolist(), strict=True)):
            offered = [depth for depth in row if depth]
            honest, content = self._chances(offered, ends, self._expects[who])
            self._honest[who] *= honest
            self._content[who] *= content
            self._learns(who, offered, ends)

    def ratio(self) -> Array:
        """Log-likelihood ratio of every customer."""
        return np.log(self._content.sum(axis=1) + 1e-300) - np.log(self._honest.sum(axis=1) + 1e-300)

    def _chances(self, offered: list[int], ends: int, expects: float) -> tuple[Array, Array]:
        met = [self._curve[self._place[depth]] for depth in [0, *offered]]
        newly = [(met[at + 1] - met[at]) * self._stays**at for at in range(len(offered))]
        none, unmet = np.zeros(POINTS), (1 - met[-1]) * self._stays ** (len(offered) - 1)
        if ends not in (TOOK, STAYED):
            return unmet, unmet
        refused = sum(
            depth < expects for depth in offered
        )  # would be refused by a hold-out, whatever it satisfies
        bluffed = np.sum(newly[:refused] or [none], axis=0)
        if ends == STAYED:
            return none, bluffed if refused == len(offered) else none
        if refused == len(offered):
            return newly[-1], none
        return newly[-1], newly[-1] + (bluffed if refused == len(offered) - 1 else none)

    def _learns(self, who: int, offered: list[int], ends: int) -> None:
        if ends not in (TOOK, STAYED):
            return
        bought = offered[-1]
        firm = ends == STAYED and bought < self._best[who]
        self._best[who] = max(self._best[who], bought)
        if firm or (len(offered) > 1 and bought > LADDER[0]):
            self._expects[who] = bought


def reached(seed: int, shop: Shop, share: float) -> float:
    """The observer's AUC by the sixth visit in one shop."""
    chance = np.random.default_rng(seed)
    people = holding_out.crowd(shop, CUSTOMERS, SIXTH + 1, chance)
    holding = chance.random(CUSTOMERS) < share
    observer = Observer(shop, CUSTOMERS)
    for visits in holding_out.play(shop, people, CONTENT, holding, PLAIN).seen:
        observer.see(visits)
    ratio = observer.ratio()
    return auc(ratio[holding], ratio[~holding])


def main() -> None:
    """Print the limit."""
    found = [reached(seed, yardstick(0.1), 0.19) for seed in range(SEEDS)]
    middle, half = interval(found, T_10)
    print(
        f"content hold-outs, AUC of an observer who knows all but who they are: {middle:.3f} ± {half:.3f}\n"
    )
    everything = tuple(range(len(BEHAVIOURS)))
    print("| hold-outs, known from the start | loss | recovered |\n|---|---|---|")
    for name, measured in rows(yardstick(0.1), SEEDS, CUSTOMERS // 2, 12, everything, (TOLD,), TOLD):
        figures = [
            interval([getattr(one, member) for one in measured], T_10) for member in ("loss", "recovered")
        ]
        told = [f"{100 * middle:.2f} ± {100 * half:.2f} %" for middle, half in figures]
        print(f"| {name} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
