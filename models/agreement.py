"""Does the marginal model say the same as the naive one? One shop, both posteriors, population and every customer.

    python -m models.agreement --customers 1000 --chains 8 --draws 5000 --folder build/agreement

The naive chains take an hour; each is kept in the folder when it ends, so that an interrupted run goes on. Means may
differ by 0.05 posterior standard deviations, standard deviations by 3 %.
"""

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import arviz as az
import numpy as np
import xarray as xr
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models import histories, naive_model, population, scoring
from models import marginal as marginal_cells
from models.priors import DEFAULT, TYPES, Priors
from models.release import HAND_MADE
from models.states import NUMPY, POINTS, grid, likelihood_inputs, weights
from models.truth import truth_of
from models.virtual_shop import MIXED, play

SHIFT, RATIO = 0.05, 0.03
OF_CUSTOMERS = ("theta", *TYPES)
MARGINAL_DRAWS = 1000  # at which customers' posteriors are computed, exactly given the draw


class Posterior(NamedTuple):
    """Draws of each population parameter (chain, draw), and mean and second moment of every customer's (4, customers).

    Customers' quantities are `OF_CUSTOMERS`: theta, which is a draw from the population where the customer is not
    sensitive, and the chances to be of each type.
    """

    population: dict[str, NDArray]
    mean: NDArray
    square: NDArray


class Compared(NamedTuple):
    """One quantity: distance of the means in posterior sd, ratio of the sds, and what Monte Carlo leaves open."""

    name: str
    shift: float
    ratio: float
    error: float  # standard error of the shift
    ratio_error: float

    @property
    def agrees(self) -> bool:
        return abs(self.shift) <= SHIFT and abs(self.ratio - 1) <= RATIO


def shop(customers: int, visits: int = 5, seed: int = 1) -> xr.Dataset:
    """Customers of the hand-made release, served by three cashiers."""
    truth = replace(truth_of(HAND_MADE), cashier_eps=(0.01, 0.02, 0.04))
    return play(truth, customers=customers, visits=visits, ladders=MIXED, chance=np.random.default_rng(seed))


def naive(
    dataset: xr.Dataset, priors: Priors, *, chains: int, draws: int, tune: int, folder: Path
) -> Posterior:
    """Chains kept in the folder are not run again."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"naive-{seed}.npz" for seed in range(chains)]
    model = None
    for seed, file in enumerate(files):
        if not file.exists():
            model = model or naive_model.compiled(dataset, priors, also=("customer_types",))
            tree = naive_model.sample(model, seed=seed, chains=1, tune=tune, draws=draws)
            _keep(tree["posterior"].to_dataset(), file)
    return _joined([np.load(file) for file in files])


def _keep(posterior: xr.Dataset, file: Path) -> None:
    """Population draws, and moments of the customers, whose draws would fill the disk."""
    each = [posterior["theta"].values[0], *posterior["customer_types"].values[0].transpose(1, 0, 2)]
    theta_square = (each[0] ** 2).mean(0)
    mean = np.array([draws.mean(0) for draws in each])
    unfinished = file.with_suffix(".part.npz")
    kept: dict[str, Any] = {"mean": mean, "theta_square": theta_square, **columns(posterior)}
    np.savez(unfinished, **kept)
    unfinished.rename(file)


def columns(posterior: xr.Dataset) -> dict[str, NDArray]:
    """Draws (chain, draw) of every population parameter; those of a vector by their label, which both models share."""
    out = {}
    for name in naive_model.POPULATION:
        if name in posterior:
            values = posterior[name]
            labels = [f"[{label}]" for dim in values.dims[2:] for label in values[dim].values] or [""]
            flat = values.values.reshape(*values.shape[:2], -1)
            out |= {f"{name}{label}": flat[..., at] for at, label in enumerate(labels)}
    return out


def _joined(chains: list) -> Posterior:
    names = [name for name in chains[0].files if name not in ("mean", "theta_square")]
    drawn = {name: np.concatenate([chain[name] for chain in chains]) for name in names}
    means = np.array([chain["mean"] for chain in chains])
    squares = means.copy()  # of an indicator
    squares[:, 0] = [chain["theta_square"] for chain in chains]
    return Posterior(drawn, means, squares)


def marginal(
    model: CompiledPyMCModel, merged: histories.Histories, *, chains: int, draws: int, seed: int
) -> Posterior:
    """The posterior of the marginal model; customers follow by Bayes' rule at each of some draws."""
    tree = population.sample(model, seed=seed, chains=chains, draws=draws)
    posterior = tree["posterior"].to_dataset()
    step = max(1, chains * draws // MARGINAL_DRAWS)
    moments = [
        [_customers(merged, posterior.isel(chain=chain, draw=draw)) for draw in range(0, draws, step)]
        for chain in range(chains)
    ]
    means, squares = np.moveaxis(np.array(moments).mean(1), 1, 0)
    return Posterior(columns(posterior), means, squares)


def _customers(merged: histories.Histories, point: xr.Dataset) -> tuple[NDArray, NDArray]:
    """First and second moments (4, customers) of `OF_CUSTOMERS`, given the population parameters."""
    given = scoring.completed(merged, {name: values.values for name, values in point.items()})
    table = marginal_cells.table(*likelihood_inputs(given, merged.cells, merged.edges, NUMPY, POINTS))
    told = np.add.reduceat(np.log(table)[merged.cell], merged.start[:-1])
    state = np.exp(told - told.max(1, keepdims=True)) * weights(given["shares"], NUMPY, POINTS)
    state /= state.sum(1, keepdims=True)
    sensitive = state[:, 2:].sum(1)
    middle = given["cohort_mu"][merged.cells.cohort[merged.cell[merged.start[:-1]]]]
    theta = middle[:, None] + given["tau"] * grid(POINTS)[0]
    first = (state[:, 2:] * theta).sum(1) + (1 - sensitive) * middle
    second = (state[:, 2:] * theta**2).sum(1) + (1 - sensitive) * (middle**2 + given["tau"] ** 2)
    types = [state[:, 0], state[:, 1], sensitive]
    return (
        np.array([first, *types])[:, merged.customer],
        np.array([second, *types])[:, merged.customer],
    )


def compare(one: Posterior, other: Posterior) -> tuple[list[Compared], list[Compared]]:
    """Every population parameter, and every customer's quantities, of ``one`` against ``other``."""
    population = [_of_draws(name, one.population[name], other.population[name]) for name in other.population]
    return population, _of_customers(one, other)


def _of_draws(name: str, one: NDArray, other: NDArray) -> Compared:
    sd = other.std()
    error, ratio_error = [
        math.hypot(*[float(az.mcse(draws, method=of)) for draws in (one, other)]) / sd
        for of in ("mean", "sd")
    ]
    shift, ratio = float((one.mean() - other.mean()) / sd), float(one.std() / sd)
    return Compared(name, shift, ratio, error, ratio_error)


def _of_customers(one: Posterior, other: Posterior) -> list[Compared]:
    """Monte Carlo errors are those between chains. The sd of a type follows from its chance: only theta has a ratio."""
    means, sds = zip(*[_moments(posterior) for posterior in (one, other)], strict=True)
    shift, ratio = (means[0] - means[1]) / sds[1], sds[0] / sds[1]
    error = np.hypot(_between(one.mean), _between(other.mean)) / sds[1]
    spread = [np.sqrt(np.maximum(each.square - each.mean**2, 0)) for each in (one, other)]
    ratio_error = np.hypot(_between(spread[0]), _between(spread[1])) / sds[1]
    ratio[1:], ratio_error[1:] = 1.0, 0.0
    figures = np.array([shift, ratio, error, ratio_error])
    return [
        Compared(f"{name} of customer {customer}", *figures[:, at, customer].tolist())
        for at, name in enumerate(OF_CUSTOMERS)
        for customer in range(shift.shape[1])
    ]


def _moments(posterior: Posterior) -> tuple[NDArray, NDArray]:
    mean = posterior.mean.mean(0)
    return mean, np.sqrt(posterior.square.mean(0) - mean**2)


def _between(chains: NDArray) -> NDArray:
    """Standard error of the mean of chains."""
    return chains.std(0, ddof=1) / np.sqrt(len(chains)) if len(chains) > 1 else np.zeros(chains.shape[1:])


def _print(population: list[Compared], customers: list[Compared]) -> None:
    table = Table("what", "shift, sd", "+-", "ratio of sd", "+-", "agrees")
    for each in [*population, *_furthest(customers)]:
        numbers = f"{each.shift:+.3f}", f"{each.error:.3f}", f"{each.ratio:.3f}", f"{each.ratio_error:.3f}"
        table.add_row(escape(each.name), *numbers, "yes" if each.agrees else "NO")
    Console(width=100).print(table)
    for which, rows in (("population parameters", population), ("customers' quantities", customers)):
        print(f"{sum(row.agrees for row in rows)} of {len(rows)} {which} agree")


def _furthest(customers: list[Compared]) -> list[Compared]:
    of = {name: [each for each in customers if each.name.startswith(name)] for name in OF_CUSTOMERS}
    means = [max(each, key=lambda row: abs(row.shift)) for each in of.values()]
    widest = max(of["theta"], key=lambda row: abs(row.ratio - 1))
    return [
        *[row._replace(name=f"furthest mean: {row.name}") for row in means],
        widest._replace(name=f"furthest sd: {widest.name}"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--customers", type=int, default=1000)
    parser.add_argument("--chains", type=int, default=8)
    parser.add_argument("--draws", type=int, default=5000)
    parser.add_argument("--folder", type=Path, default=Path("build/agreement"))
    asked = parser.parse_args()
    dataset = shop(asked.customers)
    exact = naive(dataset, DEFAULT, chains=asked.chains, draws=asked.draws, tune=1000, folder=asked.folder)
    merged = histories.compress(dataset, DEFAULT)
    summed = marginal(population.compiled(DEFAULT, merged), merged, chains=4, draws=5000, seed=1)
    _print(*compare(exact, summed))


if __name__ == "__main__":
    main()
