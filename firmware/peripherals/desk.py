"""The cashier's place: the display shows what the till tells, and a reaction key is answered before the till knows.

A key only chooses among frames that were prepared when the basket came, so it allocates nothing and waits for nobody;
`tell` then takes what was pressed to the till, whose answer has the last word.
"""

from firmware.peripherals.keypad import LARGE, LEGENDS
from firmware.peripherals.screen import answered, climbing, page
from firmware.peripherals.ticks import passed
from pos_client.core.checkout import REACTIONS
from pos_client.core.keypress import ACCEPTED, ASKED_MORE, LEFT, SKIPPED
from pos_client.core.record import Refused

FINISH = LEGENDS.find("#")

_OUTCOMES = {
    "settled": "sold",
    "top_reached": "sold",
    "skipped": "sold",
    "nothing_to_offer": "sold",
    "lost": "lost",
}
_MOST = 16  # reactions the till has not heard of yet


class Desk:
    """``ticks_ms`` is the machine's. Where the display does not answer, OSError comes out: selling goes on without."""

    def __init__(self, till, display, ticks_ms):
        self._till = till
        self._display = display
        self._ticks_ms = ticks_ms
        self._answers = [None] * len(REACTIONS)
        for reaction in (ACCEPTED, LEFT, SKIPPED):
            self._answers[reaction] = display.prepare(answered(reaction, till.language))[0]
        self._pressed, self._waited = bytearray(_MOST), [0] * _MOST
        self.refresh()

    def refresh(self) -> None:
        """Show what the till tells now, and prepare what the next keys would show."""
        self._told = told = self._till.current()
        self._frames = self._display.prepare(page(told, self._till.language, self._till.health()))
        self._is_open = bool(told and told["offer"])
        self._ahead, self._asks = [], 0
        if self._is_open and told["state"] == "offering":
            pages = climbing(told, self._till.language)
            self._ahead = [self._display.prepare(one)[0] for one in pages]
            self._asks = len(pages) + 1  # after the last one it stays on the table
        self._step = self._count = self._turned = 0
        self._is_finishing = False
        self._since = self._ticks_ms()
        self._display.show(self._frames[0])

    def turn(self) -> None:
        """Show the page's next frame, where it has several: a disclosure stands behind its offer."""
        if not self._count and len(self._frames) > 1:
            self._turned = (self._turned + 1) % len(self._frames)
            self._display.show(self._frames[self._turned])

    def key(self, number: int) -> None:
        """Answer a key of the `keypad` at once. One that means nothing now changes nothing."""
        reaction = number - LARGE
        if number == FINISH:
            self._is_finishing = True
        elif self._is_open and 0 <= reaction <= SKIPPED and self._count < _MOST:
            if reaction != ASKED_MORE:
                self._is_open = False
                self._note(reaction, self._answers[reaction])
            elif self._asks:
                self._asks -= 1
                self._step += 1
                self._note(reaction, self._ahead[self._step - 1] if self._step <= len(self._ahead) else None)

    def _note(self, reaction: int, frame) -> None:
        now = self._ticks_ms()
        self._pressed[self._count] = reaction
        self._waited[self._count] = passed(now, self._since)
        self._count += 1
        self._since = now
        if frame:
            self._display.show(frame)

    def tell(self) -> bool:
        """Take what was pressed to the till and show what it says to that; False where there was nothing."""
        if not self._count and not self._is_finishing:
            return False
        try:
            self._react()
            if self._is_finishing:
                self._finish()
        except Refused:  # the point of sale was faster; the display says how it stands
            pass
        self.refresh()
        return True

    def _react(self) -> None:
        told, now = self._told, self._till.current()
        if not self._count or _offered(now) != _offered(told):
            return  # the basket changed under the cashier's fingers
        offer = told["offer"]
        for place in range(self._count):
            heard = {"rung": offer["rung"], "reaction": REACTIONS[self._pressed[place]]}
            heard["milliseconds"] = self._waited[place]
            offer = self._till.react(told["checkout_id"], heard)["offer"] or offer

    def _finish(self) -> None:
        told = self._till.current()
        if told and told["state"] in _OUTCOMES:
            self._till.close(told["checkout_id"], {"outcome": _OUTCOMES[told["state"]]})


def _offered(told):
    """What the cashier saw of a checkout, to tell whether it is still so."""
    return told and (told["checkout_id"], told["offer"], told["ladder"], told["plan"])
