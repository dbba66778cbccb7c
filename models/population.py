"""Fits the population model to a shop's checkouts: NUTS on the marginal likelihood, as an ArviZ tree.

tree = fit(dataset, priors, seed=1)
tree.to_netcdf("fit.nc", engine="h5netcdf")
"""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import nutpie
import xarray as xr
from nutpie.compile_pymc import CompiledPyMCModel

from models import histories as merging
from models import scoring
from models.histories import Histories
from models.priors import TYPES, Priors, as_json, fixed
from models.reaction_model import GROUPED, POSTERIOR, data_of, declare
from models.release import Release
from models.states import POINTS

CHAINS, TUNE, DRAWS = 4, 500, 1000
CORES = 2
# Shorter steps where there are groups: at 0.8 a small shop with cohorts has a few divergences, and the gate wants none.
# Without groups there are none, and longer steps take half the time.
TARGET_ACCEPT, TARGET_ACCEPT_GROUPS = 0.8, 0.95
SCORED = 1000  # draws at which every history's likelihood is kept: enough for leave-one-out
KEPT_STATS = ("energy", "diverging", "depth", "n_steps", "step_size", "logp", "maxdepth_reached")
WAIT_SECONDS = 0.2


class Progress(NamedTuple):
    """Draws done of ``total`` in all chains, an estimate of the seconds left, divergences so far."""

    done: int
    total: int
    seconds_left: float
    divergences: int


class Stopped(Exception):
    """The caller asked the sampler to stop; there is no result."""


def fit(
    dataset: xr.Dataset,
    priors: Priors,
    *,
    seed: int,
    chains: int = CHAINS,
    tune: int = TUNE,
    draws: int = DRAWS,
    start: Release | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> xr.DataTree:
    """The posterior of the population parameters given a checkout dataset, with what a gate needs to judge it.

    start: where the chains begin, the last release for instance; the answer does not depend on it. Groups: posterior,
    sample_stats, constant_data (the merged histories), log_likelihood (of one customer with each history, at some
    of the draws).
    Raises ValueError for a dataset that says nothing, Stopped where ``stop`` said so.
    """
    histories = merging.compress(dataset, priors)
    model = compiled(priors, histories, start)
    tree = sample(model, seed=seed, chains=chains, tune=tune, draws=draws, progress=progress, stop=stop)
    return annotated(tree, histories, priors)


def compiled(
    priors: Priors, histories: Histories, start: Release | None = None, points: int = POINTS
) -> CompiledPyMCModel:
    """The model as machine code; `refit` gives it other histories of the same cohorts, cashiers and covariates."""
    model = declare(priors, histories, points)
    free = {variable.name for variable in model.free_RVs}
    first: dict[Any, Any] = {name: value for name, value in _beginning(start).items() if name in free}
    machine_code: Any = nutpie.compile_pymc_model(model, initial_points=first or None)
    return machine_code


def refit(model: CompiledPyMCModel, histories: Histories) -> CompiledPyMCModel:
    """The same machine code for other histories."""
    known = {
        variable.name for variable in model.shared_var_keys
    }  # what the likelihood does not read is not there
    return model.with_data(**{name: value for name, value in data_of(histories).items() if name in known})


def sample(
    model: CompiledPyMCModel,
    *,
    seed: int,
    chains: int = CHAINS,
    tune: int = TUNE,
    draws: int = DRAWS,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> xr.DataTree:
    """The groups posterior and sample_stats."""
    sampler = nutpie.sample(
        model,
        seed=seed,
        chains=chains,
        tune=tune,
        draws=draws,
        cores=CORES,
        target_accept=TARGET_ACCEPT_GROUPS if {"eta", "omega"} & set(model.shapes) else TARGET_ACCEPT,
        save_warmup=False,
        progress_bar=False,
        blocking=False,
        progress_callback=_told(progress) if progress else None,
        progress_rate=int(1000 * WAIT_SECONDS),
    )
    tree = _waited(sampler, stop or (lambda: False))
    posterior, stats = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
    kept = [name for name in (*POSTERIOR, *GROUPED) if name in posterior]
    named = [name for name in KEPT_STATS if name in stats]
    return xr.DataTree.from_dict({"posterior": posterior[kept], "sample_stats": stats[named]})


def _waited(sampler: Any, stop: Callable[[], bool]) -> xr.DataTree:
    while True:
        if stop():
            sampler.abort()
            raise Stopped("the fit was stopped")
        try:
            return sampler.wait(timeout=WAIT_SECONDS)
        except TimeoutError:
            continue


def _told(progress: Callable[[Progress], None]) -> Callable[[list], None]:
    began = time.monotonic()

    def tell(chains: list) -> None:
        done = sum(chain.finished_draws for chain in chains)
        total = sum(chain.total_draws for chain in chains)
        left = (time.monotonic() - began) * (total - done) / max(done, 1)
        progress(Progress(done, total, left, sum(chain.divergences for chain in chains)))

    return tell


def annotated(tree: xr.DataTree, histories: Histories, priors: Priors) -> xr.DataTree:
    """The tree with the data it was fitted to, how likely it makes them, and under which priors."""
    posterior = tree["posterior"].to_dataset()
    scored = posterior.isel(
        draw=slice(None, None, -(-posterior.sizes["chain"] * posterior.sizes["draw"] // SCORED))
    )
    likelihood = xr.Dataset(
        {"history": (("chain", "draw", "customer_history"), _scores(scored, histories))},
        {"chain": scored["chain"], "draw": scored["draw"]},
    )
    groups = {
        "posterior": posterior,
        "sample_stats": tree["sample_stats"].to_dataset(),
        "log_likelihood": likelihood,
        "constant_data": xr.Dataset(merging.as_arrays(histories)),
    }
    out = xr.DataTree.from_dict(groups)
    out.attrs = {
        "priors": json.dumps(as_json(priors)),
        "fixed": json.dumps(fixed(priors)),
        "customers": int(histories.multiplicity.sum()),
    }
    return out


def _scores(posterior: xr.Dataset, histories: Histories) -> np.ndarray:
    """Log likelihood (chain, draw, history)."""
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    out = np.empty((chains, draws, len(histories.multiplicity)))
    for chain in range(chains):
        for draw in range(draws):
            point = {name: values.values[chain, draw] for name, values in posterior.items()}
            out[chain, draw] = scoring.log_likelihood(histories, point)
    return out


def _beginning(start: Release | None) -> dict[str, Any]:
    if start is None:
        return {}
    by_type = {
        f"{name}_{kind}": value
        for name in ("leave", "leave_end")
        for kind, value in zip(TYPES, getattr(start, name), strict=True)
    }
    names = ("mu", "tau", "sigma", "eps")
    return {
        **{name: getattr(start, name) for name in names},
        "delta": max(start.delta, 0.01),
        "shares": np.array(start.shares),
        **by_type,
    }
