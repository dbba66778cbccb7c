"""The till of a device: its board gives the ports, everything else is the code of a till PC."""

import asyncio
import gc

from firmware.board import host as board
from pos_client import starting

_LIMITS = starting.Limits(16384, 2, 1, 2, 512, 1, 524288, 8388608, 16777216, thin=True)


def main() -> None:
    """Serve until the power goes."""
    gc.threshold(8192)  # collecting often keeps a small heap in one piece
    identity = board.identity() or starting.unenrolled(board.secret())
    storage = board.storage(starting.folder(identity))
    server, sync = starting.assembled(
        identity, storage, board.SystemClock(), board.chance, _LIMITS, board.setting
    )
    asyncio.run(starting.serve(server, sync, board.HOST, board.port(), asyncio.Event()))


if __name__ == "__main__":
    main()
