"""Updates the device in the folder RUNG_UPDATED (`test_updating.py` made it) on an emulated board, where
`firmware.update` lies in flash; the repository's files are read block by block. Prints what of the heap it took."""

import asyncio
import gc
import os
import time

from firmware.board.host import FileSlots, FolderStorage


class Published:
    """A repository that is a folder."""

    def __init__(self, folder):
        self._folder = folder

    async def fetch(self, name, into, most):
        if name not in os.listdir(self._folder):
            return False
        with open(self._folder + "/" + name, "rb") as file:
            block = file.read(512)
            while block:
                into.write(block)
                block = file.read(512)
        return True


async def update(folder):
    from firmware.update import updating

    gc.collect()
    print("code loaded:", gc.mem_alloc(), "bytes of heap")
    storage = FolderStorage(folder + "/update")
    board = updating.Board("host", "till-1", "a", [1])
    published = Published(folder + "/files")
    begun = time.ticks_ms()
    target = await updating.look(storage, published, board, 1795000000, pause=gc.collect)
    looked = time.ticks_ms()
    await updating.install(storage, published, board, FileSlots(folder, 32768), target, 0)
    installed = time.ticks_diff(time.ticks_ms(), looked)
    print("looked:", time.ticks_diff(looked, begun), "ms; installed:", installed, "ms")


gc.collect()
print("before:", gc.mem_alloc(), "bytes of heap")
asyncio.run(update(os.getenv("RUNG_UPDATED")))
