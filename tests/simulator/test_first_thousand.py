"""A thousand histories of everything that goes wrong between tills and service; `make soak` plays the other 98,000."""

import os
import subprocess
import sys

from tests.simulator.campaign import some, told, transcript

SEEDS = range(1, 1001)


def test_in_a_thousand_histories_nothing_is_lost_doubled_reordered_or_stuck_and_beliefs_are_the_replays():
    tally = some(SEEDS)
    assert not tally.failed, told(tally.failed[0])
    assert tally.histories == len(SEEDS)
    for happened in (
        "power cut",
        "till restored",
        "till cloned",
        "service restored",
        "service killed",
        "overtaken",
    ):
        assert tally.counts[happened] > 100, f"{happened}: too rare to show anything"


def test_a_history_is_a_function_of_its_seed_and_of_nothing_else():
    """Neither of the process nor of what was played before."""
    here = [transcript(seed) for seed in (5, 14, 24)]
    ask = "from tests.simulator.campaign import transcript; print(*map(transcript, (24, 5, 14)), sep='|')"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, check=True)
    last, *others = done.stdout.decode().removesuffix("\n").split("|")
    assert [*others, last] == here
