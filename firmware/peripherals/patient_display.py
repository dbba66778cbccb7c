"""A display whose cable may be pulled: keys, scans and slips go on without it, and it shows again what it should."""

from firmware.peripherals.ticks import passed

_AGAIN = 2000  # ms until one that did not answer is tried again


class PatientDisplay:
    """``made()`` gives a `Display` on a bus of its own, ``note(line)`` hears when it goes and comes. Only `start`
    raises OSError."""

    def __init__(self, made, note):
        self._made, self._note = made, note
        self._display = made()
        self.prepare = self._display.prepare
        self._frame = None
        self._is_lost = True
        self._tried = None  # ms

    def start(self) -> None:
        """From any state to an empty screen. Raises OSError."""
        self._is_lost = True
        self._display.start()
        self._is_lost = False

    def show(self, frame) -> None:
        """Now, or as soon as there is a display. Allocates nothing while there is one."""
        self._frame = frame
        if self._is_lost:
            return
        try:
            self._display.show(frame)
        except OSError as error:
            self._is_lost = True
            self._note("counter: the display does not answer: " + str(error))

    def revive(self, now_ms: int) -> None:
        """To be called now and then. One that was lost gets another bus: a chip cut off in a byte may hold the line."""
        if not self._is_lost or (self._tried is not None and passed(now_ms, self._tried) < _AGAIN):
            return
        self._tried = now_ms
        try:
            self._display = self._made()
            self.start()
        except OSError:
            return
        if self._frame:
            self._note("counter: the display is back")
            self.show(self._frame)
