"""What was deleted is still in SQLite's log of writes: that is emptied, as soon as nobody reads in it."""

import threading
import time

from pricing_service.database import Database

PATIENCE = 2.0  # s an erasure waits for readers, so that the log of writes is gone when it answers
AGAIN = 1.0  # s between two looks after that


def scrub(database: Database) -> None:
    """Empty the log of writes, which still holds what was deleted; where readers are in the way, after them."""
    until = time.monotonic() + PATIENCE
    while not database.truncate():
        if time.monotonic() > until:
            threading.Thread(target=_scrub_later, args=(database,), daemon=True).start()
            return
        time.sleep(0.02)


def _scrub_later(database: Database) -> None:
    while not database.truncate():
        time.sleep(AGAIN)
