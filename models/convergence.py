"""Did the sampler do its work? Checks of the draws themselves, whatever the model and the data.

R-hat and effective sample sizes are the rank-normalised ones of Vehtari et al. 2021, E-BFMI is Betancourt 2016; all by
arviz_stats.
"""

from typing import Any

import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats

from models import fitted
from models.verdict import Check

ARVIZ: Any = array_stats  # its annotations leave open whether it answers with one number or several
CHAINS = 2
TAILS = (0.05, 0.95)
DRAWS = 100  # of each chain: below, the diagnostics themselves mean little
RHAT = 1.01
ESS = 400
BFMI = 0.3
STILL = "it stands still, or draws are missing or no numbers"


def complete(tree: xr.DataTree) -> Check:
    """Is everything there that a fit must hold?"""
    found = fitted.scalars(tree)
    free = fitted.free(tree)
    if not free:
        return Check("complete", False, 0, 1, "no parameter was sampled")
    moved = [label for label in found if label not in free and np.ptp(found[label]) > 1e-12]
    says = f"the priors fix {moved[0]}, which changes all the same" if moved else "every parameter is there"
    return Check("complete", not moved, len(found) - len(moved), len(found), says)


def chains(tree: xr.DataTree) -> Check:
    """One chain can be stuck and look well: only another one tells."""
    count = tree["posterior"].sizes["chain"]
    return Check("chains", count >= CHAINS, count, CHAINS, f"{count} chains, at least {CHAINS} are needed")


def enough_draws(tree: xr.DataTree) -> Check:
    count = tree["posterior"].sizes["draw"]
    return Check(
        "draws", count >= DRAWS, count, DRAWS, f"{count} draws in each chain, at least {DRAWS} are needed"
    )


def finite(tree: xr.DataTree) -> Check:
    """Every number of the posterior, of the energies and of the log likelihoods."""
    arrays = dict(fitted.scalars(tree))
    arrays["energy"] = fitted.array(tree, "sample_stats", "energy").values
    arrays["log likelihood"] = fitted.array(tree, "log_likelihood", "history").values
    bad = {label: int(np.size(values) - np.isfinite(values).sum()) for label, values in arrays.items()}
    empty = [label for label, values in arrays.items() if not np.size(values)]
    worst = max(bad, key=lambda label: bad[label])
    if empty:
        return Check("finite", False, None, 0, f"there is no number at all for {empty[0]}")
    says = f"{bad[worst]} numbers of {worst} are not finite" if bad[worst] else "every number is finite"
    return Check("finite", not bad[worst], bad[worst], 0, says)


def ranges(tree: xr.DataTree) -> Check:
    """Draws are what their names say, and their means make a release that tills can use."""
    out = [
        label for label, values in fitted.scalars(tree).items() if not _in_range(label.split(".")[0], values)
    ]
    shares = fitted.draws(tree)["shares"].sum(axis=1)
    if out:
        return Check("ranges", False, len(out), 0, f"there are draws of {out[0]} outside of its range")
    if not np.allclose(shares, 1, atol=1e-6):
        return Check("ranges", False, float(np.abs(shares - 1).max()), 1e-6, "shares do not add up to 1")
    try:
        fitted.as_release(tree)
    except ValueError as error:
        return Check("ranges", False, 1, 0, f"no release can be made of the means: {error}")
    return Check("ranges", True, 0, 0, "every draw is within its range and the means make a release")


def _in_range(name: str, values: np.ndarray) -> bool:
    low, high = {
        "shares": (0, 1), "eps": (0, 1), "cashier_eps": (0, 1), "leave": (0, 1), "leave_end": (0, 1),
        "tau": (1e-9, 20), "sigma": (1e-9, 20), "eta": (0, 20), "omega": (0, 20), "delta": (0, 20),
    }.get(name, (-20, 20))  # fmt: skip
    return bool(((values >= low) & (values <= high)).all())


def rhat(tree: xr.DataTree) -> Check:
    """Do the chains tell the same story?"""
    values = {label: _rhat(draws) for label, draws in fitted.free(tree).items()}
    worst = _worst(values, largest=True)
    if np.isnan(values[worst]):
        return Check("rhat", False, None, RHAT, f"there is no R-hat of {worst}: {STILL}")
    says = f"the chains disagree most about {worst}: R-hat {values[worst]:.3f}, at most {RHAT} is allowed"
    return Check("rhat", values[worst] <= RHAT, values[worst], RHAT, says)


def _rhat(draws: np.ndarray) -> float:
    return float(ARVIZ.rhat(draws, chain_axis=0, draw_axis=1))


def ess_bulk(tree: xr.DataTree) -> Check:
    return _ess(tree, "bulk", "in the middle", None)


def ess_tail(tree: xr.DataTree) -> Check:
    return _ess(tree, "tail", "in the tails", TAILS)


def _ess(tree: xr.DataTree, method: str, where: str, prob: tuple[float, float] | None) -> Check:
    """Are there enough independent draws?"""
    values = {
        label: float(ARVIZ.ess(draws, chain_axis=0, draw_axis=1, method=method, prob=prob))
        for label, draws in fitted.free(tree).items()
    }
    worst = _worst(values, largest=False)
    if np.isnan(values[worst]):
        return Check(
            f"ess_{method}", False, None, ESS, f"independent draws of {worst} cannot be counted: {STILL}"
        )
    says = (
        f"the number known worst {where} is {worst}: as well as by {values[worst]:.0f} independent draws, "
        f"{ESS} are needed"
    )
    return Check(f"ess_{method}", values[worst] >= ESS, values[worst], ESS, says)


def _worst(values: dict[str, float], largest: bool) -> str:
    """The label of the worst value; one that is no number is worse than any."""
    sign = 1 if largest else -1
    return max(values, key=lambda label: np.inf if np.isnan(values[label]) else sign * values[label])


def divergences(tree: xr.DataTree) -> Check:
    """Where the sampler's path broke off, the posterior has corners that it did not reach."""
    diverging = fitted.array(tree, "sample_stats", "diverging").values
    if not diverging.size:
        return Check("divergences", False, None, 0, "the sampler did not say whether it diverged")
    if diverging.dtype.kind not in "bui":  # in floats, NaN would count as a number
        return Check("divergences", False, None, 0, "the record of divergences is damaged")
    count = int(diverging.sum())
    return Check("divergences", count == 0, count, 0, f"{count} of {diverging.size} draws diverged, none may")


def energy(tree: xr.DataTree) -> Check:
    """Did every chain reach the whole range of energies (E-BFMI)?"""
    values = fitted.array(tree, "sample_stats", "energy").transpose("chain", "draw").values
    with np.errstate(invalid="ignore", divide="ignore"):
        by_chain = np.atleast_1d(ARVIZ.bfmi(values, chain_axis=0, draw_axis=1))
    worst = float(by_chain.min()) if np.isfinite(by_chain).all() and by_chain.size else float("nan")
    says = f"the chain with the poorest spread of energies has E-BFMI {worst:.2f}, at least {BFMI} is needed"
    return Check("energy", worst >= BFMI, worst, BFMI, says)
