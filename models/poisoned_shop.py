"""A simulated shop with honest and hostile cashiers, with and without the guard: what hostile records do to plans.

    played = play(stage, hostile={0: REFUSED}, guarded=True, anywhere=True)

Nothing of the guard is in a visit until somebody is distrusted. So all visits are played at once, the guard reads them
one by one, and after an alarm what comes behind it is played anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models import guard_kernels
from models.guard_kernels import ACCEPTED, HONEST, LEFT, Said
from models.guard_law import Alarm, Heard, Sight
from models.poisoned_guards import Guards
from models.poisoned_stage import Stage

UNLIMITED = 31


@dataclass
class Played:
    """said: the records. found: by cashier, (records of theirs until the alarm, alarm)."""

    said: Said
    found: dict[int, tuple[int, Alarm]] = field(default_factory=dict)

    @property
    def first(self) -> NDArray[np.int64]:
        """(T,): rungs with which plans begin."""
        return self.said.plan[:, 0]

    @property
    def last(self) -> NDArray[np.int64]:
        """(T,): rungs with which they end."""
        return self.said.plan[np.arange(len(self.said.length)), self.said.length - 1]


def play(
    on: Stage,
    hostile: dict[int, int],
    *,
    guarded: bool,
    anywhere: bool,
    share: float = 1.0,
    known: bool = False,
    honest: int = 0,
) -> Played:
    """All visits in their order. ``hostile``: what some cashiers key on ``share`` of their records, after ``honest``
    ones; anywhere: `adaptive_start`, else `smallest_first`; known: the hostile are distrusted from the first on."""
    manner = np.full(len(on.order), HONEST)
    for cashier, keys in hostile.items():
        theirs = np.flatnonzero(on.cashier == cashier)[honest:]
        manner[theirs[on.coins[theirs, -1] < share]] = keys
    learns = ~np.isin(on.cashier, list(hostile)) if known else np.ones(len(on.order), np.bool_)
    said = guard_kernels.nothing_said(len(on.order))
    _go_on(on, anywhere, manner, learns, 0, said)
    return Played(said, _guard(on, anywhere, manner, learns, said) if guarded else {})


def honest_year(on: Stage) -> list[int]:
    """Alarms of each cashier where all are honest; after an alarm, evidence begins anew."""
    said, everybody = guard_kernels.nothing_said(len(on.order)), np.ones(len(on.order), np.bool_)
    _go_on(on, False, np.full(len(on.order), HONEST), everybody, 0, said)
    guards, alarms = Guards(on.cashiers), [0] * on.cashiers
    for at, cashier, sight in _sights(on, said, 0):
        guards.see(cashier, sight, at + 1)
        if guards.alarm(cashier):
            alarms[cashier] += 1
            guards.forget(cashier)
    return alarms


def _go_on(
    on: Stage, anywhere: bool, manner: NDArray[np.int64], learns: NDArray[np.bool_], at: int, said: Said
) -> None:
    """Play from visit ``at`` on; those before are as they were said, and learnt as ``learns`` (T,) has it."""
    shop, weights = on.shop, np.tile(on.mind.initial, (len(on.people.basket), 1))
    guard_kernels.learn_anew(on.law, on.people, on.mind, on.order, on.visit, learns, at, said, weights)
    guard_kernels.play(
        on.law, on.people, on.mind, shop.keeps, shop.lost, shop.world.question, anywhere, UNLIMITED,
        on.order, on.visit, manner, on.coins, learns, at, said, weights,
    )  # fmt: skip


def _guard(
    on: Stage, anywhere: bool, manner: NDArray[np.int64], learns: NDArray[np.bool_], said: Said
) -> dict[int, tuple[int, Alarm]]:
    """Distrust whom the guard finds, and play on without what they record."""
    found: dict[int, tuple[int, Alarm]] = {}
    guards, begin = Guards(on.cashiers, found), 0
    while begin is not None:
        begin = _watched(on, said, guards, begin, found)
        if begin is not None:
            for cashier, (_, alarm) in found.items():
                learns[(on.cashier == cashier) & (np.arange(len(learns)) + 1 >= alarm.start)] = False
            _go_on(on, anywhere, manner, learns, begin, said)
    return found


def _watched(
    on: Stage, said: Said, guards: Guards, begin: int, found: dict[int, tuple[int, Alarm]]
) -> int | None:
    """The next alarm from visit ``begin`` on, into ``found``, and the visit after it; None where there is none."""
    for at, cashier, sight in _sights(on, said, begin):
        if cashier not in found:
            guards.see(cashier, sight, at + 1)
            if alarm := guards.alarm(cashier):
                found[cashier] = int((on.cashier[: at + 1] == cashier).sum()), alarm
                return at + 1
    return None


def _sights(on: Stage, said: Said, begin: int) -> Iterator[tuple[int, int, Sight]]:
    """Every visit from ``begin`` on: when, at whose till, what its record shows. The first position is 1."""
    parts = (on.cashier, said.length, said.heard, said.ending, said.chances, on.events)
    rows = zip(*[part[begin:].tolist() for part in parts], strict=True)
    for at, (cashier, length, heard, ending, chances, events) in enumerate(rows, begin):
        offers = [
            Heard(chances[number], ending == ACCEPTED and number == heard - 1, number == length - 1)
            for number in range(heard)
        ]
        refused = heard - (ending == ACCEPTED)
        yield at, cashier, Sight(offers, [(int(ending == LEFT), refused), *events[1:]])
