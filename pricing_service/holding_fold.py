"""What a record says about holding out, as pure functions: the transaction that takes it and the replay share them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import holding_law
from models.holding_law import LEFT, OPEN, STAYED, TOOK, State, Visits
from pos_client.core import belief
from pricing_service.learning import teaches, tells

STORED = "<u2"  # of weights: none is above `holding_law.TOTAL`


class Kept(NamedTuple):
    """What is kept of one customer: weights as stored, `State.stays`, the local day they are of."""

    weights: bytes
    stays: int
    day: int


class Seen(NamedTuple):
    """One visit: depths of the offers that were answered, and how it ended, as `holding_law.Visits`."""

    depths: list[int]
    ends: int


def read(record: dict[str, Any]) -> Seen | None:
    """What a checkout record says, or None: it was cancelled or skipped, for training, or nothing was answered."""
    offers = belief.offers_of(record)
    if not tells(offers, record["outcome"]):
        return None
    depths = []
    for depth, _, is_last, reaction in offers:
        if reaction is None:
            break
        depths.append(max(depth, 1))
        if reaction != "asked_more":
            return Seen(depths, TOOK if reaction == "accepted" else LEFT)
        if is_last:
            return Seen(depths, STAYED if record["outcome"] == "sold" else LEFT)
    return Seen(depths, OPEN)


def fold(kept: dict[str, Kept], records: Iterable[tuple[dict[str, Any], int]]) -> dict[str, Kept]:
    """``kept`` of the customers in these records with their days, after them; of nobody else.

    Customers do not meet in a state, so the first visits of all are folded at once, then the second, and so on.
    """
    told: dict[str, list[tuple[Seen, int]]] = {}
    for record, day in records:
        seen = read(record) if teaches(record) else None
        if seen:
            told.setdefault(record["customer"], []).append((seen, day))
    after = {customer: kept[customer] for customer in told if customer in kept}
    while told:
        after.update(_together(after, {customer: visits.pop(0) for customer, visits in told.items()}))
        told = {customer: visits for customer, visits in told.items() if visits}
    return after


def state_of(some: list[Kept | None]) -> State:
    """The states of some customers; of one nobody has met where it is None."""
    state = holding_law.begin(len(some))
    for place, one in enumerate(some):
        if one is not None:
            state.weights[place] = np.frombuffer(one.weights, STORED).reshape(state.weights.shape[1:])
            state.stays[place] = one.stays
    return state


def _together(kept: dict[str, Kept], visits: dict[str, tuple[Seen, int]]) -> dict[str, Kept]:
    """One visit of each of some customers."""
    before = [kept.get(customer) for customer in visits]
    days = np.array([day for _, day in visits.values()])
    since = np.array([one.day if one else day for one, day in zip(before, days.tolist(), strict=True)])
    state = holding_law.later(state_of(before), days - since)
    state = holding_law.step(state, _visits([seen for seen, _ in visits.values()]))
    stored = state.weights.astype(STORED)
    return {
        customer: Kept(stored[place].tobytes(), int(state.stays[place]), int(max(since[place], days[place])))
        for place, customer in enumerate(visits)
    }


def _visits(seen: list[Seen]) -> Visits:
    depths: NDArray[np.int64] = np.zeros((len(seen), max(len(one.depths) for one in seen)), np.int64)
    for place, one in enumerate(seen):
        depths[place, : len(one.depths)] = one.depths
    return Visits(depths, np.array([one.ends for one in seen]))
