"""A status LED and a buzzer: what can be seen and heard from the next till. Nothing here allocates."""

from firmware.peripherals.ticks import passed

# Sixteen steps of 125 ms for each state of `screen.LAMPS`, the highest bit first.
_BLINKS = (0xF0F0, 0xFFFF, 0xFF00, 0xFFF5, 0xCCCC, 0xAAAA, 0xFFF5)
_STEP = 7  # 2^7 ms

KEY, SCANNED, REFUSED = range(3)
# Hertz and milliseconds, one after the other.
_SOUNDS = (((2000, 20),), ((2700, 60),), ((400, 120), (0, 60), (400, 120)))
_HALF = 32768  # of duty_u16: as loud as it gets


class StatusLed:
    """``pin`` lights an LED: steady when all is well, half and half without a link, hurried when records are lost."""

    def __init__(self, pin):
        self._pin = pin
        self._blinks = _BLINKS[0]

    def show(self, lamp: int) -> None:
        """``lamp`` is a place in `screen.LAMPS`."""
        self._blinks = _BLINKS[lamp]

    def tick(self, now_ms: int) -> None:
        self._pin.value(self._blinks >> (15 - (now_ms >> _STEP & 15)) & 1)


class Buzzer:
    """``pwm`` drives a piezo disc (``freq``, ``duty_u16``)."""

    def __init__(self, pwm):
        self._pwm = pwm
        self._sound = ()
        self._place = self._begun = 0

    def sound(self, which: int, now_ms: int) -> None:
        """`KEY`, `SCANNED` or `REFUSED`, in the place of what sounds now."""
        self._sound, self._place = _SOUNDS[which], 0
        self._begin(now_ms)

    def tick(self, now_ms: int) -> None:
        if self._place < len(self._sound) and passed(now_ms, self._begun) >= self._sound[self._place][1]:
            self._place += 1
            self._begin(now_ms)

    def _begin(self, now_ms: int) -> None:
        hertz = self._sound[self._place][0] if self._place < len(self._sound) else 0
        if hertz:
            self._pwm.freq(hertz)
        self._pwm.duty_u16(_HALF if hertz else 0)
        self._begun = now_ms
