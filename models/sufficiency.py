"""Is there enough to learn from? Below this a fit tells little more than its priors, whatever its draws look like."""

import xarray as xr

from models.histories import owners
from models.verdict import Check

VISITS = 100  # that tell how a customer took an offer
CUSTOMERS = 30  # an anonymous visit is a customer of its own


def enough_data(dataset: xr.Dataset) -> Check:
    """The measured value is of whichever there is too little, or of the visits."""
    visits = dataset.sizes["checkout"]
    _, customers = owners(dataset["customer"].values)
    says = (
        f"there are {_several(visits, 'visit')} that tell something, of {_several(customers, 'customer')}; "
        f"at least {VISITS} visits of {CUSTOMERS} customers are needed"
    )
    value, bound = (customers, CUSTOMERS) if visits >= VISITS and customers < CUSTOMERS else (visits, VISITS)
    return Check("enough_data", value >= bound, value, bound, says)


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
