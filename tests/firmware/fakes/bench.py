"""A workbench with its own time: buses and chips on it take the time that real ones take."""


class Bench:
    """``now`` in microseconds; chips are told the time by whoever talks to them."""

    BEGIN = 0  # milliseconds that a board counted before

    def __init__(self):
        self.now = 1000 * self.BEGIN
        self._ticking = []

    def every(self, tick) -> None:
        """Call ``tick(now)`` whenever time has passed."""
        self._ticking.append(tick)

    def passes(self, microseconds: int) -> None:
        self.now += microseconds
        for tick in self._ticking:
            tick(self.now)

    def sleep_ms(self, milliseconds: int) -> None:
        self.passes(1000 * milliseconds)

    def ticks_ms(self) -> int:
        """As a board counts them: after 2^30 they begin anew."""
        return self.now // 1000 & 0x3FFFFFFF


class I2C:
    """A bus at ``frequency``; chips answer to their address, and nobody to any other (OSError, as on a board)."""

    def __init__(self, bench: Bench, frequency: int, chips: dict):
        self._bench = bench
        self._microseconds = 9 * 1000000 // frequency  # a byte and its acknowledgement
        self.chips = chips

    def writeto(self, address: int, data) -> int:
        self._bench.passes(self._microseconds)
        chip = self.chips.get(address)
        if chip is None:
            raise OSError(5)
        chip.begin()
        for byte in data:
            self._bench.passes(self._microseconds)
            chip.write(byte, self._bench.now)
        return len(data)
