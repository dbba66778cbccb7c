"""Customers with the same history, counted together.

The likelihood of a customer is a product over visits and does not depend on their order (within a fit there is no
drift), so a history is a multiset of cells. A million customers have some ten thousand different ones.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr

from models import cells, results
from models.cells import Cells, Edges, Visits
from models.checkout_table import lasts
from models.priors import Priors
from models.regressors import Regressors, regressors

NAMED_DEPTHS = 256  # a shop that names more depths than this has them rounded to the till's bins
BINS_PER_UNIT = 64


class Histories(NamedTuple):
    """H distinct histories over C cells.

    ``cell`` (V,) lists the cells of one history after the other, history h at ``start[h]:start[h + 1]``;
    ``multiplicity`` (H,) says how many customers have it. ``customer`` is each customer's history: the known ones
    by their number, then one row for every anonymous visit. ``possible`` (V, M) lists the cells that the plan of each
    visit could have led to, -1 where there are fewer; it is empty but in histories made to be simulated from.
    """

    cells: Cells
    edges: Edges
    cell: np.ndarray
    start: np.ndarray
    multiplicity: np.ndarray
    customer: np.ndarray
    possible: np.ndarray
    regressors: Regressors

    @property
    def customers_by_cohort(self) -> np.ndarray:
        cohort = self.cells.cohort[self.cell[self.start[:-1]]]
        return np.bincount(cohort, weights=self.multiplicity, minlength=self.regressors.cohorts)

    @property
    def visits_by_cashier(self) -> np.ndarray:
        times = np.repeat(self.multiplicity, np.diff(self.start))
        return np.bincount(
            self.cells.cashier[self.cell], weights=times, minlength=len(self.regressors.cashiers)
        )


def compress(dataset: xr.Dataset, priors: Priors) -> Histories:
    """Merge the visits of a checkout dataset into distinct histories. Raises ValueError where there are none."""
    if not dataset.sizes["checkout"]:
        raise ValueError("no checkout tells anything about discounts: nothing to fit")
    found = regressors(dataset, priors)
    table, edges, cell = _cells(dataset, found)
    owner, customers = owners(dataset["customer"].values)
    chosen, customer, multiplicity = _same(owner, customers, cell, len(table.heard))
    order, start = _of_chosen(owner, chosen)
    nothing = np.empty((0, 0), np.int64)
    return Histories(table, edges, cell[order], start, multiplicity, customer, nothing, found)


def unmerged(dataset: xr.Dataset, found: Regressors) -> Histories:
    """One history for each customer, with its visits in the order of the log; ``found`` is of the same checkouts."""
    table, edges, cell = _cells(dataset, found)
    owner, customers = owners(dataset["customer"].values)
    everybody = np.arange(customers)
    order, start = _of_chosen(owner, everybody)
    nothing = np.empty((0, 0), np.int64)
    once = np.ones(customers, np.int64)
    return Histories(table, edges, cell[order], start, once, everybody, nothing, found)


def expand(dataset: xr.Dataset, priors: Priors) -> Histories:
    """One history for each customer, with the cells every plan could have led to: what predictions are drawn from."""
    found = regressors(dataset, priors)
    visits = _visits(dataset, found, np.arange(dataset.sizes["checkout"]))
    possible = results.every(visits, dataset["planned"].values.astype(np.int64))
    table, edges, cell_of = cells.read(possible.visits)
    owner, customers = owners(dataset["customer"].values)
    order, start = _of_chosen(owner, np.arange(customers))
    happened, could = cell_of[possible.happened], possible.of(cell_of)
    return Histories(
        table,
        edges,
        happened[order],
        start,
        np.ones(customers, np.int64),
        np.arange(customers),
        could[order],
        found,
    )


def as_arrays(histories: Histories) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Named arrays with their dimensions, to be kept with a fit; `from_arrays` reads them back."""
    found = histories.regressors
    by_cell = {f"cell_{name}": (("cell",), member) for name, member in histories.cells._asdict().items()}
    by_edge = {
        f"edge_{name}": (("edge", "covariate") if member.ndim == 2 else ("edge",), member)
        for name, member in histories.edges._asdict().items()
    }
    return {
        **by_cell,
        **by_edge,
        "visit_cell": (("visit",), histories.cell),
        "history_start": (("boundary",), histories.start),
        "multiplicity": (("history",), histories.multiplicity),
        "cashier_group": (("cashier_name",), found.cashier_group),
        "cashier_group_name": (("cashier",), np.array(found.cashiers)),
        "covariate_name": (("covariate",), np.array(found.features, str)),
        "cohort_number": (("cohort",), np.arange(found.cohorts)),
    }


def from_arrays(kept: xr.Dataset) -> Histories:
    """The histories of `as_arrays`; visits, customers and designs, which a fit does not keep, are empty."""
    none = np.empty(0, np.int64)
    found = Regressors(
        none,
        none,
        np.empty((0, kept.sizes["covariate"])),
        kept.sizes["cohort"],
        tuple(str(name) for name in kept["cashier_group_name"].values),
        kept["cashier_group"].values,
        tuple(str(name) for name in kept["covariate_name"].values),
    )
    return Histories(
        Cells(*[kept[f"cell_{name}"].values for name in Cells._fields]),
        Edges(*[kept[f"edge_{name}"].values for name in Edges._fields]),
        kept["visit_cell"].values,
        kept["history_start"].values,
        kept["multiplicity"].values,
        none,
        np.empty((0, 0), np.int64),
        found,
    )


def owners(customer: np.ndarray) -> tuple[np.ndarray, int]:
    """Whose visit each is, 0, 1, ... without gaps, and how many customers; an anonymous visit is one of its own."""
    known = customer >= 0
    present = np.bincount(customer[known]) > 0
    out = np.empty(len(customer), np.int64)
    out[known] = (np.cumsum(present) - 1)[customer[known]]
    out[~known] = present.sum() + np.arange(len(customer) - known.sum())
    return out, int(present.sum()) + len(customer) - int(known.sum())


def _cells(dataset: xr.Dataset, found: Regressors) -> tuple[Cells, Edges, np.ndarray]:
    """The different cells of a shop, their edges, and the cell of each visit (N,)."""
    kept, place = unique_rows(_heard(dataset, found))
    table, edges, cell_of = cells.read(_visits(dataset, found, kept))
    return table, edges, cell_of[place]


def _heard(dataset: xr.Dataset, found: Regressors) -> list[np.ndarray]:
    """Columns (N,) that tell visits apart as far as they were heard: rungs nobody was offered are left out."""
    depth, top, heard = (dataset[name].values for name in ("depth", "top", "heard"))
    last = lasts(dataset)
    offers = [
        np.where(heard > at, 4 * depth[:, at] + 2 * top[:, at] + last[:, at], 0)
        for at in range(int(heard.max()))
    ]
    return [*offers, heard, dataset["ending"].values, found.cohort, found.cashier, *found.covariates.T]


def _visits(dataset: xr.Dataset, found: Regressors, rows: np.ndarray) -> Visits:
    return Visits(
        _log(dataset["depth"].values[rows]),
        dataset["top"].values[rows],
        lasts(dataset)[rows],
        dataset["heard"].values[rows].astype(np.int64),
        dataset["ending"].values[rows].astype(np.int64),
        found.cohort[rows],
        found.cashier[rows],
        found.covariates[rows],
    )


def _log(depth: np.ndarray) -> np.ndarray:
    """Log depth; rounded to the till's bins in a shop that names more depths than can be counted together."""
    exact = np.log(np.maximum(depth, 1) / 10000)
    if len(np.unique(depth)) <= NAMED_DEPTHS:
        return exact
    return np.round(exact * BINS_PER_UNIT) / BINS_PER_UNIT


def unique_rows(columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Index of one of each kind of row, and the kind of every row.

    Rows are sorted by a 64-bit word each and then compared with the one that stands for them, so the answer is exact.
    """
    chance = np.random.default_rng(0)
    while True:
        words = np.zeros(len(columns[0]), np.uint64)
        for column in columns:
            bits = column.view(np.uint64) if column.dtype == np.float64 else column.astype(np.uint64)
            words += bits * (chance.integers(0, 1 << 63, dtype=np.uint64) * 2 + 1)
            words ^= words >> np.uint64(29)
        _, kept, place = np.unique(words, return_index=True, return_inverse=True)
        if all(np.array_equal(column[kept][place], column) for column in columns):
            return kept, place


def _same(owner: np.ndarray, customers: int, cell: np.ndarray, kinds: int):
    """One customer of each history, the history of every customer, and how many have it.

    A history is known by the sum of a 64-bit word for each of its visits: of ten billion pairs of histories, one pair
    in a billion such shops would be taken for equal.
    """
    words = np.random.default_rng(0).integers(0, 1 << 64, size=kinds, dtype=np.uint64)
    sums = np.zeros(customers, np.uint64)
    np.add.at(sums, owner, words[cell])
    _, chosen, history, count = np.unique(sums, return_index=True, return_inverse=True, return_counts=True)
    return chosen, history, count


def _of_chosen(owner: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The visits of the chosen customers, one customer after the other, and where each customer starts."""
    rank = np.full(int(owner.max()) + 1, -1)
    rank[chosen] = np.arange(len(chosen))
    theirs = np.flatnonzero(rank[owner] >= 0)
    order = theirs[np.argsort(rank[owner[theirs]], kind="stable")]
    start = np.searchsorted(rank[owner[order]], np.arange(len(chosen) + 1))
    return order, start
