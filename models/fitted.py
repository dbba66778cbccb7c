"""A fit as the gate reads it: every scalar of the posterior by name, points to evaluate, the priors it was made with.

Nothing is taken on trust: whatever is missing raises LookupError or ValueError, which the gate counts as a failure.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models import priors as priors_
from models.estimate import from_means
from models.priors import TYPES, Fixed, Priors
from models.release import Release

BY_TYPE = ("shares", "leave", "leave_end")
ALWAYS = ("shares", "mu", "tau", "sigma", "delta", "eps", "leave", "leave_end")
# (name, dimension, the spread it has, what it varies around)
GROUPED = (("cohort_mu", "cohort", "eta", "mu"), ("cashier_eps", "cashier", "omega", "eps"))
NAMES = (*ALWAYS, "eta", "cohort_mu", "omega", "cashier_eps", "beta")

Numbers = NDArray[np.float64]


def priors(tree: xr.DataTree) -> Priors:
    """The priors the fit was made with."""
    return priors_.read(json.loads(tree.attrs["priors"]))


def array(tree: xr.DataTree, group: str, name: str) -> xr.DataArray:
    """One array of the tree. Raises KeyError where it is not there."""
    if group not in tree.children:
        raise KeyError(f"the fit has no group {group}")
    if name not in tree.children[group].variables:
        raise KeyError(f"the fit has no {name} in {group}")
    return tree.children[group].dataset[name]


def posterior(tree: xr.DataTree) -> Mapping[str, xr.DataArray]:
    """The parameters the model declares, dims (chain, draw, ...); helpers of the sampler are left out.

    Raises KeyError where one is missing.
    """
    if "posterior" not in tree.children:
        raise KeyError("the fit has no group posterior")
    group = tree.children["posterior"].dataset
    missing = [name for name in _needed(tree) if name not in group.data_vars]
    if missing:
        raise KeyError(f"the posterior lacks {', '.join(missing)}")
    return {name: group[name].transpose("chain", "draw", ...) for name in NAMES if name in group.data_vars}


def _needed(tree: xr.DataTree) -> list[str]:
    declared, group = priors(tree), tree.children["posterior"].data_vars
    needed = [*ALWAYS]
    if declared.cohorts is not None:
        needed += ["eta", "cohort_mu"]
    if declared.covariates:
        needed.append("beta")
    if "omega" in group or "cashier_eps" in group:
        needed += ["omega", "cashier_eps"]
    return needed


def scalars(tree: xr.DataTree) -> dict[str, Numbers]:
    """Draws (chain, draw) of every scalar: ``mu``, ``leave.hunter``, ``cohort_mu.1``, ``beta.lines``..."""
    return {label: draws for name, array in posterior(tree).items() for label, draws in _scalars(name, array)}


def _scalars(name: str, array: xr.DataArray) -> Iterator[tuple[str, Numbers]]:
    values = np.asarray(array.values, float)
    if values.ndim == 2:
        yield name, values
        return
    for at, place in enumerate(_places(name, array)):
        yield f"{name}.{place}", values[:, :, at]


def _places(name: str, array: xr.DataArray) -> list[str]:
    dim = str(array.dims[2])
    if name in BY_TYPE:
        return list(TYPES[: array.sizes[dim]])
    return [str(place) for place in (array[dim].values if dim in array.coords else range(array.sizes[dim]))]


def free(tree: xr.DataTree) -> dict[str, Numbers]:
    """The scalars that were sampled: all but those the priors hold fixed."""
    held = held_fixed(priors(tree))
    return {label: draws for label, draws in scalars(tree).items() if not held & {label, label.split(".")[0]}}


def held_fixed(declared: Priors) -> set[str]:
    """Names that no draw may change: fixed by the priors, or without spread around something fixed."""
    held = set(priors_.fixed(declared))
    for name, _, spread, middle in GROUPED:
        density = getattr(declared, spread)
        if {spread, middle} <= held and isinstance(density, Fixed) and density.value == 0:
            held.add(name)
    return held


def point(tree: xr.DataTree, chain: int | None = None) -> dict[str, Any]:
    """Posterior means, of one chain or of all, by name."""
    arrays = posterior(tree).items()
    return {
        name: (a.values if chain is None else a.values[chain : chain + 1]).mean((0, 1)) for name, a in arrays
    }


def draws(tree: xr.DataTree) -> dict[str, Numbers]:
    """All draws, the chains one after the other: (S, ...) by name."""
    return {name: a.values.reshape(-1, *a.shape[2:]) for name, a in posterior(tree).items()}


def as_release(tree: xr.DataTree) -> Release:
    """The release that these posterior means would make. Raises ValueError where they are outside its ranges."""
    declared, rule = priors(tree), priors(tree).cohorts
    customers = [1.0] * (len(rule.cuts) + 1) if rule else []  # how many are in each cohort changes no range
    return from_means(
        "candidate",
        point(tree),
        half_life=declared.half_life,
        cohorts=(rule.feature, rule.cuts, customers) if rule else None,
        covariates=tuple([(each.feature, each.centre) for each in declared.covariates]),
    )
