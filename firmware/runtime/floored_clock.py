"""The time of a machine whose clock has no battery: never before its image was built or its service last signed."""

_OFF = 120  # seconds by which a clock may differ from the service's word
_KEEP = 86400  # seconds after which the service's word is kept anew: flash wears
_FILE = "clock"


class FlooredClock:
    """`Clock` over that of a board, which ``set_clock(seconds)`` sets for those who do not ask us (TLS).

    ``built`` is when the image was made, in Unix seconds; ``storage`` keeps the service's last word.
    """

    def __init__(self, clock, built: int, storage, set_clock):
        self.monotonic_ms = clock.monotonic_ms
        self._clock = clock
        self._storage = storage
        self._set_clock = set_clock
        self._kept = _read(storage)
        self._floor = max(built, self._kept)
        self._since = self.monotonic_ms()
        self._is_told = False
        if (clock.now() or 0) < self._floor:
            set_clock(self._floor)

    def now(self):
        """Unix seconds, or None while nobody told: what a floor says is not the date."""
        seconds, at_least = self._clock.now(), self.at_least()
        if seconds is not None and seconds >= at_least - _OFF:
            return seconds
        return at_least if self._is_told else None

    def at_least(self) -> int:
        """No earlier than this, whatever the machine thinks: what expires is compared with it."""
        return self._floor + (self.monotonic_ms() - self._since) // 1000

    def latest(self) -> int:
        """The later one of both."""
        return max(self.now() or 0, self.at_least())

    def heard(self, seconds: int) -> None:
        """Our service signed at this time."""
        if seconds <= self.at_least() and self._is_told:
            return
        self._is_told = True
        if seconds > self.at_least():
            self._floor, self._since = seconds, self.monotonic_ms()
        if (self._clock.now() or 0) < seconds - _OFF:
            self._set_clock(seconds)
        if seconds - self._kept > _KEEP:
            self._keep(seconds)

    def _keep(self, seconds: int) -> None:
        try:
            self._storage.replace(_FILE, str(seconds).encode())
            self._kept = seconds
        except OSError:  # the next word is as good
            pass


def _read(storage) -> int:
    try:
        return int(storage.read(_FILE).decode())
    except (OSError, ValueError):
        return 0
