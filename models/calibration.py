"""Simulation-based calibration: shops drawn from the priors, fitted, and where the truth ranks among the draws.

    python -m models.calibration --sims 1000
    python -m models.calibration --sims 40 --bugs sigma rung left

Where model and simulator agree, every rank is uniform (Talts et al. 2018, arXiv 1804.06788). The model is the full one:
two cohorts, two cashiers, a covariate, no parameter fixed; it is compiled once. Every simulation is one line of
a file and depends on its number alone, so an interrupted run goes on, and processes can share the numbers.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel

from models import calibration_report, histories, population
from models.densities import Normal
from models.histories import Histories
from models.priors import DEFAULT, Cohorts, Covariate
from models.truth import Truth, from_priors
from models.virtual_shop import Design, play

TOP = 99  # ranks go from 0 to 99: more draws would not be independent
PRIORS = replace(
    DEFAULT,
    name="calibration",
    cohorts=Cohorts("units", (3.0,)),
    covariates=(Covariate("lines", 1.5),),
    beta=(("lines", Normal(0.0, 0.3)),),
)
LADDERS = (Design((300, 600, 1200), (0, 1, 2)), Design((200, 500, 900, 2000), (0, 1, 2)))
CASHIERS = 2


class Size(NamedTuple):
    """How large the shops are, and how long each is sampled."""

    customers: int = 100
    visits: int = 4
    tune: int = 400
    draws: int = 800


class Bug(NamedTuple):
    """A planted bug: customers who are not like the truth, or a reading that is not what happened."""

    live: Callable[[Truth], Truth] = lambda truth: truth
    read: Callable[[xr.Dataset], xr.Dataset] = lambda dataset: dataset


def _next_rung(dataset: xr.Dataset) -> xr.Dataset:
    depth, planned = dataset["depth"].values, dataset["planned"].values.astype(int)
    after = np.minimum(np.arange(1, depth.shape[1] + 1), planned[:, None] - 1)
    return dataset.assign(depth=(dataset["depth"].dims, np.take_along_axis(depth, after, 1)))


def _left_is_accepted(dataset: xr.Dataset) -> xr.Dataset:
    return dataset.assign(ending=dataset["ending"].where(dataset["ending"] != 1, 0))


BUGS = {
    "none": Bug(),
    "sigma": Bug(live=lambda truth: replace(truth, sigma=1.2 * truth.sigma)),
    "rung": Bug(read=_next_rung),
    "left": Bug(read=_left_is_accepted),
}


def shop(number: int, size: Size, bug: Bug = BUGS["none"]) -> tuple[Truth, xr.Dataset]:
    """A truth drawn from the priors, and the checkouts it led to, as they were read."""
    chance = np.random.default_rng([20261121, number])
    truth = from_priors(PRIORS, chance, CASHIERS)
    played = play(
        bug.live(truth),
        customers=size.customers,
        visits=size.visits,
        ladders=LADDERS,
        chance=chance,
        baskets=_baskets(size.customers * size.visits, chance),
    )
    return truth, bug.read(played)


def _baskets(count: int, chance: np.random.Generator) -> dict[str, NDArray]:
    """One line or two, two units or three: few levels, so that few kinds of visit are evaluated."""
    lines, units = chance.integers(1, 3, count), chance.integers(2, 4, count)
    return {"gross": 600 * lines, "gross_major": 6.0 * lines, "lines": lines, "units": units}


def compiled(size: Size) -> CompiledPyMCModel:
    """The model for all simulations of this size; takes some twenty seconds."""
    return population.compiled(PRIORS, histories.compress(shop(0, size)[1], PRIORS))


def simulate(model: CompiledPyMCModel, number: int, size: Size, bug: Bug) -> dict:
    """One simulation: where the truth ranks (0 to `TOP`) among draws of every parameter."""
    began = time.perf_counter()
    truth, dataset = shop(number, size, bug)
    merged = histories.compress(dataset, PRIORS)
    refitted = population.refit(model, merged)
    tree = population.sample(refitted, seed=number, chains=1, tune=size.tune, draws=size.draws)
    drawn = tree["posterior"].to_dataset().isel(chain=0)
    kept = drawn.isel(draw=np.linspace(0, size.draws - 1, TOP).astype(int))
    found = {}
    for name, value in true_values(truth, merged).items():
        draws = kept[name].values.reshape(TOP, -1)
        ranks = (draws < np.ravel(value)).sum(0).tolist()
        found |= {f"{name}[{at}]" if len(ranks) > 1 else name: rank for at, rank in enumerate(ranks)}
    divergences = int(tree["sample_stats"].to_dataset()["diverging"].sum())
    return {
        "number": number,
        "ranks": found,
        "divergences": divergences,
        "seconds": round(time.perf_counter() - began, 2),
    }


def true_values(truth: Truth, merged: Histories) -> dict:
    """The truth by the names of the posterior; cashiers in the order of the fit, the busiest first."""
    single = (
        "shares",
        "mu",
        "tau",
        "eta",
        "sigma",
        "delta",
        "eps",
        "omega",
        "leave",
        "leave_end",
        "cohort_mu",
    )
    cashiers = [truth.cashier_eps[int(name[1:])] for name in merged.regressors.cashiers]
    values = {name: getattr(truth, name) for name in single}
    return {**values, "cashier_eps": cashiers, "beta": [beta for _, _, beta in truth.covariates]}


def simulations(model: CompiledPyMCModel, numbers: range, size: Size, bug: Bug, file: Path) -> Iterator[dict]:
    """Every simulation of ``numbers``: those of the file, then the missing ones, which are added to it."""
    done = {each["number"]: each for each in read(file)}
    yield from (done[number] for number in numbers if number in done)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as out:
        for number in numbers:
            if number not in done:
                each = simulate(model, number, size, bug)
                print(json.dumps(each), file=out, flush=True)
                yield each


def read(file: Path) -> list[dict]:
    """The simulations of a file; none where there is no file."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sims", type=int, default=1000)
    parser.add_argument("--from", dest="first", type=int, default=0, help="number of the first simulation")
    parser.add_argument("--bugs", choices=BUGS, nargs="+", default=["none"], help="what to plant, in turn")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/calibration"), help="for NAME.jsonl, NAME.svg"
    )
    asked = parser.parse_args()
    size, numbers = Size(), range(asked.first, asked.first + asked.sims)
    model = compiled(size) if numbers else None
    for bug in asked.bugs:
        file = asked.folder / f"{bug}.jsonl"
        if model:
            for _ in simulations(model, numbers, size, BUGS[bug], file):
                pass
        print(f"planted: {bug}")
        calibration_report.show(read(file), TOP, asked.folder / f"{bug}.svg")


if __name__ == "__main__":
    main()
