"""What the gate says of a fit: one line for every check, in a fixed and complete list."""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

NAMES = (
    "enough_data",
    "complete",
    "chains",
    "draws",
    "finite",
    "ranges",
    "rhat",
    "ess_bulk",
    "ess_tail",
    "divergences",
    "energy",
    "likelihood",
    "labels",
    "types",
    "sensitive",
    "acceptance_by_depth",
    "acceptance_by_rung",
    "acceptance_again",
    "loo",
)


class Check(NamedTuple):
    """One check: what was measured (None: it could not be), what it was held against, and what that means in words."""

    name: str
    passed: bool
    value: float | None
    bound: float | None
    says: str


@dataclass(frozen=True)
class Verdict:
    """All checks of one fit. ``evidence`` is what they were computed from, for the report; ``learnt``: a sentence on
    how much a fit that passed adds to the release in force."""

    checks: tuple[Check, ...]
    evidence: Any = field(default=None, repr=False, compare=False)
    learnt: str = ""

    @property
    def passed(self) -> bool:
        """Whether every check there is was made, once, and passed. A verdict that lacks one does not pass."""
        return [check.name for check in self.checks] == [*NAMES] and all(
            check.passed for check in self.checks
        )

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if not check.passed]

    @property
    def says(self) -> str:
        """The verdict in one sentence."""
        if self.passed:
            return (
                f"Passed: all {len(NAMES)} checks passed, this fit may be published. {self.learnt}".rstrip()
            )
        failed = self.failed
        if not failed:
            return "Rejected. The list of checks is not complete."
        first, others = failed[0].says, len(failed) - 1
        more = f" {others} more check{'s' * (others > 1)} failed." if others else ""
        return f"Rejected. {first[:1].upper()}{first[1:]}.{more}"

    def as_json(self) -> dict[str, Any]:
        """JSON members; a number that is not finite becomes null."""
        return {"passed": self.passed, "says": self.says, "checks": [_json(check) for check in self.checks]}


def _json(check: Check) -> dict[str, Any]:
    return {**check._asdict(), "value": _finite(check.value), "bound": _finite(check.bound)}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
