"""A fleet of simulated tills, their own start and update code, and bad images: `rung firmware simulate`."""

import io
import json
import os
import threading
from typing import Any

import pytest
from rich.console import Console

from pricing_service import cli
from pricing_service.rolling import fleet, forecast, scenes
from pricing_service.rolling.command import _table
from pricing_service.rolling.images import BAD, FALLS, GOOD
from pricing_service.rolling.outcome import Outcome
from pricing_service.rolling.scenes import Tell

SOAK = bool(os.environ.get("RUNG_SOAK"))
TILLS = 1000 if SOAK else 4


@pytest.mark.parametrize("kind", BAD if SOAK else ["wrong-offers", "falls-silent"])
def test_a_bad_image_is_tried_by_two_per_cent_at_most_and_everybody_comes_back_with_all_records(
    kind: str,
) -> None:
    outcome = fleet.play(kind, TILLS, 1)
    assert outcome.state == "stopped" and 1 <= outcome.tried <= max(1, TILLS // 50)
    stayed = outcome.tried if kind in FALLS else 0  # what confirmed itself and hears nobody cannot come back
    assert (outcome.on_old, outcome.on_new, outcome.lost) == (TILLS - stayed, stayed, 0)
    assert outcome.records > 0 and outcome.held


def test_the_command_tells_one_json_object_a_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["simulate", "--tills", "2", "--micropython", "0", "--image", "cannot-sync", "--json"]
    assert cli.firmware(argv) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])  # behind what the service logs
    assert (told["kind"], told["state"], told["held"]) == ("cannot-sync", "stopped", True)
    assert told["why"] == "1 of 1 tills of the group canary failed"


@pytest.mark.skipif(not SOAK, reason="RUNG_SOAK=1 rolls a good image out to 200 tills as well")
def test_a_good_image_comes_to_every_till() -> None:
    outcome = fleet.play(GOOD, 200, 1)
    assert (outcome.state, outcome.on_new, outcome.lost) == ("done", 200, 0)


def outcome_of(kind: str, **other: Any) -> Outcome:
    """A bad image that three boards of three tried."""
    told = {"tills": 3, "micropython": 3, "state": "stopped", "why": "", "tried": 3, "failed": 3}
    told |= {
        "stopped_after": 1,
        "back_after": 2,
        "on_old": 3,
        "on_new": 0,
        "records": 9,
        "lost": 0,
        "seconds": 60.0,
    }
    return Outcome(kind=kind, **{**told, **other})


def test_images_on_boards_are_played_at_the_same_time() -> None:
    meet = threading.Barrier(3)

    def play(kind: str, tell: Tell) -> Outcome:
        meet.wait(60)
        tell(1, "running")
        return outcome_of(kind)

    kinds = ["boot-loop", "silent", "good"]
    found = list(scenes.side_by_side(kinds, play, Console(file=io.StringIO())))
    assert sorted(one.kind for one in found) == sorted(kinds)


def test_an_image_whose_boards_do_not_start_ends_the_others_too() -> None:
    fails, ended = threading.Event(), []

    def play(kind: str, tell: Tell) -> Outcome:
        if kind == "boot-loop":
            fails.set()
            raise SystemExit("A board was not heard of.")
        fails.wait(60)
        try:
            while True:  # until nobody listens any more
                tell(1, "running")
        finally:
            ended.append(kind)

    with pytest.raises(SystemExit, match="not heard of"):
        list(scenes.side_by_side(["silent", "boot-loop"], play, Console(file=io.StringIO())))
    assert ended == ["silent"]


@pytest.mark.parametrize("tills", [3, 100_000])
def test_the_table_of_outcomes_fits_into_eighty_columns(tills: int) -> None:
    outcomes = [
        outcome_of(kind, tills=tills, tried=min(tills, 900), on_old=tills, records=12345) for kind in BAD
    ]
    shown = Console(file=io.StringIO(), width=80)
    shown.print(_table(outcomes))
    said = shown.file.getvalue()  # pyright: ignore[reportAttributeAccessIssue]
    assert "…" not in said and all(said.count(kind) >= 1 for kind in BAD)
    assert (
        len([line for line in said.splitlines() if line.strip()]) == len(BAD) + 2
    )  # the title and the names of the columns


def test_how_long_it_takes_is_said_beforehand(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.firmware(["simulate", "--tills", "2", "--micropython", "0", "--image", "boot-loop"]) == 0
    assert capsys.readouterr().err.splitlines()[0].startswith("It takes less than a minute")
    assert (
        forecast.said(BAD, 1000, 0)
        == "It takes about 3 min, longer on a machine that has other things to do."
    )
    assert forecast.seconds(["boot-loop", "silent"], 3, 3) == forecast.seconds(["silent"], 3, 3)


def test_an_unknown_kind_of_image_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.firmware(["simulate", "--image", "abacus"]) == 2
    assert "boot-loop" in capsys.readouterr().err
