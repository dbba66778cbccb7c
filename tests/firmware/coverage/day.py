"""A day of a device under MicroPython's WebAssembly port: enrolled, selling at its counter, serving a tablet, updated.

The services are real ones on this machine: `rung serve` with the sample shop, and for updates a signed repository.
"""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

from firmware import build
from pos_client.desktop import FolderStorage
from pricing_service import enrolling, provisioning
from pricing_service.settings import Settings
from tests.firmware.runtime.headquarters import IDENTITY, Headquarters, Served
from tests.till.processes import Cashier, Service, asked, free_port, status_of, waited

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "build" / "wasm" / "node_modules" / "@micropython" / "micropython-webassembly-pyscript"
WHY_NOT = "" if PACKAGE.exists() else "MicroPython's WebAssembly port is not installed: make cover"
_HARNESS = (
    "tests/__init__.py",
    "tests/core/*.py",
    "tests/core/*.json",
    "tests/fakes.py",
    "tests/firmware/__init__.py",
)
_FAKES = (
    "fakes/*.py",
    "peripherals/*.py",
    "runtime/__init__.py",
    "runtime/counter_board.py",
    "coverage/*.py",
)
PARTS = "display,keys,scanner,printer,led,buzzer"
NEXT = "rung-host-7.romfs"
PATIENCE = 1800
_BASKET = {"currency": "EUR", "lines": [{"sku": "4006001", "quantity": 2, "unit_price": 2500}]}

# In names of tests that cannot hold there: who is watched allocates, and this port's own `binascii` decodes no text.
_NOT_HERE = ("allocate", "rfc_9421")

Ran = dict[str, set[int]]  # file -> lines


def sources() -> dict[str, str]:
    """Name in the device's file system -> file: all that a device may run, as it is written, and the cashier's page."""
    return {path.relative_to(ROOT).as_posix(): str(path) for path in [*_device(), *_page()]}


def _device() -> list[Path]:
    return [*build._sources().values(), ROOT / "firmware" / "boot.py"]


def _page() -> list[Path]:
    return sorted((ROOT / "pos_client" / "page").iterdir())


def _needed() -> dict[str, str]:
    """Beside the device's: packages, and what emulates and works its counter."""
    firmware = [f"tests/firmware/{pattern}" for pattern in _FAKES]
    found = [path for pattern in (*_HARNESS, *firmware) for path in ROOT.glob(pattern)]
    found += [*ROOT.glob("firmware/**/__init__.py"), *ROOT.glob("pos_client/**/__init__.py")]
    return {path.relative_to(ROOT).as_posix(): str(path) for path in found}


class Life:
    """One start of the device in ``folder``, running ``program`` until it ends itself or is ended."""

    def __init__(self, folder: Path, program: str, **settings: str):
        self.folder, self.port = folder, free_port()
        self._told, self._log = folder.with_suffix(".told"), folder.with_suffix(".log")
        told = {"sources": sources() | _needed(), "data": str(folder), "told": str(self._told)}
        settings = {"RUNG_DATA": "/data", "RUNG_TILL_PORT": str(self.port), **settings}
        written = folder.with_suffix(".json")
        written.write_text(json.dumps({**told, "program": program, "settings": settings}))
        command = ["node", str(Path(__file__).with_name("wasm.mjs")), str(PACKAGE), str(written)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def said(self) -> str:
        return self._log.read_text()

    def waits(self, state) -> None:
        """Until ``state()`` holds. Raises `AssertionError` if the process ends before, or it takes too long."""
        waited(lambda: state() or self._process.poll() is not None, PATIENCE, self.said)
        assert self._process.poll() is None, self.said()[-3000:]

    def serves(self) -> bool:
        return status_of(self.port, "/v1/health") == 200

    def has_done(self) -> bool:
        return "done" in self.said()

    def ran(self, is_over: bool = False) -> Ran:
        """End it, unless it ends by itself; what ran. Raises `AssertionError` with what it printed."""
        if not is_over:
            self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(PATIENCE)
        assert status == 0 and self._told.exists(), f"it ended with {status}: {self.said()[-3000:]}"
        told = json.loads(self._told.read_text())
        self._told.unlink()
        return {name: set(lines) for name, lines in told.items()}


def merged(lives: list[Ran]) -> Ran:
    """All that ran in any of them."""
    together: Ran = {}
    for life in lives:
        for name, lines in life.items():
            together.setdefault(name, set()).update(lines)
    return together


def day(folder: Path) -> Ran:
    """All that ran in it; ``folder`` is empty."""
    return merged([*_at_the_shop(folder / "shop"), *_updated(folder / "updated")])


def _at_the_shop(folder: Path) -> Iterator[Ran]:
    """A new board is enrolled, sells by either display, and serves points of sale, beside a live service."""
    with _shop(folder) as (service, code):
        board = _handed_out(folder / "board")
        settings = {"RUNG_SERVICE": f"http://127.0.0.1:{service.port}", "RUNG_PARTS": PARTS}
        yield Life(board, _program(f"enrolled({code!r})"), **settings).ran(is_over=True)
        life = Life(board, _program("served(1, 4)"), **settings)
        life.waits(life.has_done)
        _points_of_sale(life.port)
        yield life.ran()
        life = Life(board, _program("served_by_dots(2)"), **settings)
        life.waits(life.has_done)
        yield life.ran()


def _updated(folder: Path) -> Iterator[Ran]:
    """A device without parts updates itself and confirms; its service gets another history; an image is missing."""
    headquarters = Headquarters()
    image = b"\xd2\xcd\x31\x03abc" + bytes(249)
    headquarters.repository.release(**{NEXT: (image, {"hardware": "host", "version": 7, "journal": [1, 2]})})
    board = _handed_out(folder / "board", headquarters.repository.files["1.root.json"])
    settings = {"RUNG_REPORT_SECONDS": "0", "RUNG_IDLE_SECONDS": "1"}
    with Served(headquarters) as served:
        identity = {**IDENTITY, "service": f"http://127.0.0.1:{served.port}"}
        (board / "till" / "till.json").write_text(json.dumps(identity))
        headquarters.wanted = NEXT
        yield Life(board, _program("alone()"), **settings).ran(is_over=True)
        life = Life(board, _program("alone()"), **settings)
        life.waits(lambda: headquarters.reports[-1]["confirmed"] == 7)
        headquarters.history = "h2"
        Cashier(life.port, 1, patience=PATIENCE).work(3)
        life.waits(lambda: len(headquarters.lines) == 3)
        yield life.ran()
        headquarters.wanted = "rung-host-9.romfs"
        life = Life(board, _program("alone()"), **settings)
        life.waits(lambda: headquarters.reports[-1]["refused"] == "unknown-target")
        yield life.ran()


_TESTS = """
from tests.core import run_micropython
for name in {modules}:
    module = __import__(name, None, None, ["*"])
    for test in dir(module):
        if any([part in test for part in {left_out}]):
            delattr(module, test)
assert not run_micropython.run({modules})
on_wasm.end()
"""


def _program(story: str) -> str:
    return f"from tests.firmware.coverage import lives\non_wasm.live(lives.{story})"


def _handed_out(board: Path, root: bytes = b"") -> Path:
    """The folder of a board as retail IT hands it out: version 6 in slot a."""
    (board / "till").mkdir(parents=True)
    files = FolderStorage(board / "update")
    files.replace("pointer", json.dumps({"confirmed": ["a", 6], "trial": None}).encode())
    if root:
        files.replace("root.json", root)
    return board


@contextmanager
def _shop(folder: Path) -> Iterator[tuple[Service, str]]:
    """`rung serve` with the sample shop, and a one-time code for a till of it."""
    service = Service(folder / "service")
    settings = Settings(data=service.folder)
    with closing(provisioning.prepare(settings)) as database:
        provisioning.load_sample_shop(database)
        with database.writing() as connection:
            made = enrolling.make(
                connection, settings.master_key, "till-1", "sample", "en", "day", int(time.time())
            )
    service.start()
    try:
        waited(service.ready, PATIENCE)
        yield service, made[0].replace("-", "")
    finally:
        service.stop()


def _points_of_sale(port: int) -> None:
    """What a point of sale and a tablet ask for, and mistakes of theirs."""
    cashier = Cashier(port, seed=1)
    cashier.work(6)
    paths = ["/", "/page.js", "/nothing", "/v1/nothing", "/v1/health", "/v1/stream?language=fr"]
    sold = next(name for name in cashier.closed if name)
    paths += [f"/v1/checkouts/{sold}", "/v1/checkouts/nobody", f"/v1/checkouts/{sold}/receipt?language=ru"]
    paths += [f"/v1/checkouts/{sold}/receipt?width=7", "/v1/checkouts/%zz"]
    for path in paths:
        status_of(port, path)
    for method, path, body in (
        ("PUT", "/v1/checkouts/x", _BASKET),
        ("POST", "/v1/checkouts/x/goodwill", {"amount": 50}),
        ("POST", "/v1/checkouts/x/reactions", {"rung": 1, "reaction": "shrugged"}),
        ("POST", "/v1/checkouts/x/close", {"outcome": "sold"}),
        ("POST", "/v1/checkouts/x/close", {"outcome": "lost"}),
        ("POST", "/v1/checkouts/x/return", {"return_id": "r1", "lines": [{"line": 0, "quantity": 1}]}),
        ("POST", "/v1/checkouts/x/return", {"return_id": "r1", "lines": [{"line": 0, "quantity": 1}]}),
        ("POST", "/v1/checkouts/x/return", {}),
        ("POST", "/v1/checkouts/x/return", {}),
        ("POST", "/v1/checkouts/x/nothing", {}),
        ("PUT", "/v1/checkouts/y", [1]),
        ("PUT", "/v1/checkouts/y", {**_BASKET, "cashier": "x" * 20000}),
        ("DELETE", "/v1/checkouts/y", None),
        ("OPTIONS", "/v1/checkouts/y", None),
    ):
        with suppress(ValueError, HTTPException):  # an answer without a body
            asked(port, method, path, body)


def tests(folder: Path) -> Ran:
    """All that the tests of core and peripherals run, those that both interpreters run."""
    (folder / "board").mkdir(parents=True)
    paths = [*ROOT.glob("tests/core/test_*.py"), *ROOT.glob("tests/firmware/peripherals/test_*.py")]
    modules = [path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in sorted(paths)]
    return Life(folder / "board", _TESTS.format(modules=modules, left_out=_NOT_HERE)).ran(is_over=True)
