"""Bad fits for the gate: every kind of fault, planted into a fit that was good.

bad = plant("stuck chain", tree, chance)     # a new tree; `KINDS` lists them and the checks that must reject them
"""

import math
from collections.abc import Callable

import numpy as np
import xarray as xr


def plant(kind: str, fit: xr.DataTree, chance: np.random.Generator) -> xr.DataTree:
    """A copy of the fit with this fault; `KINDS` has the names."""
    groups = {name: group.to_dataset().copy(deep=True) for name, group in fit.children.items()}
    made = xr.DataTree.from_dict(KINDS[kind][0](groups, chance))
    made.attrs = dict(fit.attrs)
    return made


Groups = dict[str, xr.Dataset]
Fault = Callable[[Groups, np.random.Generator], Groups]


def _some_chain(groups: Groups, chance: np.random.Generator) -> int:
    return int(chance.integers(groups["posterior"].sizes["chain"]))


def _stuck(groups: Groups, chance: np.random.Generator) -> Groups:
    """One chain never leaves a place, which is a draw like any other."""
    chain = _some_chain(groups, chance)
    for group in ("posterior", "sample_stats"):
        for values in groups[group].data_vars.values():
            values.values[chain] = values.values[chain, :1]
    return groups


def _elsewhere(groups: Groups, chance: np.random.Generator) -> Groups:
    """One chain found another mode: it moves well, a few posterior sd away."""
    chain = _some_chain(groups, chance)
    mu = groups["posterior"]["mu"].values
    mu[chain] += (2 + chance.random()) * mu.std()
    return groups


def _slow(groups: Groups, chance: np.random.Generator) -> Groups:
    """Every chain wanders: draws are so alike that few of them count."""
    for values in groups["posterior"].data_vars.values():
        values.values[:] = np.repeat(values.values[:, :: _every(values)], _every(values), axis=1)
    return groups


def _every(values: xr.DataArray, left: int = 15) -> int:
    return values.sizes["draw"] // left if values.sizes["draw"] % left == 0 else values.sizes["draw"] // 10


def _funnel(groups: Groups, chance: np.random.Generator) -> Groups:
    """A corner that the sampler did not reach: divergences, and energies that creep."""
    diverging = groups["sample_stats"]["diverging"].values
    diverging[chance.random(diverging.shape) < 0.02] = True
    diverging[0, 0] = True
    energy = groups["sample_stats"]["energy"].values
    energy[:] = np.cumsum(chance.normal(size=energy.shape), axis=1)
    return groups


def _divergences(groups: Groups, chance: np.random.Generator) -> Groups:
    diverging = groups["sample_stats"]["diverging"].values
    diverging.flat[chance.integers(diverging.size)] = True
    return groups


def _creeping(groups: Groups, chance: np.random.Generator) -> Groups:
    energy = groups["sample_stats"]["energy"].values
    chain = _some_chain(groups, chance)
    energy[chain] = np.cumsum(chance.normal(size=energy.shape[1]))
    return groups


def _one_chain(groups: Groups, chance: np.random.Generator) -> Groups:
    chain = _some_chain(groups, chance)
    return {name: g.isel(chain=[chain]) if "chain" in g.dims else g for name, g in groups.items()}


def _no_draws(groups: Groups, chance: np.random.Generator) -> Groups:
    return {name: g.isel(draw=slice(0)) if "draw" in g.dims else g for name, g in groups.items()}


def _few_draws(groups: Groups, chance: np.random.Generator) -> Groups:
    return {name: g.isel(draw=slice(50)) if "draw" in g.dims else g for name, g in groups.items()}


def _nan(groups: Groups, chance: np.random.Generator) -> Groups:
    names = list(groups["posterior"].data_vars)
    values = groups["posterior"][names[int(chance.integers(len(names)))]].values
    values.flat[chance.integers(values.size)] = chance.choice([math.nan, math.inf])
    return groups


def _nan_likelihood(groups: Groups, chance: np.random.Generator) -> Groups:
    values = groups["log_likelihood"]["history"].values
    values.flat[chance.integers(values.size)] = math.nan
    return groups


def _out_of_range(groups: Groups, chance: np.random.Generator) -> Groups:
    eps = groups["posterior"]["eps"].values
    eps.flat[chance.integers(eps.size)] = -0.01
    return groups


SWAP = [2, 1, 0]  # indifferent and sensitive


def _swapped_in_one(groups: Groups, chance: np.random.Generator) -> Groups:
    chain = _some_chain(groups, chance)
    for name in ("shares", "leave", "leave_end"):
        values = groups["posterior"][name].values
        values[chain] = values[chain][:, SWAP]
    return groups


def _swapped_in_all(groups: Groups, chance: np.random.Generator) -> Groups:
    for name in ("shares", "leave", "leave_end"):
        values = groups["posterior"][name].values
        values[:] = values[:, :, SWAP]
    return groups


def _sensitive_takes_all(groups: Groups, chance: np.random.Generator) -> Groups:
    groups["posterior"]["mu"].values[:] -= 5
    return groups


def _sensitive_takes_nothing(groups: Groups, chance: np.random.Generator) -> Groups:
    groups["posterior"]["mu"].values[:] += 4
    return groups


def _wrong_mu(groups: Groups, chance: np.random.Generator) -> Groups:
    groups["posterior"]["mu"].values[:] += 1.2
    return groups


def _wrong_sigma(groups: Groups, chance: np.random.Generator) -> Groups:
    groups["posterior"]["sigma"].values[:] *= 4
    return groups


def _wrong_delta(groups: Groups, chance: np.random.Generator) -> Groups:
    groups["posterior"]["delta"].values[:] += 0.5
    return groups


def _less_likely(groups: Groups, chance: np.random.Generator) -> Groups:
    """Every customer is foreseen worse than by a release that is far off."""
    groups["log_likelihood"]["history"].values[:] -= 1.0
    return groups


def _torn_likelihood(groups: Groups, chance: np.random.Generator) -> Groups:
    """A few draws rule everything: importance sampling breaks down."""
    values = groups["log_likelihood"]["history"].values
    values -= 5 * chance.standard_cauchy(values.shape[:2])[:, :, None] ** 2
    return groups


def _other_dataset(groups: Groups, chance: np.random.Generator) -> Groups:
    groups["constant_data"]["multiplicity"].values[0] += 1
    return groups


def _without(group: str, name: str | None = None) -> Fault:
    def fault(groups: Groups, chance: np.random.Generator) -> Groups:
        if name is None:
            return {each: g for each, g in groups.items() if each != group}
        return {**groups, group: groups[group].drop_vars(name)}

    return fault


KINDS: dict[str, tuple[Fault, tuple[str, ...]]] = {
    "stuck chain": (_stuck, ("rhat", "energy")),
    "chain elsewhere": (_elsewhere, ("rhat",)),
    "slow chains": (_slow, ("ess_bulk", "ess_tail")),
    "funnel": (_funnel, ("divergences", "energy")),
    "one divergence": (_divergences, ("divergences",)),
    "creeping energy": (_creeping, ("energy",)),
    "one chain": (_one_chain, ("chains",)),
    "no draws": (_no_draws, ("draws", "finite")),
    "few draws": (_few_draws, ("draws",)),
    "NaN": (_nan, ("finite",)),
    "NaN likelihood": (_nan_likelihood, ("finite",)),
    "out of range": (_out_of_range, ("ranges",)),
    "swapped labels in one chain": (_swapped_in_one, ("rhat", "labels", "types")),
    "swapped labels in all chains": (_swapped_in_all, ("types",)),
    "sensitive takes all": (_sensitive_takes_all, ("sensitive",)),
    "sensitive takes nothing": (_sensitive_takes_nothing, ("sensitive",)),
    "wrong mu": (_wrong_mu, ("acceptance_by_depth",)),
    "wrong sigma": (_wrong_sigma, ("acceptance_again", "likelihood")),
    "wrong delta": (_wrong_delta, ("acceptance_by_rung",)),
    "less likely": (_less_likely, ("loo",)),
    "torn likelihood": (_torn_likelihood, ("loo", "likelihood")),
    "other dataset": (_other_dataset, ("loo",)),
    "no posterior": (
        _without("posterior"),
        ("complete", "chains", "draws", "finite", "rhat", "ess_bulk", "ess_tail"),
    ),
    "no tau": (_without("posterior", "tau"), ("complete",)),
    "no sample_stats": (_without("sample_stats"), ("divergences", "energy", "finite")),
    "no energy": (_without("sample_stats", "energy"), ("energy", "finite")),
    "no divergences": (_without("sample_stats", "diverging"), ("divergences",)),
    "no log likelihood": (_without("log_likelihood"), ("loo", "finite")),
    "no multiplicity": (_without("constant_data"), ("loo",)),
}
"""Each fault, and checks of the gate that are there for it; in a shop that says little, others may see it first."""
