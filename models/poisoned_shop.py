"""A simulated shop with honest and hostile cashiers, with and without the guard: what hostile records do to plans.

    plain = play(stage, hostile={0: REFUSED}, anywhere=True)
    found = guarded(stage, plain).found

Nothing of the guard is in a visit until somebody is distrusted. So all visits are played at once, the guard reads them
one by one, and after an alarm what comes behind it is played anew.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import guard_kernels
from models.guard_kernels import ACCEPTED, HONEST, LEFT, Said
from models.guard_law import Alarm, Heard, Sight
from models.poisoned_guards import Guards
from models.poisoned_stage import Stage

UNLIMITED = 31


class Played(NamedTuple):
    """One run of a shop. said: the records; manner (T,): how they were keyed; learns (T,): which were learnt; anywhere:
    `adaptive_start`, else `smallest_first`; found: by cashier, (records of theirs until the alarm, alarm)."""

    said: Said
    manner: NDArray[np.int64]
    learns: NDArray[np.bool_]
    anywhere: bool
    found: dict[int, tuple[int, Alarm]]

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
    anywhere: bool,
    share: float = 1.0,
    honest: int = 0,
    known: bool = False,
) -> Played:
    """All visits in their order. ``hostile``: what some cashiers key on ``share`` of their records, after ``honest``
    ones; known: nothing that they record is learnt."""
    manner = np.full(len(on.order), HONEST)
    for cashier, keys in hostile.items():
        theirs = np.flatnonzero(on.cashier == cashier)[honest:]
        manner[theirs[on.coins[theirs, -1] < share]] = keys
    learns = ~(known & np.isin(on.cashier, list(hostile)))
    played = Played(guard_kernels.nothing_said(len(on.order)), manner, learns, anywhere, {})
    _go_on(on, played, 0)
    return played


def guarded(on: Stage, plain: Played) -> Played:
    """The same run with the guard: whom it finds is distrusted, and what comes then is played without their records."""
    said = Said(*[part.copy() for part in plain.said])
    played = plain._replace(said=said, learns=plain.learns.copy(), found={})
    guards, begin = Guards(on.cashiers, played.found), 0
    while begin is not None:
        begin = _watched(on, played, guards, begin)
        if begin is not None:
            for cashier, (_, alarm) in played.found.items():
                since = np.arange(len(on.order)) + 1 >= alarm.start
                played.learns[since & (on.cashier == cashier)] = False
            _go_on(on, played, begin)
    return played


def honest_year(on: Stage) -> list[int]:
    """Alarms of each cashier where all are honest; after an alarm, evidence begins anew."""
    said = play(on, {}, anywhere=False).said
    guards, alarms = Guards(on.cashiers), [0] * on.cashiers
    for at, cashier, sight in _sights(on, said, 0):
        guards.see(cashier, sight, at + 1)
        if guards.alarm(cashier):
            alarms[cashier] += 1
            guards.forget(cashier)
    return alarms


def _go_on(on: Stage, played: Played, at: int) -> None:
    """Play from visit ``at`` on; those before are as they were said, and learnt or not."""
    shop, weights = on.shop, np.tile(on.mind.initial, (len(on.people.basket), 1))
    guard_kernels.learn_anew(
        on.law, on.people, on.mind, on.order, on.visit, played.learns, at, played.said, weights
    )
    guard_kernels.play(
        on.law, on.people, on.mind, shop.keeps, shop.lost, shop.world.question, played.anywhere, UNLIMITED,
        on.order, on.visit, played.manner, on.coins, played.learns, at, played.said, weights,
    )  # fmt: skip


def _watched(on: Stage, played: Played, guards: Guards, begin: int) -> int | None:
    """The next alarm from visit ``begin`` on, into ``found``, and the visit after it; None where there is none."""
    for at, cashier, sight in _sights(on, played.said, begin):
        if cashier not in played.found:
            guards.see(cashier, sight, at + 1)
            if alarm := guards.alarm(cashier):
                played.found[cashier] = int((on.cashier[: at + 1] == cashier).sum()), alarm
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
