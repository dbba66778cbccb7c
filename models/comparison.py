"""Is the fit worse than what the tills decide with today? Leave-one-customer-out against the release in force.

Each customer's elpd under the fit is by PSIS-LOO (Vehtari et al. 2017, 2024) from the log likelihood of the history,
which many customers share; the release is a point and was not fitted now, so its log likelihood stands as it is.
"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats
from numpy.typing import NDArray

from models import fitted
from models.densities import Normal
from models.histories import Histories, compress, owners
from models.priors import DEFAULT, Cohorts, Covariate, Priors
from models.release import Release
from models.scoring import log_likelihood
from models.verdict import Check

DRAWS = 1000  # Pareto k and elpd hardly change with more
TOGETHER = 500  # histories in one step
UNRELIABLE = 0.01  # of the customers; beyond it the leave-one-out estimate itself is not to be trusted
ERRORS = 2.0  # standard errors

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """elpd, pareto_k: by history (H,), which ``multiplicity`` customers have; good_k: the highest k that is trusted, a
    history beyond it counts with the least likely of all draws. difference: fit minus release for each kind of
    customer, ``times`` of each."""

    elpd: Numbers
    pareto_k: Numbers
    multiplicity: Whole
    good_k: float
    difference: Numbers
    times: Whole
    release: str

    @property
    def total(self) -> float:
        return float(self.difference @ self.times)

    @property
    def error(self) -> float:
        """Standard error of the total: root of the customers times their spread."""
        mean = self.total / self.times.sum()
        return float(np.sqrt((self.difference - mean) ** 2 @ self.times))

    @property
    def unreliable(self) -> float:
        """Share of the customers whose k is too high, or no number."""
        bad = ~(self.pareto_k <= self.good_k)
        return float(self.multiplicity[bad].sum() / self.multiplicity.sum())


def compare(tree: xr.DataTree, dataset: xr.Dataset, data: Histories, release: Release) -> Comparison:
    """Raises ValueError where the log likelihoods are of other histories than the dataset's."""
    array = fitted.array(tree, "log_likelihood", "history").transpose(..., "chain", "draw").values
    by_history = array.reshape(len(array), -1)
    _require_same_customers(dataset, data, len(by_history))
    kept = np.linspace(0, by_history.shape[1] - 1, min(DRAWS, by_history.shape[1])).round().astype(int)
    elpd, pareto_k, good_k = loo(np.asarray(by_history[:, kept], float))
    declared = fitted.priors(tree)
    if _read_alike(release, declared):
        difference, times = elpd - log_likelihood(data, point_of(release)), data.multiplicity
    else:
        difference = elpd[compress(dataset, declared).customer] - _by_customer(dataset, release)
        times = np.ones(len(difference), np.int64)
    return Comparison(elpd, pareto_k, data.multiplicity, good_k, difference, times, release.name)


def _require_same_customers(dataset: xr.Dataset, data: Histories, count: int) -> None:
    _, customers = owners(dataset["customer"].values)
    visits = int(np.diff(data.start) @ data.multiplicity)
    same = count == len(data.multiplicity) and (customers, dataset.sizes["checkout"]) == (
        data.multiplicity.sum(),
        visits,
    )
    if not same:
        raise ValueError("the fit was made from other checkouts than these")


def _read_alike(release: Release, declared: Priors) -> bool:
    """Whether the fit's histories tell apart all that the release tells apart."""
    same = not release.cohorts or release.cohorts[:2] == declared.cohorts
    theirs = [(each.feature, each.centre) for each in release.covariates]
    return same and (not theirs or theirs == [tuple(each) for each in declared.covariates])


def _by_customer(dataset: xr.Dataset, release: Release) -> Numbers:
    """Log likelihood of every customer under a release that reads baskets in its own way."""
    data = compress(dataset, _reading(release))
    return log_likelihood(data, point_of(release))[data.customer]


def _reading(release: Release) -> Priors:
    """Priors that read a dataset as the release does; their densities do not matter."""
    cohorts, covariates = release.cohorts, release.covariates
    return replace(
        DEFAULT,
        cohorts=Cohorts(cohorts.feature, cohorts.cuts) if cohorts else None,
        covariates=tuple([Covariate(each.feature, each.centre) for each in covariates]),
        beta=tuple([(each.feature, Normal(0, 1)) for each in covariates]),
    )


def point_of(release: Release) -> dict[str, Numbers]:
    """A release in the names of a posterior."""
    names = ("mu", "tau", "sigma", "delta", "eps", "shares", "leave", "leave_end")
    point = {name: np.asarray(getattr(release, name), float) for name in names}
    if release.cohorts:
        point["cohort_mu"] = np.array(release.cohorts.means)
    if release.covariates:
        point["beta"] = np.array([each.beta for each in release.covariates])
    return point


def loo(by_history: Numbers) -> tuple[Numbers, Numbers, float]:
    """elpd and Pareto k of each history from its log likelihoods (H, S); the highest k to trust."""
    elpd, pareto_k = [], []
    for at in range(0, len(by_history), TOGETHER):
        values, k, _ = array_stats.loo(by_history[at : at + TOGETHER, None, :], chain_axis=1, draw_axis=2)
        elpd.append(values)
        pareto_k.append(k)
    good_k = min(0.7, 1 - 1 / np.log10(by_history.shape[1]))
    k = np.concatenate(pareto_k)
    return np.where(k <= good_k, np.concatenate(elpd), by_history.min(axis=1)), k, float(good_k)


def check(comparison: Comparison, parameters: int) -> Check:
    """Not worse than the release, but for chance: two standard errors, and one unit for each sampled parameter.

    A fit of k parameters to a shop that is exactly as the release says loses some k / 2 and hardly ever more than k;
    spread over the shop's customers that is nothing.
    """
    bound = -(parameters + ERRORS * comparison.error)
    if not comparison.unreliable <= UNRELIABLE:
        says = f"leaving one out cannot be estimated for {100 * comparison.unreliable:.1f} % of the customers"
        return Check("loo", False, comparison.unreliable, UNRELIABLE, says)
    total = comparison.total
    better = "better" if total >= 0 else "worse"
    clear = "" if _clear(comparison) else ", which is no clear difference"
    says = (
        f"the fit foresees customers {better} than {comparison.release} by {abs(total):.1f} in elpd{clear} "
        f"(standard error {comparison.error:.1f}, {-bound:.1f} worse would be allowed)"
    )
    return Check("loo", total >= bound, total, bound, says)


def _clear(comparison: Comparison) -> bool:
    return abs(comparison.total) > ERRORS * comparison.error


def learnt(comparison: Comparison) -> str:
    """One honest sentence on what the fit adds to the release in force."""
    if not _clear(comparison):
        return f"Little was learnt: it does not foresee customers clearly better or worse than {comparison.release}."
    better = "better" if comparison.total > 0 else "worse, within what is allowed,"
    return f"It foresees customers clearly {better} than {comparison.release}."
