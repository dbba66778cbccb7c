"""A fit that takes no time: the worker's child as `models.fitting` is one, whose seed says what comes of it."""

import json
import os
import sys
import time
from pathlib import Path

from models import job_process, release
from models.release import HAND_MADE

PASSES, REJECTED, FAILS, CRASHES, HANGS, SLOWLY = range(6)  # SLOWLY + PASSES: passes, slowly
WHEN_TOLD = 2 * SLOWLY  # WHEN_TOLD + PASSES: passes, once there is a file of the name GO_ON beside its folder
GO_ON = "go-on"


def verdict(passed: bool) -> dict:
    check = {"name": "rhat", "passed": passed, "value": 1.0, "bound": 1.01, "says": "The chains agree."}
    return {"passed": passed, "says": "Passed." if passed else "Rejected.", "checks": [check]}


def proposed(job: dict) -> dict:
    """Another shop than the hand-made one: customers need less, and forget sooner."""
    changed = {"name": job["name"], "mu": HAND_MADE.mu - 0.4, "half_life": 90.0}
    return {**release.as_json(HAND_MADE), **changed}


def main(folder: Path) -> int:
    tell = job_process.begin()
    job = json.loads((folder / "job.json").read_text())
    (folder / "pid").write_text(str(os.getpid()))
    for done in (100, 200):
        tell({"stage": "fitting", "done": done, "total": 200, "seconds_left": 1.5, "divergences": 0})
        time.sleep(0.8 if SLOWLY <= job["seed"] < WHEN_TOLD else 0)
    while job["seed"] >= WHEN_TOLD and not (folder.parent / GO_ON).exists():
        time.sleep(0.05)
    seed = job["seed"] % 5
    if seed == HANGS:
        time.sleep(600)
    if seed == CRASHES:
        raise ZeroDivisionError("a fault of ours")
    if seed == FAILS:
        tell({"ended": {"state": "failed", "error": "There is nothing to fit."}})
        return 2
    (folder / "fit.nc").write_bytes(bytes(range(256)))
    (folder / "report.html").write_text("<!doctype html><style>p{}</style><p>Verdict</p>")
    (folder / "acceptance.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    share = {
        "name": "shares.hunter",
        "says": "share of customers of the type hunter",
        "unit": "%",
        "before": 25.0,
    }
    share |= {"mean": 31.24, "low": 28.01, "high": 34.5, "fixed": False}
    (folder / "report.json").write_text(json.dumps({"parameters": [share]}))
    passed = seed == PASSES
    counts = {"records": 3, "used": 2, "anonymous": 1, "returns": 1, "damaged": 0, "customers": 1}
    summary = {**counts, "table_error": {"first": 0.0002}}
    told = {"state": "passed" if passed else "rejected", "verdict": verdict(passed), "summary": summary}
    tell({"ended": {**told, "model": proposed(job) if passed else None}})
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
