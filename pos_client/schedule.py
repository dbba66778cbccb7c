"""When an exchange is due again: soon after a success, later and later, by chance, after failures."""

_FIRST_WAIT = 1000  # milliseconds after a failure, then twice that, to
_LONGEST_WAIT = 60000
_CORRECTIONS = (
    3  # in a row, of which the last waits: a service may correct for ever, or a twin use up every counter
)


class Schedule:
    """One kind of exchange. ``changed(trouble)`` hears of every change of its ``trouble``; times are milliseconds."""

    def __init__(self, chance, changed=lambda trouble: None):
        self._chance = chance
        self._changed = changed
        self._failures = 0
        self._corrections = 0
        self.due = 0
        self.trouble = None

    def succeeded(self, now: int, wait: int) -> None:
        self._failures = self._corrections = 0
        self.due = now + wait
        self._became(None)

    def failed(self, now: int, trouble: str, longest: int = 0, most: int = _LONGEST_WAIT) -> None:
        """Twice as long as the last time, up to ``most``; ``longest``: so long whatever came before. `chance` keeps a
        thousand tills from coming back in the same second."""
        wait = longest or min(most, _FIRST_WAIT << min(self._failures, 12))
        self._failures += 1
        self.due = now + wait // 2 + self._chance(wait // 2 + 1)
        self._became(trouble)

    def corrected(self, now: int, trouble: str) -> None:
        """Try again at once, better informed; some times in a row, then as after a failure."""
        self._corrections += 1
        if self._corrections % _CORRECTIONS:
            self.due = now
        else:
            self.failed(now, trouble)

    def _became(self, trouble) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._changed(trouble)
