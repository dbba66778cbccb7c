"""A release: the population parameters, as floats, that all beliefs of one time go by.

Parameters are for log depth, depth as a fraction of gross. `models.tables` makes the integers of it that tills and
service decide with.

    release = read(json.loads(text))         # ValueError says what is wrong
    as_json(release)                         # read(as_json(release)) == release, to the last bit
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from hashlib import sha256
from itertools import pairwise
from typing import Any, NamedTuple

from pos_client.core.feature import ALLOWED

DECLARATION = "rung-1"  # of the densities that these are the parameters of
SHALLOWEST = 0.001  # 0.1 % of gross; nobody notices less
WIDEST = 40  # tau between the lowest and the highest mean of a cohort: further apart, no grid resolves them


class Cohorts(NamedTuple):
    """Customers told apart by a ``feature`` of the basket of their first visit that taught anything.

    A value from ``cuts[g - 1]`` up to below ``cuts[g]`` is cohort g. ``means``: log depth its sensitive customers need;
    ``shares``: of the customers. Both have one number more than there are cuts.
    """

    feature: str
    cuts: tuple[float, ...]
    means: tuple[float, ...]
    shares: tuple[float, ...]


class Covariate(NamedTuple):
    """A ``feature`` of the basket moves the log depth needed on this visit by ``beta`` * (feature - ``centre``)."""

    feature: str
    centre: float
    beta: float


@dataclass(frozen=True)
class Release:
    """What one shop's customers are like.

    name: what people call it. shares: chance of being indifferent, hunter, sensitive. mu, tau: mean and spread over
    sensitive customers of the log depth they need; sigma: spread from visit to visit; delta: how much deeper (log)
    an offer must be once the customer saw that there is more to get. eps: chance that a visit was mis-keyed.
    leave, leave_end: chance to walk away after a refusal, and after refusing the last offer, per type in the same order
    as the shares. half_life: days after which half of a belief has drifted back to the population. cohorts: have
    means of their own instead of mu. covariates: what of a basket moves the requirement, each feature once.
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
    cohorts: Cohorts | None = None
    covariates: tuple[Covariate, ...] = ()

    def __post_init__(self):
        _require(
            0 < len(self.name) <= 80 and self.name.isprintable(), "a name has 1 to 80 printable characters"
        )
        _require(len(self.shares) == len(self.leave) == len(self.leave_end) == 3, "one number per type")
        _require(all(share > 0 for share in self.shares), "every type needs a share above 0")
        _require(abs(sum(self.shares) - 1) < 1e-9, "shares must add up to 1")
        _require(
            all(0 < chance < 1 for chance in (*self.leave, *self.leave_end)), "hazards lie between 0 and 1"
        )
        _require(_is_log_depth(self.mu), "mu is the log of a depth between 0.1 % and 100 %")
        _require(0.05 <= self.tau <= 3 and 0.05 <= self.sigma <= 3, "tau and sigma lie between 0.05 and 3")
        _require(0 <= self.delta <= 3, "delta lies between 0 and 3")
        _require(0.0001 <= self.eps <= 0.5, "eps lies between 0.0001 and 0.5")
        _require(1 <= self.half_life <= 36500, "the half-life lies between a day and a century")
        if self.cohorts:
            _check_cohorts(self.cohorts, self.tau)
        _check_covariates(self.covariates)


def _require(holds: bool, why: str) -> None:
    if not holds:  # NaN holds nothing, so it is refused here too
        raise ValueError(why)


def _is_log_depth(value: float) -> bool:
    return math.log(SHALLOWEST) <= value <= 0


def _check_cohorts(cohorts: Cohorts, tau: float) -> None:
    feature, cuts, means, shares = cohorts
    _require(feature in ALLOWED, f"a cohort goes by one of {', '.join(ALLOWED)}")
    _require(
        1 <= len(cuts) <= 15 and all(abs(cut) <= 1e6 for cut in cuts), "cohorts need 1 to 15 finite cuts"
    )
    _require(all(low < high for low, high in pairwise(cuts)), "the cuts between cohorts must rise")
    _require(len(means) == len(shares) == len(cuts) + 1, "cohorts need one mean and one share more than cuts")
    _require(all(map(_is_log_depth, means)), "a cohort's mean is the log of a depth between 0.1 % and 100 %")
    _require(max(means) - min(means) <= WIDEST * tau, f"cohorts lie at most {WIDEST} tau apart")
    _require(all(share >= 0 for share in shares), "the share of a cohort is never below 0")
    _require(abs(sum(shares) - 1) < 1e-9, "the shares of the cohorts must add up to 1")


def _check_covariates(covariates: tuple[Covariate, ...]) -> None:
    features = [each.feature for each in covariates]
    _require(set(features) <= set(ALLOWED), f"a covariate is one of {', '.join(ALLOWED)}")
    _require(len(set(features)) == len(features), "a feature is a covariate once")
    _require(all(abs(each.centre) <= 1e6 for each in covariates), "a covariate's centre is finite")
    _require(all(abs(each.beta) <= 5 for each in covariates), "beta lies between -5 and 5")


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
    parameters = astuple(release)
    if not release.cohorts and not release.covariates:
        parameters = parameters[:-2]  # so that beliefs and snapshots of before there were any stay valid
    return f"{release.name}-{sha256(repr(parameters).encode()).hexdigest()[:8]}"


def centres(release: Release, cohort: int | None = None) -> tuple[tuple[float, float], ...]:
    """(share, mean) of the normal distributions that the sensitive customers of a cohort, or all of them, come from."""
    if not release.cohorts:
        return ((1.0, release.mu),)
    if cohort is None:
        return tuple(zip(release.cohorts.shares, release.cohorts.means, strict=True))
    return ((1.0, release.cohorts.means[cohort]),)


def normal_cdf(z: float) -> float:
    """Phi, exact to double precision in both tails."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def as_json(release: Release) -> dict[str, Any]:
    """JSON members; `read` gives the same release back, to the last bit."""
    members = {field.name: _plain(getattr(release, field.name)) for field in fields(release)}
    return {"declaration": DECLARATION, **members}


def _plain(value: Any) -> Any:
    if isinstance(value, Cohorts | Covariate):
        return {name: _plain(part) for name, part in value._asdict().items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def read(data: Any) -> Release:
    """The release of these JSON members. Raises ValueError for unknown, missing and wrong ones."""
    whole = _object(data, "a release", ("declaration", *Release.__dataclass_fields__), _MAY_LACK)
    if whole.get("declaration", DECLARATION) != DECLARATION:
        raise ValueError(f"this version reads releases of declaration {DECLARATION} only")
    named = {name: _value(name, whole[name]) for name in whole if name not in _NOT_NUMBERS}
    cohorts, covariates = whole.get("cohorts"), whole.get("covariates") or []
    return Release(
        **named,
        cohorts=None if cohorts is None else _members(cohorts, Cohorts, "cohorts"),
        covariates=tuple(
            [_members(each, Covariate, "a covariate") for each in _listed("covariates", covariates)]
        ),
    )


_MAY_LACK = ("declaration", "half_life", "cohorts", "covariates")
_NOT_NUMBERS = ("declaration", "cohorts", "covariates")
_TEXTS = ("name", "feature")
_SEVERAL = ("shares", "leave", "leave_end", "cuts", "means")


def _members(data: Any, kind: type[Cohorts] | type[Covariate], where: str) -> Any:
    members = _object(data, where, kind._fields)
    return kind(**{name: _value(name, members[name]) for name in members})


def _object(data: Any, where: str, known: Sequence[str], may_lack: Sequence[str] = ()) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is an object")
    for name in data:
        _require(name in known, f"{where} has no member {name}")
    for name in known:
        _require(name in data or name in may_lack, f"{where} needs the member {name}")
    return data


def _value(name: str, value: Any) -> Any:
    if name in _TEXTS:
        _require(isinstance(value, str), f"{name} is text")
        return value
    if name in _SEVERAL:
        return tuple([_number(name, part) for part in _listed(name, value)])
    return _number(name, value)


def _listed(name: str, value: Any) -> list[Any]:
    _require(isinstance(value, list), f"{name} is a list")
    return value


def _number(name: str, value: Any) -> float:
    _require(isinstance(value, int | float) and not isinstance(value, bool), f"{name} is made of numbers")
    return value
