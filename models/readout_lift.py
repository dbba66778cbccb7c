"""What to believe of a lift: what the log says under a prior, with intervals, the chance to win and what a wrong
choice costs.

Prior and likelihood are normal, so the posterior is (Gelman and others, *Bayesian Data Analysis*, section 2.5).
"""

from statistics import NormalDist
from typing import NamedTuple

# Of the relative lift. Most changes of a shop move its margin by less than three percent, in either direction.
SCEPTICAL = NormalDist(0, 0.03)
# Says nothing that a shop's log would not overrule: the intervals are those of the log alone.
WEAK = NormalDist(0, 1)
PRIORS = {"sceptical": SCEPTICAL, "weak": WEAK}


class Loss(NamedTuple):
    """Given away on average by choosing the arm where the control is better, or the control where the arm is."""

    choosing_arm: float
    choosing_control: float


def posterior(seen: NormalDist, prior: NormalDist) -> NormalDist:
    """Prior times likelihood: means weighted by precision."""
    weight = prior.variance / (prior.variance + seen.variance)
    mean = prior.mean + weight * (seen.mean - prior.mean)
    return NormalDist(mean, (weight * seen.variance) ** 0.5)


def scaled(belief: NormalDist, factor: float) -> NormalDist:
    """The belief about ``factor`` times as much; a factor above zero."""
    return NormalDist(belief.mean * factor, belief.stdev * factor)


def interval(belief: NormalDist, level: float) -> tuple[float, float]:
    """The central interval that holds ``level`` of the belief."""
    return belief.inv_cdf((1 - level) / 2), belief.inv_cdf((1 + level) / 2)


def chance_above(belief: NormalDist, bound: float = 0.0) -> float:
    """How likely the truth lies above a bound."""
    return 1 - belief.cdf(bound)


def expected_loss(belief: NormalDist) -> Loss:
    """E max(0, -lift) and E max(0, lift): the mean of the part of a normal on either side of zero."""
    standard = NormalDist()
    at = belief.mean / belief.stdev
    gain = belief.mean * standard.cdf(at) + belief.stdev * standard.pdf(at)
    return Loss(gain - belief.mean, gain)
