"""What experiments claim to have brought in, and what is left of the claims when they must add up to what was seen."""

from statistics import NormalDist
from typing import NamedTuple

from numpy.typing import NDArray

from models import readout_lift, readout_ratio
from models.readout_table import Checkouts, Design
from models.readout_units import drawn


class Claim(NamedTuple):
    """One arm says: so much more than the control, over all the units that were exposed to it (minor units)."""

    experiment: str
    arm: str
    units: int
    amount: NormalDist


def claimed(table: Checkouts, designs: list[Design], values: NDArray) -> list[Claim]:
    """Lift per unit times exposed units of every arm that has enough; ``values`` (N,): what each checkout brought."""
    return [claim for design in designs for claim in _of(table, design, values)]


def _of(table: Checkouts, design: Design, values: NDArray) -> list[Claim]:
    units = drawn(table, design)
    spent = units.sums(values[units.at])
    means = [readout_ratio.plain(spent[units.arm == arm]) for arm in range(len(design.arms))]
    claims = []
    for arm in design.others():
        lift, exposed = readout_ratio.difference(means[arm], means[design.held()]), means[arm].units
        if lift:
            claims.append(
                Claim(design.name, design.arms[arm].name, exposed, readout_lift.scaled(lift, exposed))
            )
    return claims


def shared_out(claims: list[Claim], total: float) -> list[float]:
    """What each claim keeps so that they add up to ``total``: the least certain give way first.

    Least squares under a binding total, each claim weighted by its precision, so that the gap is shared by variance
    (Stone, Champernowne and Meade 1942, "The precision of national income estimates", Review of Economic Studies 9).
    """
    gap = sum(claim.amount.mean for claim in claims) - total
    variance = sum(claim.amount.variance for claim in claims)
    return [claim.amount.mean - gap * claim.amount.variance / variance for claim in claims]
