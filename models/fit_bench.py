"""How fast fits are: the marginal model of a million customers against the naive model of a thousand.

    python -m models.fit_bench --customers 1000000

Every measurement is a process of its own, so that its largest memory is its own; shops are simulated in another one
and handed over as Parquet, as the worker reads them. Seconds of sampling are those of one run, tuning included, that
reached ESS 400 (bulk) on every population parameter; what it reached is stated. Compile time stands beside it, cold as
the process found the cache and again in a second process.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import arviz as az
import numpy as np
import xarray as xr

from models import dataset, histories, naive_model, population
from models.priors import DEFAULT
from models.release import HAND_MADE
from models.truth import truth_of
from models.virtual_shop import YARDSTICK, play

ESS = 400
VISITS = 5
CHAINS = 2  # two cores
TUNE, NAIVE_TUNE = 250, 400  # draws to adapt to fourteen parameters, and to a thousand more
PILOT = 300  # draws of each chain to begin with
SMALL, SHARED = 1000, 5000  # customers of the naive model, and of the comparison of ESS a second


def simulate(customers: int, folder: Path) -> None:
    """A shop of the hand-made release as Parquet."""
    chance = np.random.default_rng(customers)
    dataset.to_parquet(
        play(truth_of(HAND_MADE), customers=customers, visits=VISITS, ladders=YARDSTICK, chance=chance),
        folder,
    )


class Ready(NamedTuple):
    """A compiled model: what it took, and the run of so many draws of each chain."""

    histories: int
    merging_cpu: float
    merging_seconds: float  # part of what a fit does with its data, so it counts with the sampling
    compile_seconds: float
    run: Callable[[int], xr.DataTree]


def measure(which: str, folder: Path, until: int) -> dict:
    """Fit the shop of a folder until every parameter has ESS ``until`` (0: one short run)."""
    began = time.perf_counter()
    played = dataset.from_parquet(folder)
    read = time.perf_counter()
    ready = (_naive if which == "naive" else _marginal)(played)
    figures = _sampled(ready, until)
    figures["cpu_seconds"] = round(figures["cpu_seconds"] + ready.merging_cpu, 2)
    return {
        "customers": played.sizes["token"],
        "histories": ready.histories,
        "read_seconds": round(read - began, 2),
        "compile_seconds": round(ready.compile_seconds, 2),
        **figures,
        "whole_process_seconds": round(time.perf_counter() - began, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _naive(played: xr.Dataset) -> Ready:
    began = time.perf_counter()
    model = naive_model.compiled(played, DEFAULT)

    def run(draws: int) -> xr.DataTree:
        return naive_model.sample(model, seed=draws, chains=CHAINS, tune=NAIVE_TUNE, draws=draws)

    return Ready(played.sizes["token"], 0.0, 0.0, time.perf_counter() - began, run)


def _marginal(played: xr.Dataset) -> Ready:
    began, used = time.perf_counter(), time.process_time()
    merged = histories.compress(played, DEFAULT)
    compiling, used = time.perf_counter(), time.process_time() - used
    model = population.compiled(DEFAULT, merged)

    def run(draws: int) -> xr.DataTree:
        return population.sample(model, seed=draws, chains=CHAINS, tune=TUNE, draws=draws)

    return Ready(len(merged.multiplicity), used, compiling - began, time.perf_counter() - compiling, run)


def _sampled(ready: Ready, until: int) -> dict:
    """Longer and longer runs until one has ESS ``until``; the figures of that one."""
    draws = PILOT
    while True:
        began, used = time.perf_counter(), time.process_time()
        tree = ready.run(draws)
        took, used = time.perf_counter() - began, time.process_time() - used
        least, name = least_ess(tree)
        if least >= until:
            break
        draws = int(draws * max(1.2, 1.15 * until / least))
    return {
        "draws": CHAINS * draws,
        "least_ess": round(least),
        "least_known": name,
        "merging_seconds": round(ready.merging_seconds, 2),
        "sampling_seconds": round(took, 2),
        "cpu_seconds": used,  # on a busy machine the figure to compare
        "ess_per_second": round(least / (took + ready.merging_seconds), 1),
        "divergences": int(tree["sample_stats"].to_dataset()["diverging"].sum()),
    }


def least_ess(tree: xr.DataTree) -> tuple[float, str]:
    """Smallest bulk ESS over the population parameters, and whose it is."""
    posterior = tree["posterior"].to_dataset()
    known = posterior[[name for name in naive_model.POPULATION if name in posterior]]
    found = az.ess(known, method="bulk")
    least = {str(name): float(values.min()) for name, values in found.data_vars.items()}
    name = min(least, key=lambda each: least[each])
    return least[name], name


def bench(customers: int) -> dict:
    """All of it, one process after the other: figures by their names."""
    with tempfile.TemporaryDirectory(prefix="rung-fit-") as kept:
        shop = {size: Path(kept) / str(size) for size in (SMALL, SHARED, customers // 2, customers)}
        for size, folder in shop.items():
            _child("simulate", folder, size)
        runs = {
            "naive_small": _child("naive", shop[SMALL], ESS),
            **_in_turn({"marginal_half": shop[customers // 2], "marginal": shop[customers]}),
            "naive_shared": _child("naive", shop[SHARED], 0),
            "marginal_shared": _child("marginal", shop[SHARED], ESS),
        }
    return {
        **summary(runs),
        **{f"{run}_{what}": value for run, found in runs.items() for what, value in found.items()},
    }


def _in_turn(shops: dict[str, Path]) -> dict[str, dict]:
    """The faster of two runs of each, in turn, because a machine is not always as fast; the first compile beside it."""
    rounds = [{name: _child("marginal", folder, ESS) for name, folder in shops.items()} for _ in range(2)]
    fastest = {name: min((each[name] for each in rounds), key=spent) for name in shops}
    first = {f"{name}_first": {"compile_seconds": rounds[0][name]["compile_seconds"]} for name in shops}
    return {**fastest, **first}


def spent(run: dict) -> float:
    """Seconds from the read log to the draws, without compiling."""
    return run["merging_seconds"] + run["sampling_seconds"]


def summary(runs: dict[str, dict]) -> dict:
    """What the issue asks for."""
    million, half, small = runs["marginal"], runs["marginal_half"], runs["naive_small"]
    ratio = runs["marginal_shared"]["ess_per_second"] / runs["naive_shared"]["ess_per_second"]
    return {
        "seconds": round(spent(million), 1),
        "naive_seconds": round(spent(small), 1),
        "no_slower": spent(million) <= spent(small),
        "peak_mb": million["peak_mb"],
        "compile_seconds": runs["marginal_half_first"]["compile_seconds"],
        "compile_again_seconds": million["compile_seconds"],
        "ess_per_second_ratio": round(ratio, 1),
        "growth_from_half": round(spent(million) / spent(half), 2),
        "growth_from_half_cpu": round(million["cpu_seconds"] / half["cpu_seconds"], 2),
    }


def _child(what: str, folder: Path, number: int) -> dict:
    command = [sys.executable, "-m", "models.fit_bench", "--child", what, str(folder), str(number)]
    ended = subprocess.run(command, capture_output=True, check=False, text=True)
    if ended.returncode:
        raise RuntimeError(ended.stderr[-2000:])
    return json.loads(ended.stdout or "null")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not asked.child:
        print(json.dumps(bench(asked.customers)))
        return
    what, folder, number = asked.child[0], Path(asked.child[1]), int(asked.child[2])
    if what == "simulate":
        simulate(number, folder)
    else:
        print(json.dumps(measure(what, folder, number)))


if __name__ == "__main__":
    main()
