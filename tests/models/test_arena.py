"""`rung arena`: intervals, the verdict, the hazard where starting small stops paying, and the command itself."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from models import arena_hazard, arena_table, arena_yardstick
from models.arena import arena
from models.arena_match import LEARNING_PEERS, POLICIES, Size
from models.arena_score import FIGURES
from models.arena_summary import Season, estimate
from models.arena_tournament import Result, fixtures, play
from models.arena_verdict import NEEDED, judged
from models.arena_worlds import WORLDS


def figures(margin, lost=0.1, offers=1.5):
    return {"margin": margin, "lost": lost, "offers": offers, "discount": 0.05}


def season(world, shops=3, **margins):
    """Every policy earns 0.2, but those named; each shop is a little better than the last."""
    earned = dict.fromkeys(NEEDED, 0.2) | margins
    asked = {"one_by_one": 3.0}
    return Season(
        world,
        [
            {
                name: figures(value + shop / 1000, offers=asked.get(name, 1.5))
                for name, value in earned.items()
            }
            for shop in range(shops)
        ],
    )


def test_an_interval_is_students():
    values = np.random.default_rng(3).normal(1.0, 0.2, 12).tolist()
    found = estimate(values)
    assert (found.low, found.high) == pytest.approx(stats.ttest_1samp(values, 0).confidence_interval(0.95))
    assert np.isnan(estimate([1.0]).low) and estimate([1.0]).as_json()["low"] is None


def test_a_comparison_is_paired():
    """What differs between shops does not blur what differs between policies."""
    found = season("grocery", smallest_first=0.21)
    assert found.difference("smallest_first", "best_first").low == pytest.approx(0.01)
    assert found.estimate("smallest_first", "margin").low < 0.21


def test_the_interval_of_a_ratio_covers_it():
    chance, covered = np.random.default_rng(8), 0
    for _ in range(400):
        bottom = chance.normal(0.2, 0.02, 15)
        top = 1.1 * bottom + chance.normal(0, 0.005, 15)
        shops = [{"a": figures(a), "b": figures(b)} for a, b in zip(top, bottom, strict=True)]
        found = Season("any", shops).ratio("a", "b")
        covered += found.low < 1.1 < found.high
    assert 0.92 < covered / 400 < 0.98


def verdict(*seasons):
    return {clause.promise.split(" where")[0]: clause for clause in judged(seasons)}


def test_a_promise_that_one_world_breaks_does_not_hold_and_says_where():
    good = {"smallest_first": 0.199, "best_first": 0.1, "one_by_one": 0.19, "adaptive_start": 0.201}
    found = verdict(season("grocery", **good), season("heavy tails", **(good | {"smallest_first": 0.18})))
    assert not found["... and at least 95 % in the worst world"].holds
    assert found["... and at least 95 % in the worst world"].except_in == ("heavy tails",)
    assert found["smallest_first beats best_first by 25 %"].holds
    assert all(clause.holds for name, clause in found.items() if "clairvoyant" in name) is False


def test_a_promise_is_only_judged_where_it_was_made():
    """best_first may do well where many leave, and a learner may come near where the model is wrong."""
    found = verdict(
        season("in a hurry", best_first=0.2, smallest_first=0.198, adaptive_start=0.21),
        season("heavy tails", logistic=0.201, smallest_first=0.26, best_first=0.1, adaptive_start=0.2),
    )
    assert found["smallest_first beats best_first by 25 %"].holds
    assert found["adaptive_start is within 1 % of the best learning peer in the others"].holds
    assert found["adaptive_start beats every learning peer in every well-specified world"].holds


def swept(crossing):
    """Shops at which smallest_first falls in a line and crosses 0.1 at a hazard."""
    hazards = arena_hazard.HAZARDS
    rows = []
    for shop in range(4):
        for hazard in hazards:
            small = 0.1 + (crossing + shop / 100 - hazard) / 10
            rivals = {name: figures(0.1) for name in arena_hazard.RIVALS}
            rows.append(Result("yardstick", shop, {"smallest_first": figures(small), **rivals}))
    return arena_hazard.sweep(rows)


def test_the_hazard_is_where_the_lines_cross():
    found = arena_hazard.crossings(swept(0.22))["best_first"]
    assert found.hazard.mean == pytest.approx(0.22 + 0.015) and found.reached == 4
    assert found.hazard.low < 0.235 < found.hazard.high


def test_a_rival_that_never_overtakes_is_said_to_do_so_beyond_what_was_tried():
    found = arena_hazard.crossings(swept(2.0))["thompson"]
    assert found.reached == 0 and found.hazard.mean == arena_hazard.HAZARDS[-1]


def test_the_same_shops_come_at_every_hazard():
    one, other = arena_hazard.fixtures([5], Size(50, 2, 20, 2), (0.0, 0.4))
    assert one.world.name == other.world.name and one.world.hazard != other.world.hazard


def test_learned_parameters_reach_97_percent_of_the_published_yardstick():
    """A small version of ``python -m models.arena_yardstick``, with its own noise allowed for."""
    found = arena_yardstick.measured([901, 902], Size(1500, 4, 1200, 12), (0.1, 0.4))
    for each, hazard in zip(found, (0.1, 0.4), strict=True):
        told = each.estimate(arena_yardstick.TOLD, "margin").mean
        learned = each.estimate(arena_yardstick.LEARNED, "margin").mean
        assert told == pytest.approx(arena_yardstick.PUBLISHED[hazard], rel=0.015)
        assert learned >= arena_yardstick.LEAST * arena_yardstick.PUBLISHED[hazard]


def test_two_cores_find_what_one_does():
    matches = fixtures([WORLDS["grocery"]], [7, 8], ("smallest_first",), Size(60, 2, 40, 2))
    done = []
    assert play(matches, 2, lambda: done.append(1)) == play(matches) and len(done) == 2


def test_the_command_prints_json_and_draws_a_picture(tmp_path, capsys):
    picture = tmp_path / "arena.svg"
    code = arena(["--quick", "--seeds", "2", "--seed", "5", "--worlds", "grocery", "heavy tails", "--json",
                  "--figure", str(picture)])  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert code == 0 and found["seeds"] == 2
    assert found["verdict"] == [], "two shops keep and break no promise"
    grocery, tails = found["worlds"]
    assert grocery["breaks"] is None and "tails" in tails["breaks"]
    assert set(grocery["policies"]["smallest_first"]) == set(FIGURES)
    assert (
        grocery["policies"]["thompson"]["margin"]["low"] < grocery["policies"]["thompson"]["margin"]["high"]
    )
    assert "smallest_first, true" in grocery["policies"] and "smallest_first, true" not in tails["policies"]
    text = "".join(ElementTree.parse(picture).getroot().itertext())
    assert picture.stat().st_size > 5000 and text is not None


def test_the_command_prints_tables_for_some_policies_of_one_world(capsys):
    assert (
        arena(["--quick", "--policies", "smallest_first", "best_first", "--worlds", "grocery", "--markdown"])
        == 0
    )
    out = capsys.readouterr().out
    assert "| smallest_first |" in out and out.count("**") == 2, "one table"
    assert "2 shops of every world cannot tell policies apart" in out
    assert "±" not in out and "What was promised" not in out


def test_a_world_or_policy_that_there_is_not_is_refused(capsys):
    for wrong in (["--worlds", "utopia"], ["--policies", "luck"], ["--figure", "x.gif"], ["--seeds", "0"]):
        with pytest.raises(SystemExit):
            arena(wrong)
    assert "invalid choice" in capsys.readouterr().err


def test_shops_enough_are_judged_promise_by_promise(capsys):
    """Whatever comes of it: five shops are judged, and every table has its intervals."""
    size = ["--seeds", "5", "--worlds", "grocery", "in a hurry"]
    assert arena(["--quick", "--markdown", *size]) == 0
    out = capsys.readouterr().out
    assert "What was promised" in out and "cannot tell" not in out


def test_a_table_shows_the_mean_and_half_the_interval_where_shops_are_enough():
    few = arena_table.of_world(season("grocery", 4))
    assert {each[0]: each for each in few.rows}["thompson"][1] == "20.15"
    sheet = arena_table.of_world(season("grocery", 5))
    row = {each[0]: each for each in sheet.rows}["thompson"]
    assert row[1] == "20.20 ± 0.20" and set(LEARNING_PEERS) <= {each[0] for each in sheet.rows}


def test_help_names_every_world_and_policy(capsys):
    with pytest.raises(SystemExit) as stopped:
        arena(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert stopped.value.code == 0 and all(name in said for name in (*WORLDS, *POLICIES))
