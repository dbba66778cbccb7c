"""Which branch a checkout falls into, drawn by hash, so that every till and the service draw the same.

Experiments are asked in their order, and the first that draws a checkout has it: nobody is in two, and arms and what is
outside of them share all checkouts between them without overlap.
"""

from pos_client.core import experiment
from pos_client.core.policy import Policy

CERTAIN = experiment.WHOLE  # basis points
SAFE = "smallest_first"
CLIMBING = ("smallest_first", "one_by_one", "adaptive_start")  # plans that can be told to hold firm

_FIRM = "/hold_firm"  # the salt of that draw; no experiment's id has a slash
_FINE = CERTAIN * CERTAIN  # chances are multiplied this fine, so that rounding shows in no basis point


class Branch:
    """``arm``: its name. ``policy``: the `Policy` in force on it, ``plan`` the one of its plans that is made.
    ``experiment``: id, or None. ``propensity``: basis points, how often a checkout like this one falls into it."""

    def __init__(self, arm: str, policy: Policy, plan: str, experiment, propensity: int):
        self.arm = arm
        self.policy = policy
        self.plan = plan
        self.experiment = experiment
        self.propensity = propensity


def of(shop, visit) -> Branch:
    """The branch of a visit; by a snapshot that has expired it is smallest first for everybody."""
    if visit.expired:
        return Branch(SAFE, shop.policy, SAFE, None, CERTAIN)
    chance = _FINE
    for one in shop.experiments:
        if one.runs(visit.day):
            arm = one.arm(visit.token, visit.checkout_id)
            if arm:
                return _branch(arm.name, arm.policy, one.id, _part(chance, arm.share), visit)
            chance = _part(chance, CERTAIN - one.total)
    return _branch(None, shop.policy, None, chance, visit)


def _branch(name, rules: Policy, experiment_id, chance: int, visit) -> Branch:
    """The branch of an arm, or outside of all (``name`` is None, and it is called like its plan)."""
    plan = rules.plan
    if rules.hold_firm and plan in CLIMBING:
        firm = experiment.drawn(_FIRM, visit.checkout_id, 1)[0] < rules.hold_firm
        chance = _part(chance, rules.hold_firm if firm else CERTAIN - rules.hold_firm)
        plan = "hold_firm" if firm else plan
    propensity = max(1, (chance + CERTAIN // 2) // CERTAIN)
    return Branch(name or plan, rules, plan, experiment_id, propensity)


def _part(chance: int, share: int) -> int:
    return (chance * share + CERTAIN // 2) // CERTAIN
