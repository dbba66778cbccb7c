"""A release: population parameters as floats, and the integer tables that tills and service decide with.

``model(release)`` is the ``model`` member of a snapshot and ``columns(release)`` the bytes that go with it: one
column per depth bin, one little-endian u16 per state. Parameters are for log depth, depth as a fraction of gross.
"""

import math
from dataclasses import astuple, dataclass
from hashlib import sha256

from pos_client.core.belief import ONE, apportion

FINE = 1 << 40  # chances as whole numbers before they are rounded to weights
KEEP_ONE = 1 << 30

SHALLOWEST = 0.001  # 0.1 % of gross; nobody notices less
BINS_PER_UNIT = 64  # of log depth, about: linear interpolation then errs by less than 1e-4
GRID = 64  # sensitive requirements
# Half width of the grid in tau. At 3.5 the missing tails cost ten times more than all other errors together; wider
# costs resolution after many visits.
SPAN = 4.2
DRIFT_POWERS = 12  # 2^12 days, some eleven years


@dataclass(frozen=True)
class Release:
    """What one shop's customers are like.

    name: what people call it. shares: chance of being indifferent, hunter, sensitive. mu, tau: mean and spread over
    sensitive customers of the log depth they need; sigma: spread from visit to visit; delta: how much deeper (log)
    an offer must be once the customer saw that there is more to get. eps: chance that a visit was mis-keyed.
    leave, leave_end: chance to walk away after a refusal, and after refusing the top rung, per type in the same order
    as the shares. half_life: days after which half of a belief has drifted back to the population.
    Raises ValueError where a parameter is outside its range.
    """

    name: str
    shares: tuple[float, float, float]
    mu: float
    tau: float
    sigma: float
    delta: float
    eps: float
    leave: tuple[float, float, float]
    leave_end: tuple[float, float, float]
    half_life: float = 365.0

    def __post_init__(self):
        _require(len(self.shares) == len(self.leave) == len(self.leave_end) == 3, "one number per type")
        _require(all(share > 0 for share in self.shares), "every type needs a share above 0")
        _require(abs(sum(self.shares) - 1) < 1e-9, "shares must add up to 1")
        _require(
            all(0 < chance < 1 for chance in (*self.leave, *self.leave_end)), "hazards lie between 0 and 1"
        )
        _require(math.log(SHALLOWEST) <= self.mu <= 0, "mu is the log of a depth between 0.1 % and 100 %")
        _require(0.05 <= self.tau <= 3 and 0.05 <= self.sigma <= 3, "tau and sigma lie between 0.05 and 3")
        _require(0 <= self.delta <= 3, "delta lies between 0 and 3")
        _require(0.0001 <= self.eps <= 0.5, "eps lies between 0.0001 and 0.5")
        _require(1 <= self.half_life <= 36500, "the half-life lies between a day and a century")


def _require(holds: bool, why: str) -> None:
    if not holds:  # NaN holds nothing, so it is refused here too
        raise ValueError(why)


HAND_MADE = Release(
    # Made by hand from what shops report, not fitted: replaced by the first fit that passes the diagnostics gate.
    # Half of the customers need some 3 % to 12 % and not always the same; a quarter buy anyway; a sixth know the shop.
    name="hand-1",
    shares=(0.27, 0.16, 0.57),
    mu=math.log(0.06),
    tau=0.7,
    sigma=0.4,
    delta=0.25,  # 16 bins: asked for more once, a customer needs some 28 % more than before
    eps=0.02,
    leave=(0.005, 0.01, 0.02),  # who stands at a till has chosen; few leave the goods behind for a discount
    leave_end=(0.01, 0.04, 0.08),
)


def identity(release: Release) -> str:
    """Name and content: two releases with one identity have the same parameters, hence the same tables."""
    return f"{release.name}-{sha256(repr(astuple(release)).encode()).hexdigest()[:8]}"


def model(release: Release) -> dict:
    """The integer tables but for the columns."""
    return {
        "release": identity(release),
        "states": 2 + GRID,
        "depths": [round(math.exp(log_depth) * 10000 * 256) for log_depth in bins(release)],
        "shift": _shift(release),
        "eps": round(release.eps * ONE),
        "leave": [round(release.leave[kind] * ONE) for kind in (0, 1, 2)],
        "leave_end": [round(release.leave_end[kind] * ONE) for kind in (0, 1, 2)],
        "population": population(release),
        "drift": [round(0.5 ** (2**power / release.half_life) * KEEP_ONE) for power in range(DRIFT_POWERS)],
    }


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


def column_reader(data: bytes):
    """Reader of one column for `pos_client.core.belief.Model` from the bytes of `columns`."""
    size = 2 * (2 + GRID)
    return lambda number: data[number * size : (number + 1) * size]


def bins(release: Release) -> list[float]:
    """Log depth of the bin centres, evenly spaced, the last one exactly 100 % of gross.

    The spacing is whatever near 1/64 makes delta a whole number of bins: rounding delta instead would cost up to
    0.02 in the chance to accept a second offer. Only a delta below half a bin counts as none.
    """
    spacing = release.delta / _shift(release) if _shift(release) else 1 / BINS_PER_UNIT
    count = math.ceil(-math.log(SHALLOWEST) / spacing) + 1
    return [(number - count + 1) * spacing for number in range(count)]


def _shift(release: Release) -> int:
    return round(release.delta * BINS_PER_UNIT)


def grid(release: Release) -> list[float]:
    """Sensitive requirements (log depth), evenly spaced over mu +- SPAN tau.

    Even spacing with density weights is the trapezoidal rule: for smooth curves it converges faster than any power
    until the posterior is narrower than the spacing. Equal-probability points leave the tails empty, where the
    customers live whose visits teach most.
    """
    step = 2 * SPAN * release.tau / (GRID - 1)
    return [release.mu - SPAN * release.tau + step * point for point in range(GRID)]


def population(release: Release) -> list[int]:
    """Integer weights of the states, adding up to 65536, none below 1."""
    density = [math.exp(-(((theta - release.mu) / release.tau) ** 2) / 2) for theta in grid(release)]
    scale = release.shares[2] / sum(density)
    chances = [release.shares[0], release.shares[1], *(scale * value for value in density)]
    return apportion(ONE, [round(chance * FINE) for chance in chances], [1] * len(chances))


def normal_cdf(z: float) -> float:
    """Phi, exact to double precision in both tails."""
    return 0.5 * math.erfc(-z / math.sqrt(2))
