"""The service answers every caller as its description says: Schemathesis, all its checks."""

import os
from collections import Counter

import pytest

from pricing_service.app import create
from pricing_service.service import Service
from tests.service import contract
from tests.service.contract import TILL, Callers
from tests.service.places import prepared

OF_TILLS = "^/v1/(events|snapshots|enrolments/re)"
# Rules, priors and baskets take thousands of cases to cover: the long run does.
LIGHT = "^/(?!v1/(discounts|policies|priors|experiments|decisions|explanations)(/|$))"
EASY = [
    ("admin", ("coverage",), 1, LIGHT),
    ("analyst", ("examples", "fuzzing"), 2, ""),
    ("auditor", ("examples", "fuzzing"), 2, ""),
    (TILL, ("coverage", "fuzzing"), 10, OF_TILLS),
]
HARD = [
    ("admin", ("coverage", "stateful"), 15, ""),
    *[(role, ("coverage", "stateful"), 15, LIGHT) for role in contract.PERSONS if role != "admin"],
    *[(role, ("examples", "fuzzing"), 15, "") for role in contract.PERSONS],
    (TILL, ("examples", "coverage", "fuzzing"), 200, OF_TILLS),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Callers:
    running = Service(prepared(tmp_path_factory.mktemp("contract")))
    return Callers(create(running), running)  # Schemathesis ends the application, which closes its service


def table(told: dict[str, Counter[int]]) -> str:
    """Cases by caller and status, for docs/security.md."""
    statuses = sorted({status for cases in told.values() for status in cases})
    lines = [
        "| caller | cases | " + " | ".join(map(str, statuses)) + " |",
        "|---|" + "---:|" * (len(statuses) + 1),
    ]
    for caller, cases in told.items():
        counts = " | ".join(str(cases[status]) for status in statuses)
        lines.append(f"| {caller} | {cases.total()} | {counts} |")
    return "\n".join(lines)


def test_every_caller_is_answered_as_described(app: Callers, capsys: pytest.CaptureFixture[str]) -> None:
    soak = bool(os.environ.get("RUNG_SOAK"))
    told: dict[str, Counter[int]] = {}
    wrong: list[str] = []
    for caller, phases, examples, paths in HARD if soak else EASY:
        played = contract.played(app, caller, phases, examples, paths)
        told[caller] = told.get(caller, Counter()) + played.cases
        wrong += played.wrong
    with capsys.disabled():
        print("\n" + table(told))
    assert not wrong, f"{len(wrong)} answers are not as described:\n\n" + "\n\n".join(wrong[:10])
    assert not any(status >= 500 for cases in told.values() for status in cases)
    assert sum(cases.total() for cases in told.values()) >= (20_000 if soak else 2_000)
