"""`rung bench device`: how long a cashier waits for a till on a 125 MHz board, measured on MicroPython here.

The rule is that of `weighing`: a hundred thousand rounds of ``s += i & 7`` take 562 ms on a Raspberry Pi Pico, so what
a till's work takes here, counted in such loops of the same moments, is scaled by that. Processor time only: reading
flash and the radio are not in it. What takes its time on any processor is added as it is: the bus to the display, and
the two looks at a key.
"""

import hmac
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from models import tables
from models.release import HAND_MADE
from pos_client.core import belief, snapshot
from pricing_service import provisioning
from pricing_service.benching import baskets, starts
from pricing_service.benching.starts import IDENTITY, NOW, ROOT
from pricing_service.benching.weighing import LOOP_MS

LIMITS = {"key_to_display": 50, "offer": 20, "boot_to_first_offer": 2000}  # milliseconds on the board
OF_32_BITS = "of_32_bits_"  # before the names of the figures of a board's words
LOOKS_MS = 10  # until a key that was just missed is believed: it is looked at every 5 ms, twice
CUSTOMERS = 1000
SALES = (100, 600)  # that a journal holds at a start in the middle of a day, or after some days alone
ONE_LINE, TEN_LINES = "one_line", "ten_lines"
BASKETS = {ONE_LINE: baskets.CONTRACT, TEN_LINES: baskets.ten_lines()}
_BOOT = """
import pathlib, sys
from firmware.emulate import run
run(pathlib.Path(sys.argv[1]), sys.argv[2])
"""
_MEASURES = "import program; program.main('case.json', 'snapshot', 'journal')"


class Runner(NamedTuple):
    """A MicroPython: the figures of one of 32 bits have a ``prefix``. ``plain`` begins a command that runs a program,
    ``starts`` is the one that runs `starts.PROGRAM` with the image in flash."""

    prefix: str
    plain: list[str]
    starts: list[str]


def measure(seconds: float) -> dict[str, Any]:
    """`measured` of an image that is built for it; of 32 bits too where requirements/micropython32.sh has brought such
    a MicroPython, or RUNG_MICROPYTHON_32 names one."""
    if not Path(sys.executable).with_name("micropython").exists():
        raise SystemExit("there is no MicroPython beside this Python; `make setup` installs it")
    from firmware.build import build  # its compiler comes with MicroPython

    brought = ROOT / "build" / "micropython32" / "micropython"
    of_32_bits = os.environ.get("RUNG_MICROPYTHON_32", str(brought) if brought.exists() else "")
    with tempfile.TemporaryDirectory(prefix="rung-bench-") as folder:
        return measured(build(Path(folder) / "build"), seconds, of_32_bits=of_32_bits)


def measured(
    flash: Path, seconds: float, sales: tuple[int, ...] = SALES, of_32_bits: str = ""
) -> dict[str, Any]:
    """Milliseconds on the board, and the limits they are held against. ``seconds`` for starts of the image ``flash``,
    after so many ``sales``; each kind is started once at least. ``of_32_bits`` starts a MicroPython of such words,
    which boards have."""
    figures: dict[str, Any] = {"loop_board_ms": LOOP_MS}
    prefixes = []
    for runner in _runners(flash, of_32_bits):
        with tempfile.TemporaryDirectory(prefix="rung-bench-") as folder:
            place = Path(folder)
            prepare(place)
            started = starts.least(runner.starts, place, seconds, sales)
            found = _figures(_at_the_counter(place, runner.plain), started, sales)
        figures |= {runner.prefix + name: figure for name, figure in found.items()}
        prefixes.append(runner.prefix)
    for name, limit in LIMITS.items():
        figures[f"{name}_limit_ms"] = limit
    figures["within_limits"] = all(
        figures[f"{prefix}{name}_board_ms"] <= limit for prefix in prefixes for name, limit in LIMITS.items()
    )
    return figures


def _runners(flash: Path, of_32_bits: str) -> Iterator[Runner]:
    """Of 64 bits, as this machine, with the heap that `firmware.emulate` gives; and of 32 with a board's."""
    micropython = str(Path(sys.executable).with_name("micropython"))
    yield Runner("", [micropython], [sys.executable, "-c", _BOOT, str(flash), starts.PROGRAM])
    if of_32_bits:
        from firmware.emulate import command  # comes with MicroPython too

        in_flash = command(of_32_bits, flash, starts.PROGRAM, "-X", "heapsize=128k")
        yield Runner(OF_32_BITS, shlex.split(of_32_bits), in_flash)


def _figures(told: dict[str, Any], starts: dict[str, float], sales: tuple[int, ...]) -> dict[str, Any]:
    """What was measured, on the board."""
    return {
        **counter_figures(told),
        "tablet_offer_board_ms": _board(starts["basket"]),
        "boot_to_first_offer_board_ms": _board(starts["empty"]),
        **{f"boot_after_{made}_sales_board_ms": _board(starts[str(made)]) for made in sales},
    }


def counter_figures(told: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds on the board, of what `firmware.stopwatch` printed."""

    def shown(key: dict[str, int]) -> float:
        return round(LOOKS_MS + _board(key["code"]) + key["bus"] / 1000, 1)

    one, ten = told["baskets"][ONE_LINE], told["baskets"][TEN_LINES]
    return {
        "key_to_display_board_ms": shown(told["keys"]["lcd"]),
        "key_to_oled_board_ms": shown(told["keys"]["oled"]),
        "key_told_board_ms": _board(told["keys"]["lcd"]["told"]),
        "idle_keypad_board_ms": _board(told["scan"]),
        "offer_board_ms": _board(one["decision"]),
        "plan_board_ms": _board(one["planning"]),
        "basket_board_ms": _board(one["put"]),
        "ten_lines_offer_board_ms": _board(ten["decision"]),
        "ten_lines_basket_board_ms": _board(ten["put"]),
        "ten_lines_rungs": ten["rungs"],
    }


def _board(millionths: float) -> float:
    """Milliseconds there, of millionths of a loop."""
    return round(millionths * LOOP_MS / 1e6, 1)


def prepare(place: Path) -> None:
    """Writes `firmware.stopwatch`, compiled as a device's image is, its case and its snapshot."""
    from firmware.build import program

    case = {"identity": IDENTITY, "now": NOW, "baskets": BASKETS, "asked": ONE_LINE}
    (place / "case.json").write_text(json.dumps(case))
    (place / "snapshot").write_bytes(_snapshot())
    program(ROOT / "firmware" / "stopwatch.py", place)


def _at_the_counter(place: Path, plain: list[str]) -> dict[str, Any]:
    """What `firmware.stopwatch` printed, started by ``plain``."""
    ran = subprocess.run(
        [*plain, "-X", "heapsize=4M", "-c", _MEASURES],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(ran.stdout + ran.stderr)
    return json.loads(ran.stdout)


def _snapshot() -> bytes:
    """Of the sample shop with `CUSTOMERS`, the one of the basket among them."""
    shop = json.loads(provisioning.SHOP.read_text())
    model = tables.held(HAND_MADE)
    meta = {
        "format": snapshot.FORMAT,
        "version": 1,
        "built": NOW,
        "history": "bench",
        "store": IDENTITY["store"],
        "model": tables.model(HAND_MADE),
        "discounts": shop["discounts"],
        "policy": {},
    }
    weights, key = belief.initial(model), bytes.fromhex(IDENTITY["tenant_key"])
    customers = []
    for number in range(CUSTOMERS):
        card = str(int(baskets.CONTRACT["customer"]) + number)
        token = hmac.new(key, card.encode(), "sha256").hexdigest()
        customers.append((token, weights, NOW // 86400 - number % 90, {"visits": 1 + number % 20}))
    body = snapshot.encode(meta, tables.columns(HAND_MADE), customers)
    return snapshot.sign(body, bytes.fromhex(IDENTITY["key"]))
