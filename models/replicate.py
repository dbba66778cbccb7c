"""The shop's own visits, played again by customers as a fit believes them to be.

To every visit comes who the fit foresees from the same customer's visits before it (`models.foreseen`), is shown the
same plan, and reacts by `models.replies`. So it does not matter that tills choose plans by what they believe.
"""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models import foreseen, histories, replies
from models.histories import Histories
from models.priors import Priors
from models.regressors import Regressors, regressors
from models.states import POINTS, grid

PLAN = ("depth", "top", "planned", "heard", "ending")

Numbers = NDArray[np.float64]
Reactions = tuple[NDArray[np.int8], NDArray[np.int8]]  # heard, ending


class Visits(NamedTuple):
    """Visits (N,) of the customers who are played again, one customer after the other, each one's in the order of the
    log: owner numbers the customers 0, 1, ...; before is the place of the visit before this one, -1 where there is
    none. histories: what the fit reads of the same visits."""

    owner: NDArray[np.int64]
    before: NDArray[np.int64]
    depth: NDArray[np.int32]
    top: NDArray[np.bool_]
    planned: NDArray[np.int8]
    heard: NDArray[np.int8]
    ending: NDArray[np.int8]
    histories: Histories

    @property
    def regressors(self) -> Regressors:
        return self.histories.regressors


def visits(dataset: xr.Dataset, declared: Priors, most: int, chance: np.random.Generator) -> Visits:
    """The visits to play again: all, or those of ``most`` customers drawn at random."""
    owner, customers = histories.owners(dataset["customer"].values)
    found = regressors(dataset, declared)
    rows = np.argsort(owner, kind="stable")
    if customers > most:
        chosen = np.zeros(customers, bool)
        chosen[chance.choice(customers, most, replace=False)] = True
        rows = rows[chosen[owner[rows]]]
    found = found._replace(
        cohort=found.cohort[rows], cashier=found.cashier[rows], covariates=found.covariates[rows]
    )
    played = dataset.isel(checkout=rows)
    depth, top, planned, heard, ending = (played[name].values for name in PLAN)
    _, owner = np.unique(owner[rows], return_inverse=True)
    read = histories.unmerged(played, found)
    return Visits(owner, _before(owner), depth, top, planned, heard, ending, read)


def _before(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    place = np.arange(len(owner))
    return np.where(np.diff(owner, prepend=-1) == 0, place - 1, -1)


def replay(shop: Visits, point: dict[str, Any], chance: np.random.Generator) -> Reactions:
    """(heard, ending) of the same visits, each by a customer drawn anew as the visits before it tell."""
    state, known = foreseen.states(shop.histories, point, chance), shop.regressors
    requirement = np.maximum(state - replies.SENSITIVE, 0)  # read for sensitive customers only
    theta = _middle(point, known) + point["tau"] * grid(POINTS)[0][requirement]
    eps = point["cashier_eps"][known.cashier] if "cashier_eps" in point else float(point["eps"])
    return replies.draw(
        chance,
        kind=np.minimum(state, replies.SENSITIVE),
        need=theta + point["sigma"] * chance.standard_normal(len(state)),
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
