"""In which order the suite runs, what is no garbage while it does, and where properties are looked for."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

# Everybody looks at the same examples, however slow the machine; `make soak` looks at others every time.
settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("soak" if os.environ.get("RUNG_SOAK") else "same")

# Longest first, so that no core ends up waiting for a file that another began last: `make test` runs the files on two
# cores in this order. What is not named here takes seconds.
LONG = (
    "simulator/test_first_thousand.py",
    "simulator/test_second_thousand.py",
    "simulator/test_planted_bugs.py",
    "models/test_calibration.py",
    "interpreters/test_both_interpreters.py",
    "models/test_notebook.py",
    "journeys/test_fit_to_till.py",
    "till/test_network_faults.py",
    "till/test_kill.py",
    "till/test_micropython_till.py",
    "service/test_killed.py",
    "journeys/test_rollout_to_boards.py",
    "firmware/runtime/test_board.py",
    "firmware/test_newcomer.py",
    "firmware/test_provisioning.py",
    "service/test_reconnecting.py",
    "service/test_contract.py",
    "project/test_containers.py",
    "service/test_commands.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    file = item.nodeid.partition("::")[0].removeprefix("tests/")
    return LONG.index(file) if file in LONG else len(LONG)


def pytest_collection_finish() -> None:
    """A till looks for garbage before whatever needs memory: not among all that the suite has imported, in 0.2 s."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()
