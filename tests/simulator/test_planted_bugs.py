"""The simulator finds known mistakes: else its silence would say nothing."""

import os

import pytest

from tests.simulator import bugs
from tests.simulator.campaign import caught, shrunk, told

MOST = 400  # histories
RARE = {
    "acknowledged before commit",
    "gaps accepted",
    "known elsewhere forgotten",
}  # take some fifty to be seen


@pytest.mark.parametrize("name", bugs.ALL)
def test_a_planted_mistake_is_found(name):
    if name in RARE and not os.environ.get("RUNG_SOAK"):
        pytest.skip("takes a minute: set RUNG_SOAK=1")
    count, outcome = caught(bugs.ALL[name], first=1, most=MOST)
    assert outcome is not None, f"{name}: not seen in {MOST} histories"
    print(f"{name}: seen in history {count}: {outcome.wrong[0]}")


def test_a_failing_history_is_told_with_as_few_faults_as_still_make_it_fail():
    planted = bugs.ALL["hash not compared"]
    _, failed = caught(planted, first=1, most=MOST)
    smaller = shrunk(failed, planted)
    assert smaller.wrong
    assert set(smaller.weather.names) < set(failed.weather.names)
    story = told(smaller)
    assert f"--seed {failed.seed}" in story
    assert "lost" in story
