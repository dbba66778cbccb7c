"""Margins adjusted by what each customer left before the experiment: less noise, the same expectation.

y - theta (x - mean x) with theta = cov(x, y) / var(x) within arms (Deng, Xu, Kohavi and Walker 2013, "Improving the
sensitivity of online controlled experiments by utilizing pre-experiment data", WSDM). What happened before the start
cannot depend on the arm, so the adjustment favours none. It must be announced, because one could choose afterwards.
"""

import numpy as np
from numpy.typing import NDArray

from models.readout_table import Checkouts
from models.readout_units import Units


def before(table: Checkouts, units: Units, values: NDArray) -> NDArray[np.float64]:
    """What each unit (n,) brought of ``values`` (N,) before the first day of the experiment; a newcomer brought
    nothing.

    Only customers are known from before: an experiment that draws checkouts has nothing to adjust by.
    """
    earlier = (table.day < units.rows.day.min()) & (table.customer >= 0)
    who, at = table.customer[earlier], np.searchsorted(units.names, table.customer[earlier])
    at = np.minimum(at, len(units.names) - 1)
    mine = units.names[at] == who
    return np.bincount(at[mine], weights=values[earlier][mine], minlength=len(units.names))


def adjusted(values: NDArray, earlier: NDArray, arm: NDArray) -> NDArray[np.float64]:
    """The values (n,) of units without what ``earlier`` (n,) explains of them."""
    within_x, within_y = (each - _means(each, arm)[arm] for each in (earlier, values))
    spread = float(within_x @ within_x)
    if spread == 0:
        return values
    return values - float(within_x @ within_y) / spread * (earlier - earlier.mean())


def _means(values: NDArray, arm: NDArray) -> NDArray[np.float64]:
    return np.bincount(arm, weights=values) / np.maximum(np.bincount(arm), 1)
