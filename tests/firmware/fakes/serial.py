"""A UART as an RP2040 has it: 32 bytes in hardware, a ring in RAM, and nobody who carries from one to the other while
flash is written, because the code that would do it lies in flash."""


class Flash:
    """Flash whose erasing and writing stops the processor."""

    def __init__(self, bench):
        self._bench = bench
        self.is_busy = False
        self.writes = 0

    def write(self, milliseconds: int = 46) -> None:
        """Erase a sector and program a page."""
        self.writes += 1
        self.is_busy = True
        self._bench.sleep_ms(milliseconds)
        self.is_busy = False
        self._bench.passes(0)


class Uart:
    """``machine.UART`` on a wire. What others say arrives at ``baud``; ``lost`` counts bytes without a place."""

    def __init__(self, bench, flash, baud: int = 9600, ring: int = 256):
        self._bench, self._flash = bench, flash
        self.microseconds = 10 * 1000000 // baud  # of one byte
        self._coming, self._going = [], []
        self._fifo, self._ring, self._size = [], [], ring
        self._free = 0
        self.lost = 0
        self.listener = None
        bench.every(self._tick)

    def arrives(self, data: bytes) -> None:
        """Somebody begins to send, behind what is still on the wire."""
        at = max([self._bench.now] + [moment for moment, _ in self._coming])
        for number, byte in enumerate(data):
            self._coming.append((at + (number + 1) * self.microseconds, byte))

    def _tick(self, now: int) -> None:
        while self._going and self._going[0][0] <= now:
            self.listener.hears(self._going.pop(0)[1])
        while self._coming and self._coming[0][0] <= now:
            _, byte = self._coming.pop(0)
            if len(self._fifo) < 32:
                self._fifo.append(byte)
            else:
                self.lost += 1
            if not self._flash.is_busy:
                self._carry()
        if not self._flash.is_busy:
            self._carry()

    def _carry(self) -> None:
        for byte in self._fifo:
            if len(self._ring) < self._size:
                self._ring.append(byte)
            else:
                self.lost += 1
        self._fifo = []

    def any(self) -> int:
        return len(self._ring)

    def readinto(self, buffer, most):
        """As an RP2 does it: who asks for more than there is waits 1.3 bytes of time, and a millisecond, for each."""
        count = 0
        for _ in range(min(len(buffer), most)):
            if not self._ring:
                self._bench.passes(self.microseconds * 13 // 10 + 1000)
            if not self._ring:
                break
            buffer[count] = self._ring.pop(0)
            count += 1
        return count or None

    def write(self, data) -> int:
        """Whoever listens hears each byte at the end of its time; all of it is taken."""
        self._free = max(self._free, self._bench.now)
        for byte in data:
            self._free += self.microseconds
            self._going.append((self._free, byte))
        return len(data)
