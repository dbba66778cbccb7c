"""A fit as a job: what it leaves, what it tells, and that a release comes of nothing but a verdict that passed."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from models import dataset, fitting, release
from models.fitting import Step, Tools
from models.priors import DEFAULT, Cohorts
from models.release import HAND_MADE
from models.verdict import NAMES, Check, Verdict
from models.virtual_shop import play, truth_of

LOG = play(truth_of(HAND_MADE), customers=40, visits=3, chance=np.random.default_rng(1))
SIZES = {"shares": "type", "leave": "type", "leave_end": "type", "cohort_mu": "cohort"}


def drawn(**values: Any) -> xr.DataTree:
    """Two chains of three draws that are spread evenly around these values."""
    around = np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]]) * 1e-4
    posterior = {}
    for name, value in values.items():
        more = [SIZES[name]] if name in SIZES else []
        centre = np.asarray(value, float)
        posterior[name] = (
            ["chain", "draw", *more],
            centre + around.reshape(2, 3, *([1] * centre.ndim)) * (name != "shares"),
        )
    return xr.DataTree.from_dict({"posterior": xr.Dataset(posterior)})


MEANS = {
    "shares": (0.3, 0.2, 0.5),
    "mu": -3.0,
    "tau": 0.6,
    "sigma": 0.3,
    "delta": 0.2,
    "eps": 0.03,
    "leave": (0.01, 0.02, 0.03),
    "leave_end": (0.02, 0.05, 0.09),
}


def tools(passed: bool = True, **more: Any) -> Tools:
    """Real functions of the three's shapes, that take no time."""

    def fit(log: xr.Dataset, beliefs: Any, *, seed: int, start: Any, progress: Any, stop: Any) -> xr.DataTree:
        for done in (1, 2):
            if stop():
                raise InterruptedError
            progress(SimpleNamespace(done=done, total=2, seconds_left=2.0 - done, divergences=0))
        return drawn(**MEANS, **more)

    def judge(tree: xr.DataTree, log: xr.Dataset, in_force: Any, chance: Any) -> Verdict:
        return Verdict(tuple([Check(name, passed, 1.0, 1.0, "as it should be") for name in NAMES]))

    def write(verdict: Verdict, tree: xr.DataTree, log: xr.Dataset, folder: Path) -> None:
        (folder / "report.json").write_text(json.dumps(verdict.as_json()))

    return Tools(fit, judge, write)


def run(
    folder: Path, made_of: Tools, beliefs: Any = DEFAULT, log: xr.Dataset = LOG, **more: Any
) -> fitting.Outcome:
    return fitting.run(log, beliefs, HAND_MADE, folder, name="fit-1", seed=1, tools=made_of, **more)


def test_a_fit_that_passed_proposes_the_release_at_its_means(tmp_path: Path) -> None:
    outcome = run(tmp_path, tools(), replace(DEFAULT, half_life=90.0))
    assert outcome.release is not None
    assert (outcome.release.name, outcome.release.half_life) == ("fit-1", 90.0)
    assert outcome.release.mu == pytest.approx(-3.0) and outcome.release.shares == pytest.approx(
        (0.3, 0.2, 0.5)
    )
    assert release.read(json.loads((tmp_path / "release.json").read_text())) == outcome.release
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fit.nc", "release.json", "report.json"]


def test_a_rejected_fit_proposes_none_and_leaves_its_report(tmp_path: Path) -> None:
    outcome = run(tmp_path, tools(passed=False))
    assert outcome.release is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fit.nc", "report.json"]


def test_the_summary_tells_what_the_log_held_and_how_exact_the_tables_are(tmp_path: Path) -> None:
    summary = run(tmp_path, tools()).summary
    assert (summary["used"], summary["customers"]) == (120, 40)
    assert 0 < summary["table_error"]["published"]["first"] < 0.01
    json.dumps(summary, allow_nan=False)


def test_cohorts_have_the_part_of_the_customers_that_the_log_shows(tmp_path: Path) -> None:
    beliefs = replace(DEFAULT, cohorts=Cohorts("lines", (3.0,)))
    outcome = run(tmp_path, tools(cohort_mu=(-3.2, -2.8)), beliefs)
    assert outcome.release is not None and outcome.release.cohorts is not None
    from_three = float(np.mean(dataset.first_features(LOG, "lines") >= 3))
    assert outcome.release.cohorts.shares == pytest.approx((1 - from_three, from_three))
    assert outcome.release.cohorts.means == pytest.approx((-3.2, -2.8))


def test_where_all_customers_are_anonymous_no_cohort_is_larger_than_another(tmp_path: Path) -> None:
    nobody = LOG.isel(token=slice(0)).assign(customer=LOG["customer"] * 0 - 1)
    beliefs = replace(DEFAULT, cohorts=Cohorts("lines", (3.0,)))
    outcome = run(tmp_path, tools(cohort_mu=(-3.2, -2.8)), beliefs, nobody)
    assert outcome.release is not None and outcome.release.cohorts is not None
    assert outcome.release.cohorts.shares == (0.5, 0.5)


def test_it_tells_how_far_it_is_stage_by_stage(tmp_path: Path) -> None:
    told: list[Step] = []
    run(tmp_path, tools(), progress=told.append)
    assert [step.stage for step in told] == ["fitting", "fitting", "checking", "reporting"]
    assert told[1] == Step("fitting", 2, 2, 0.0, 0)


def test_whoever_asks_it_to_stop_is_heard(tmp_path: Path) -> None:
    with pytest.raises(InterruptedError):
        run(tmp_path, tools(), stop=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_tells_nothing_is_not_fitted(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to fit"):
        run(tmp_path, tools(), log=dataset.from_records([]))
