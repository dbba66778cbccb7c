"""A fleet of simulated tills, their own start and update code, and bad images: `rung firmware simulate`."""

import json
import os

import pytest

from pricing_service import cli
from pricing_service.rolling import fleet
from pricing_service.rolling.images import BAD, FALLS, GOOD

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


def test_an_unknown_kind_of_image_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.firmware(["simulate", "--image", "abacus"]) == 2
    assert "boot-loop" in capsys.readouterr().err
