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
        self._met: dict[tuple[int, bool], NDArray[np.int64]] = {}
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
        offset = belief.offset(self._model, record) if self._model.covariates else 0
        weights, sure, deepest, refused = self._weights(record, held, day), ONE - self._model.eps, 0, None
        heard: list[Heard] = []
        for number, (depth, is_top, ends, reaction) in enumerate(offers):
            if reaction is None:
                break
            place = self._model.place(depth, number > 0, offset)
            met = self._satisfied(place, is_top)
            whole, floor = int(weights.sum()), 0
            if refused is None:
                above = int(weights @ met)
            else:
                floor = int(weights @ refused)
                above = int(weights @ np.maximum(met - refused, 0))
            slip = (self._model.eps << 16) >> number
            taken = sure * above + (slip >> 1) * whole
            here = sure * (whole * ONE - floor) + slip * whole
            heard.append(Heard(min(taken * ONE // here, ONE) if here else 0, reaction == "accepted", ends))
            if reaction != "asked_more" or ends:
                break
            deepest = max(deepest, place)
            refused = self._satisfied(deepest, is_top)
            weights = weights * self._stay >> 16
        return heard

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
        met = self._met.get((place, is_top))
        if met is None:
            if len(self._met) > 4096:
                self._met.clear()
            met = np.array(self._model.curve(place), np.int64)
            met[0], met[1] = ONE, ONE if is_top else 0
            self._met[place, is_top] = met
        return met


def look(
    record: dict[str, Any], heard: list[Heard], memory: Memory, known: bool, day: int
) -> tuple[Sight, Memory]:
    """What a checkout record shows, and what is remembered after it. ``known``: the customer has bought here before."""
    times = _times(record) if not record["training"] else []
    place = _place(record)
    card, cards = _card(record), memory.cards if memory.day == day else ()
    sold = is_sale(record)
    since = _since(memory.place, place)
    refused = sum(not one.accepted for one in heard)
    left = bool(heard) and not heard[-1].accepted and record["outcome"] == "lost"
    events = (
        (left, refused),
        (sum(time < FASTEST for time in times), len(times)),
        _same(memory.time, times),
        (since < RUSHED, 1) if since is not None and times else NONE,
        (card in cards, 1) if card is not None else NONE,
        (record["goodwill"] is not None, 1) if sold else NONE,
        (record["training"] and known, 1),
    )
    if card is not None and card not in cards:
        cards = (*cards, card)[-CARDS:]
    after = Memory(times[-1] if times else memory.time, place or memory.place, day, cards)
    return Sight(heard, [(int(hits), trials) for hits, trials in events]), after


def _times(record: dict[str, Any]) -> list[int]:
    """Milliseconds of the answers; one that was skipped, or given while nothing was on the table, is none."""
    times = [offer.get("milliseconds") for offer in record["offers"] if offer.get("reaction") in ANSWERED]
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
