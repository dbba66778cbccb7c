"""What was deleted is still in SQLite's log of writes: that is emptied, as soon as nobody reads in it."""

import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pricing_service.database import Database

PATIENCE = 2.0  # s an erasure waits for readers, so that the log of writes is gone when it answers
AGAIN = 1.0  # s between two looks after that

log = structlog.get_logger("rung.service")


def scrub(database: Database) -> None:
    """Empty the log of writes, which still holds what was deleted; where readers are in the way, after them."""
    until = time.monotonic() + PATIENCE
    while not _is_empty(database):
        if time.monotonic() > until:
            threading.Thread(target=_scrub_later, args=(database,), daemon=True).start()
            return
        time.sleep(0.02)


def _scrub_later(database: Database) -> None:
    while not _is_empty(database):
        time.sleep(AGAIN)


def _is_empty(database: Database) -> bool:
    """Whether nothing is left in it; not on a disk that does not obey just now, which is looked at again."""
    try:
        return database.truncate()
    except SQLAlchemyError as trouble:
        log.error("log of writes not emptied", error=type(trouble).__name__)
        return False
