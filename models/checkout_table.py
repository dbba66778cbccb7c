"""The layout of a checkout dataset: named arrays, one row for each checkout that tells something about its customer.

docs/dataset.md has the table. Rows keep the order of the log, which matters where beliefs drift.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

ACCEPTED, LEFT, STAYED = range(3)
ANONYMOUS = -1
FEATURES = ("lines", "units", "log_gross")  # nothing else of a basket is ever read
# What becomes of a record, with the words for it. Every record goes to one of these.
FATES = {
    "used": "tell something about their customer",
    "damaged": "cannot be read",
    "repeated": "were there before",
    "quarantined": "were set aside by the service",
    "poisoned": "come from tills or cashiers that were excluded",
    "returns": "are returns",
    "training": "are for training",
    "cancelled": "were cancelled",
    "skipped": "had an offer that was never made",
    "no_offer": "had nothing to offer",
    "unanswered": "ended before anybody answered",
}
COUNTS = ("records", *FATES, "anonymous")  # anonymous: of the used
COLUMNS = {
    "customer": np.int64,
    "cashier": np.int32,
    "day": np.int32,
    "gross": np.int64,
    "gross_major": np.float64,
    "lines": np.int32,
    "units": np.int32,
    "planned": np.int8,
    "heard": np.int8,
    "ending": np.int8,
}


class Unusable(ValueError):
    """A log in which no checkout tells anything, or that is no log; the text says which."""


def assemble(
    columns: Mapping[str, Any],
    depth: NDArray[Any],
    top: NDArray[Any],
    *,
    tokens: NDArray[Any],
    cashiers: Sequence[str],
    first: NDArray[Any],
    counts: Mapping[str, int],
    problems: str = "",
) -> xr.Dataset:
    """The dataset of these arrays: ``columns`` of `COLUMNS`, (N,); ``depth`` and ``top``, (N, K).

    tokens: (customers,) ASCII bytes. first: (customers, features) of `FEATURES`, of each one's first checkout.
    problems: the first damaged records, one a line.
    """
    each = {name: ("checkout", np.asarray(columns[name], kind)) for name, kind in COLUMNS.items()}
    plan = {
        "depth": (("checkout", "offer"), np.asarray(depth, np.int32)),
        "top": (("checkout", "offer"), np.asarray(top, bool)),
    }
    # No index over the tokens: it would cost more memory than all the rest, and nobody looks customers up by it.
    names = xr.Coordinates(
        {
            "token": ("token", np.asarray(tokens, "S")),
            "cashier_name": ("cashier_name", np.asarray(cashiers, str)),
            "feature": ("feature", np.array(FEATURES)),
        },
        indexes={},
    )
    variables = {**each, **plan, "first": (("token", "feature"), np.asarray(first, float))}
    counted = {name: int(counts.get(name, 0)) for name in COUNTS}
    return xr.Dataset(variables, names, {**counted, "problems": problems})


def features(columns: xr.Dataset | Mapping[str, Any], name: str) -> NDArray[np.float64]:
    """One feature of `FEATURES` of every checkout of a dataset (or its columns). Raises KeyError for any other."""
    if name not in FEATURES:
        raise KeyError(name)
    if name == "log_gross":  # a basket worth less than a hundredth counts as one
        return np.log(np.maximum(np.asarray(columns["gross_major"]), 0.01))
    return np.asarray(columns[name], float)


def lasts(dataset: xr.Dataset) -> NDArray[np.bool_]:
    """Whether nothing more comes after that offer, (N, K): it is the last of its plan, or the largest rung there is."""
    top, planned = dataset["top"].values, dataset["planned"].values
    return top | (np.arange(1, top.shape[1] + 1) == planned[:, None])


def first_features(dataset: xr.Dataset, name: str) -> NDArray[np.float64]:
    """One feature of every customer's first checkout, by token: what tells cohorts apart."""
    return dataset["first"].values[:, FEATURES.index(name)]


def summary(dataset: xr.Dataset) -> str:
    """What was used and what was left out, in words; a line for each."""
    counts = dataset.attrs
    heard = int(dataset["heard"].sum())
    lines = [
        f"{counts['records']:,} records. Of these",
        *[
            f"  {counts[fate]:>12,} {words}"
            for fate, words in FATES.items()
            if counts[fate] or fate == "used"
        ],
        f"The used ones hold {heard:,} reactions of {dataset.sizes['token']:,} customers with a card,"
        f" and {counts['anonymous']:,} checkouts without one.",
    ]
    days = dataset["day"].values
    if days.size:
        first, last = days.astype("datetime64[D]")[[days.argmin(), days.argmax()]]
        lines.append(f"They were made from {first} to {last}.")
    if counts["problems"]:
        lines.append("Damaged, the first ones:\n" + counts["problems"])
    return "\n".join(lines)
