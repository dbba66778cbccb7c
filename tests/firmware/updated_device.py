"""A device in a folder of this machine: its files, its slots as files, started by the boot.py that boards have."""

import asyncio
import json
from pathlib import Path

from firmware import boot
from firmware.board.host import FileSlots
from firmware.update import pointer, updating
from firmware.update.refusal import Refusal
from pos_client.desktop import FolderStorage
from tests.firmware.cases import payload
from tests.firmware.judge import Offered
from tests.firmware.repository import NOW, Repository


class Device:
    """``unreadable``: slots that cannot be mounted; ``watched``: whether the last start began to watch a trial."""

    def __init__(self, folder: Path, repository: Repository):
        self.folder, self.repository = folder, repository
        self.storage = FolderStorage(folder / "update")
        self.slots = FileSlots(str(folder), 32768)
        self.storage.replace("root.json", repository.files["1.root.json"])
        self.storage.replace("pointer", json.dumps({"confirmed": ["a", 5], "trial": None}).encode())
        self.write("a", payload(5))
        self.unreadable: set[str] = set()
        self.watched = False

    def write(self, slot: str, data: bytes) -> None:
        self.slots.write(slot, 0, data)

    def start(self) -> str:
        self.watched = False
        self.running = boot.start(str(self.folder / "update"), self._mount, self._watch)
        pointer.settle(self.storage, self.running)
        return self.running

    def update(self, name: str = "", unsent: int = 0, journal: tuple = (1,)) -> str:
        """The code of the refusal, or "installed"."""
        board = updating.Board("host", "till-1", self.running, list(journal))
        offered = Offered(self.repository.files, [])
        try:
            asyncio.run(self._update(board, offered, name, unsent))
        except Refusal as refused:
            return refused.code
        return "installed"

    async def _update(self, board, offered, name: str, unsent: int) -> None:
        target = await updating.look(self.storage, offered, board, NOW, name)
        await updating.install(self.storage, offered, board, self.slots, target, unsent)

    def _mount(self, slot: str) -> None:
        if slot in self.unreadable:
            raise OSError("no image")

    def _watch(self) -> None:
        self.watched = True

    def self_test(self, *failing: str) -> str:
        checks = [
            (name, lambda name=name: name not in failing) for name in ("display", "keys", "journal", "offer")
        ]
        return updating.self_test(self.storage, self.running, checks)
