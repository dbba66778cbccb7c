"""The integer tables of a release, with which tills and service decide.

``model(release)`` is the ``model`` member of a snapshot and ``columns(release)`` the bytes that go with it: one
column per depth bin, one little-endian u16 per state. ``docs/model.md``, "The integer tables", says how exact they are.
"""

import math

from models.release import SHALLOWEST, Release, centres, identity, normal_cdf
from pos_client.core.belief import ONE, Model, apportion

FINE = 1 << 40  # chances as whole numbers before they are rounded to weights
KEEP_ONE = 1 << 30

BINS_PER_UNIT = 64  # of log depth, about: linear interpolation then errs by less than 1e-4
# Sensitive requirements: 64, more where they would lie further apart than this part of sigma. A customer's posterior
# is some sigma / 3 wide after twenty visits, and the trapezoidal rule fails on what is narrower than its spacing.
GRID = 64
FINEST_GRID = 128
FINE_ENOUGH = 0.3
# Half width of the grid in tau. At 3.5 the missing tails cost ten times more than all other errors together; wider
# costs resolution after many visits.
SPAN = 4.2
# How far, in log depth, the bins go on beyond 0.1 % and 100 % where covariates move visits: a factor of 4.5.
REACH = 1.5
DRIFT_POWERS = 12  # 2^12 days, some eleven years


def model(release: Release) -> dict:
    """The integer tables but for the columns."""
    tables = {
        "release": identity(release),
        "states": 2 + len(grid(release)),
        "depths": [round(math.exp(log_depth) * 10000 * 256) for log_depth in bins(release)],
        "shift": _shift(release),
        "eps": round(release.eps * ONE),
        "leave": [round(release.leave[kind] * ONE) for kind in (0, 1, 2)],
        "leave_end": [round(release.leave_end[kind] * ONE) for kind in (0, 1, 2)],
        "population": population(release),
        "drift": [round(0.5 ** (2**power / release.half_life) * KEEP_ONE) for power in range(DRIFT_POWERS)],
    }
    if release.covariates:
        tables["covariates"] = [_covariate(release, *each) for each in release.covariates]
    if release.cohorts:
        tables["cohorts"] = {
            "feature": release.cohorts.feature,
            "cuts": [round(cut * ONE) for cut in release.cohorts.cuts],
            "populations": [population(release, cohort) for cohort in range(len(release.cohorts.means))],
        }
    return tables


def _covariate(release: Release, feature: str, centre: float, beta: float) -> dict:
    return {"feature": feature, "centre": round(centre * ONE), "bins": round(beta / _spacing(release) * ONE)}


def columns(release: Release) -> bytes:
    """F of every state at every bin centre, Q16 as u16; certain is stored as 65535.

    The hunter's F is 0 here: the till makes it certain at the top rung.
    """
    places = grid(release)
    out = bytearray()
    for log_depth in bins(release):
        sensitive = [normal_cdf((log_depth - theta) / release.sigma) for theta in places]
        for chance in (1.0, 0.0, *sensitive):
            out += min(round(chance * ONE), ONE - 1).to_bytes(2, "little")
    return bytes(out)


def held(release: Release) -> Model:
    """The tables as tills and service compute with them, columns in memory."""
    tables = model(release)
    return Model(tables, column_reader(columns(release), tables["states"]))


def column_reader(data: bytes, states: int = 2 + GRID):
    """Reader of columns for a `Model` of so many states from the bytes of `columns`."""
    size = 2 * states
    return lambda number, count=1: data[number * size : (number + count) * size]


def bins(release: Release) -> list[float]:
    """Log depth of the bin centres, evenly spaced, one of them exactly 100 % of gross: without covariates the last."""
    spacing = _spacing(release)
    count = math.ceil(-math.log(SHALLOWEST) / spacing) + 1
    beyond = math.ceil(REACH / spacing) if release.covariates else 0
    return [(number - count + 1) * spacing for number in range(-beyond, count + beyond)]


def _spacing(release: Release) -> float:
    """Whatever near 1/64 makes delta a whole number of bins.

    Rounding delta instead would cost up to 0.02 in the chance to accept a second offer. Only a delta below half a bin
    counts as none.
    """
    return release.delta / _shift(release) if _shift(release) else 1 / BINS_PER_UNIT


def _shift(release: Release) -> int:
    return round(release.delta * BINS_PER_UNIT)


def grid(release: Release) -> list[float]:
    """Sensitive requirements (log depth), evenly spaced over mu +- SPAN tau; with cohorts, over that of all of them.

    Even spacing with density weights is the trapezoidal rule: for smooth curves it converges faster than any power
    until the posterior is narrower than the spacing. Equal-probability points leave the tails empty, where the
    customers live whose visits teach most.
    """
    means = release.cohorts.means if release.cohorts else (release.mu,)
    width = 2 * SPAN * release.tau + (max(means) - min(means))
    points = min(max(math.ceil(width / (FINE_ENOUGH * release.sigma)) + 1, GRID), FINEST_GRID)
    return [min(means) - SPAN * release.tau + width / (points - 1) * point for point in range(points)]


def population(release: Release, cohort: int | None = None) -> list[int]:
    """Integer weights of the states, adding up to 65536, none below 1; of everybody where no cohort is named."""
    density = [_density(release, cohort, theta) for theta in grid(release)]
    scale = release.shares[2] / sum(density)
    chances = [release.shares[0], release.shares[1], *(scale * value for value in density)]
    return apportion(ONE, [round(chance * FINE) for chance in chances], [1] * len(chances))


def _density(release: Release, cohort: int | None, theta: float) -> float:
    return sum(
        [
            share * math.exp(-(((theta - mean) / release.tau) ** 2) / 2)
            for share, mean in centres(release, cohort)
        ]
    )
