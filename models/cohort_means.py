"""The prior of the cohorts' means, mu_g ~ Normal(mu, eta^2) with mu ~ Normal(m, s^2), in coordinates NUTS can walk.

Data know each mu_g, hence their average and the distances from it; mu itself hangs on eta alone. Written as it stands,
mu, eta and the distances lie on one narrow ridge. The same distribution, mu summed out and drawn again (K cohorts):

    average ~ Normal(m, s^2 + eta^2 / K)        distances ~ eta * Normal(0, 1) that add up to 0
    mu | average ~ Normal(m + w (average - m), w eta^2 / K),   w = s^2 / (s^2 + eta^2 / K)
"""

from typing import Any

import pymc as pm
import pytensor.tensor as pt

from models.densities import Normal


def declare(density: Normal, eta: Any, cohorts: int, centred: bool) -> tuple[Any, Any]:
    """``mu`` and ``cohort_mu`` (cohort). centred: whether there are data enough to know the distances themselves."""
    own = eta**2 / cohorts
    average = pm.Normal("cohort_average", density.mean, pt.sqrt(density.sd**2 + own))
    distances = pm.ZeroSumNormal("cohort_distance", sigma=eta if centred else 1.0, dims="cohort")
    means = average + (distances if centred else eta * distances)
    known = density.sd**2 / (density.sd**2 + own)
    rest = pm.Normal("mu_given_cohorts", 0.0, 1.0)
    mu = density.mean + known * (average - density.mean) + pt.sqrt(known * own) * rest
    return pm.Deterministic("mu", mu), pm.Deterministic("cohort_mu", means, dims="cohort")
