"""Everything a readout says of one arm against the control: lifts of the goals, guardrails, cohorts and cashiers."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import readout_adjusting, readout_by_group, readout_groups, readout_guardrails, readout_metrics
from models import readout_ratio as ratios
from models.readout_by_group import GroupLifts
from models.readout_groups import Shrunk
from models.readout_guardrails import Guardrail
from models.readout_metrics import Metric, Parts
from models.readout_ratio import Mean
from models.readout_table import Checkouts, Design
from models.readout_units import Units

GROUP_SCALE = 0.05  # of the control's margin per checkout: how much groups differ, half-normal


class Lift(NamedTuple):
    """One goal: both means, and what the log says of their difference and their quotient less one."""

    metric: Metric
    control: Mean
    arm: Mean
    money: NormalDist | None
    relative: NormalDist | None


class Groups(NamedTuple):
    """Lifts in margin per checkout by group; ``which`` (k,): the groups that have enough, which ``shrunk`` is about."""

    seen: GroupLifts
    which: NDArray[np.intp]
    shrunk: Shrunk | None


class Measured:
    """One experiment's units, and the metrics of each arm; sums by unit are made once."""

    def __init__(self, table: Checkouts, design: Design, units: Units):
        self.design, self.units = design, units
        self._parts = {each.name: each.parts(units) for each in readout_metrics.ALL}
        if design.adjusted and design.unit == "customer" and len(units.names):
            self._adjust(table, readout_metrics.MARGIN_PER_UNIT, table.kept())
            self._adjust(table, readout_metrics.TURNOVER_PER_UNIT, table.paid())

    def _adjust(self, table: Checkouts, metric: Metric, values: NDArray) -> None:
        brought, one = self._parts[metric.name]
        earlier = readout_adjusting.before(table, self.units, values)
        self._parts[metric.name] = (readout_adjusting.adjusted(brought, earlier, self.units.arm), one)

    def parts(self, metric: Metric, arm: int) -> Parts:
        """Numerators and denominators of the units of one arm."""
        mine = self.units.arm == arm
        brought, over = self._parts[metric.name]
        return brought[mine], over[mine]

    def mean(self, metric: Metric, arm: int) -> Mean:
        """The value of a metric in one arm."""
        return ratios.ratio(*self.parts(metric, arm))

    def lift(self, metric: Metric, arm: int) -> Lift:
        """One goal, arm against control."""
        of_arm, control = self.mean(metric, arm), self.mean(metric, self.design.held())
        return Lift(
            metric, control, of_arm, ratios.difference(of_arm, control), ratios.relative(of_arm, control)
        )

    def guardrail(self, metric: Metric, arm: int) -> Guardrail:
        """One guardrail, arm against control, with the bound that was announced."""
        seen = ratios.difference(self.mean(metric, arm), self.mean(metric, self.design.held()))
        judged = readout_guardrails.judge(metric, seen, self.design.bounds.get(metric.name))
        return judged._replace(by_design=metric.name == "refusals" and self._climbs_alone(arm))

    def _climbs_alone(self, arm: int) -> bool:
        """Did the arm ever make a second offer, and the control never? Then it cannot but be refused more."""
        most = [
            int(self.units.rows.offers[self.units.arm[self.units.place] == each].max(initial=0))
            for each in (arm, self.design.held())
        ]
        return most[0] > 1 >= most[1]

    def groups(self, arm: int, group: NDArray, count: int) -> Groups:
        """Lifts by ``group`` (N,) of the experiment's rows, shrunk where there are two groups or more to compare."""
        seen = readout_by_group.lifts(self.units, group, count, arm, self.design.held())
        which = np.flatnonzero(seen.enough)
        control = self.mean(readout_metrics.MARGIN_PER_CHECKOUT, self.design.held())
        if len(which) < 2 or not control.value > 0:
            return Groups(seen, which, None)
        scale = GROUP_SCALE * control.value
        return Groups(seen, which, readout_groups.shrink(seen.seen[which], seen.errors[which], scale))

    def units_for_normality(self, arm: int) -> int:
        """How many units this arm should have for its margin per unit to be taken as normal."""
        return ratios.units_for_normality(self.parts(readout_metrics.MARGIN_PER_UNIT, arm)[0])
