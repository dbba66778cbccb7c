"""`rung bench replay`: the beliefs of all customers from a Parquet log of simulated visits, five each.

Once with visits spread over a year and a hundred ladders, where hardly two customers have the same history; once with
few ladders and all visits on one day, where most have (a million customers at most). Above a million customers,
a million are measured too, for comparison.
"""

import json
import subprocess
import sys
import tempfile
from typing import Any

VARIED, ALIKE = ("365", "100"), ("1", "4")  # days, ladders
MILLION = 1_000_000


def measure(customers: int) -> dict[str, Any]:
    """Seconds from opening the files to the last belief, the most memory, and what plain Python would take."""
    figures, alike = _measured(customers, VARIED), _measured(min(customers, MILLION), ALIKE)
    figures["alike_seconds"], figures["alike_distinct_steps"] = alike["seconds"], alike["distinct_steps"]
    if customers > MILLION:
        figures["of_a_million_seconds"] = _measured(MILLION, VARIED)["seconds"]
        figures["times_a_million"] = round(figures["seconds"] / figures["of_a_million_seconds"], 1)
    return figures


def _measured(customers: int, log: tuple[str, str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="rung-bench-") as folder:
        _run("models.big_log", folder, str(customers), *log)
        return json.loads(_run("models.replay_bench", folder))


def _run(module: str, *arguments: str) -> str:
    """What a process of its own says: its memory is its own, and this one loads no compiler. Raises RuntimeError."""
    command = [sys.executable, "-m", module, *arguments]
    ended = subprocess.run(command, capture_output=True, check=False, text=True)
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    return ended.stdout
