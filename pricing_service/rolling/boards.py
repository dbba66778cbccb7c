"""Real tills of a simulated fleet: MicroPython on an emulated board each (`firmware.emulated_board`), in real time.

They run the real image, speak to the service over HTTP, and are sold with. A power cut is a kill.
"""

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from pricing_service.rolling.counter import basket_of
from pricing_service.rolling.images import OLD, image_in

PATIENCE = 25  # seconds on trial for a service that answers: a report as it starts, and one ten seconds later
HEAP = "400k"
_SETTINGS = {
    "RUNG_REPORT_SECONDS": "0",
    "RUNG_IDLE_SECONDS": "1",
    "RUNG_TRIAL_SECONDS": str(PATIENCE),
}


class Board:
    """``made``: the sequence of every checkout that was closed there."""

    def __init__(self, folder: Path, identity: dict[str, Any], image: bytes, root: bytes) -> None:
        self.name, self._folder, self._port = identity["device"], folder, _free_port()
        for name in ("update", "till"):
            (folder / name).mkdir(parents=True)
        (folder / "slot-a").write_bytes(image)
        (folder / "update" / "root.json").write_bytes(root)
        (folder / "update" / "pointer").write_text(json.dumps({"confirmed": ["a", OLD], "trial": None}))
        (folder / "till" / "till.json").write_text(json.dumps(identity))
        self.made: list[int] = []
        self._chance = random.Random(self.name)
        self._process: subprocess.Popen[bytes] | None = None

    def switch_on(self) -> None:
        command = [
            sys.executable,
            "-m",
            "firmware.emulated_board",
            str(self._folder),
            "-X",
            "heapsize=" + HEAP,
        ]
        environment = {**os.environ, **_SETTINGS, "RUNG_TILL_PORT": str(self._port)}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def pull_the_plug(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def is_trial(self) -> bool:
        return self._pointer()["trial"] is not None

    def image(self) -> bytes:
        """What is confirmed, up to where it ends."""
        slot = self._pointer()["confirmed"][0]
        return image_in((self._folder / f"slot-{slot}").read_bytes())

    def said(self) -> str:
        return f"{self.name}: " + (self._folder / "log").read_text()[-1000:]

    def sell(self) -> None:
        """One checkout, if the till is there."""
        path = f"/v1/checkouts/{self._chance.getrandbits(48):012x}"
        with suppress(OSError, http.client.HTTPException, KeyError, ValueError):
            told = self._asked("PUT", path, basket_of(self._chance))
            while told["state"] == "offering" and told["offer"]:
                reaction = {"rung": told["offer"]["rung"], "reaction": "accepted"}
                told = self._asked("POST", path + "/reactions", reaction)
            self.made.append(self._asked("POST", path + "/close", {"outcome": "sold"})["record"]["sequence"])

    def _asked(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def _pointer(self) -> dict[str, Any]:
        return json.loads((self._folder / "update" / "pointer").read_text())


class Boards:
    """All of them, and somebody who sells at each every few seconds as long as the power is on."""

    def __init__(self, boards: list[Board]) -> None:
        self.boards = boards
        self._ended = threading.Event()
        self._selling = threading.Thread(target=self._sell, daemon=True)

    def switch_on(self) -> None:
        for board in self.boards:
            board.switch_on()

    def pull_the_plug(self) -> None:
        for board in self.boards:
            board.pull_the_plug()

    def open(self) -> None:
        """Begin to sell, unless somebody does."""
        if self.boards and self._selling.ident is None:
            self._selling.start()

    def stop_selling(self) -> None:
        self._ended.set()
        if self._selling.ident is not None:
            self._selling.join()

    def close(self) -> None:
        self.stop_selling()
        self.pull_the_plug()

    def said(self) -> str:
        """The last words of each."""
        return "\n".join(board.said() for board in self.boards)

    def _sell(self) -> None:
        while not self._ended.wait(3):
            for board in self.boards:
                board.sell()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
