"""A turn to read the log for a report: two at a time, and nobody waits.

A report takes seconds of a processor and holds one of the threads that tills hand in their records on. Who waited for a
turn would hold one too: eight of them, and no till could hand in anything.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pricing_service.problem import Problem

AT_A_TIME = 2
AGAIN = 10  # seconds after which to ask again
_TURNS = threading.BoundedSemaphore(AT_A_TIME)


@contextmanager
def taken() -> Iterator[None]:
    """A turn; also a decorator. Raises `Problem` where all are taken."""
    if not _TURNS.acquire(blocking=False):
        told = "Other reports are being read from the log: try again in some seconds."
        raise Problem(503, "readout-busy", told, {"retry-after": str(AGAIN)})
    try:
        yield
    finally:
        _TURNS.release()
