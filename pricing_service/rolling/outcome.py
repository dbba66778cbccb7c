"""What came of one scenario."""

from typing import NamedTuple

from pricing_service.rolling.images import BAD, FALLS, GOOD
from pricing_service.rollout_law import DONE, STOPPED


class Outcome(NamedTuple):
    """``tried``: tills that ever ran the release; ``stopped_after`` and ``back_after`` in minutes of the fleet's time.

    ``micropython`` of the tills were boards. ``on_old`` and ``on_new`` count tills by the bytes in the slot they run.
    ``lost``: records a till had closed that are not in the log, as it sealed them where that is known."""

    kind: str
    tills: int
    micropython: int
    state: str
    why: str
    tried: int
    failed: int
    stopped_after: int
    back_after: int
    on_old: int
    on_new: int
    records: int
    lost: int
    seconds: float

    @property
    def held(self) -> bool:
        """Whether it went as it has to: done-when 5 of the issue that asked for rollouts."""
        if self.kind == GOOD:
            return self.state == DONE and self.lost == 0
        is_stopped = self.state == STOPPED and self.lost == 0
        if self.kind in FALLS:  # nothing brings back what confirmed itself and hears nobody
            is_whole = self.on_old + self.on_new == self.tills
            return is_stopped and is_whole and (self._is_small or self.kind not in BAD)
        return is_stopped and self._is_small and self.on_old == self.tills

    @property
    def _is_small(self) -> bool:
        return self.tried <= max(1, 2 * self.tills // 100, self.micropython)  # boards are the canary
