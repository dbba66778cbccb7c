"""What a report is a report of: which fit, of which checkouts, from which priors."""

from datetime import date, timedelta

import numpy as np
import xarray as xr

from models import fitted
from models.checkout_rows import UNKNOWN_DAY

EPOCH = date(1970, 1, 1)


def origin(tree: xr.DataTree, dataset: xr.Dataset, in_force: str) -> dict[str, str]:
    """What and which, for a table; only what is known."""
    customers = dataset["customer"].values
    known = np.unique(customers[customers >= 0]).size
    found = {
        "Fit": str(tree.attrs.get("fit", "")),
        "Checkouts that tell something": f"{dataset.sizes['checkout']:,}",
        "Customers": f"{known:,} known, {int((customers < 0).sum()):,} anonymous visits",
        "Days": _span(dataset["day"].values),
        "Priors": _priors(tree),
        "Seed": str(tree.attrs.get("seed", "")),
        "Compared with": in_force,
    }
    return {what: which for what, which in found.items() if which}


def _priors(tree: xr.DataTree) -> str:
    try:
        return fitted.priors(tree).name
    except (LookupError, ValueError):
        return ""  # the check "complete" has said so


def _span(days: np.ndarray) -> str:
    dated = days[days != UNKNOWN_DAY]
    if not dated.size:
        return "not known"
    first, last = (EPOCH + timedelta(days=int(day)) for day in (dated.min(), dated.max()))
    count = (last - first).days + 1
    return f"{first} to {last}, {count:,} days" if count > 1 else f"{first}"
