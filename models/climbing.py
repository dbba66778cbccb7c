"""The top of a likelihood by Newton's method, safe from any start."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.intervals import Intervals

Array = NDArray[np.float64]

STEPS = 150
LEFT = 1e-13  # twice the log-likelihood a step would still gain; below it the top is reached to 1e-6 standard errors
HALVINGS = 60
GONE = 1e-9  # a share at zero below this is on its way to none
CONVEX = 1e-8  # a curvature below this part of the largest is not trusted for the length of a step
LOST = 1e-6  # information in a direction, in units of a parameter's own size, that says the parameter is anywhere


class Peak(NamedTuple):
    """Where a climb ended. ``information``: minus the second derivatives. ``reached``: no step would gain anything."""

    at: Array
    value: float
    information: Array
    reached: bool

    @property
    def weakest(self) -> tuple[float, Array]:
        """The least informed direction: information over the size of the parameters, and the direction."""
        size = 1 + np.abs(self.at)
        values, vectors = np.linalg.eigh(self.information * np.outer(size, size))
        return float(values[0]), vectors[:, 0] * size

    @property
    def proper(self) -> bool:
        """Whether this is a maximum, and not a ridge nor a slope that goes on for ever."""
        return self.reached and self.weakest[0] > LOST


def climb(answers: Intervals, start: Array) -> Peak:
    """The peak that ``start``, where the likelihood is finite, is on."""
    at, value, reached = start, answers.value(start), False
    gradient, hessian = answers.derivatives(at)
    for _ in range(STEPS):
        if answers.spike and at[-1] < GONE:
            break
        step, gain = _step(gradient, hessian)
        if reached := gain < LEFT:
            break
        beside, beside_value = _better(answers, at, value, step, gain)
        if beside_value <= value:  # what is left is rounding
            reached = gain < 1e-8 * max(1.0, abs(value) * 1e-3)
            break
        at, value = beside, beside_value
        gradient, hessian = answers.derivatives(at)
    return Peak(at, value, -hessian, reached)


def _step(gradient: Array, hessian: Array) -> tuple[Array, float]:
    """The Newton step, made to go up where the likelihood is not concave, and twice what it would gain."""
    values, vectors = np.linalg.eigh(-hessian)
    values = np.abs(values)
    values = np.maximum(values, CONVEX * max(values[-1], values[0], 1e-300))
    along = vectors.T @ gradient
    return vectors @ (along / values), float(along @ (along / values))


def _better(answers: Intervals, at: Array, value: float, step: Array, gain: float) -> tuple[Array, float]:
    """The first point on the way back from the full step that is worth it."""
    for halving in range(HALVINGS):
        length = 0.5**halving
        beside = at + length * step
        if answers.spike:  # the share at zero comes near its edge, never over it
            beside[-1] = max(beside[-1], 0.1 * at[-1])
        if (there := answers.value(beside)) >= value + 1e-4 * length * gain:
            return beside, there
    return at, value
