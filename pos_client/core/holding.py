"""Standing firm with a customer who seems to hold out: one who refuses what would do, because more follows.

Whether somebody does is the service's to say: its snapshot brings the fact `holding` of such a customer, and of nobody
else. Most of their checkouts, drawn by hash, then end at a depth that would do for who only pretends to need more; the
others climb as for everybody, so that both ways stay comparable.
"""

from pos_client.core import experiment
from pos_client.core.arms import CLIMBING

FACT = "holding"
CERTAIN = experiment.WHOLE  # basis points

FORGOTTEN = 365  # days without a visit after which a customer begins anew

_SALT = "/holding"  # no experiment's id has a slash


class Firmness:
    """``deepest``: the depth the till stops at on this checkout, None where the draw lets it climb.
    ``propensity``: basis points, how often the draw says so."""

    def __init__(self, deepest, propensity: int):
        self.deepest = deepest
        self.propensity = propensity

    def plan(self, depths: list, most: int) -> list:
        """The smallest rung, then at once the deepest that is allowed, of at most ``most`` offers."""
        reach = len([depth for depth in depths if depth <= self.deepest])
        return ([0, reach - 1] if reach > 1 else [0])[: min(most, len(depths))]

    def part(self, propensity: int) -> int:
        """The propensity of a branch and of this draw together."""
        return max(1, (propensity * self.propensity + CERTAIN // 2) // CERTAIN)


def of(visit, branch):
    """The `Firmness` of a visit, or None: the till then climbs, or not, as its branch says and no other."""
    fact = visit.facts.get(FACT)
    if fact is None or branch.plan not in CLIMBING:
        return None
    if visit.belief and visit.day - visit.belief[1] > FORGOTTEN:
        return None
    share, deepest = fact
    if experiment.drawn(_SALT, visit.checkout_id, 1)[0] < share:
        return Firmness(deepest, share)
    return Firmness(None, CERTAIN - share)
