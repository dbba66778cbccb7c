"""What a policy would have earned that was never tried: from the log of policies that were drawn with known chances.

Of Dudik, Langford and Li 2011, "Doubly robust policy evaluation and learning", ICML (arXiv 1103.4601). With w the new
policy's chance of the logged action over the logged chance, r the reward, q a model of it:

    importance weighted   V = mean w r
    self-normalised       V = sum w r / sum w
    doubly robust         V = mean (sum over a of new(a) q(a) + w (r - q(logged action)))

The last is right where the chances are, or where the model is. Errors are by unit (customer), the influence of each
added up. Where the log hardly ever did what the new policy would, there is no answer, and that is what is said.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_SIZE = 100.0  # effective number of checkouts, below which there is no answer
# The mean weight is 1 where the log did all that the new policy does and the chances are right; by chance it may be off
# by some of its own standard errors.
LEAST_SHARE, MOST_SHARE, CLEARLY = 0.9, 1.1, 3.0


@dataclass(frozen=True)
class Logged:
    """What was done, a row (N,) for each decision: ``action``, the ``chance`` it had, its ``reward``, whose it was."""

    action: NDArray[np.int64]
    chance: NDArray[np.float64]
    reward: NDArray[np.float64]
    unit: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.action.size == 0 or not (self.chance > 0).all() or self.chance.max() > 1:
            raise ValueError("chances of what was done lie above 0 and up to 1, of one decision at least")


class Value(NamedTuple):
    """Reward per decision under the new policy, with its standard error."""

    value: float
    error: float


class Verdict(NamedTuple):
    """The three estimates, None where ``refused`` says why there are none.

    size: effective sample size (sum w)^2 / sum w^2. weight: mean of w, which is 1 where the log did all that the new
    policy does; ``largest``: the largest weight's part of their sum.
    """

    refused: str | None
    size: float
    weight: float
    largest: float
    weighted: Value | None
    normalised: Value | None
    doubly_robust: Value | None


def evaluate(log: Logged, target: NDArray, expected: Callable[[int], NDArray]) -> Verdict:
    """The new policy's ``target`` chances (N, K) of each action; ``expected(action)`` -> (N,): the model's rewards."""
    if target.ndim != 2 or len(target) != len(log.action) or not np.allclose(target.sum(1), 1):
        raise ValueError("the new policy needs a chance for every action, adding up to 1, in every row")
    rows = np.arange(len(log.action))
    weight = target[rows, log.action] / log.chance
    size, largest = _effective(weight)
    refused = _refusal(size, _mean(weight, log.unit))
    if refused:
        return silent(refused, size, float(weight.mean()), largest)
    model = np.stack([expected(action) for action in range(target.shape[1])], axis=1)
    robust = (target * model).sum(1) + weight * (log.reward - model[rows, log.action])
    return Verdict(
        None,
        size,
        float(weight.mean()),
        largest,
        _mean(weight * log.reward, log.unit),
        _quotient(weight * log.reward, weight, log.unit),
        _mean(robust, log.unit),
    )


def silent(why: str, size: float = 0.0, weight: float = 0.0, largest: float = 0.0) -> Verdict:
    """No estimate, and the reason."""
    return Verdict(why, size, weight, largest, None, None, None)


def _effective(weight: NDArray) -> tuple[float, float]:
    total, squares = float(weight.sum()), float(weight @ weight)
    return (total**2 / squares, float(weight.max()) / total) if squares else (0.0, 0.0)


def _refusal(size: float, weight: Value) -> str | None:
    if size < LEAST_SIZE:
        return f"the log did what this policy would do in effect only {size:.0f} times; {LEAST_SIZE:.0f} are needed"
    if weight.value + CLEARLY * weight.error < LEAST_SHARE:
        return f"only {weight.value:.0%} of what this policy would do was ever tried; {LEAST_SHARE:.0%} are needed"
    if weight.value - CLEARLY * weight.error > MOST_SHARE:
        return (
            f"the recorded chances cannot be right: they make {weight.value:.0%} of what this policy would do"
        )
    return None


def _mean(values: NDArray, unit: NDArray) -> Value:
    return Value(float(values.mean()), _error(values - values.mean(), unit))


def _quotient(values: NDArray, weights: NDArray, unit: NDArray) -> Value:
    value = float(values.sum() / weights.sum())
    return Value(value, _error((values - value * weights) / weights.mean(), unit))


def _error(strayed: NDArray, unit: NDArray) -> float:
    """Standard error of a mean of rows (N,) that are independent only between units."""
    _, place = np.unique(unit, return_inverse=True)
    return float(np.sqrt((np.bincount(place, weights=strayed) ** 2).sum())) / len(strayed)
