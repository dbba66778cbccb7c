"""`rung replay` and `rung demo` against a real till in a process of its own."""

import gzip
import json
from pathlib import Path
from random import Random

import pytest

from models import baskets, playing
from models.earnings import Checkout, Earnings, best_first, play
from models.own_till import own_till
from models.release import HAND_MADE
from models.simulate import HUNTER, Shopper, shopper
from models.till_api import TillApi, TillGone, TillRefused

RULES = json.loads(playing.GROCERY_RULES.read_text())


def grocery(number, customer="434"):
    lines = [
        {"sku": "918046", "quantity": 2, "unit_price": 459, "category": "BEEF", "brand": "National"},
        {"sku": "6395943", "quantity": 1, "unit_price": 349, "category": "CHEESE", "brand": "Private"},
    ]
    return {
        "basket_id": str(number),
        "customer": customer,
        "at": "2017-01-01T10:54:44Z",
        "currency": "USD",
        "lines": lines,
    }


@pytest.fixture(scope="module")
def till_url():
    with own_till(RULES, HAND_MADE) as url:
        yield url


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "baskets.jsonl.gz"
    with gzip.open(path, "wt") as out:
        out.writelines(json.dumps(grocery(number, str(number % 7))) + "\n" for number in range(25))
    return path


def journaled(url):
    return TillApi(url).health()["journal"]["depth"]


def test_a_replay_plays_every_basket_of_the_file_and_says_what_was_earned(file, till_url, capsys):
    before = journaled(till_url)
    assert playing.replay([str(file), "--till", till_url, "--seed", "3"]) == 0
    assert journaled(till_url) == before + 25
    told = capsys.readouterr().out
    assert "25/25" in told
    assert all(word in told for word in ("turnover", "discount given", "kept", "best_first", "USD"))


def test_a_replay_starts_a_till_of_its_own_and_stops_at_the_limit(file, capsys):
    assert playing.replay([str(file), "--limit", "3"]) == 0
    assert "3/3" in capsys.readouterr().out


def test_the_same_seed_earns_the_same(file, till_url, capsys):
    told = []
    for _ in range(2):
        playing.replay([str(file), "--till", till_url, "--seed", "5"])
        told.append(capsys.readouterr().out.split("What was earned")[1])
    assert told[0] == told[1]


def test_a_demo_plays_generated_baskets_through_the_rules_of_the_sample_shop(capsys):
    shop = json.loads((Path(playing.__file__).parents[1] / "pricing_service/sample_shop.json").read_text())
    policy = {name: value for name, value in shop["policies"][0].items() if name != "id"}
    with own_till({"policy": policy, "discounts": shop["discounts"]}, HAND_MADE) as url:
        assert playing.demo(["--checkouts", "20", "--seed", "2", "--till", url]) == 0
        assert journaled(url) == 20
    assert "EUR" in capsys.readouterr().out


def test_the_till_offers_smallest_first_and_the_hunter_holds_out_for_the_last(till_url):
    visit = Shopper(HAND_MADE, HUNTER, 0.0).visit(Random(4))
    decision, ended = play(TillApi(till_url), "hunter", baskets.body(grocery(1), 1, "SAVE1"), visit)
    amounts = [rung["amount"] for rung in decision["ladder"]]
    assert amounts == sorted(set(amounts))
    planned = decision["plan"]  # of at most three offers, so its last may lie below the top
    assert planned[0] == 0 and ended == Checkout(1267, True, amounts[planned[-1]], len(planned))
    assert best_first(decision, visit) == Checkout(1267, True, amounts[-1], 1)


def test_without_anything_to_offer_everybody_buys(till_url):
    visit = shopper(HAND_MADE, Random(1)).visit(Random(2))
    one = {"sku": "1", "quantity": 1, "unit_price": 10}
    decision, ended = play(TillApi(till_url), "tiny", {"currency": "USD", "lines": [one]}, visit)
    assert decision["ladder"] == []
    assert ended == best_first(decision, visit) == Checkout(10, True, 0, 0)


def test_earnings_count_only_what_was_sold():
    earned = Earnings()
    earned.add(Checkout(1000, True, 50, 2))
    earned.add(Checkout(700, False, 0, 1))
    assert (earned.baskets, earned.sold, earned.lost) == (2, 1, 1)
    assert (earned.turnover, earned.discount, earned.kept, earned.offers) == (1000, 50, 950, 3)
    assert earned.earned(0.3) == 250


def test_a_visit_asked_twice_answers_the_same():
    chance = Random(9)
    for _ in range(200):
        visit = shopper(HAND_MADE, chance).visit(chance)
        assert visit.answer(1, 500, False, False) == visit.answer(1, 500, False, False)


def test_who_accepts_a_depth_accepts_any_deeper_one():
    chance = Random(10)
    for _ in range(500):
        visit = shopper(HAND_MADE, chance).visit(chance)
        if visit.answer(0, 400, False, False) == "accepted":
            assert visit.answer(0, 900, False, False) == "accepted"


def test_a_till_that_does_not_answer_is_said_in_one_line(file, capsys):
    assert playing.replay([str(file), "--till", "http://127.0.0.1:9"]) == 1
    assert "no till answers at http://127.0.0.1:9" in capsys.readouterr().err
    with pytest.raises(TillGone):
        TillApi("till.example")


def test_what_a_till_refuses_is_said_in_its_words(till_url):
    with pytest.raises(TillRefused) as refused:
        TillApi(till_url).put("wrong", {"currency": "XXX", "lines": []})
    assert refused.value.code == "unknown-currency"


@pytest.mark.parametrize("line", ["not json", "[1]", '{"basket_id": "1"}'])
def test_a_line_that_is_no_basket_is_named_by_its_number(tmp_path, till_url, capsys, line):
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(grocery(1)) + "\n" + line + "\n")
    assert playing.replay([str(path), "--till", till_url]) == 1
    assert "line 2" in " ".join(capsys.readouterr().err.split())


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path, capsys):
    assert playing.replay([str(tmp_path / "none.gz")]) == 1
    assert "none.gz" in "".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("wrong", [["--checkouts", "0"], ["--margin", "1.5"], ["--seed", "x"]])
def test_a_wrong_option_is_refused_before_anything_is_played(wrong):
    with pytest.raises(SystemExit) as stopped:
        playing.demo(wrong)
    assert stopped.value.code == 2
