"""Many tills in one process, each with a journal and a link of its own: ``python -m pos_client.crowd FOLDER``, on a PC.

``FOLDER/crowd.json`` lists the tills' identities; ``FOLDER/DEVICE.lines`` has what a till still has to send, a sealed
record a line. The tills take a snapshot and say so (``{"ready": tills}``); after a line on standard input all send at
once, the way tills do, with their own waits, until somebody ends the process. What is left to send is told again and
again, a JSON object a line. Started again in the same folder they go on, as tills that were switched off; lines that
were added meanwhile are sold first.
"""

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from pos_client import link
from pos_client.desktop import FolderStorage, SystemClock
from pos_client.journal import Journal
from pos_client.snapshot_file import SnapshotFile
from pos_client.sync import Sync

TOGETHER = 4  # tills that take their first snapshot at the same time
TELL_SECONDS = 0.25
TRIES = 100


class Member:
    """One till without a cashier."""

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        device = identity["device"]
        storage, clock = FolderStorage(folder / device), SystemClock()
        self.journal = Journal(storage, clock)
        lines = (folder / f"{device}.lines").read_bytes().splitlines()
        for line in lines[self.journal.next_sequence - 1 :]:
            self.journal.append(line)
        self._snapshots = SnapshotFile(storage, identity)
        chance = random.Random(device).randrange
        self.sync = Sync(
            identity, storage, self.journal, self._snapshots, link, clock, chance, lambda snapshot: None
        )

    async def settle(self, room: asyncio.Semaphore) -> None:
        """Take a snapshot, which goes before any record. Raises RuntimeError where there is none to be had."""
        async with room:
            for _ in range(TRIES):
                if self._snapshots.current is not None:
                    return
                await self.sync.step()
                await asyncio.sleep(0)
        raise RuntimeError(f"no snapshot: {self.sync.health()}")

    def waiting(self) -> int:
        """Records that nobody acknowledged."""
        return self.journal.health()["depth"]


async def main(folder: Path) -> None:
    members = [Member(folder, identity) for identity in json.loads((folder / "crowd.json").read_text())]
    room = asyncio.Semaphore(TOGETHER)
    await asyncio.gather(*[one.settle(room) for one in members])
    _tell({"ready": len(members)})
    await asyncio.to_thread(sys.stdin.readline)
    began = time.monotonic()
    running = [asyncio.create_task(one.sync.run()) for one in members]
    while running:
        await asyncio.sleep(TELL_SECONDS)
        depths = [one.waiting() for one in members]
        tills, now = sum(depth > 0 for depth in depths), time.monotonic()
        _tell({"at": now, "seconds": now - began, "waiting": sum(depths), "tills": tills})


def _tell(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
