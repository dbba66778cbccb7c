"""The log of checkouts as named arrays: what a fit, a gate and a replay read. The layout is in docs/dataset.md.

One row for each checkout that tells something about its customer. Rows keep the order of the log.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

ACCEPTED, LEFT, STAYED = range(3)
ANONYMOUS = -1
FEATURES = ("lines", "units", "log_gross")  # the allow-list: nothing else of a basket is ever read
COUNTS = (
    "records",  # all that were there, readable or not
    "damaged",
    "quarantined",
    "poisoned",
    "returns",
    "training",
    "cancelled",
    "skipped",
    "unanswered",
    "used",
    "anonymous",  # of the used
)
COLUMNS = {
    "customer": np.int64,
    "cashier": np.int32,
    "day": np.int32,
    "gross": np.int64,
    "gross_major": np.float64,  # in major units, so that currencies compare
    "lines": np.int32,
    "units": np.int32,
    "planned": np.int8,
    "heard": np.int8,
    "ending": np.int8,
}


def assemble(
    columns: Mapping[str, NDArray[Any]],
    depth: NDArray[Any],
    top: NDArray[Any],
    *,
    tokens: NDArray[Any],
    cashiers: Sequence[str],
    first: NDArray[Any],
    counts: Mapping[str, int],
) -> xr.Dataset:
    """The dataset of these arrays: ``columns`` of `COLUMNS`, (N,); ``depth`` and ``top``, (N, K).

    tokens: (customers,) ASCII bytes. first: (customers, features) of `FEATURES`, of each one's first checkout.
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
    return xr.Dataset(variables, names, {name: int(counts.get(name, 0)) for name in COUNTS})


def features(columns: Mapping[str, Any], name: str) -> NDArray[np.float64]:
    """One feature of `FEATURES` of every checkout of a dataset (or its columns). Raises KeyError for any other."""
    if name not in FEATURES:
        raise KeyError(name)
    if name == "log_gross":  # a basket worth less than a hundredth counts as one
        return np.log(np.maximum(np.asarray(columns["gross_major"]), 0.01))
    return np.asarray(columns[name], float)


def first_features(dataset: xr.Dataset, name: str) -> NDArray[np.float64]:
    """One feature of every customer's first checkout, by token: what tells cohorts apart."""
    return dataset["first"].values[:, FEATURES.index(name)]
