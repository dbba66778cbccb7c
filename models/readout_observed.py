"""What all experiments together really brought in: customers who were left alone throughout against all the others.

With a holdout of the whole shop, that is the holdout against everybody else. Without one, a customer is held out if
every experiment they met held them out; whoever comes more often meets more experiments, so only customers who met
the same ones are compared. Everything they spent counts, inside experiments and between them: what one arm only takes
from another, or from next week, is no gain.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import readout_lift, readout_ratio
from models.readout_table import Arm, Checkouts, Design


class Observed(NamedTuple):
    """The rest's surplus over the holdout in minor units; None where no group has enough units of both.

    held, rest: units that were compared. alone: treated units among whose like too few were held out.
    """

    amount: NormalDist | None
    held: int
    rest: int
    alone: int


class _Block(NamedTuple):
    """Units (n,) of one kind: what they spent, whether anything treated them, which experiments they met."""

    spent: NDArray[np.float64]
    treated: NDArray[np.bool_]
    met: NDArray[np.int64]  # equal numbers, equal sets; 0: none


def against_holdout(table: Checkouts, holdout: Arm, values: NDArray) -> Observed:
    """Everybody else against the shop's holdout on its days; ``values`` (N,): what each checkout brought."""
    held = np.array([arm == holdout for arm in table.names.arms])[table.arm]
    if not held.any():
        return Observed(None, 0, 0, np.unique(table.units()).size)
    mine = (table.day >= table.day[held].min()) & (table.day <= table.day[held].max())
    names, place = np.unique(table.units()[mine], return_inverse=True)
    treated = np.bincount(place, weights=~held[mine]) > 0
    return _compared(_Block(np.bincount(place, weights=values[mine]), treated, np.ones(len(names), int)), 1)


def against_controls(table: Checkouts, designs: list[Design], values: NDArray) -> Observed:
    """Treated customers against those whom every experiment they met held out, like with like.

    Experiments that draw checkouts are compared checkout by checkout, each alone.
    """
    alone = [design for design in designs if design.unit == "checkout"]
    together = [design for design in designs if design.unit == "customer"]
    blocks = [_block(table, [design], values, design.arm_of(table) >= 0, table.checkout) for design in alone]
    if together:
        elsewhere = np.logical_or.reduce(
            [np.zeros(len(table), bool)] + [each.arm_of(table) >= 0 for each in alone]
        )
        blocks.append(_block(table, together, values, _since(table, together) & ~elsewhere, table.units()))
    return _added(
        [_compared(block, group) for block in blocks for group in np.unique(block.met[block.met > 0])]
    )


def _since(table: Checkouts, designs: list[Design]) -> NDArray[np.bool_]:
    """Rows (N,) from the first day of any of these experiments on."""
    mine = np.logical_or.reduce([design.arm_of(table) >= 0 for design in designs])
    return table.day >= table.day[mine].min() if mine.any() else mine


def _block(table: Checkouts, designs: list[Design], values: NDArray, mine: NDArray, units: NDArray) -> _Block:
    names, place = np.unique(units[mine], return_inverse=True)
    treated, met = np.zeros(len(names), bool), np.zeros(len(names), np.int64)
    for design in designs:
        arm = design.arm_of(table)[mine]
        treated[place[(arm >= 0) & (arm != design.held())]] = True
        met = _numbered(met * 2 + (np.bincount(place, weights=arm >= 0, minlength=len(names)) > 0))
    return _Block(np.bincount(place, weights=values[mine], minlength=len(names)), treated, met)


def _numbered(sets: NDArray) -> NDArray[np.int64]:
    """The same sets (n,) under small numbers, 0 kept: they would double with every experiment."""
    known, number = np.unique(sets, return_inverse=True)
    return number + int(known.size > 0 and known[0] > 0)


def _compared(block: _Block, group: int) -> Observed:
    """The units that met the same experiments: treated ones against held-out ones."""
    mine = block.met == group
    rest, held = block.spent[mine & block.treated], block.spent[mine & ~block.treated]
    surplus = readout_ratio.difference(readout_ratio.plain(rest), readout_ratio.plain(held))
    if surplus is None:
        return Observed(None, 0, 0, len(rest))
    return Observed(readout_lift.scaled(surplus, len(rest)), len(held), len(rest), 0)


def _added(groups: list[Observed]) -> Observed:
    """Sums; means and variances of different customers add up."""
    amounts = [group.amount for group in groups if group.amount]
    total = None
    if amounts:
        mean, variance = sum(each.mean for each in amounts), sum(each.variance for each in amounts)
        total = NormalDist(mean, variance**0.5)
    held, rest, alone = (sum(each) for each in zip((0, 0, 0), *[group[1:] for group in groups], strict=True))
    return Observed(total, held, rest, alone)
