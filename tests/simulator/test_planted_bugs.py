"""The simulator finds known mistakes: else its silence would say nothing."""

import os

import pytest

from tests.simulator import bugs
from tests.simulator.campaign import caught, shrunk, told

MOST = 400  # histories
LATE = {
    "acknowledged before commit": 130,
    "counters forgotten": 180,
    "history not renewed": 40,
    "known elsewhere forgotten": 60,
    "learnt later": 25,
    "new history not heard": 40,
}  # the seed to begin with, where the first histories are known to show nothing; `make soak` begins with 1


@pytest.mark.parametrize("name", bugs.ALL)
def test_a_planted_mistake_is_found(name):
    first = 1 if os.environ.get("RUNG_SOAK") else LATE.get(name, 1)
    _, outcome = caught(bugs.ALL[name], first, most=MOST)
    assert outcome is not None, f"{name}: not seen in {MOST} histories from {first} on"
    print(f"{name}: seen in history {outcome.seed}: {outcome.wrong[0]}")


def test_a_failing_history_is_told_with_as_few_faults_as_still_make_it_fail():
    planted = bugs.ALL["hash not compared"]
    _, failed = caught(planted, first=1, most=MOST)
    smaller = shrunk(failed, planted)
    assert smaller.wrong
    assert set(smaller.weather.names) < set(failed.weather.names)
    story = told(smaller)
    assert f"--seed {failed.seed}" in story
    assert "lost" in story
