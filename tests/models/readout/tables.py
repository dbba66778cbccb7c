"""Small tables of checkouts, written by hand."""

from typing import Any

import numpy as np

from models.readout_table import Arm, Checkouts, Design, Names

HELD, TRIED, OTHER = Arm("e", "holdout"), Arm("e", "tried"), Arm("f", "other")
NAMES = Names(arms=(HELD, TRIED, OTHER), cashiers=("ann", "bob"), cohorts=("a", "b"), stores=("main",))
DESIGN = Design("e", (HELD, TRIED), (5000, 5000), HELD)


def table(customer: Any, arm: Any, margin: Any, **columns: Any) -> Checkouts:
    """Sold checkouts of 100 minor units with this margin, a row each, on day 0, unless something else is given."""
    count = len(customer)
    rows: dict[str, Any] = {
        "checkout": np.arange(count),
        "day": np.zeros(count),
        "gross": np.full(count, 100),
        "turnover": np.full(count, 100),
        "discount": np.zeros(count),
        "sold": np.ones(count, bool),
        "offers": np.ones(count),
        "refusals": np.zeros(count),
    }
    return Checkouts.of(names=NAMES, customer=customer, arm=arm, margin=margin, **{**rows, **columns})
