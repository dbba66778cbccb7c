"""The shop's own visits, played again by customers as a fit believes them to be.

Every customer is drawn anew, comes as often as before, is shown the same plans, and reacts by `models.replies`. Plans
are taken as they were: one that was chosen for what is believed of this very customer would make the climbs differ.
"""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models import replies
from models.histories import owners
from models.priors import Priors
from models.regressors import Regressors, regressors

PLAN = ("depth", "top", "planned", "heard", "ending")

Numbers = NDArray[np.float64]
Reactions = tuple[NDArray[np.int8], NDArray[np.int8]]  # heard, ending


class Visits(NamedTuple):
    """Visits (N,) of the customers who are played again: owner numbers them 0, 1, ...; before is the place of each
    owner's visit before this one, -1 where there is none."""

    owner: NDArray[np.int64]
    before: NDArray[np.int64]
    depth: NDArray[np.int32]
    top: NDArray[np.bool_]
    planned: NDArray[np.int8]
    heard: NDArray[np.int8]
    ending: NDArray[np.int8]
    regressors: Regressors


def visits(dataset: xr.Dataset, declared: Priors, most: int, chance: np.random.Generator) -> Visits:
    """The visits to play again: all, or those of ``most`` customers drawn at random."""
    owner, customers = owners(dataset["customer"].values)
    found = regressors(dataset, declared)
    if customers > most:
        chosen = np.zeros(customers, bool)
        chosen[chance.choice(customers, most, replace=False)] = True
        rows = np.flatnonzero(chosen[owner])
    else:
        rows = np.arange(len(owner))
    _, owner = np.unique(owner[rows], return_inverse=True)
    depth, top, planned, heard, ending = (dataset[name].values[rows] for name in PLAN)
    found = found._replace(
        cohort=found.cohort[rows], cashier=found.cashier[rows], covariates=found.covariates[rows]
    )
    return Visits(owner, _before(owner), depth, top, planned, heard, ending, found)


def _before(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows keep the order of the log, so that the visit before is the nearest earlier row of the same owner."""
    order = np.argsort(owner, kind="stable")
    before = np.full(len(owner), -1)
    same = owner[order[1:]] == owner[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before


def replay(
    shop: Visits, point: dict[str, Any], chance: np.random.Generator
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """(heard, ending) of the same visits by new customers."""
    customers = int(shop.owner.max()) + 1
    kind = np.searchsorted(np.cumsum(point["shares"])[:2], chance.random(customers), side="right")
    known = shop.regressors
    theta = point["tau"] * chance.standard_normal(customers)[shop.owner] + _middle(point, known)
    eps = point["cashier_eps"][known.cashier] if "cashier_eps" in point else float(point["eps"])
    return replies.draw(
        chance,
        kind=kind[shop.owner],
        need=theta + point["sigma"] * chance.standard_normal(len(shop.owner)),
        delta=float(point["delta"]),
        eps=eps,
        leave=point["leave"],
        leave_end=point["leave_end"],
        depth=shop.depth,
        top=shop.top,
        planned=shop.planned,
    )


def _middle(point: dict[str, Any], known: Regressors) -> Numbers:
    place = (
        point["cohort_mu"][known.cohort] if "cohort_mu" in point else np.full(len(known.cohort), point["mu"])
    )
    return place + known.covariates @ point["beta"] if "beta" in point else place
