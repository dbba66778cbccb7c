"""`rung bench device`: how long a cashier waits for a till on a 125 MHz board, measured on MicroPython here.

The rule is that of `weighing`: a hundred thousand rounds of ``s += i & 7`` take 562 ms on a Raspberry Pi Pico, so what
a till's work takes here, counted in such loops of the same moments, is scaled by that. Processor time only: reading
flash and the radio are not in it. What takes its time on any processor is added as it is: the bus to the display, and
the two looks at a key.
"""

import hmac
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import firmware
from models import tables
from models.release import HAND_MADE
from pos_client.core import belief, snapshot
from pricing_service import provisioning
from pricing_service.benching import baskets
from pricing_service.benching.weighing import LOOP_MS

LIMITS = {"key_to_display": 50, "offer": 20, "boot_to_first_offer": 2000}  # milliseconds on the board
LOOKS_MS = 10  # until a key that was just missed is believed: it is looked at every 5 ms, twice
NOW = 1_795_000_000
CUSTOMERS = 1000
SALES = (
    100,
    600,
)  # that the journal of a till holds which is started in the middle of a day, or after some alone
MOST_SECONDS = 60  # for a start; here it takes a fraction of one
IDENTITY = {
    "device": "till-1",
    "epoch": 1,
    "store": "sample",
    "key": "11" * 32,
    "tenant_key": "22" * 32,
    "language": "en",
    "service": "",
}
ROOT = Path(firmware.__file__).parents[1]
ONE_LINE, TEN_LINES = "one_line", "ten_lines"
BASKETS = {ONE_LINE: baskets.CONTRACT, TEN_LINES: baskets.ten_lines()}
_BOOT = """
import pathlib, sys
from firmware.emulate import run
run(pathlib.Path(sys.argv[1]), sys.argv[2])
"""
_MEASURES = "import program; program.main('case.json', 'snapshot', 'journal')"
_WAITS = """
import sys, time
def tenth():
    total = 0
    for i in range(10000):
        total += i & 7
def took():
    began = time.ticks_us()
    tenth()
    return time.ticks_diff(time.ticks_us(), began)
print("ready", min([took() for _ in range(20)]))
sys.stdin.readline()
import rung
rung.main()
"""


def measure(seconds: float) -> dict[str, Any]:
    """`measured` of an image that is built for it."""
    if not Path(sys.executable).with_name("micropython").exists():
        raise SystemExit("there is no MicroPython beside this Python; `make setup` installs it")
    from firmware.build import build  # its compiler comes with MicroPython

    with tempfile.TemporaryDirectory(prefix="rung-bench-") as folder:
        return measured(build(Path(folder) / "build"), seconds)


def measured(flash: Path, seconds: float, sales: tuple[int, ...] = SALES) -> dict[str, Any]:
    """Milliseconds on the board, and the limits they are held against. ``seconds`` for starts of the image ``flash``,
    after so many ``sales``; each kind is started once at least."""
    with tempfile.TemporaryDirectory(prefix="rung-bench-") as folder:
        place = Path(folder)
        (place / "snapshot").write_bytes(_snapshot())
        figures = _figures(_at_the_counter(place), _starts(flash, place, seconds, sales), sales)
    for name, limit in LIMITS.items():
        figures[f"{name}_limit_ms"] = limit
    figures["within_limits"] = all(figures[f"{name}_board_ms"] <= limit for name, limit in LIMITS.items())
    return figures


def _figures(told: dict[str, Any], starts: dict[str, float], sales: tuple[int, ...]) -> dict[str, Any]:
    """What was measured, on the board; all by loops."""

    def board(millionths: float) -> float:
        return round(millionths * LOOP_MS / 1e6, 1)

    def shown(key: dict[str, int]) -> float:
        return round(LOOKS_MS + board(key["code"]) + key["bus"] / 1000, 1)

    one, ten = told["baskets"][ONE_LINE], told["baskets"][TEN_LINES]
    return {
        "loop_board_ms": LOOP_MS,
        "key_to_display_board_ms": shown(told["keys"]["lcd"]),
        "key_to_oled_board_ms": shown(told["keys"]["oled"]),
        "key_told_board_ms": board(told["keys"]["lcd"]["told"]),
        "idle_keypad_board_ms": board(told["scan"]),
        "offer_board_ms": board(one["decision"]),
        "plan_board_ms": board(one["planning"]),
        "basket_board_ms": board(one["put"]),
        "ten_lines_offer_board_ms": board(ten["decision"]),
        "ten_lines_basket_board_ms": board(ten["put"]),
        "ten_lines_rungs": ten["rungs"],
        "tablet_offer_board_ms": board(starts["basket"]),
        "boot_to_first_offer_board_ms": board(starts["empty"]),
        **{f"boot_after_{made}_sales_board_ms": board(starts[str(made)]) for made in sales},
    }


def _at_the_counter(place: Path) -> dict[str, Any]:
    """What `firmware.stopwatch` printed, compiled as a device's image is."""
    from firmware.build import program

    case = {"identity": IDENTITY, "now": NOW, "baskets": BASKETS, "asked": ONE_LINE}
    (place / "case.json").write_text(json.dumps(case))
    program(ROOT / "firmware" / "stopwatch.py", place)
    interpreter = Path(sys.executable).with_name("micropython")
    ran = subprocess.run(
        [str(interpreter), "-X", "heapsize=4M", "-c", _MEASURES],
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


def _starts(flash: Path, place: Path, seconds: float, sales: tuple[int, ...]) -> dict[str, float]:
    """Millionths of a loop, the least of some starts: from the start of the till's code to its first offer, with an
    empty journal and with one that holds so many ``sales``; and from a tablet's basket to its offer while the first of
    them are made."""
    home, until = place / "home", time.monotonic() + seconds
    least: dict[str, float] = dict.fromkeys(("empty", "basket", *map(str, sales)), float("inf"))
    while least["basket"] == float("inf") or time.monotonic() < until:
        shutil.rmtree(home, ignore_errors=True)
        files = home / "till" / f"{IDENTITY['device']}-{IDENTITY['epoch']}"
        files.mkdir(parents=True)
        (home / "till" / "till.json").write_text(json.dumps(IDENTITY))
        shutil.copy(place / "snapshot", files)
        start, baskets = _started(flash, home, sales[0])
        took = {"empty": start, "basket": median(baskets)}
        for made, more in zip(sales, [*sales[1:], sales[-1]], strict=True):
            took[str(made)], _ = _started(flash, home, more - made)
        least = {name: min(least[name], took[name]) for name in least}
    return least


def _started(flash: Path, home: Path, sales: int) -> tuple[float, list[float]]:
    """Millionths of a loop that one start took, and then each of the baskets of ``sales``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", _BOOT, str(flash), _WAITS],
        cwd=ROOT,
        env={**os.environ, "RUNG_DATA": str(home), "RUNG_TILL_PORT": str(port), "RUNG_REHEARSAL": str(NOW)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    try:
        loop = 10 * int(_said(process.stdout, "ready").split()[1])
        before = _processor_time(process.pid)
        process.stdin.write("\n")
        process.stdin.flush()
        _said(process.stdout, "http")
        _offered(port, "first")
        took = _processor_time(process.pid) - before
        made = [_sold(process.pid, port, f"sale-{number}") for number in range(sales)]
    finally:
        process.kill()
        process.communicate()
    return took / loop * 1e6, [one / loop * 1e6 for one in made]


def _said(lines: Any, word: str) -> str:
    """The first line the till prints with ``word`` in it. Raises RuntimeError where it ends before."""
    for line in lines:
        if word in line:
            return line
    raise RuntimeError("the till ended before it was ready")


def _processor_time(pid: int) -> float:
    """Microseconds a process that waits has computed; Linux counts them finely only here."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def _sold(pid: int, port: int, checkout: str) -> float:
    """Microseconds the till needed for the offer; then the customer accepts it and buys."""
    before = _processor_time(pid)
    rung = _offered(port, checkout)
    took = _processor_time(pid) - before
    path = f"/v1/checkouts/{checkout}"
    _asked(port, "POST", path + "/reactions", {"rung": rung, "reaction": "accepted"})
    _asked(port, "POST", path + "/close", {"outcome": "sold"})
    return took


def _offered(port: int, checkout: str) -> int:
    """The rung that is offered first. Raises RuntimeError where there is none."""
    offer = _asked(port, "PUT", f"/v1/checkouts/{checkout}", BASKETS[ONE_LINE])["offer"]
    if not offer:
        raise RuntimeError("the till offers nothing")
    return offer["rung"]


def _asked(port: int, method: str, path: str, body: dict) -> dict:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)
    try:
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{path}: {told}")
        return told
    finally:
        connection.close()
