"""In which order the suite runs, and what is no garbage while it does."""

import gc

import pytest

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
