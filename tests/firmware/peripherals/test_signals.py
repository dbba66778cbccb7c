"""What can be seen and heard across a shop. Runs on both interpreters."""

from firmware.peripherals.signals import KEY, REFUSED, SCANNED, Buzzer, StatusLed
from tests.firmware.peripherals.locked import locked_heap


class Led:
    """A pin with an LED that counts its blinks."""

    def __init__(self):
        self.lit = self.blinks = 0

    def value(self, level):
        self.blinks += level and not self.lit
        self.lit = level


class Piezo:
    """A PWM pin with a disc on it: what it hums, 0 when silent."""

    def __init__(self):
        self._hertz = self.hum = 0

    def freq(self, hertz):
        self._hertz = hertz

    def duty_u16(self, duty):
        self.hum = self._hertz if duty else 0


def seen(lamp):
    """Milliseconds lit, and blinks, in eight seconds."""
    led = Led()
    status = StatusLed(led)
    status.show(lamp)
    lit = 0
    for now in range(0, 8192):
        status.tick(now)
        lit += led.lit
    return lit, led.blinks


def heard(sound):
    piezo = Piezo()
    buzzer = Buzzer(piezo)
    out = []
    buzzer.sound(sound, 5000)
    for now in range(5000, 6000):
        buzzer.tick(now)
        if not out or out[-1][0] != piezo.hum:
            out.append([piezo.hum, 0])
        out[-1][1] += 1
    return out[:-1] if not out[-1][0] else out


def test_every_state_of_the_till_looks_different_and_only_a_healthy_one_is_steady():
    looks = [seen(lamp) for lamp in range(6)]
    assert len(set(looks)) == 6
    assert [lit for lit, _ in looks].count(8192) == 1 and looks[1][0] == 8192


def test_a_key_clicks_a_scan_beeps_and_a_refusal_sounds_twice():
    assert heard(KEY) == [[2000, 20]]
    assert heard(SCANNED) == [[2700, 60]]
    assert heard(REFUSED) == [[400, 120], [0, 60], [400, 120]]


def test_signals_allocate_nothing():
    led, buzzer = StatusLed(Led()), Buzzer(Piezo())
    with locked_heap() as heap:
        for now in range(1000):
            if now % 400 == 0:
                buzzer.sound(REFUSED, now)
            led.tick(now)
            buzzer.tick(now)
    assert heap.grown == 0
