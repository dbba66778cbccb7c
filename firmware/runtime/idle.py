"""Whether a till may be gone for half a minute: nobody is at the counter, or has left it long ago."""

_ABANDONED = 30  # times as long with a checkout that nobody goes on with


class Idle:
    """``patience``: milliseconds without a checkout."""

    def __init__(self, till, clock, patience: int):
        self._till = till
        self._clock = clock
        self._patience = patience
        self._busy = clock.monotonic_ms()
        self._seen = None

    def look(self) -> bool:
        """To be asked often; whether nothing has happened for long enough."""
        now = self._clock.monotonic_ms()
        health = self._till.health()
        seen = (health["journal"]["depth"], health["open_checkouts"], self._till.shown_ms())
        if seen != self._seen:
            self._seen, self._busy = seen, now
        return now - self._busy >= self._patience * (_ABANDONED if seen[1] else 1)
