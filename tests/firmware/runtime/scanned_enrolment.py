"""A new board at a counter under MicroPython, whose codes are scanned: ``micropython scanned_enrolment.py CODE ...``.

Prints what stands on its display before each scan (of an article too, by mistake), and ends as the
board starts anew.
"""

import asyncio
import json
import sys

sys.path.insert(0, ".")

from firmware.board import host
from firmware.runtime import running
from tests.firmware.runtime.counter_board import ARTICLE, Board


class NewBoard(Board):
    def __init__(self):
        super().__init__()
        self.enrolled = host.enrolled

    def shown(self):
        return " ".join(" ".join(self.lcd.screen()).split())


async def scanned(board, codes):
    before = ""
    for code in codes:
        while "Scan the code" not in board.shown() or board.shown() == before:
            await asyncio.sleep(0.01)
        before = board.shown()
        print(json.dumps(before))
        board.scans.arrives(ARTICLE.encode() + b"\r" + code.encode() + b"\r")


async def whole(board):
    device = running.Device(board, "a")
    scanning = asyncio.create_task(scanned(board, sys.argv[1:]))
    await running.living(device)
    await scanning


asyncio.run(whole(NewBoard()))
