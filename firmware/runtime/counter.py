"""What stands on a counter: display, keys, and where there are scanner, printer, LED and buzzer. Loaded only where the
configuration names them (RUNG_PARTS, as "display,keys,scanner,printer,led,buzzer")."""

from firmware.peripherals import wired
from firmware.peripherals.desk import Desk
from firmware.peripherals.keypad import LARGE, NONE
from firmware.peripherals.patient_display import PatientDisplay
from firmware.peripherals.quiet import Quiet, QuietSlots, QuietStorage
from firmware.peripherals.screen import Page, lamp
from firmware.peripherals.signals import KEY, REFUSED, SCANNED
from firmware.peripherals.ticks import passed
from firmware.runtime.own_basket import OwnBasket
from pos_client.core.record import Refused
from pos_client.printing import block, receipt_lines, slip

_LOOK = 5  # ms between two looks at the lines
_STEP = 250  # ms between two looks at what the till tells others
_TURN = 3000  # ms that each part of a long page stands


class Counter:
    """Made before the till, whose storage has to wait for the lines; `attend` is given the till."""

    def __init__(self, board, note):
        parts = (board.setting("RUNG_PARTS") or "").split(",")
        self._board, self._note = board, note
        self._display = PatientDisplay(lambda: wired.display(board), note)
        self._keys, self._timer = wired.keypad(board)
        self._scanner = wired.scanner(board) if "scanner" in parts else None
        self._printer = wired.printer(board) if "printer" in parts else None
        self._led, self._buzzer = wired.signals(board) if "led" in parts else (None, None)
        self._talkers = [one for one in (self._scanner, self._printer) if one]
        self._quiet = Quiet(self._talkers, board.ticks_ms, board.sleep_ms)
        self._stepped = self._turned = 0
        self._seen = None

    def quieted(self, storage) -> QuietStorage:
        """Flash that is written while nobody talks."""
        return QuietStorage(storage, self._quiet)

    def quieted_slots(self, slots) -> QuietSlots:
        return QuietSlots(slots, self._quiet)

    def checks(self) -> list:
        """What has to work in a new image as well, (name, function)."""
        return [("display", self._starts_display), ("keys", self._has_keys)]

    def attend(self, till, changed) -> None:
        """``changed()`` tells other displays that something is new."""
        self._till, self._changed = till, changed
        self._own = OwnBasket(till, self._board.setting("RUNG_CURRENCY") or "EUR", "k" + str(till.boot))

    def lend(self, own) -> bool:
        """``own`` has keys and scans in the basket's place. False where nothing can be scanned."""
        if self._scanner:
            self._own = own
        return bool(self._scanner)

    async def run(self, beat) -> None:
        """The task of the supervisor: for ever, with a display or without."""
        self._display.revive(self._board.ticks_ms())
        self._desk = Desk(self._till, self._display, self._board.ticks_ms)
        while True:
            now = self._board.ticks_ms()
            for talker in self._talkers:
                talker.poll(now)
            self._signal(now)
            self._take_keys(now)
            self._take_scans(now)
            if passed(now, self._stepped) >= _STEP:
                self._stepped = now
                beat()
                self._step(now)
            await self._board.pause(_LOOK)

    def _starts_display(self) -> bool:
        self._display.start()
        self._seen = None  # it is empty now: show again what stood there
        return True

    def _has_keys(self) -> bool:
        """Whether no line looks as if a key were held down."""
        return not self._keys.held()

    def _signal(self, now: int) -> None:
        if self._led:
            self._led.tick(now)
        if self._buzzer:
            self._buzzer.tick(now)

    def _sound(self, which: int, now: int) -> None:
        if self._buzzer:
            self._buzzer.sound(which, now)

    def _take_keys(self, now: int) -> None:
        key = self._keys.pressed()
        while key != NONE:
            self._sound(KEY, now)
            self._desk.key(key)
            if key < LARGE:
                self._tried(self._own.key, key, now)
            self._after()
            key = self._keys.pressed()

    def _take_scans(self, now: int) -> None:
        scan = self._scanner and self._scanner.scanned()
        if scan:
            self._sound(SCANNED, now)
            self._tried(self._own.scan, scan, now)

    def _tried(self, take, what, now: int) -> None:
        """What the cashier did, shown; what the till refuses, heard."""
        try:
            is_new = take(what)
        except Refused as refused:
            self._note("counter: " + refused.code)
            self._sound(REFUSED, now)
            is_new = False
        if is_new:
            self._desk.refresh()
            self._changed()
        elif self._own.asks:
            self._show_asked()

    def _show_asked(self) -> None:
        self._display.show(self._display.prepare(Page(self._own.asks))[0])

    def _after(self) -> None:
        """A reaction was shown at once; now the till hears of it, and a slip is printed."""
        if not self._desk.tell():
            return
        self._changed()
        told = self._till.current()
        if told and told["state"] == "closed":
            self._own.over()
            lines = receipt_lines(self._till.language, told)
            if self._printer and lines and not self._printer.send(slip(block(lines))):
                self._note("counter: the printer has too much to print")

    def _step(self, now: int) -> None:
        """Show what a point of sale or the page did meanwhile, and how the till is."""
        self._display.revive(now)
        health = self._till.health()
        asks = self._own.asks
        seen = (self._till.shown_ms(), health["open_checkouts"], health["journal"]["depth"], asks)
        if seen != self._seen:
            self._seen = seen
            if asks:
                self._show_asked()
            else:
                self._desk.refresh()
        if self._led:
            self._led.show(lamp(health))
        if passed(now, self._turned) >= _TURN:
            self._turned = now
            self._desk.turn()
