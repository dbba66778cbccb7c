"""The figures of a readout as JSON: money in minor units with hundredths, relative lifts in percent, no NaN."""

from math import isfinite
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import readout_lift
from models.readout_arms import Groups, Lift
from models.readout_groups import Shrunk
from models.readout_guardrails import Guardrail
from models.readout_ratio import Mean

Json = dict[str, Any]
LEVELS = (0.5, 0.95)  # of every interval


def figure(value: Any, places: int = 4) -> float | None:
    """A number as a page can show it; None where there is none."""
    return round(float(value), places) if value is not None and isfinite(value) else None


def mean(seen: Mean) -> Json:
    """One arm's value."""
    return {"value": figure(seen.value), "error": figure(seen.error), "units": seen.units}


def belief(about: NormalDist | None, places: int = 4) -> Json | None:
    """Mean with the intervals that hold 50 and 95 %."""
    if about is None:
        return None
    spans = {
        _name(level): [figure(end, places) for end in readout_lift.interval(about, level)] for level in LEVELS
    }
    return {"mean": figure(about.mean, places), **spans}


def lift(seen: Lift) -> Json:
    """One goal under both priors; ``under`` is empty where the log says too little."""
    under = {}
    if seen.money and seen.relative:
        for name, prior in readout_lift.PRIORS.items():
            under[name] = _under(prior, seen.money, seen.relative, seen.control.value, seen.arm.units)
    return {
        "metric": seen.metric.name,
        "says": seen.metric.says,
        "measure": seen.metric.measure,
        "control": mean(seen.control),
        "arm": mean(seen.arm),
        "difference": belief(seen.money),
        "percent": _percent(seen.relative),
        "under": under,
    }


def _under(prior: NormalDist, money: NormalDist, relative: NormalDist, control: float, units: int) -> Json:
    """The prior is about the relative lift; in money it is that of the control's value."""
    each = readout_lift.posterior(money, readout_lift.scaled(prior, control))
    loss = readout_lift.expected_loss(each)
    return {
        "difference": belief(each),
        "percent": _percent(readout_lift.posterior(relative, prior)),
        "total": belief(readout_lift.scaled(each, units), 0),
        "chance_to_win": figure(readout_lift.chance_above(each)),
        "expected_loss": {name: figure(value) for name, value in loss._asdict().items()},
    }


def _percent(about: NormalDist | None) -> Json | None:
    return belief(readout_lift.scaled(about, 100)) if about else None


def guardrail(judged: Guardrail) -> Json:
    """One guardrail: what was seen, its bound, and the state."""
    return {
        "metric": judged.metric.name,
        "says": judged.metric.says,
        "measure": judged.metric.measure,
        "direction": "may not fall" if judged.metric.better > 0 else "may not rise",
        "bound": judged.bound,
        "harm": belief(judged.harm, 6),
        "chance_beyond": figure(judged.chance_beyond()),
        "state": judged.state(),
        "by_design": judged.by_design,
    }


def groups(found: Groups, names: tuple[str, ...]) -> Json:
    """Lift in margin per checkout of every group with enough units, as seen and as believed; the best first."""
    shrunk = found.shrunk
    if shrunk is None:
        return {"groups": [], "too_few": len(names) - len(found.which), "differ_by": None}
    spans = {_name(level): _ends(shrunk, level) for level in LEVELS}
    believed, above = shrunk.mean(), shrunk.above(0)
    listed = [
        {
            "name": names[group],
            "units": int(found.seen.units[group]),
            "seen": figure(found.seen.seen[group]),
            "error": figure(found.seen.errors[group]),
            "believed": figure(believed[at]),
            **{name: [figure(end) for end in ends[:, at]] for name, ends in spans.items()},
            "chance_to_win": figure(above[at]),
        }
        for at, group in enumerate(found.which)
    ]
    return {
        "groups": sorted(listed, key=lambda each: (-each["believed"], each["name"])),
        "too_few": len(names) - len(found.which),
        "differ_by": [figure(shrunk.tau_quantile(chance)) for chance in (0.5, 0.025, 0.975)],
    }


def _ends(shrunk: Shrunk, level: float) -> NDArray:
    """Both ends (2, g) of the interval that holds ``level`` of every group's belief."""
    return np.stack([shrunk.quantile((1 - level) / 2), shrunk.quantile((1 + level) / 2)])


def _name(level: float) -> str:
    return f"interval_{100 * level:.0f}"
