"""The vectorised replay against the service's own `fold`, one record after another: every weight, day and count."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from models import tables
from models.recompute import SAYS_NOTHING, UNKNOWN, Kind, Visits, recompute
from models.release import HAND_MADE, Cohorts, Covariate, Release
from pos_client.core import belief
from pos_client.core.belief import Model
from pos_client.core.shop import is_sale
from pricing_service.learning import Held, fold, tells

SHARP = replace(HAND_MADE, name="sharp", sigma=0.1, eps=0.0002, half_life=30.0)
PARTED = replace(
    HAND_MADE,
    name="parted",
    cohorts=Cohorts("units", (2, 4), (-3.2, -2.6, -2.1), (0.3, 0.4, 0.3)),
    covariates=(Covariate("units", 2.0, 0.1), Covariate("log_gross", 0.5, -0.2)),
)


def checkout(chance: Random, ladders: Sequence[Sequence[int]]) -> dict[str, Any]:
    """A record with what a belief depends on, of any sort a log may hold; some tell nothing, some make no sense."""
    ladder = chance.choice(ladders)
    plan = range(len(ladder)) if chance.random() < 0.5 else chance.choice(plans(len(ladder)))
    offers = []
    for rung in plan if chance.random() < 0.9 else plan[:1]:
        offers.append(
            {"rung": rung, "reaction": chance.choice(("accepted", "asked_more", "asked_more", "left"))}
        )
        if offers[-1]["reaction"] != "asked_more":
            break
    if chance.random() < 0.1:
        offers[-1]["reaction"] = chance.choice(("skipped", None))
    return {
        "kind": "checkout",
        "training": chance.random() < 0.05,
        "ladder": [{"depth": depth} for depth in ladder],
        "plan": list(plan),
        "offers": offers,
        "outcome": chance.choice(("sold", "sold", "lost", "cancelled")),
        "gross": 1000,
        "currency": "EUR",
        "lines": None if chance.random() < 0.1 else [{"quantity": chance.randint(1, 6)}],
    }


def plans(rungs: int) -> list[tuple[int, ...]]:
    """Plans that stop below the top, or skip to it."""
    return [tuple(range(0, size, step)) for size in range(1, rungs + 1) for step in (1, 2)]


def played(seed: int, count: int, customers: int, ladders: int) -> list[tuple[int, dict[str, Any], int]]:
    """(customer, record, day): gaps from none to years, late records, some customers with most of the visits."""
    chance = Random(seed)
    shown = [sorted(chance.sample(range(5, 9000), chance.randint(1, 7))) for _ in range(ladders)]
    log, day = [], 20_000
    for number in range(count):
        day += chance.choice((0, 0, 0, 1, 5)) if number % 50 else chance.choice((0, 40, 400, 5000))
        who = int(customers * chance.random() ** 3) if number >= customers else number
        late = chance.choice((1, 30, 600)) if chance.random() < 0.1 else 0
        log.append((who, checkout(chance, shown), day - late))
    return log


def folded(model: Model, log: list[tuple[int, dict[str, Any], int]], customers: int) -> list[Held]:
    held: list[Held | None] = [None] * customers
    for who, record, day in log:
        held[who] = fold(model, held[who], record, day)
    return [one for one in held if one is not None]


def visits_of(
    model: Model, log: list[tuple[int, dict[str, Any], int]], customers: int
) -> tuple[Visits, list[Kind]]:
    kinds: dict[Kind, int] = {}
    rows = []
    for who, record, day in log:
        offers, outcome = belief.offers_of(record), record["outcome"]
        kind = Kind(tuple(offers), outcome)
        said = kinds.setdefault(kind, len(kinds)) if tells(offers, outcome) else SAYS_NOTHING
        cohort = belief.cohort_of(model, record)
        group = UNKNOWN if cohort is None else 1 + cohort
        rows.append((who, day, said, is_sale(record), group, belief.offset(model, record)))
    types = (np.int32, np.int32, np.int32, bool, np.int16, np.int64)
    columns = [np.array(column, kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True)]
    return Visits(customers, *columns[: 6 if model.covariates else 4]), list(kinds)


def recomputed(model: Model, visits: Visits, kinds: list[Kind], **how: int) -> list[Held]:
    held = []
    for part in recompute(model, visits, kinds, **how):
        assert part.first == len(held)
        for weights, day, sales, cohort in zip(
            part.weights(), part.day, part.sales, part.cohort, strict=True
        ):
            group = None if cohort == UNKNOWN else int(cohort) - 1
            held.append(Held(weights.tolist(), int(day), int(sales), group))
    return held


@pytest.mark.parametrize("release", [HAND_MADE, SHARP, PARTED], ids=lambda release: release.name)
@pytest.mark.parametrize(("seed", "customers", "ladders"), [(1, 400, 200), (2, 40, 3), (3, 5, 1)])
def test_every_belief_is_the_one_that_fold_makes(
    release: Release, seed: int, customers: int, ladders: int
) -> None:
    model = tables.held(release)
    log = played(seed, 1500, customers, ladders)
    visits, kinds = visits_of(model, log, customers)
    assert recomputed(model, visits, kinds, together=700) == folded(model, log, customers)


def test_parts_and_threads_change_nothing() -> None:
    model = tables.held(PARTED)
    visits, kinds = visits_of(model, played(4, 3000, 300, 20), 300)
    once = recomputed(model, visits, kinds, threads=1)
    for threads, together in ((1, 1), (2, 64), (3, 999)):
        assert recomputed(model, visits, kinds, threads=threads, together=together) == once


def test_equal_histories_are_evaluated_once() -> None:
    model = tables.held(HAND_MADE)
    log = [(who, record, day) for _, record, day in played(5, 40, 1, 8) for who in range(100)]
    visits, kinds = visits_of(model, log, 100)
    parts = list(recompute(model, visits, kinds, threads=1))
    told = sum(kind != SAYS_NOTHING for kind in visits.kind.tolist()) // 100
    assert [part.steps for part in parts] == [told]
    assert len({part.weights().tobytes() for part in parts}) == 1


def test_a_visit_that_no_state_explains_teaches_nothing() -> None:
    """Who refuses everything, up to the goods for nothing, needs more than anybody, and twenty slips have no chance."""
    model = tables.held(replace(HAND_MADE, mu=-4.6, tau=0.3, eps=0.0001))
    offers = [(9000, False, False, "asked_more")] * 19 + [(10_000, True, True, "left")]
    assert not any(belief.likelihood(model, offers, "lost"))
    one = np.zeros(2, np.int32)
    visits = Visits(1, one, np.array([20_000, 20_030], np.int32), one, one.astype(bool))
    weights = belief.initial(model, belief.PRECISE)
    assert recomputed(model, visits, [Kind(tuple(offers), "lost")]) == [Held(weights, 20_030, 0)]


def test_nobody_has_no_beliefs() -> None:
    none = np.empty(0, np.int32)
    assert recomputed(tables.held(HAND_MADE), Visits(0, none, none, none, none.astype(bool)), []) == []
