"""The likelihood of histories at given parameters, without PyMC: for comparing releases and for leave-one-out."""

import numpy as np

from models import marginal
from models.histories import Histories
from models.states import NUMPY, POINTS, likelihood_inputs, weights


def log_likelihood(histories: Histories, point: dict, points: int = POINTS) -> np.ndarray:
    """Log likelihood (H,) of one customer with each history; ``point``: parameters by the names of a posterior."""
    return marginal.pointwise(*table(histories, point, points), histories.cell, histories.start)


def table(histories: Histories, point: dict, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """Likelihood (C, S) of every cell in every state, and the chance (S,) of the states before the first visit."""
    parameters = completed(histories, {name: np.asarray(value, float) for name, value in point.items()})
    inputs = likelihood_inputs(parameters, histories.cells, histories.edges, NUMPY, points)
    return marginal.table(*inputs), weights(parameters["shares"], NUMPY, points)


def completed(histories: Histories, point: dict) -> dict:
    """The point with a mean for every cohort and a slip rate for every group of cashiers."""
    found = histories.regressors
    return {
        "cohort_mu": np.full(found.cohorts, point["mu"]),
        "cashier_eps": np.full(len(found.cashiers), point["eps"]),
        **point,
    }
