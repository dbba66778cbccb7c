"""The pages of experiments say in tables what the figure draws, and nothing of a customer."""

import random
import re
from html.parser import HTMLParser

import pytest

from pricing_service import forest
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.experiments import create, day, given, started
from tests.service.places import Answer, Client, Pen
from tests.service.test_readouts import Shop, now


class Text(HTMLParser):
    """The words of a page, cell by cell."""

    def __init__(self, page: Answer) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page.body.decode())

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(" ".join(data.split()))


def page(client: Client, path: str) -> Answer:
    answer = client.ask("GET", path, **client.admin)
    assert answer.status == 200, answer.body
    return answer


def sold(pen: Pen, count: int) -> list[bytes]:
    chance = random.Random(4)
    lines = []
    for number in range(count):
        basket = [{"sku": "s", "quantity": chance.randint(1, 4), "unit_price": chance.randint(500, 4000)}]
        lines.append(pen.write(card=f"c{number % 90}", clock=now() - number % 50, lines=basket))
    return lines


def test_a_readout_is_drawn_and_stands_in_tables(client: Client, settings: Settings) -> None:
    started(client, given(note="Does <climbing> pay?"))
    shop = Shop(client, settings)
    shop.send(sold(shop.pens[0], 300))
    told, answer = shop.readout(), page(client, "/experiments/climbs")
    text = Text(answer)
    assert "Experiment climbs" in text.words and "Does &lt;climbing&gt; pay?" in answer.body.decode()
    lift = told["arms"][0]["lifts"][0]
    shown = f"{lift['under']['sceptical']['difference']['mean'] / 100:,.2f} EUR"
    assert shown in text.words
    assert f"{round(lift['under']['weak']['percent']['mean'], 1):+.1f} %" in text.words, "the log alone, too"
    assert f"Ends on {day(29)}; intervals hold for a look at that day." in text.words
    assert answer.body.count(b'class="half first"') == len(told["arms"][0]["lifts"]) + 1, "and the key"
    for line in told["says"]:
        assert line in text.words
    assert customer_token(settings.tenant_key, "c1").encode() not in answer.body
    assert not re.search(rb"<script|style=", answer.body)


@pytest.mark.parametrize("customers", [0, 10, 48])
def test_a_young_experiment_says_how_many_units_it_still_needs(
    client: Client, settings: Settings, customers: int
) -> None:
    """Arms of fewer than thirty units have no lift, and the page still has everything else."""
    started(client, given())
    shop = Shop(client, settings)
    if customers:
        shop.send([shop.pens[0].write(card=f"c{number}", clock=now()) for number in range(customers)])
    told, words = shop.readout(), Text(page(client, "/experiments/climbs")).words
    units = {each["arm"]: each["units"] for each in told["exposure"]["arms"]}
    assert min(units.values()) < 30 and sum(units.values()) == customers
    early = f"too early: {units['usual']} units in usual, {units['climb']} in climb, 30 needed in each"
    assert words.count(early) == len(told["arms"][0]["lifts"])
    assert "Guardrails" in words and "Does it add up?" in words


def test_a_log_that_holds_more_than_was_booked_is_said_at_the_top(client: Client, settings: Settings) -> None:
    started(client, given())
    shop = Shop(client, settings)
    shop.send(sold(shop.pens[0], 200))
    store = shop.rows()[0]["store"]
    booked = {"days": {day(): 100}}
    assert client.ask("PUT", f"/v1/turnover/{store}", booked, **client.admin).status == 200
    told, answer = shop.readout(), page(client, "/experiments/climbs")
    assert not told["reconciliation"]["adds_up"]
    top = answer.body.decode().split('<div class="says warn">')[1].split("</div>")[0]
    said = Text(Answer(200, {}, top.encode())).words
    assert said == told["says"]
    books = told["reconciliation"]["says"]
    assert said[1 : 1 + len(books)] == books
    assert said[1].startswith("It does not add up: stop")


def test_a_draft_shows_what_it_can_find_or_why_it_cannot_say(client: Client, settings: Settings) -> None:
    create(client, given())
    assert any(
        "too few different sales" in words for words in Text(page(client, "/experiments/climbs")).words
    )
    pen = Pen(settings)
    chance = random.Random(5)
    lines = [
        pen.write(
            card=f"c{number}",
            clock=now() - 86400 * (1 + number % 9),
            lines=[{"sku": "s", "quantity": 1, "unit_price": chance.randint(500, 4000)}],
        )
        for number in range(60)
    ]
    pen.send(client, lines)
    assert "What it can find" in Text(page(client, "/experiments/climbs")).words
    assert "climbs" in Text(page(client, "/experiments")).words


def test_the_pages_are_for_readers(client: Client) -> None:
    assert client.ask("GET", "/experiments", authorization="").status == 303
    assert client.ask("GET", "/experiments/none", authorization="").status == 303
    assert client.ask("GET", "/experiments/none", **client.admin).status == 404


def lifted(mean: float, half: float, wide: float) -> dict:
    percent = {
        "mean": mean,
        "interval_50": [mean - half, mean + half],
        "interval_95": [mean - wide, mean + wide],
    }
    return {"says": "margin", "under": {"sceptical": {"percent": percent}, "weak": {"percent": percent}}}


@pytest.mark.parametrize("mean, half, wide", [(2.0, 1.0, 3.0), (-40.0, 5.0, 12.0), (0.0, 0.1, 0.3)])
def test_intervals_lie_around_their_mean_and_on_the_right_side_of_zero(mean, half, wide) -> None:
    drawn = forest.of([{"arm": "a", "lifts": [lifted(mean, half, wide), {"says": "x", "under": {}}]}])
    first = drawn.rows[0].first
    assert first is not None and drawn.rows[1].first is None
    assert first.wide[0] < first.half[0] < first.mean < first.half[1] < first.wide[1]
    assert (first.mean > drawn.zero) == (mean > 0) and (first.mean < drawn.zero) == (mean < 0)
    assert {value for _, value in drawn.ticks} >= {0.0}
    assert first.wide[0] >= forest.LABELS and first.wide[1] <= drawn.width
