"""Are the types what their names say? A fit may describe the shop well and call the hunters sensitive.

The likelihood treats each type differently, so labels cannot switch as in a plain mixture; what can happen is a chain
that puts the people of one type under the name of another, and a sensitive type so shallow or deep that it has become
a second name for the indifferent, or for those who take nothing.
"""

from itertools import permutations

import numpy as np
import xarray as xr
from scipy.special import ndtr

from models import fitted
from models.fitted import BY_TYPE
from models.histories import Histories
from models.scoring import log_likelihood
from models.verdict import Check

OTHERS = [list(order) for order in permutations(range(3)) if order != (0, 1, 2)]
APART = 1.0  # posterior sd; shares of two types that are as near as this can be exchanged by chance
SENSITIVE = 0.005  # mean acceptance over the offers of the shop, at least so far from never and from always


def labels(tree: xr.DataTree) -> Check:
    """Does no exchange of types explain one chain's shares by the other chains' better than they stand?"""
    shares = fitted.posterior(tree)["shares"].values
    if len(shares) < 2:
        return Check("labels", False, None, APART, "one chain cannot be compared with others")
    worst = max(_exchanged(shares, chain) for chain in range(len(shares)))
    says = (
        "a chain has the shares of the others under other names"
        if worst > APART
        else "types mean the same in all chains"
    )
    return Check("labels", bool(worst <= APART), float(worst), APART, says)


def _exchanged(shares: np.ndarray, chain: int) -> float:
    """Distance of this chain's mean shares from the others' in posterior sd; 0 where no exchange makes it less."""
    others = np.delete(shares, chain, axis=0)
    mine, theirs = shares[chain].mean(axis=0), others.mean(axis=(0, 1))
    spread = others.std(axis=(0, 1)) + 1e-9
    distance = np.abs((mine - theirs) / spread).max()
    nearer = any(np.abs((mine[order] - theirs) / spread).max() < distance for order in OTHERS)
    return distance if nearer or not np.isfinite(distance) else 0.0


def types(tree: xr.DataTree, data: Histories) -> Check:
    """Does no exchange of types explain the shop's visits better? Looked at chain by chain, at its means."""
    allowed = float(len(fitted.free(tree)))  # as much as a fit may lose to the truth by chance
    gains = [_gain(fitted.point(tree, chain), data) for chain in range(tree["posterior"].sizes["chain"])]
    worst = max(gains) if np.isfinite(gains).all() else float("nan")
    says = (
        "the types stand where the visits have them"
        if worst <= allowed
        else f"with types exchanged the visits are likelier by {worst:.0f} in log likelihood"
    )
    return Check("types", worst <= allowed, worst, allowed, says)


def _gain(point: dict, data: Histories) -> float:
    """How much log likelihood the best exchange of types brings."""
    here = _total(point, data)
    return (
        max(_total({**point, **{name: point[name][order] for name in BY_TYPE}}, data) for order in OTHERS)
        - here
    )


def _total(point: dict, data: Histories) -> float:
    return float(log_likelihood(data, point) @ data.multiplicity)


def sensitive(tree: xr.DataTree, data: Histories, depth: np.ndarray) -> Check:
    """Do sensitive customers lie between those who take all and those who take nothing? ``depth``: all plans."""
    chances = [
        _mean_acceptance(fitted.point(tree, c), data, depth) for c in range(tree["posterior"].sizes["chain"])
    ]
    edge = min(min(chance, 1 - chance) for chance in chances) if np.isfinite(chances).all() else float("nan")
    middle = float(np.mean(chances))
    says = f"of the shop's offers a sensitive customer takes {100 * middle:.1f} % at first sight"
    if not edge >= SENSITIVE:
        says += ": the type has become another name for " + (
            "the indifferent" if middle > 0.5 else "who takes nothing"
        )
    return Check("sensitive", edge >= SENSITIVE, edge, SENSITIVE, says)


def _mean_acceptance(point: dict, data: Histories, depth: np.ndarray) -> float:
    """Mean over planned offers of the chance that a new sensitive customer takes such a depth first."""
    middle = np.asarray(point["cohort_mu"] @ data.customers_by_cohort / data.multiplicity.sum()
                        if "cohort_mu" in point else point["mu"])  # fmt: skip
    values, counts = np.unique(depth[depth > 0], return_counts=True)
    spread = np.hypot(point["tau"], point["sigma"])
    return float(np.average(ndtr((np.log(values / 10000) - middle) / spread), weights=counts))
