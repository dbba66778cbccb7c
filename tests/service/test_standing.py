"""Where the shop stands: whether starting small pays here, reckoned from its own release, policy and ladders."""

import json
import math
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from models import release, starting_small
from models.release import HAND_MADE
from pos_client.core import policy
from pricing_service import plot, release_store, shop_ladders
from pricing_service.database import Database
from pricing_service.hazard_report import Hazard
from pricing_service.settings import Settings
from pricing_service.shop_ladders import Ladder
from pricing_service.starting_small import stands
from tests.service.places import Client, Pen, sample_meta

DEPTHS = (200, 300, 500, 700, 1000, 1500, 2000, 2500)
# The yardstick: customers who decide by the size of the offer, who leave for good when nothing more comes.
YARDSTICK = replace(
    HAND_MADE, name="yardstick", shares=(0.0001, 0.0001, 0.9998), mu=math.log(0.07), tau=0.6, sigma=0.3, delta=0.0,
    eps=0.0001, leave=(0.1, 0.1, 0.1), leave_end=(0.99, 0.99, 0.99),
)  # fmt: skip
LAW = policy.read({"margin": 3500, "lost_sale": 0, "most_climbs": 31, "till_seconds": 3600})


def yardstick_pen(settings: Settings) -> Pen:
    """A till whose every basket has the ladder of `DEPTHS`."""
    rules = [{"id": f"off-{rate}", "label": f"{rate}", "kind": "percent", "rate": rate} for rate in DEPTHS]
    return Pen(settings, meta={**sample_meta(), "discounts": rules, "policy": {"most_stacked": 1}})


def sold(pen: Pen, client: Client, count: int, days_ago: float = 1, **more: Any) -> None:
    lines = [{"sku": "1", "quantity": 1, "unit_price": 10_000}]
    clock = int(time.time() - 86_400 * days_ago)
    written = [pen.write(clock=clock, lines=lines, **more) for _ in range(count)]
    assert pen.send(client, written).json["quarantined"] == []


def fitted(
    settings: Settings, database: Database, low: float | None = None, high: float | None = None
) -> None:
    """The yardstick's release in force, of a fit that gave its hazard this interval (or left no report)."""
    with database.writing() as connection:
        body = json.dumps({"margin": 3500, "lost_sale": 0, "most_climbs": 31, "till_seconds": 3600})
        connection.exec_driver_sql("UPDATE policies SET body = ?", (body,))
        made = release_store.add(connection, "night", json.dumps(release.as_json(YARDSTICK)), None, "me", "")
        switch = release_store.ask(connection, made.number, "publish", "me", "")
        release_store.make(connection, switch, made.identity)
    if low is not None and high is not None:
        folder = settings.data / "fits" / "night"
        folder.mkdir(parents=True)
        line = {"name": "leave.sensitive", "fixed": False, "mean": 10.0, "low": 100 * low, "high": 100 * high}
        (folder / "report.json").write_text(json.dumps({"parameters": [line]}))


def standing(client: Client, question: str = "") -> dict:
    answer = client.ask("GET", "/v1/standing" + question, **client.admin)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.mark.parametrize(
    ("lost_sale", "said", "drawn"),
    [
        (
            0,
            "no single offer earns clearly more (by 0.05 % of gross)",
            "Nowhere does a single offer earn clearly more",
        ),
        (30_000, "the best single offer earns clearly more", "A single offer earns clearly more from"),
        (
            300_000,
            "however few leave",
            "A single offer earns clearly more at any hazard",
        ),
    ],
)
def test_what_a_lost_customer_costs_decides_and_sentence_and_figure_agree(
    pen: Pen, client: Client, database: Database, lost_sale: int, said: str, drawn: str
) -> None:
    sold(pen, client, 2)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE policies SET body = ?", (json.dumps({"lost_sale": lost_sale}),))
    assert said in standing(client)["says"]
    assert drawn in client.ask("GET", "/standing", **client.admin).body.decode()


def test_figures_of_the_shop_are_for_its_analysts(client: Client) -> None:
    for path, status in (("/v1/standing", 401), ("/standing", 303)):
        assert client.ask("GET", path, authorization="").status == status, path


def test_of_a_release_made_by_hand_nothing_is_known(pen: Pen, client: Client) -> None:
    sold(pen, client, 3)
    told = standing(client)
    assert (told["verdict"], told["release"], told["chance_below"]) == ("unknown", 0, None)
    assert told["says"].startswith("Not known: the release in force was made by hand")
    assert told["curves"]["hazards"]


def test_without_a_ladder_there_is_nothing_to_reckon_with(client: Client) -> None:
    told = standing(client)
    assert (told["verdict"], told["curves"], told["checkouts"]) == ("unknown", None, 0)
    assert b"no checkout of the last 30 days" in client.ask("GET", "/standing", **client.admin).body


@pytest.mark.parametrize(
    ("low", "high", "verdict", "begins"),
    [
        (0.05, 0.12, "pays", "Starting small pays in this shop: 10 %"),
        (0.1, 0.4, "open", "It cannot be told yet: 10 %"),
        (0.5, 0.7, "does_not_pay", "Starting small does not pay in this shop"),
    ],
)
def test_the_fits_interval_decides_how_surely_it_pays(
    settings: Settings, database: Database, client: Client, low: float, high: float, verdict: str, begins: str
) -> None:
    sold(yardstick_pen(settings), client, 4)
    fitted(settings, database, low, high)
    told = standing(client)
    assert told["verdict"] == verdict and told["says"].startswith(begins)
    assert (told["hazard_low"], told["hazard_high"]) == (pytest.approx(low), pytest.approx(high))
    assert 0.15 < told["crossing"] < 0.3  # the curves of the yardstick meet there: see the next test
    assert told["earned"]["any_start"] >= told["earned"]["smallest_first"] > told["earned"]["best_first"]


def test_at_the_crossing_the_single_offer_is_ahead_by_what_matters() -> None:
    [ladder] = [Ladder(DEPTHS, 1, 10_000)]
    found = stands(YARDSTICK, LAW, [ladder], Hazard(0.1, None), fitted=True)
    assert found and found.crossing
    there = replace(YARDSTICK, leave=(0.1, 0.1, found.crossing))
    again = stands(there, LAW, [ladder], Hazard(found.crossing, None), fitted=True)
    assert again
    small, single = (again.curves.at(found.crossing)[name] for name in ("smallest_first", "one_offer"))
    assert single - small == pytest.approx(starting_small.MATTERS, abs=0.0005)


def test_several_ladders_count_by_their_gross() -> None:
    short = (300, 700)
    both = stands(
        YARDSTICK, LAW, [Ladder(DEPTHS, 3, 30_000), Ladder(short, 1, 10_000)], Hazard(0.1, None), True
    )
    assert both
    alone = [
        starting_small.standing(YARDSTICK, depths, margin=3500, hazards=both.curves.hazards)
        for depths in (DEPTHS, short)
    ]
    for name in ("smallest_first", "any_start", "one_offer", "best_first"):
        expected = 0.75 * np.array(getattr(alone[0], name)) + 0.25 * np.array(getattr(alone[1], name))
        assert np.allclose(getattr(both.curves, name), expected, atol=1e-4)


def test_dear_till_time_makes_questions_worth_less() -> None:
    cheap, dear = [
        stands(YARDSTICK, policy.read({"margin": 3500, "lost_sale": 0, "till_hour": hour, "most_climbs": 31,
                                       "till_seconds": 3600}), [Ladder(DEPTHS, 1, 10_000)], Hazard(0.1, None), True)
        for hour in (0, 36_000)
    ]  # fmt: skip
    assert cheap and dear
    # An offer takes 10 s of a till that costs 360.00 an hour: 1.00, one percent of this basket, at least once.
    assert dear.curves.best_first[0] == pytest.approx(cheap.curves.best_first[0] - 0.01, abs=1e-4)
    assert dear.curves.smallest_first[0] < cheap.curves.smallest_first[0] - 0.01


def test_a_fit_whose_files_are_gone_is_said_to_have_left_no_interval(
    settings: Settings, database: Database, client: Client
) -> None:
    sold(yardstick_pen(settings), client, 2)
    fitted(settings, database)
    told = standing(client)
    assert (told["verdict"], told["fit"]) == ("unknown", "night")
    assert "the fit left no interval" in told["says"]


def test_only_the_last_month_of_this_store_counts_and_no_exercise(
    pen: Pen, client: Client, database: Database
) -> None:
    sold(pen, client, 2)
    sold(pen, client, 3, days_ago=40)
    sold(pen, client, 4, training=True)
    assert standing(client)["checkouts"] == 2
    assert standing(client, "?store=elsewhere")["checkouts"] == 0
    with database.reading() as connection:
        assert shop_ladders.lately(connection, "sample", now=int(time.time()) + 30 * 86_400).checkouts == 0


def test_the_interval_of_the_hazard_comes_back_from_its_quantiles() -> None:
    quantiles = Hazard(0.1, (0.05, 0.2)).quantiles()
    assert quantiles and np.allclose(np.quantile(quantiles, (0.025, 0.975)), (0.05, 0.2), rtol=0.02)


@pytest.mark.parametrize("span", [(0.0, 0.16), (-1.3, 0.35), (0.0, 0.95), (0.0, 1e-4)])
def test_the_numbers_beside_an_axis_are_round_and_within_it(span: tuple[float, float]) -> None:
    found = plot.ticks(*span)
    assert 2 <= len(found) <= 11
    assert all(span[0] - 1e-12 <= tick <= span[1] + 1e-12 for tick in found)
    steps = {round((after - before) / (found[1] - found[0]), 6) for before, after in pairwise(found)}
    assert steps == {1.0}
