"""A simulated till: what starts, updates and falls back is the device's own code (`firmware/boot.py`,
`firmware/update`, `firmware/runtime/standing.py`); what its image is like, its slot says.

Time is told. Files lie in a folder, so that a cut of power leaves what it leaves; slots are in memory.
"""

import asyncio
import os
import random
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware import boot
from firmware.released import formats
from firmware.runtime.standing import Standing
from firmware.update import updating
from firmware.update.refusal import Refusal
from pricing_service.rolling.counter import Counter
from pricing_service.rolling.images import FALLS, HARDWARE, image_in, kind_of
from pricing_service.rolling.shop import Shop

SLOT = 8192  # bytes, for images that are simulated as well
PATIENCE = 3600  # seconds until a trial has failed without the word of the service
START_SECONDS = 5
SALES, TOGETHER = 0.3, 3  # sales at a moment, and how many are sent in one batch where nothing urges
POWER_CUT, OUTAGE = 0.002, 0.005  # at a moment; an outage lasts half an hour


class Till:
    """``made``: every record it ever closed; ``sent``: how many of them the service holds. ``due``: when it wakes."""

    def __init__(
        self,
        name: str,
        folder: Path,
        shop: Shop,
        image: bytes,
        counters: dict[str, Counter],
        seed: int,
        patience: int = PATIENCE,
    ):
        self.name, self._shop, self._counters = name, shop, counters
        self.chance = random.Random(seed)
        self._folder = folder
        self._files = Folder(folder)
        self.slots = Slots(max(SLOT, -(-len(image) // SLOT) * SLOT + SLOT))
        self._patience = patience
        self.slots.write("a", 0, image)
        self._files.replace("root.json", shop.files["1.root.json"])
        self._files.replace("pointer", b'{"confirmed": ["a", 6], "trial": null}')
        self.made: list[bytes] = []
        self.sent = self.starts = self.due = self.report_due = self.offline_until = 0
        self.target = ""
        self.refused = ""
        self.confirmed_at = 0

    def start(self, now: int) -> None:
        """Power comes back: the boot of a board, then what its image does first."""
        self.starts += 1
        self.running = boot.start(str(self._folder), self._mount, lambda: None)
        self.kind = kind_of(self.slots.data[self.running])
        if self.kind == "boot-loop":
            self.due = now + START_SECONDS
            return
        self.standing = Standing(HARDWARE, self.running, self.slots)
        self.standing.read(self._files)
        self.begun, self.target = now, ""
        self.due = self.report_due = now + START_SECONDS + self.chance.randrange(60)

    def image(self) -> bytes:
        """What runs, up to where it ends."""
        return image_in(self.slots.data[self.running])

    @property
    def is_trial(self) -> bool:
        return self.standing.is_trial

    @property
    def unsent(self) -> int:
        return len(self.made) - self.sent

    def wake(self, now: int) -> None:
        """Live a moment; `due` says when the next one is."""
        if self.kind == "boot-loop" or self.chance.random() < POWER_CUT:
            self.start(now)  # it ended, or somebody pulled the plug
            return
        if self.chance.random() < OUTAGE:
            self.offline_until = now + 1800
        if self.chance.random() < SALES:
            self._sell(now)
        if now >= self.offline_until and not self._is_mute(now):
            if self.standing.is_trial or self.unsent >= TOGETHER:
                self.sync()
            if now >= self.report_due:
                self._report(now)
        if self.standing.is_trial:
            self._try(now)
        elif self.target not in ("", self.standing.name):
            self._update(now)
        if self.due <= now:  # it was not started anew
            is_busy = self.standing.is_trial or self.target
            self.due = now + (60 if is_busy else 300 + self.chance.randrange(300))

    def _is_mute(self, now: int) -> bool:
        """Whether what runs says nothing to anybody (any more)."""
        if self.kind in FALLS and self.confirmed_at:
            return now - self.confirmed_at >= FALLS[self.kind]
        return self.kind == "silent"

    def _sell(self, now: int) -> None:
        counter = self._counters.get(self.kind, self._counters["good"])
        self.made.append(counter.record(self.name, len(self.made) + 1, self.starts, now, self.chance))

    def sync(self) -> None:
        """Send what waits."""
        if self.unsent and self.kind != "cannot-sync":
            self.sent = self._shop.takes(self.name, self.made[self.sent :])

    def _report(self, now: int) -> None:
        told = self._shop.reports(self.name, self._facts(), now)
        self.target = told.target
        self.report_due = now + told.after - self.chance.randrange(max(1, told.after // 8))

    def _facts(self) -> dict[str, Any]:
        standing = self.standing
        told = {"hardware": HARDWARE, "version": standing.version, "confirmed": standing.confirmed}
        told |= {"image": standing.image(), "trial": standing.is_trial, "failed": standing.failed}
        return {**told, "boot": self.starts, "records": self.unsent, "refused": self.refused}

    def _update(self, now: int) -> None:
        try:
            asyncio.run(self._updated(now))
        except Refusal as refused:
            self.refused, self.target = refused.code, ""
        else:
            self.start(now)

    async def _updated(self, now: int) -> None:
        board = updating.Board(HARDWARE, self.name, self.running, formats())
        published = Published(self._shop.files)
        target = await updating.look(self._files, published, board, now, self.target, verify=verified)
        await updating.install(self._files, published, board, self.slots, target, self.unsent)

    def _try(self, now: int) -> None:
        """The trial, by the rule of `firmware/runtime/trial.py`: confirmed once the service is content."""
        if self.target == self.standing.name:
            updating.self_test(self._files, self.running, [("offer", lambda: True)])
            self.standing.read(self._files)
            self.report_due = self.confirmed_at = now
        elif now - self.begun > self._patience:
            updating.self_test(self._files, self.running, [("server", lambda: False)])
            self.start(now)

    def _mount(self, slot: str) -> None:
        try:
            kind_of(self.slots.data[slot])
        except ValueError as error:
            raise OSError("no image") from error


class Folder:
    """`Storage` of `firmware/update` in a folder; where the power goes is not this simulation's matter."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._path = path

    def names(self) -> list[str]:
        return os.listdir(self._path)

    def read(self, name: str) -> bytes:
        return (self._path / name).read_bytes()

    def replace(self, name: str, data: bytes) -> None:
        (self._path / (name + ".tmp")).write_bytes(data)
        os.replace(self._path / (name + ".tmp"), self._path / name)

    def remove(self, name: str) -> None:
        (self._path / name).unlink()


class Slots:
    """Two slots of flash in memory."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.data = {slot: bytearray(b"\xff" * size) for slot in "ab"}

    def erase(self, slot: str, offset: int) -> None:
        self.data[slot][offset : offset + 4096] = b"\xff" * 4096

    def write(self, slot: str, offset: int, data: bytes) -> None:
        self.data[slot][offset : offset + len(data)] = data

    def read(self, slot: str, offset: int, count: int) -> bytes:
        return bytes(self.data[slot][offset : offset + count])


class Published:
    """The repository as `firmware.update.updating` fetches from it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    async def fetch(self, name: str, into: Any, most: int) -> bool:
        data = self._files.get(name)
        if data is None:
            return False
        into.write(data[: most + 1])
        return True


def verified(key: bytes, pieces: list[bytes], signature: bytes) -> bool:
    """Ed25519 by OpenSSL: the device's own takes ten times as long."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(bytes(signature), b"".join(pieces))
    except (InvalidSignature, ValueError):
        return False
    return True
