"""``python -m models.replay_bench FOLDER``: how long the beliefs of all customers of a log take, as JSON.

From opening the Parquet files to the last belief, in a process that has the compiled code at hand (``loading_seconds``:
importing it, compiling where it was never run before). Some customers are folded by the core in plain Python as well:
their beliefs must be equal, and the time tells what is gained.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from models import logged_visits, tables
from models.recompute import Kind, Visits, recompute
from models.release import HAND_MADE
from pos_client.core import belief
from pos_client.core.belief import Model

CHECKED = 200  # customers folded in plain Python


def measure(folder: Path) -> dict[str, Any]:
    """Raises RuntimeError where a belief is not the one that the core makes."""
    loading = _load()
    model = tables.held(HAND_MADE)
    began, worked = time.perf_counter(), time.process_time()
    visits, kinds = logged_visits.read(folder, model)
    read, steps, customers = time.perf_counter(), 0, 0
    some: list[list[int]] = []
    for part in recompute(model, visits, kinds):
        weights = part.weights()
        some += weights[: max(CHECKED - len(some), 0)].tolist()
        steps, customers = steps + part.steps, customers + len(weights)
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plain = _plain(model, visits, kinds, some)
    return {
        "customers": customers,
        "visits": len(visits.customer),
        "kinds_of_visits": len(kinds),
        "distinct_steps": steps,
        "seconds": round(seconds, 2),
        "of_it_reading": round(read - began, 2),
        "processor_seconds": round(
            worked, 2
        ),  # of both threads; on an idle machine twice ``seconds`` at most
        "memory_gb": round(memory / 2**20, 2),
        "loading_seconds": round(loading, 2),
        "plain_python_us_a_visit": round(plain * 1e6),
        "times_as_fast": round(plain * len(visits.customer) / seconds),
    }


def _load() -> float:
    """Seconds until the compiled code is ready; what Python itself took to import it came before."""
    began, one = time.perf_counter(), np.zeros(1, np.int32)
    visit = Visits(1, one, one, one, one.astype(bool))
    list(recompute(tables.held(HAND_MADE), visit, [Kind(((500, True, True, "accepted"),), "sold")]))
    return time.perf_counter() - began


def _plain(model: Model, visits: Visits, kinds: list[Kind], expected: list[list[int]]) -> float:
    """Seconds a visit of the core's own update, over customers 0 and following, whose beliefs must be ``expected``."""
    rows = np.flatnonzero(visits.customer < len(expected))
    held = [belief.initial(model, belief.PRECISE)] * len(expected)
    since = [int(visits.day[rows[0]])] * len(expected)
    began = time.perf_counter()
    for row in rows.tolist():
        who, day, kind = int(visits.customer[row]), int(visits.day[row]), kinds[visits.kind[row]]
        drifted = belief.drift(model, held[who], day - since[who])
        held[who], since[who] = belief.update(model, drifted, list(kind.offers), kind.outcome), day
    seconds = time.perf_counter() - began
    if held != expected:
        raise RuntimeError("The beliefs are not those that the core makes.")
    return seconds / len(rows)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
