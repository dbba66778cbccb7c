"""The gate: whether a fit may be published. Every check is made, whatever the others said.

    verdict = judge(tree, dataset, in_force, np.random.default_rng(seed))
    verdict.passed, verdict.says, verdict.as_json()

The rule is that nothing passes by default: a check whose input is missing or damaged fails.
"""

import re
import warnings
from collections.abc import Callable
from functools import cached_property

import numpy as np
import xarray as xr

from models import comparison, consistency, convergence, fitted, labels, predictive, sufficiency
from models.comparison import Comparison
from models.histories import Histories, from_arrays
from models.predictive import Acceptance
from models.release import HAND_MADE, Release
from models.verdict import NAMES, Check, Verdict

NAN = re.compile(r"\b(nan|inf)\b")
NO_NUMBER = "this check cannot be made: there is too little to measure, or what was measured is no number"


class Evidence:
    """What the checks are computed from, each part once and only when a check asks for it."""

    def __init__(
        self, tree: xr.DataTree, dataset: xr.Dataset, in_force: Release, chance: np.random.Generator
    ):
        self.tree, self.dataset, self.in_force = tree, dataset, in_force
        self._chance = chance

    @cached_property
    def histories(self) -> Histories:
        return from_arrays(self.tree["constant_data"].to_dataset())

    @cached_property
    def acceptance(self) -> dict[str, Acceptance]:
        return predictive.compare(self.tree, self.dataset, self._chance)

    @cached_property
    def comparison(self) -> Comparison:
        return comparison.compare(self.tree, self.dataset, self.histories, self.in_force)


CHECKS: dict[str, Callable[[Evidence], Check]] = {
    "enough_data": lambda it: sufficiency.enough_data(it.dataset),
    "complete": lambda it: convergence.complete(it.tree),
    "chains": lambda it: convergence.chains(it.tree),
    "draws": lambda it: convergence.enough_draws(it.tree),
    "finite": lambda it: convergence.finite(it.tree),
    "ranges": lambda it: convergence.ranges(it.tree),
    "rhat": lambda it: convergence.rhat(it.tree),
    "ess_bulk": lambda it: convergence.ess_bulk(it.tree),
    "ess_tail": lambda it: convergence.ess_tail(it.tree),
    "divergences": lambda it: convergence.divergences(it.tree),
    "energy": lambda it: convergence.energy(it.tree),
    "likelihood": lambda it: consistency.likelihood(it.tree, it.histories),
    "labels": lambda it: labels.labels(it.tree),
    "types": lambda it: labels.types(it.tree, it.histories),
    "sensitive": lambda it: labels.sensitive(it.tree, it.histories, it.dataset["depth"].values),
    "acceptance_by_depth": lambda it: _acceptance(it, "acceptance_by_depth"),
    "acceptance_by_rung": lambda it: _acceptance(it, "acceptance_by_rung"),
    "acceptance_again": lambda it: _acceptance(it, "acceptance_again"),
    "loo": lambda it: comparison.check(it.comparison, len(fitted.free(it.tree))),
}


def judge(
    tree: xr.DataTree, dataset: xr.Dataset, in_force: Release | None, chance: np.random.Generator
) -> Verdict:
    """The verdict on a fit of this dataset, held against the release in force (none: the one made by hand)."""
    evidence = Evidence(tree, dataset, in_force or HAND_MADE, chance)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # a NaN fails its check; nobody needs to read of it twice
        checks = tuple([_tried(name, evidence) for name in NAMES])
        return Verdict(checks, evidence, _learnt(evidence))


def _learnt(evidence: Evidence) -> str:
    try:
        return comparison.learnt(evidence.comparison)
    except Exception:  # the check "loo" has said why
        return ""


def _tried(name: str, evidence: Evidence) -> Check:
    try:
        return _plain(CHECKS[name](evidence))
    except (
        Exception
    ) as error:  # Whatever it is: a check that cannot be made has failed, and the others go on.
        reason = str(error.args[0]) if error.args else type(error).__name__
        return Check(name, False, None, None, f"this check cannot be made: {reason:.200}")


def _plain(check: Check) -> Check:
    """Python's own numbers, no pass for what is no number, and no sentence that tells of one."""
    value = None if check.value is None else float(check.value)
    held = bool(check.passed) and value is not None and bool(np.isfinite(value))
    says = NO_NUMBER if NAN.search(check.says) else check.says
    return Check(check.name, held, value, None if check.bound is None else float(check.bound), says)


def _acceptance(evidence: Evidence, name: str) -> Check:
    return predictive.check(name, evidence.acceptance[name])
