"""What one record shows of who keyed it, as pure functions: chances just before it is learnt, and odd events."""

import hashlib
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.guard_law import Heard, Sight
from pos_client.core import belief
from pos_client.core.belief import PRECISE
from pos_client.core.model import ONE, Model
from pos_client.core.shop import is_sale
from pricing_service.learning import Held, tells

FASTEST = 250  # ms from prompt to key: a person has not even seen it
SAME = 1  # ms between two times that count as the same
RUSHED = 3_000  # ms from the end of one checkout at a till to the end of the next
KNOWN = 4096  # different visits that are made ready, some three kilobytes each
CARDS = 8  # known customers of a day before this one
NONE = (0, 0)
ANSWERED = ("accepted", "asked_more", "left")


class Memory(NamedTuple):
    """What is remembered of a source's record before. ``time``: ms of its last answer; ``place``: till, boot and
    monotonic ms of its end; ``cards``: digests of the last cards of this ``day``."""

    time: int | None = None
    place: tuple[str, int, int] | None = None
    day: int = 0
    cards: tuple[int, ...] = ()


class Foresight:
    """What a model expects of the offers of a visit: `belief.predict` for a belief as the service keeps it, in a tenth
    of the time. Whole numbers, so that every machine finds the same."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._factors: dict[tuple[Any, ...], NDArray[np.int64]] = {}
        self._population = {
            cohort: np.array(belief.initial(model, PRECISE, cohort), np.int64)
            for cohort in (None, *range(len(model.cohorts["populations"]) if model.cohorts else 0))
        }
        sensitive = [model.leave[2]] * (model.states - 2)
        self._stay = ONE - np.array([model.leave[0], model.leave[1], *sensitive], np.int64)

    def heard(self, record: dict[str, Any], held: Held | None, day: int) -> list[Heard]:
        """The offers of a record that were answered, each with the chance that it is accepted."""
        offers = belief.offers_of(record)
        if not tells(offers, record["outcome"]):
            return []
        offers = _answered(offers)
        offset = belief.offset(self._model, record) if self._model.covariates else 0
        seen = (offset, *[offer[:2] for offer in offers])
        factors = self._factors.get(seen)
        if factors is None:
            if len(self._factors) >= KNOWN:
                self._factors.clear()
            factors = self._factors[seen] = self._make(offset, offers)
        masses = (factors @ self._weights(record, held, day)).tolist()
        return [
            Heard(
                min(masses[2 * at] * ONE // max(masses[2 * at + 1], 1), ONE), offer[3] == "accepted", offer[2]
            )
            for at, offer in enumerate(offers)
        ]

    def _make(self, offset: int, offers: list[tuple]) -> NDArray[np.int64]:
        """(2 n, states), Q16: for each offer, how likely each state comes to accept it, and to hear it at all."""
        rows, stays = [], np.full(self._model.states, ONE)
        deepest, refused, sure = 0, np.zeros(self._model.states, np.int64), ONE - self._model.eps
        for number, (depth, is_top, *_) in enumerate(offers):
            place = self._model.place(depth, number > 0, offset)
            slip = (self._model.eps << 16) >> number
            met = np.maximum(self._satisfied(place, is_top) - refused, 0)
            for chance in (sure * met + (slip >> 1), sure * (ONE - refused) + slip):
                rows.append((chance >> 16) * stays >> 16)
            deepest = max(deepest, place)
            refused = self._satisfied(deepest, is_top)
            stays = stays * self._stay >> 16
        return np.array(rows)

    def _weights(self, record: dict[str, Any], held: Held | None, day: int) -> NDArray[np.int64]:
        """The belief about the customer of the record as it stands on ``day``."""
        if held is None or (held.cohort is None and self._model.cohorts):
            known = self._model.cohorts and record["customer"] is not None
            return self._population[belief.cohort_of(self._model, record) if known else None]
        weights, days = np.array(held.weights, np.int64), day - held.day
        if days <= 0:
            return weights
        keep = belief.kept(self._model, days)
        return (weights * keep + self._population[held.cohort] * (PRECISE - keep)) >> 30

    def _satisfied(self, place: int, is_top: bool) -> NDArray[np.int64]:
        """F of every state at a place among the bins, Q16."""
        met = np.array(self._model.curve(place), np.int64)
        met[0], met[1] = ONE, ONE if is_top else 0
        return met


def _answered(offers: list[tuple]) -> list[tuple]:
    """The offers up to the last answer that says something: what stays on the table after the end says no more."""
    for at, (_, _, ends, reaction) in enumerate(offers):
        if reaction is None:
            return offers[:at]
        if ends or reaction != "asked_more":
            return offers[: at + 1]
    return offers


class Facts(NamedTuple):
    """What a checkout record shows whoever keyed it: ``times`` of its answers, ms; till, boot and end; digest of the
    card; (hits, trials) of what needs no record before."""

    heard: list[Heard]
    times: list[int]
    place: tuple[str, int, int] | None
    card: int | None
    left: tuple[int, int]
    goodwill: tuple[int, int]
    practice: tuple[int, int]


def facts(record: dict[str, Any], heard: list[Heard], known: bool) -> Facts:
    """Of a record whose offers were ``heard``; ``known``: its customer has bought here before."""
    refused = sum(not one.accepted for one in heard)
    left = refused > 0 and not heard[-1].accepted and record["outcome"] == "lost"
    return Facts(
        heard,
        _times(record),
        _place(record),
        _card(record),
        (int(left), refused),
        (int(record["goodwill"] is not None), int(is_sale(record))),
        (int(record["training"] and known), 1),
    )


def look(shown: Facts, memory: Memory, day: int) -> tuple[Sight, Memory]:
    """What a record shows of one source, whose record before is in ``memory``; and what is remembered after it."""
    cards, card, times = memory.cards if memory.day == day else (), shown.card, shown.times
    since = _since(memory.place, shown.place)
    events = (
        shown.left,
        (sum([time < FASTEST for time in times]), len(times)),
        _same(memory.time, times),
        (int(since < RUSHED), 1) if since is not None and times else NONE,
        (int(card in cards), 1) if card is not None else NONE,
        shown.goodwill,
        shown.practice,
    )
    if card is not None and card not in cards:
        cards = (*cards, card)[-CARDS:]
    after = Memory(times[-1] if times else memory.time, shown.place or memory.place, day, cards)
    return Sight(shown.heard, events), after


def _times(record: dict[str, Any]) -> list[int]:
    """Milliseconds of the answers; one that was skipped, or given while nothing was on the table, is none."""
    if record["training"]:
        return []
    times = [offer.get("milliseconds") for offer in record["offers"] if offer["reaction"] in ANSWERED]
    return [time for time in times if type(time) is int and time >= 0]


def _same(before: int | None, times: list[int]) -> tuple[int, int]:
    """How many answers took exactly as long as the one before."""
    told = times if before is None else [before, *times]
    return sum(abs(b - a) <= SAME for a, b in pairwise(told)), max(len(told) - 1, 0)


def _place(record: dict[str, Any]) -> tuple[str, int, int] | None:
    boot, at = record.get("boot"), record.get("monotonic_ms")
    return (record["device"], boot, at) if type(boot) is int and type(at) is int else None


def _since(before: tuple[str, int, int] | None, now: tuple[str, int, int] | None) -> int | None:
    """Milliseconds since the checkout before, of the same till and boot."""
    if not before or not now or before[:2] != now[:2] or now[2] < before[2]:
        return None
    return now[2] - before[2]


def _card(record: dict[str, Any]) -> int | None:
    """32 bits of a customer that say nothing to anybody: enough to see one come again within the day."""
    if record["customer"] is None or record["training"]:
        return None
    return int.from_bytes(hashlib.sha256(b"guard" + record["customer"].encode()).digest()[:4])
