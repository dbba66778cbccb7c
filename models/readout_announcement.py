"""What an experiment can find, announced before it begins from the weeks before: units, power, least lift, days.

The weeks before are read as if they had been the experiment: how many units come in so many days, what they leave, how
unequal they are. Customers who come again bring no new unit, so more days help less than in proportion; days beyond
those of the table are not guessed, the answer then says what the table's days would find, which is less.
"""

from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import readout_power
from models.readout_power import Spread
from models.readout_table import Checkouts, Design

LIFTS = (0.01, 0.02, 0.05)
CHANCE = 0.8


class Before(NamedTuple):
    """The last ``days`` of a table: what each unit (n,) left in them, and in as many days before those."""

    days: int
    left: NDArray[np.float64]
    earlier: NDArray[np.float64]
    comparable: bool  # the table is long enough for ``earlier``

    def spread(self, adjusted: bool) -> Spread:
        """Mean and sd of margin per unit; ``adjusted``: less what the days before explain."""
        plain = Spread.of(self.left)
        if not (adjusted and self.comparable and self.earlier.std() > 0):
            return plain
        return plain.adjusted(float(np.corrcoef(self.earlier, self.left)[0, 1]))


def before(table: Checkouts, design: Design, days: int) -> Before:
    """The end of a table read as if it had been the experiment, in at most ``days`` days."""
    first, last = int(table.day.min()), int(table.day.max())
    days = min(days, last - first + 1)
    _, unit = np.unique(design.units(table), return_inverse=True)
    window, kept = (last - table.day) // days, table.kept()
    seen = np.bincount(unit, weights=window == 0) > 0
    left, earlier = (np.bincount(unit, weights=kept * (window == back))[seen] for back in (0, 1))
    return Before(days, left, earlier, last - first + 1 >= 2 * days)


def of(table: Checkouts, design: Design, days: int, drawn: float = 1.0) -> dict:
    """JSON of what each arm would find; ``found_in_days``: a 2 % lift, None where the table's days are too few.

    drawn: share of all units that the arms together draw.
    Raises ValueError where the table has nothing to go by: no margin, or every unit left the same.
    """
    if len(table) < 2 or table.kept().sum() <= 0 or not drawn > 0:
        raise ValueError("there are no checkouts with a margin to go by")
    seen = before(table, design, days)
    spread = seen.spread(design.adjusted)
    if not spread.sd > 0:
        raise ValueError("every customer left the same: there is no spread to go by")
    return {
        "days": seen.days,
        "units": len(seen.left),
        "mean": round(spread.mean, 2),
        "sd": round(spread.sd, 2),
        "adjusted": design.adjusted and seen.comparable,
        "arms": [_arm(design, arm, spread, drawn * len(seen.left)) for arm in design.others()],
        "found_in_days": _days(table, design, drawn),
    }


def _arm(design: Design, arm: int, spread: Spread, units: float) -> dict:
    of_arm, control = (units * design.shares[at] / sum(design.shares) for at in (arm, design.held()))
    least = readout_power.least_lift(spread, of_arm, control, CHANCE)
    return {
        "arm": design.arms[arm].name,
        "units": round(of_arm),
        "control_units": round(control),
        "power": {
            f"{lift:.0%}": round(readout_power.power(spread, of_arm, control, lift), 4) for lift in LIFTS
        },
        "least_lift": round(least, 5) if isfinite(least) else None,
    }


def _days(table: Checkouts, design: Design, drawn: float, lift: float = LIFTS[1]) -> int | None:
    """The fewest whole weeks of the table in which the smallest arm finds the lift with `CHANCE`."""
    smallest = min(design.shares[arm] for arm in design.others()) / sum(design.shares)
    control = design.shares[design.held()] / sum(design.shares)
    for days in range(7, int(table.day.max() - table.day.min()) + 2, 7):
        seen = before(table, design, days)
        spread, units = seen.spread(design.adjusted), drawn * len(seen.left)
        if not (spread.mean > 0 and spread.sd > 0):
            continue
        if readout_power.power(spread, units * smallest, units * control, lift) >= CHANCE:
            return days
    return None
