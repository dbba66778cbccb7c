"""What a likelihood needs of the parameters: how far the edges satisfy each state, how the cells slip and leave.

Written once for PyTensor (``of`` is ``pytensor.tensor``) and for NumPy (``of`` is NUMPY).
"""

import math
from types import SimpleNamespace

import numpy as np
from scipy.special import erfc

from models.cells import Cells, Edges

POINTS = 64
SPAN = 5.0  # half width of the grid in tau: beyond it lies less than one customer in a million
NUMPY = SimpleNamespace(
    concatenate=np.concatenate, dot=np.dot, exp=np.exp, log=np.log, log1p=np.log1p, erfc=erfc
)


def grid(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Even points over +-SPAN of z = (theta - mu_g) / tau, and their standard normal weights: the trapezoidal rule."""
    z = np.linspace(-SPAN, SPAN, points)
    weight = np.exp(-(z**2) / 2)
    return z, weight / weight.sum()


def weights(shares, of, points: int):
    """Chance of every state before the first visit (S,)."""
    return of.concatenate([shares[:2], shares[2] * grid(points)[1]])


def satisfied(parameters: dict, edges: Edges, of, points: int):
    """F of the sensitive states at every edge (E, points): Phi((ln d - delta - theta - beta'x) / sigma)."""
    middle = parameters["cohort_mu"][edges.cohort] + parameters["delta"] * edges.shifted
    if "beta" in parameters:
        middle = middle + of.dot(edges.covariates, parameters["beta"])
    theta = middle[:, None] + parameters["tau"] * grid(points)[0]
    return 0.5 * of.erfc((theta - edges.log_depth[:, None]) / (parameters["sigma"] * math.sqrt(2.0)))


def hazard(parameters: dict, cells: Cells, of):
    """Chance (C, 3) per type to stay and to leave as each cell says."""
    early, at_end = parameters["leave"], parameters["leave_end"]
    counts = [cells.stays, cells.left, cells.stays_end, cells.left_end]
    chances = [of.log1p(-early), of.log(early), of.log1p(-at_end), of.log(at_end)]
    return of.exp(sum(count[:, None] * chance for count, chance in zip(counts, chances, strict=True)))


def likelihood_inputs(parameters: dict, cells: Cells, edges: Edges, of, points: int) -> list:
    """The arguments of `marginal.table`: satisfied, eps by cell, hazard, and what the cells say."""
    eps = parameters["cashier_eps"][cells.cashier]
    said = [cells.first, cells.later, cells.taken, cells.at_once, cells.hunted, cells.heard]
    return [satisfied(parameters, edges, of, points), eps, hazard(parameters, cells, of), *said]
