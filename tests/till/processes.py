"""Real processes for the hard tests: a service, tills on either interpreter, and a cashier who works them over HTTP."""

import http.client
import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from pricing_service import provisioning
from pricing_service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
HEAP = "190k"  # what a device of today has left for a program
LAUNCH = [sys.executable, "-c", "import sys; from pos_client.cli import main; sys.exit(main(sys.argv[1:]))"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def waited(for_what, seconds: float = 120.0, otherwise=lambda: ""):
    """The first true answer of `for_what()`; `otherwise()` is told where there is none."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = for_what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain {otherwise()}")


def prepared(folder: Path) -> dict:
    """A service's data with the sample shop in `folder`, and the identity of a till enrolled there."""
    settings = Settings(data=folder)
    database = provisioning.prepare(settings)
    provisioning.load_sample_shop(database)
    identity = provisioning.enrol(database, settings, "till-1", "sample", "en")
    database.close()
    return identity


class Process:
    """A command that runs until it is stopped, its output in a file."""

    def __init__(self, command: list[str], log: Path, **environment: str):
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        """As a power cut ends it: no handler runs."""
        self._process.kill()
        self._process.wait()
        self._log.close()

    def stop(self) -> int:
        """As an operator ends it; its exit status."""
        self._process.terminate()
        status = self._process.wait(timeout=120)
        self._log.close()
        return status

    def runs(self) -> bool:
        return self._process.poll() is None

    def family(self) -> list[int]:
        """The numbers of this process and of those it started."""
        own = self._process.pid
        children = [path.read_text().split() for path in Path(f"/proc/{own}/task").glob("*/children")]
        return [own, *(int(number) for some in children for number in some)]


class Service:
    """`rung serve` over the data in `folder`, on one port through all its lives."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self._process = None

    def start(self) -> None:
        self._process = Process(
            [*LAUNCH, "serve"],
            self.folder.with_suffix(".service.log"),
            RUNG_DATA=str(self.folder),
            RUNG_SERVICE_PORT=str(self.port),
        )

    def ready(self) -> bool:
        return status_of(self.port, "/readyz") == 200

    def kill(self) -> None:
        if self._process:
            self._process.kill()

    def stop(self) -> None:
        if self._process:
            self._process.stop()

    def family(self) -> list[int]:
        return self._process.family() if self._process else []

    def rows(self, query: str) -> list[tuple]:
        with sqlite3.connect(f"file:{self.folder / 'rung.db'}?mode=ro", uri=True) as connection:
            return connection.execute(query).fetchall()

    def records(self) -> list[bytes]:
        """The log, by sequence."""
        return [
            bytes(row[0]) for row in self.rows("SELECT line FROM events ORDER BY device, epoch, sequence")
        ]


class Till:
    """A till process over `folder`; `flash` is the image of a device, or None for `rung till` on CPython."""

    def __init__(self, folder: Path, identity: dict, flash: Path | None = None, **environment: str):
        self.folder = folder
        self.port = free_port()
        self._flash = flash
        self._environment = environment
        self._process = None
        (folder / "till").mkdir(parents=True, exist_ok=True)
        (folder / "till" / "till.json").write_text(json.dumps(identity))

    def start(self) -> None:
        command = [*LAUNCH, "till"]
        if self._flash:
            command = [sys.executable, "-m", "firmware.emulate", str(self._flash), "-X", "heapsize=" + HEAP]
        self._process = Process(
            command,
            self.folder.with_suffix(".till.log"),
            RUNG_DATA=str(self.folder),
            RUNG_TILL_PORT=str(self.port),
            **self._environment,
        )

    def ready(self) -> bool:
        return status_of(self.port, "/v1/health") == 200

    def health(self) -> dict:
        return asked(self.port, "GET", "/v1/health")[1]

    def has_a_snapshot(self) -> bool:
        return self.ready() and self.health()["snapshot"]["version"] > 0

    def has_sent_everything(self) -> bool:
        return self.ready() and self.health()["journal"]["depth"] == 0

    def kill(self) -> None:
        if self._process:
            self._process.kill()

    def stop(self) -> int:
        return self._process.stop() if self._process else 0


def asked(port: int, method: str, path: str, body=None) -> tuple[int, dict]:
    """(status, answer) of one request. Raises `OSError` or `HTTPException` where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        content = None if body is None else json.dumps(body).encode()
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def status_of(port: int, path: str) -> int:
    """The status of a GET, or 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


class Cashier:
    """Works through the same checkouts for the same `seed`: what was answered, and how long each PUT took."""

    def __init__(self, port: int, seed: int, patience: float = 0):
        self.port = port
        self.answers: list = []
        self.put_seconds: list[float] = []
        self.closed: dict[str, int] = {}
        self._chance = random.Random(seed)
        self._patience = patience

    def work(self, count: int) -> None:
        for _ in range(count):
            self.checkout(f"c{self._chance.getrandbits(48):012x}")

    def checkout(self, checkout_id: str) -> None:
        """One customer. A till that died in the middle is asked again from the basket on; a closed one stays so."""
        body = self._basket()
        reactions = [self._chance.choice(("accepted", "asked_more", "asked_more", "left")) for _ in range(40)]
        while True:
            heard: list = []
            if self._negotiated(checkout_id, body, iter(reactions), heard):
                break
        self.answers.append(heard)

    def _negotiated(self, checkout_id: str, body: dict, reactions, heard: list) -> bool:
        path = "/v1/checkouts/" + checkout_id
        begun = time.perf_counter()
        status, told = self._asked("PUT", path, body)
        self.put_seconds.append(time.perf_counter() - begun)
        while status == 200 and told["offer"] and told["state"] == "offering":
            heard.append(told)
            reaction = {"rung": told["offer"]["rung"], "reaction": next(reactions)}
            status, told = self._asked("POST", path + "/reactions", reaction)
        if status == 404:  # it died, and an open checkout lives in memory
            return False
        assert status == 200 or told["code"] in ("checkout-closed", "not-on-offer"), told
        outcome = "lost" if told.get("state") == "lost" else "sold"
        status, told = self._asked("POST", path + "/close", {"outcome": outcome})
        if status == 404:
            return False
        assert status == 200, told
        heard.append(told)
        self.closed[checkout_id] = told["record"]["sequence"]
        return True

    def _asked(self, method: str, path: str, body: dict) -> tuple[int, dict]:
        end = time.monotonic() + self._patience
        while True:
            try:
                return asked(self.port, method, path, body)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _basket(self) -> dict:
        lines = [
            {
                "sku": str(4006000 + self._chance.randrange(40)),
                "quantity": self._chance.randint(1, 3),
                "unit_price": self._chance.randrange(199, 4999),
                "category": self._chance.choice(("care", "make-up", "hair")),
                "brand": self._chance.choice(("Lumi", "Veld", "Aster")),
            }
            for _ in range(self._chance.randint(1, 8))
        ]
        basket = {"currency": "EUR", "cashier": f"c{self._chance.randrange(3)}", "lines": lines}
        if self._chance.random() < 0.7:
            basket["customer"] = f"24000{self._chance.randrange(60):08d}"
        return basket


def copied(source: Path, target: Path) -> Path:
    return Path(shutil.copytree(source, target))
