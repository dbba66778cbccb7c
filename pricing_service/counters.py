"""Which requests of a till were here before: its counter only grows, over restarts of the service as well.

Not every request is worth a commit, so the database may lag behind by up to `RESERVE`; after a restart the first
request must be beyond that, and a till that is not is told the next good counter.
"""

RESERVE = 1 << 20


def beyond(stored: int) -> int:
    """The counter that the first request in this process must exceed; ``stored`` is the highest kept, 0 for none."""
    return stored + RESERVE if stored else 0


class Counters:
    """The highest counter seen of every enrolment, in this process."""

    def __init__(self) -> None:
        self._highest: dict[tuple[str, int], int] = {}

    def take(self, device: str, epoch: int, stored: int, counter: int) -> int | None:
        """Take ``counter``, or say which one would be good. ``stored`` is the highest that the database knows."""
        enrolment = (device, epoch)
        highest = self._highest.get(enrolment)
        if highest is None:
            highest = beyond(stored)
        self._highest[enrolment] = max(highest, counter)
        return None if counter > highest else highest + 1
