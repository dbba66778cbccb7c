"""The key press: from a cashier's key to the next line on the display, without allocating anything.

A device that has to collect garbage between key and display is late. So all that a negotiation may show is put together
when the basket comes, and a press only moves a number; what was pressed is taken into the checkout afterwards.
"""

from pos_client.core import answer
from pos_client.core.checkout import REACTIONS, Decision, Progress, react

OVER = -1
ACCEPTED, ASKED_MORE, LEFT, SKIPPED = range(4)  # keys: places in REACTIONS


class Keys:
    """A negotiation prepared for keys; ``lines`` are the words to say, one for each offer of the plan.

    ``line`` is the one to show now, or `OVER`. Times are the machine's monotonic milliseconds.
    """

    def __init__(self, decision: Decision, language: str, shown_ms: int):
        self.lines = answer.lines(decision, language)
        self.line = 0 if self.lines else OVER
        self._last = len(self.lines) - 1
        self._pressed = bytearray(len(self.lines) + 1)
        self._waited = [0] * len(self._pressed)
        self._count = 0
        self._shown_ms = shown_ms

    def press(self, key: int, now_ms: int) -> int:
        """The line to show after a key. A key that means nothing now changes nothing."""
        if self.line == OVER or not 0 <= key <= SKIPPED:
            return self.line
        asked = key == ASKED_MORE
        if asked and self._count > self._last:  # the last offer is on the table already
            return self.line
        self._pressed[self._count] = key
        self._waited[self._count] = now_ms - self._shown_ms
        self._count += 1
        self._shown_ms = now_ms
        if not asked:
            self.line = OVER
        elif self.line < self._last:
            self.line += 1
        return self.line

    def heard(self, decision: Decision, progress: Progress) -> Progress:
        """The checkout after all that was pressed; ``progress`` is where it stood before the first key."""
        for place in range(self._count):
            rung = decision.plan[min(place, self._last)]
            progress = react(decision, progress, rung, REACTIONS[self._pressed[place]], self._waited[place])
        return progress
