"""Guardrails: what an arm must not make worse, with a bound, and what the log can say about it.

``passed``: the whole 95 % interval of the difference is within the bound. ``breached``: the whole interval is beyond
it. Anything between is ``not enough data``, whichever side the estimate is on.
"""

from statistics import NormalDist
from typing import Literal, NamedTuple

from models import readout_lift
from models.readout_metrics import Metric

LEVEL = 0.95
State = Literal["passed", "breached", "not enough data"]


class Guardrail(NamedTuple):
    """How far an arm went the wrong way (``harm``, in the metric's measure; None: too few units), against its bound.

    by_design: the control cannot but be better in this, so that a breach is no news.
    """

    metric: Metric
    bound: float
    harm: NormalDist | None
    by_design: bool = False

    def state(self) -> State:
        """What may be said."""
        if self.harm is None:
            return "not enough data"
        low, high = readout_lift.interval(self.harm, LEVEL)
        if high <= self.bound:
            return "passed"
        return "breached" if low > self.bound else "not enough data"

    def chance_beyond(self) -> float | None:
        """How likely the harm is beyond the bound."""
        return readout_lift.chance_above(self.harm, self.bound) if self.harm else None


def judge(metric: Metric, seen: NormalDist | None, bound: float | None = None) -> Guardrail:
    """``seen``: arm minus control; ``bound``: instead of the metric's own."""
    harm = NormalDist(-metric.better * seen.mean, seen.stdev) if seen else None
    usual = metric.bound if metric.bound is not None else 0.0
    return Guardrail(metric, usual if bound is None else bound, harm)
