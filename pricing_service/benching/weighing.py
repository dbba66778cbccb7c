"""The exact plan of eight rungs alone: on this Python, and on a 125 MHz board by a stated rule.

The rule: on a Raspberry Pi Pico (RP2040, 125 MHz) a hundred thousand rounds of ``s += i & 7`` take 562 ms in
MicroPython. The same loop and the plans run here, in one process of MicroPython's unix port; what a plan takes is
scaled by the two times of the loop. Both are bytecode over small integers, as on a board; reading flash is not in it.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from models import tables
from models.release import HAND_MADE
from pos_client import core
from pos_client.core import belief, plan
from pos_client.core.model import Model
from pos_client.core.outlook import Outlook
from pricing_service.benching import on_device

LOOP_MS = 562  # of a hundred thousand rounds, on the board
DEPTHS = [200, 300, 500, 700, 1000, 1500, 2000, 2500]
PLANS = (
    ("default", "smallest_first", 3),  # at most two climbs
    ("no_limit", "smallest_first", 8),
    ("any_start", "adaptive_start", 8),
)
STAKES = {"keeps": [3600 * (3500 - depth) for depth in DEPTHS], "lost": 3600 * 30_000, "question": 3600 * 40}
ROUNDS = 20


def measure() -> dict[str, Any]:
    """Milliseconds of one plan, outlook included: the median over beliefs of nought to five visits, and the longest."""
    model = tables.held(HAND_MADE)
    beliefs = list(_beliefs(model))
    figures: dict[str, Any] = {"rungs": len(DEPTHS), "beliefs": len(beliefs)}
    here = _here(model, beliefs)
    device = _on_micropython(beliefs)
    board, same = _on_board(device, len(beliefs)) if device else ({}, [])
    for number, (name, (took, plans)) in enumerate(here.items()):
        figures[f"{name}_ms"] = round(median(took), 3)
        if board:
            figures[f"{name}_board_ms"] = round(median(board[name]), 2)
            figures[f"{name}_board_worst_ms"] = round(max(board[name]), 2)
            figures[f"{name}_same_plans"] = same[number] == plans
    if board:
        figures["faded_board_ms"] = round(median(board["faded"]), 2)
    return figures


def _on_board(device: dict[str, Any], count: int) -> tuple[dict[str, list[float]], list[list[list[int]]]]:
    """Milliseconds on the board by kind of work and belief, and MicroPython's plans by kind."""
    loop, *times = device["microseconds"]
    parts = [times[at : at + count] for at in range(0, len(times), count)]
    names = ("faded", *[name for name, _, _ in PLANS])
    board = {name: [LOOP_MS * one / loop for one in part] for name, part in zip(names, parts, strict=True)}
    plans = device["plans"]
    return board, [plans[at : at + count] for at in range(0, len(plans), count)]


def _beliefs(model: Model) -> Iterator[list[int]]:
    """Of nobody yet, and of customers who took the first, a middle, the largest rung, or left, again and again."""
    yield belief.initial(model)
    for rung in (0, 2, 4, 7):
        weights = belief.initial(model, belief.PRECISE)
        for _ in range(5):
            refused = [(DEPTHS[below], False, False, "asked_more") for below in range(rung)]
            weights = belief.update(
                model, weights, [*refused, (DEPTHS[rung], rung == 7, rung == 7, "accepted")], "sold"
            )
            yield belief.rescale(weights, belief.ONE)


def _here(model: Model, beliefs: list[list[int]]) -> dict[str, tuple[list[float], list[list[int]]]]:
    """Per kind of plan: milliseconds by belief, and the plans."""
    stakes = plan.Stakes(**STAKES)
    told = {}
    for name, policy, most in PLANS:
        took, plans = [], []
        for weights in beliefs:
            began = time.perf_counter()
            made = [
                plan.make(policy, len(DEPTHS), Outlook(model, weights, DEPTHS), stakes, most)
                for _ in range(ROUNDS)
            ]
            took.append((time.perf_counter() - began) * 1000 / ROUNDS)
            plans.append(made[0])
        told[name] = took, plans
    return told


def _on_micropython(beliefs: list[list[int]]) -> dict[str, Any] | None:
    """What `on_device` printed; None where there is no MicroPython on this machine."""
    interpreter = Path(sys.executable).parent / "micropython"
    if not interpreter.exists():
        return None
    case = {"model": tables.model(HAND_MADE), "depths": DEPTHS, "plans": PLANS, "beliefs": beliefs, **STAKES}
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "case.json", Path(folder) / "columns"
        files[0].write_text(json.dumps(case))
        files[1].write_bytes(tables.columns(HAND_MADE))
        command = [str(interpreter), "-X", "heapsize=2M", on_device.__file__, *map(str, files)]
        run = subprocess.run(
            command,
            cwd=Path(core.__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
    return json.loads(run.stdout)
