"""Hold-outs at work: what they cost, what is recovered, what honest customers pay for it, how surely they are found.

    python -m models.holding_proof                 # 30 seeds, some twenty minutes
    python -m models.holding_proof --seeds 3 --customers 2000

Every row meets the same people with the same chance (common random numbers). The **loss** is what a visit earns with
those customers honest, less what it earns with them holding out, both over all customers. **Recovered** is the share of
that loss that a till gets back, whatever it does to honest customers counted against it. Intervals are 95 % over seeds.
"""

import argparse
import math
import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import holding_out
from models.holding_out import BEHAVIOURS, STUBBORN, Crowd, Played, Shop, Till
from models.release import Release

LADDER = (200, 300, 500, 700, 1000, 1500, 2000, 2500)
SHARES = (0.05, 0.19)
SIXTH = 5  # the visit, counted from 0
PLAIN, OURS = Till("as for everybody"), Till("firm with suspects", detects=True)
OTHERS = (Till("nobody above 10 %", cap=5), Till("a stop after 1 offer in 4", stops=0.25))
TOLD = Till("firm from the first visit", detects=True, knows=True)
DEARER = (3000, 10000, 30000)  # `lost_sale`; the last is a new policy's
T_30 = 2.045  # Student's t, 97.5 %, 29 degrees of freedom


def yardstick(hazard: float, lost: int = 0) -> Shop:
    """The yardstick's shop; a release knows no certain hazard and no empty type, so both are as good as.

    ``lost``: `lost_sale` of its policy, what a customer who leaves costs besides the sale, basis points of gross.
    """
    shares, end = (1e-5, 1e-5, 1 - 2e-5), (0.9999, 0.9999, 0.9999)
    law = Release("yardstick", shares, math.log(0.07), 0.6, 0.3, 0.0, 0.0001, (hazard, hazard, hazard), end)
    return Shop(f"yardstick, h {hazard:g}, lost_sale {lost}", law, LADDER, lost)


def mixed() -> Shop:
    """Types, shift and slips of ``hand-1``, but customers who leave: a hunter looks like a hold-out."""
    law = Release(
        "mixed", (0.27, 0.16, 0.57), math.log(0.06), 0.7, 0.4, 0.25, 0.02, (0.05, 0.05, 0.1), (0.5, 0.9, 0.9)
    )
    return Shop("all types", law, LADDER)


class Measured(NamedTuple):
    """One seed. ``base``: kept on the goods of a visit if all are honest. Shares of it: the ``loss`` with hold-outs
    and plain tills, what `Shop.lost` says of who leaves included; ``recovered`` of that; ``honest``, what an honest
    customer loses, of what one brings at plain tills; ``auc`` by the
    sixth visit, of all who may hold out, and ``auc_held`` of those who have."""

    base: float
    loss: float
    recovered: float
    honest: float
    auc: float
    auc_held: float


def auc(high: NDArray[Any], low: NDArray[Any]) -> float:
    """Chance that one of ``high`` lies above one of ``low``, ties counted half (Mann and Whitney)."""
    if not len(high) or not len(low):
        return math.nan
    _, which, count = np.unique(np.concatenate([high, low]), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[which]
    return float((ranks[: len(high)].sum() / len(high) - (len(high) + 1) / 2) / len(low))


def measure(
    base: Played, plain: Played, played: Played, holding: NDArray[np.bool_], sixth: int = SIXTH
) -> Measured:
    """Of one seed: all honest, hold-outs at plain tills, and the same at the tills in question."""
    loss = base.earned.mean() - plain.earned.mean()
    ours = base.earned.mean() - played.earned.mean()
    honest = (plain.earned - played.earned)[~holding].mean()
    score, held = played.score[:, sixth], played.held[:, : sixth + 1].any(axis=1)
    return Measured(
        float(_goods(base).mean()),
        float(loss / _goods(base).mean()),
        float(1 - ours / loss),
        float(honest / _goods(plain)[~holding].mean()),
        auc(score[holding], score[~holding]),
        auc(score[holding & held], score[~holding]),
    )


def _goods(played: Played) -> NDArray[np.float64]:
    """What a visit keeps on the goods alone, which `Shop.lost` cannot make negative."""
    return np.where(played.bought >= 0, played.earned, 0.0)


def rows(
    shop: Shop,
    seeds: int,
    customers: int,
    visits: int,
    behaviours: tuple[int, ...],
    tills: tuple[Till, ...],
    usual: Till = OURS,
) -> Iterator[tuple[str, list[Measured]]]:
    """(what was played, a measure for each seed); ``tills`` are tried on the first behaviour, ``usual`` on others."""
    found: dict[str, list[Measured]] = {}
    for seed in range(seeds):
        chance = np.random.default_rng(seed)
        people, drawn = holding_out.crowd(shop, customers, visits, chance), chance.random(customers)
        base = holding_out.play(shop, people, STUBBORN, drawn < 0, PLAIN)
        for behaviour in behaviours:
            tried = tills if behaviour == behaviours[0] else (usual,)
            for share in SHARES:
                for name, measured in _tried(shop, people, behaviour, drawn < share, base, tried):
                    found.setdefault(f"{BEHAVIOURS[behaviour]} {share:.0%} | {name}", []).append(measured)
    yield from found.items()


def _tried(
    shop: Shop,
    people: Crowd,
    behaviour: int,
    holding: NDArray[np.bool_],
    base: Played,
    tills: tuple[Till, ...],
) -> Iterator[tuple[str, Measured]]:
    plain = holding_out.play(shop, people, behaviour, holding, PLAIN)
    for till in tills:
        played = holding_out.play(shop, people, behaviour, holding, till)
        yield till.name, measure(base, plain, played, holding)


def interval(values: list[float], student: float = T_30) -> tuple[float, float]:
    """Mean, and half of its 95 % interval over seeds; ``student``: the quantile of as many."""
    spread = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return statistics.fmean(values), student * spread


def _show(name: str, measured: list[Measured]) -> None:
    told = [f"{interval([one[0] for one in measured])[0]:.0f}"]
    for member in ("loss", "recovered", "honest"):
        middle, half = interval([getattr(one, member) for one in measured])
        told.append(f"{100 * middle:.2f} ± {100 * half:.2f} %")
    for member in ("auc", "auc_held"):
        middle, half = interval([getattr(one, member) for one in measured])
        told.append(f"{middle:.3f} ± {half:.3f}" if middle != 0.5 else "")
    print(f"| {name} | {' | '.join(told)} |", flush=True)


def main() -> None:
    """Print a table for each shop."""
    asked = argparse.ArgumentParser(description="what hold-outs cost, and what is recovered")
    asked.add_argument("--seeds", type=int, default=30)
    asked.add_argument("--customers", type=int, default=2000)
    given = asked.parse_args()
    everything, two = tuple(range(len(BEHAVIOURS))), (0, STUBBORN)
    for shop, visits, behaviours, tills in (
        (yardstick(0.1), 12, everything, (OURS, *OTHERS)),
        (yardstick(0.1), 24, two, (OURS,)),
        (yardstick(0.2), 12, two, (OURS,)),
        (mixed(), 12, two, (OURS,)),
        *((yardstick(0.1, lost), 12, two, (OURS, TOLD)) for lost in DEARER),
    ):
        print(f"\n{shop.name}, {visits} visits\n")
        print(
            "| hold-outs | till | all honest earn | loss | recovered | honest lose | AUC, 6th | of who held out |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for name, measured in rows(shop, given.seeds, given.customers, visits, behaviours, tills):
            _show(name, measured)


if __name__ == "__main__":
    main()
