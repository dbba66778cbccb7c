"""Which groups had no room for another till when they were last counted.

Every till that waits in a group asks with each of its reports, and to count the tills of a large rollout takes longer
than all the rest of a report. A group that was full is not counted again for a while: whose turn comes meanwhile hears
of it a report later.
"""

SECONDS = 60


class Room:
    """Of one service, in memory: a start forgets it, and counts again."""

    def __init__(self) -> None:
        self._full: dict[tuple[str, int], int] = {}  # (rollout, index of the group) -> Unix seconds

    def was_full(self, rollout: str, place: int, now: int) -> bool:
        since = self._full.get((rollout, place))
        return since is not None and 0 <= now - since < SECONDS  # also where the clock was set back

    def counted(self, rollout: str, place: int, is_free: bool, now: int) -> None:
        """Whether there was room."""
        if is_free:
            self._full.pop((rollout, place), None)
        else:
            self._full[rollout, place] = now
