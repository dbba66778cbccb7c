"""Plans that stop below the top: who hears that nothing more comes leaves with ``leave_end``, in every reader alike."""

from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from scipy import optimize, special

from models import posterior, scoring, simulate, tables
from models.dataset import from_records
from models.histories import compress
from models.priors import DEFAULT
from models.release import HAND_MADE
from models.virtual_shop import Design, play, truth_of
from pos_client.core import belief

LADDER = (300, 700, 1500)
OPEN = replace(HAND_MADE, leave=(0.05, 0.1, 0.2), leave_end=(0.1, 0.3, 0.5), eps=0.001)
STOPS = (Design(LADDER, (0, 1), 2), Design((200, 500, 900, 1600, 2500), (0, 2), 2), Design(LADDER, (0,)))
NAMES = ("shares", "mu", "tau", "sigma", "delta", "eps")


def visit(plan, reactions, outcome):
    offers = [{"rung": rung, "reaction": word} for rung, word in zip(plan, reactions, strict=False)]
    return {
        "kind": "checkout",
        "customer": "c",
        "cashier": "c1",
        "store": "s",
        "gross": 1000,
        "currency": "EUR",
        "lines": [{"quantity": 1}],
        "ladder": [{"depth": depth} for depth in LADDER],
        "plan": list(plan),
        "offers": offers,
        "outcome": outcome,
        "training": False,
    }


def evidences(record):
    """The chance of a visit by a stranger as three readers have it: float posterior, till's integers, fitted cells."""
    _, info = posterior.step(posterior.init(OPEN), record)
    model = tables.held(OPEN)
    weights = belief.initial(model, belief.PRECISE)
    likely = belief.likelihood(model, belief.offers_of(record), record["outcome"])
    by_till = sum(weight * chance for weight, chance in zip(weights, likely, strict=True))
    histories = compress(from_records([(record, 20_000)]), DEFAULT)
    point = {name: getattr(OPEN, name) for name in (*NAMES, "leave", "leave_end")}
    return (
        np.exp(info.evidence),
        by_till / belief.PRECISE / belief.CERTAIN,
        float(np.exp(scoring.log_likelihood(histories, point, points=512)[0])),
    )


ENDINGS = [(("asked_more", "asked_more"), "sold"), (("asked_more", "left"), "lost")]


@pytest.mark.parametrize(("reactions", "outcome"), [*ENDINGS, (("asked_more", "asked_more"), "lost")])
def test_every_reader_gives_the_end_of_a_short_plan_the_same_chance(reactions, outcome):
    exact, by_till, by_cells = evidences(visit((0, 1), reactions, outcome))
    assert by_till == pytest.approx(exact, abs=3e-4)
    assert by_cells == pytest.approx(exact, rel=1e-4)


def test_the_end_of_the_plan_changes_only_the_hazard():
    """The same reactions to a plan that goes on: where all are sensitive, chances differ as their two hazards do."""
    sure = replace(OPEN, shares=(1e-9, 1e-9, 1 - 2e-9))
    for words, at_end, early in (
        (("asked_more", "left"), OPEN.leave_end[2], OPEN.leave[2]),
        (("asked_more", "asked_more"), 1 - OPEN.leave_end[2], 1 - OPEN.leave[2]),
    ):
        outcome = "lost" if words[1] == "left" else "sold"
        stopped, going_on = visit((0, 1), words, outcome), visit((0, 1, 2), words, outcome)
        going_on["offers"] += [{"rung": 2, "reaction": None}] if words[1] == "asked_more" else []
        chances = [
            np.exp(posterior.step(posterior.init(sure), one)[1].evidence) for one in (stopped, going_on)
        ]
        assert chances[0] / chances[1] == pytest.approx(at_end / early, rel=1e-6)


def test_simulated_customers_leave_at_the_end_of_a_short_plan_as_often_as_the_reference_says():
    chance, ends, count = Random(3), Counter(), 30_000
    for _ in range(count):
        offers, outcome = simulate.climb(simulate.shopper(OPEN, chance).visit(chance), list(LADDER), [0, 1])
        ends[tuple(offer["reaction"] for offer in offers), outcome] += 1
    for reactions, outcome in ENDINGS:
        _, info = posterior.step(posterior.init(OPEN), visit((0, 1), reactions, outcome))
        expected = np.exp(info.evidence)
        assert abs(ends[reactions, outcome] / count - expected) < 4 * np.sqrt(expected / count)


def fitted(dataset):
    """Hazards of highest likelihood and their standard errors, (2, 3) each, all else known."""
    histories = compress(dataset, DEFAULT)
    known = {name: getattr(OPEN, name) for name in NAMES}

    def lost(logits):
        leave, leave_end = special.expit(logits).reshape(2, 3)
        point = {**known, "leave": leave, "leave_end": leave_end}
        return -float(histories.multiplicity @ scoring.log_likelihood(histories, point, points=32))

    best = optimize.minimize(lost, special.logit(np.full(6, 0.2)), method="BFGS")
    hazard = special.expit(best.x)
    error = np.sqrt(np.diag(best.hess_inv)) * hazard * (1 - hazard)
    return hazard.reshape(2, 3), error.reshape(2, 3)


def test_a_fit_of_plans_that_stop_early_finds_both_hazards():
    played = play(truth_of(OPEN), customers=30_000, visits=4, ladders=STOPS, chance=np.random.default_rng(5))
    hazard, error = fitted(played)
    truth = np.array([OPEN.leave, OPEN.leave_end])
    assert (np.abs(hazard - truth)[:, 1:] < 4 * error[:, 1:]).all()
    assert (error[:, 1:] < 0.02).all() and (hazard[1, 1:] > 2 * hazard[0, 1:]).all()
    unread = played.assign(planned=played["planned"] + 1)  # read as if more would have come
    wrong, error = fitted(unread)
    assert wrong[0, 2] - OPEN.leave[2] > 10 * error[0, 2]
