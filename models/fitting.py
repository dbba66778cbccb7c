"""A fit as a job: the log as a dataset, the fit, the gate's verdict, the report, and a release if all checks passed.

``python -m models.fitting FOLDER`` is how the worker and ``rung fit`` run it: a process of its own, so that its memory
returns and ending it is cancelling. It reads ``FOLDER/job.json``, leaves its files there, and tells how far it is.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import xarray as xr

from models import accuracy, job_process, priors, release
from models.dataset import first_features, from_database, from_jsonl
from models.estimate import from_means
from models.priors import Priors
from models.release import Release

NICE = 10  # tills and the web process go first
STATUS = {"passed": 0, "rejected": 1, "failed": 2}  # of the process


class Step(NamedTuple):
    """How far a fit is: ``done`` of ``total`` in this stage; seconds are None while nobody can tell."""

    stage: str
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    divergences: int = 0


class Judged(Protocol):
    """A verdict of the gate."""

    @property
    def passed(self) -> bool: ...
    def as_json(self) -> dict[str, Any]: ...


class Tools(NamedTuple):
    """The three that a fit is made of: ``models.population.fit``, ``diagnostics.judge``, ``report.write``."""

    fit: Callable[..., xr.DataTree]
    judge: Callable[..., Judged]
    write: Callable[..., Any]


class Outcome(NamedTuple):
    """``release`` only if every check of the verdict passed; ``summary``: counts of the log, times, sizes."""

    verdict: Judged
    release: Release | None
    summary: dict[str, Any]


def run(
    dataset: xr.Dataset,
    beliefs: Priors,
    in_force: Release | None,
    folder: Path,
    *,
    name: str,
    seed: int,
    progress: Callable[[Step], None] = lambda step: None,
    stop: Callable[[], bool] = lambda: False,
    tools: Tools | None = None,
) -> Outcome:
    """Fit ``dataset`` from the priors ``beliefs``; leaves fit.nc, report and, if it passed, release.json in ``folder``.

    ``in_force`` starts the fit and is what it must not be worse than; ``name`` is what fit and release are called.
    Raises ValueError where there is nothing to fit, and what the sampler raises where ``stop`` says so.
    """
    _require_something(dataset)
    began, tools = time.monotonic(), tools or _tools(progress)
    tree = tools.fit(
        dataset,
        beliefs,
        seed=seed,
        start=in_force,
        progress=lambda at: progress(Step("fitting", at.done, at.total, at.seconds_left, at.divergences)),
        stop=stop,
    )
    tree.attrs |= {"fit": name, "seed": seed}
    progress(Step("checking"))
    verdict = tools.judge(tree, dataset, in_force, np.random.default_rng(seed))
    progress(Step("reporting"))
    tree.to_netcdf(folder / "fit.nc", engine="h5netcdf")
    tools.write(verdict, tree, dataset, folder)
    made = of_fit(name, tree, dataset, beliefs) if verdict.passed else None
    summary = _summary(dataset, made, time.monotonic() - began)
    if made:
        (folder / "release.json").write_text(json.dumps(release.as_json(made), indent=1))
    return Outcome(verdict, made, summary)


def of_fit(name: str, tree: xr.DataTree, dataset: xr.Dataset, beliefs: Priors) -> Release:
    """The release at the posterior means."""
    means = {
        str(key): value.mean(("chain", "draw")).values for key, value in tree["posterior"].data_vars.items()
    }
    rule = beliefs.cohorts
    cohorts = (rule.feature, rule.cuts, _customers_of(dataset, rule)) if rule else None
    return from_means(
        name, means, half_life=beliefs.half_life, cohorts=cohorts, covariates=beliefs.covariates
    )


def _customers_of(dataset: xr.Dataset, rule: priors.Cohorts) -> list[int]:
    """How many known customers each cohort has; as many in each where nobody is known."""
    bands = np.searchsorted(rule.cuts, first_features(dataset, rule.feature), side="right")
    counts = np.bincount(bands, minlength=len(rule.cuts) + 1)
    return counts.tolist() if counts.any() else [1] * len(counts)


def _require_something(dataset: xr.Dataset) -> None:
    if dataset.sizes["checkout"] == 0:
        records = dataset.attrs.get("records", 0)
        raise ValueError(
            f"There is nothing to fit: {records} records, and none tells how a customer took an offer."
        )


def _summary(dataset: xr.Dataset, made: Release | None, seconds: float) -> dict[str, Any]:
    counts = {str(name): value for name, value in dataset.attrs.items() if isinstance(value, int)}
    summary = {**counts, "customers": dataset.sizes["token"], "seconds": round(seconds, 1)}
    return {**summary, "table_error": accuracy.table_error(made)} if made else summary


def _tools(progress: Callable[[Step], None]) -> Tools:
    """What a fit is made of; imported by the first fit, which says so, because that takes some seconds."""
    progress(Step("starting"))
    from models import diagnostics, population, report

    return Tools(population.fit, diagnostics.judge, report.write)


def main(folder: Path) -> int:
    """Do the job in ``folder``; the exit status."""
    os.nice(NICE)
    tell = job_process.begin()
    tell(Step("reading")._asdict())
    try:
        ended = _done(json.loads((folder / "job.json").read_text()), folder, tell)
    except (ValueError, OSError) as bad:
        ended = {"state": "failed", "error": str(bad)}
    tell({"ended": ended})
    return STATUS[ended["state"]]


def _done(job: dict[str, Any], folder: Path, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    in_force = release.read(job["in_force"]) if job["in_force"] else None
    outcome = run(
        _log(job["log"]),
        priors.read(job["priors"]),
        in_force,
        folder,
        name=job["name"],
        seed=job["seed"],
        progress=lambda step: tell(step._asdict()),
    )
    return {
        "state": "passed" if outcome.release else "rejected",
        "summary": outcome.summary,
        "verdict": outcome.verdict.as_json(),
        "model": release.as_json(outcome.release) if outcome.release else None,
    }


def _log(named: dict[str, str]) -> xr.Dataset:
    """The dataset of a service's ``database``, or of a file of ``records``, one a line."""
    if "database" in named:
        return from_database(Path(named["database"]))
    return from_jsonl(Path(named["records"]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
