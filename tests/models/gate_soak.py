"""The gate against fits of a real sampler: 200 good ones, and 200 with a planted fault.

    python -m tests.models.gate_soak --good 200 --bad 200 --out build/gate.jsonl

Every good fit is of another shop, by NUTS with the settings of every night; every bad one is a good one with the next
fault of `planted_fits.KINDS`. One line for each verdict; an interrupted run goes on.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from nutpie.compile_pymc import CompiledPyMCModel
from rich.console import Console
from rich.table import Table

from models import histories, population
from models.diagnostics import judge
from models.priors import DEFAULT
from models.release import HAND_MADE
from models.truth import truth_of
from models.virtual_shop import Design, play
from tests.models.planted_fits import KINDS, plant

CUSTOMERS, VISITS = 500, 5
LADDER = (Design((300, 600, 1200), (0, 1, 2)),)  # one, so that histories are few and a fit takes a second


def shop(number: int) -> xr.Dataset:
    """Customers somewhere around those of the hand-made release."""
    chance = np.random.default_rng([7, number])
    near = replace(
        HAND_MADE,
        name=f"shop-{number}",
        shares=tuple(chance.dirichlet((5, 4, 9)).tolist()),
        mu=HAND_MADE.mu + 0.3 * chance.normal(),
        tau=float(chance.uniform(0.5, 1.0)),
        sigma=float(chance.uniform(0.3, 0.6)),
    )
    return play(truth_of(near), customers=CUSTOMERS, visits=VISITS, ladders=LADDER, chance=chance)


def verdicts(good: int, bad: int, file: Path) -> Iterator[dict]:
    """One line for each fit, {"number", "kind", "passed", "failed"}: those of the file first."""
    done = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    yield from done
    seen = {(each["number"], each["kind"]) for each in done}
    file.parent.mkdir(parents=True, exist_ok=True)
    model: CompiledPyMCModel | None = None
    with file.open("a") as out:
        for number in range(max(good, bad)):
            kinds = ["good"] * (number < good) + [list(KINDS)[number % len(KINDS)]] * (number < bad)
            if all((number, kind) in seen for kind in kinds):
                continue
            dataset = shop(number)
            merged = histories.compress(dataset, DEFAULT)
            model = population.refit(model, merged) if model else population.compiled(DEFAULT, merged)
            fit = population.annotated(population.sample(model, seed=number), merged, DEFAULT)
            for kind in kinds:
                each = _judged(number, kind, fit, dataset)
                print(json.dumps(each), file=out, flush=True)
                yield each


def _judged(number: int, kind: str, fit: xr.DataTree, dataset: xr.Dataset) -> dict:
    chance = np.random.default_rng([8, number])
    verdict = judge(fit if kind == "good" else plant(kind, fit, chance), dataset, None, chance)
    failed = [check.name for check in verdict.failed]
    return {"number": number, "kind": kind, "passed": verdict.passed, "failed": failed}


def show(found: list[dict]) -> None:
    """How many of each kind would have been published, and what kept the others out."""
    table = Table("fit", "of", "published", "kept out by")
    for kind in ("good", *KINDS):
        these = [each for each in found if each["kind"] == kind]
        reasons = Counter(name for each in these for name in each["failed"])
        said = ", ".join(f"{name} {count}" for name, count in reasons.most_common(4))
        table.add_row(kind, str(len(these)), str(sum(each["passed"] for each in these)), said)
    Console(width=120).print(table)
    for what, these in (
        ("good", [each for each in found if each["kind"] == "good"]),
        ("bad", [each for each in found if each["kind"] != "good"]),
    ):
        print(
            f"{sum(each['passed'] for each in these)} of {len(these)} {what} fits would have been published"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--good", type=int, default=200)
    parser.add_argument("--bad", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("build/gate.jsonl"))
    asked = parser.parse_args()
    show(list(verdicts(asked.good, asked.bad, asked.out)))


if __name__ == "__main__":
    main()
