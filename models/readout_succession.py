"""Two experiments one after the other on the same customers, drawn anew: what a reconciliation of several is proved on.

Who comes often is in both, so those who were in any arm at all spend more than those who were in none: a comparison
that forgets this finds an effect where there is none.
"""

import numpy as np

from models.readout_table import Arm, Checkouts, Design, Names

NAMES = Names(
    arms=tuple(Arm(experiment, arm) for experiment in ("first", "second") for arm in ("held", "tried"))
)
DESIGNS = [
    Design(name, NAMES.arms[at : at + 2], (1, 1), NAMES.arms[at])
    for name, at in (("first", 0), ("second", 2))
]
MONTH = 30


def play(lift: float, chance: np.random.Generator, customers: int = 3000) -> tuple[Checkouts, float]:
    """Two months of checkouts, and the margin that both experiments truly brought together (its expectation)."""
    often, level = chance.gamma(1, 1.5, customers), chance.lognormal(7, 0.5, customers)
    parts, brought = [], 0.0
    for month in range(2):
        tried = chance.integers(0, 2, customers)
        who = np.repeat(np.arange(customers), chance.poisson(often))
        plain = level[who] * chance.lognormal(0, 0.5, len(who))
        margin = (plain * (1 + lift * tried[who])).astype(np.int64)
        brought += float((plain * lift * tried[who]).sum())
        parts.append(
            (who, tried[who] + 2 * month, margin, MONTH * month + chance.integers(0, MONTH, len(who)))
        )
    who, arm, margin, day = (np.concatenate(each) for each in zip(*parts, strict=True))
    return _table(who, arm, margin, day), brought


def _table(who: np.ndarray, arm: np.ndarray, margin: np.ndarray, day: np.ndarray) -> Checkouts:
    none = np.zeros(len(who), int)
    return Checkouts.of(
        NAMES,
        customer=who,
        arm=arm,
        margin=margin,
        day=day,
        checkout=np.arange(len(who)),
        gross=margin * 3,
        turnover=margin * 3,
        discount=none,
        sold=np.ones(len(who), bool),
        offers=none,
        refusals=none,
    )
