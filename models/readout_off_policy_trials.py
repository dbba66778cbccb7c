"""Logs of known policies with a known truth: is the doubly robust estimate right where model or chances are wrong?

A decision has a context x ~ Normal(0, 1), three actions, and a reward that depends on both; every customer decides
twice and has a level of their own. The new policy's value is an integral over x, by Gauss-Hermite quadrature.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models import readout_off_policy
from models.readout_off_policy import Logged, Verdict

DECISIONS = 3000
_LOGGED = np.array([[0.6, 0.2], [0.0, 0.0], [-0.4, -0.5]])  # chances are softmax of a + b x, for each action
_TARGET = np.array([[-0.3, -0.4], [0.2, 0.1], [0.3, 0.6]])
CASES = {
    "both right": (True, True),
    "model wrong": (False, True),
    "chances wrong": (True, False),
    "both wrong": (False, False),
}


def truth() -> float:
    """What the new policy earns per decision."""
    x, weight = np.polynomial.hermite_e.hermegauss(60)
    return float(((_chances(_TARGET, x) * _reward(x)).sum(1) * weight).sum() / weight.sum())


def trial(chance: np.random.Generator, model_right: bool, chances_right: bool) -> Verdict:
    """Simulate a log and evaluate the new policy.

    A wrong model says 1 whatever is done; wrong chances are those of the opposite context, which the weights do not
    show: their mean is 1 all the same.
    """
    x = chance.normal(size=DECISIONS)
    customer = np.arange(DECISIONS) // 2
    logged = _chances(_LOGGED, x)
    action = (chance.random(DECISIONS)[:, None] > logged.cumsum(1)[:, :-1]).sum(1)
    level = chance.normal(0, 0.5, DECISIONS)[customer]
    reward = _reward(x)[np.arange(DECISIONS), action] + level + chance.normal(0, 1, DECISIONS)
    recorded = logged if chances_right else _chances(_LOGGED, -x)
    log = Logged(action, recorded[np.arange(DECISIONS), action], reward, customer)
    return readout_off_policy.evaluate(log, _chances(_TARGET, x), _model(x) if model_right else _no_model(x))


def _reward(x: NDArray) -> NDArray[np.float64]:
    return np.stack([2.0 + 0.3 * x, 2.5 - 0.2 * x, 1.5 + 0.8 * x], axis=1)


def _chances(policy: NDArray, x: NDArray) -> NDArray[np.float64]:
    odds = np.exp(policy[:, 0] + x[:, None] * policy[:, 1])
    return odds / odds.sum(1, keepdims=True)


def _model(x: NDArray) -> Callable[[int], NDArray]:
    return lambda action: _reward(x)[:, action]


def _no_model(x: NDArray) -> Callable[[int], NDArray]:
    return lambda action: np.full(len(x), 1.0)
