"""What `rung bench device` times of a till's starts on MicroPython: processor time until its first offer, with journals
of some lengths, and of a tablet's basket. Counted in loops of the same moment, as `weighing` says."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any

import firmware
from pricing_service.benching import baskets

NOW = 1_795_000_000
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
PROGRAM = """
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


def least(command: list[str], place: Path, seconds: float, sales: tuple[int, ...]) -> dict[str, float]:
    """Millionths of a loop, the least of some starts: from the start of the till's code to its first offer, with an
    empty journal and with one that holds so many ``sales``; and from a tablet's basket to its offer while the first of
    them are made. ``command`` runs `PROGRAM` with the image in flash, ``place`` has the snapshot."""
    home, until = place / "home", time.monotonic() + seconds
    quickest: dict[str, float] = dict.fromkeys(("empty", "basket", *map(str, sales)), float("inf"))
    while quickest["basket"] == float("inf") or time.monotonic() < until:
        shutil.rmtree(home, ignore_errors=True)
        files = home / "till" / f"{IDENTITY['device']}-{IDENTITY['epoch']}"
        files.mkdir(parents=True)
        (home / "till" / "till.json").write_text(json.dumps(IDENTITY))
        shutil.copy(place / "snapshot", files)
        start, offers = _started(command, home, sales[0])
        took = {"empty": start, "basket": median(offers)}
        for made, more in zip(sales, [*sales[1:], sales[-1]], strict=True):
            took[str(made)], _ = _started(command, home, more - made)
        quickest = {name: min(quickest[name], took[name]) for name in quickest}
    return quickest


def _started(command: list[str], home: Path, sales: int) -> tuple[float, list[float]]:
    """Millionths of a loop that one start took, and then each of the baskets of ``sales``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        command,
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
    offer = _asked(port, "PUT", f"/v1/checkouts/{checkout}", baskets.CONTRACT)["offer"]
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
