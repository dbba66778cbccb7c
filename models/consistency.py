"""Do the kept likelihoods belong to the draws? A fit of parts from two runs, or a changed one, is no evidence."""

import xarray as xr

from models import fitted
from models.histories import Histories
from models.scoring import log_likelihood
from models.verdict import Check

APART = 1e-6  # of the log likelihood; both sides are computed by the same formula


def likelihood(tree: xr.DataTree, data: Histories) -> Check:
    """Is the shop as likely under the first draw of every chain as the fit says?"""
    kept = fitted.array(tree, "log_likelihood", "history").transpose("chain", "draw", ...).values[:, 0]
    drawn = fitted.posterior(tree)
    worst = 0.0
    for chain, history in enumerate(kept):
        point = {name: values.values[chain, 0] for name, values in drawn.items()}
        computed = float(log_likelihood(data, point) @ data.multiplicity)
        worst = max(worst, abs(float(history @ data.multiplicity) - computed) / max(abs(computed), 1.0))
    says = (
        "the kept likelihoods are those of the draws"
        if worst <= APART
        else "the kept likelihoods are not those of the draws: the parts of this fit do not belong together"
    )
    return Check("likelihood", worst <= APART, worst, APART, says)
