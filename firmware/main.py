"""The till of a device: its board gives the ports, `runtime` keeps it going, the till itself is that of a PC."""

import gc

from firmware.board import host as board
from firmware.runtime import running


def main(slot: str = "a") -> None:
    """Serve until the power goes. ``slot`` is the one that `boot.py` chose."""
    gc.threshold(32768)  # a start makes much at once; later it is collected often, see `running`
    board.remount()
    running.run(board, slot)


if __name__ == "__main__":
    main()
