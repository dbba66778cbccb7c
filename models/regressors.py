"""What a visit's requirement or record may hang on besides the depth: cohort, cashier, allow-listed covariates."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from models.dataset import features, first_features
from models.priors import Cohorts, Priors

STEP = 0.25  # of a covariate; finer levels would keep equal visits apart. A quarter of log gross is 28 % of a basket
MOST_CASHIERS = 8  # the busiest have a slip rate of their own, all others share one
FEWEST_VISITS = (
    100  # of a cashier who can have one: of fewer visits nothing is learnt but how to sample badly
)
OTHERS = "all others"


class Regressors(NamedTuple):
    """Of every visit (N,): cohort, group of the cashier, centred covariates (N, J); and what they are called."""

    cohort: np.ndarray
    cashier: np.ndarray
    covariates: np.ndarray
    cohorts: int
    cashiers: tuple[str, ...]
    cashier_group: np.ndarray  # of every cashier the dataset names
    features: tuple[str, ...]


def regressors(dataset: xr.Dataset, priors: Priors) -> Regressors:
    """Read them as the priors ask for. A cohort is decided by a customer's first checkout."""
    cashier_group, cashiers = _cashiers(dataset)
    rule = priors.cohorts
    columns = [_rounded(features(dataset, name) - centre) for name, centre in priors.covariates]
    covariates = np.column_stack(columns) if columns else np.zeros((dataset.sizes["checkout"], 0))
    cohorts = 1 if rule is None else len(rule.cuts) + 1
    return Regressors(
        cohort_of_visit(dataset, rule),
        cashier_group[dataset["cashier"].values],
        covariates,
        cohorts,
        cashiers,
        cashier_group,
        tuple(name for name, _ in priors.covariates),
    )


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.round(values / STEP) * STEP


def cohort_of_visit(dataset: xr.Dataset, rule: Cohorts | None) -> np.ndarray:
    """Cohort (N,) of each visit's customer, by the first checkout; an anonymous visit goes by its own basket."""
    if rule is None:
        return np.zeros(dataset.sizes["checkout"], np.int64)
    cuts, customer = np.asarray(rule.cuts, float), dataset["customer"].values
    by_basket = np.searchsorted(cuts, features(dataset, rule.feature), side="right")
    by_customer = np.searchsorted(cuts, first_features(dataset, rule.feature), side="right")
    known = customer >= 0
    by_basket[known] = by_customer[customer[known]]
    return by_basket


def _cashiers(dataset: xr.Dataset) -> tuple[np.ndarray, tuple[str, ...]]:
    """The group of every cashier, and what the groups are called."""
    names = dataset["cashier_name"].values
    visits = np.bincount(dataset["cashier"].values, minlength=len(names))
    busiest = np.argsort(-visits, kind="stable")[:MOST_CASHIERS]
    own = busiest[visits[busiest] >= FEWEST_VISITS]
    group = np.full(len(names), len(own))
    group[own] = np.arange(len(own))
    named = [str(names[one]) for one in own]
    return group, tuple([*named, OTHERS] if len(names) > len(own) else named)
