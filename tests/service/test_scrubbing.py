"""What was deleted leaves the log of writes too, whatever is in the way for a while."""

import threading

import pytest
from sqlalchemy.exc import OperationalError

from pricing_service import scrubbing


class Disk:
    """A database whose log of writes can be emptied when all of ``troubles`` are over: False, or an error."""

    def __init__(self, *troubles: bool | Exception) -> None:
        self._troubles = list(troubles)
        self.empty = threading.Event()

    def truncate(self) -> bool:
        if not self._troubles:
            self.empty.set()
            return True
        trouble = self._troubles.pop(0)
        if isinstance(trouble, Exception):
            raise trouble
        return trouble


BROKEN = OperationalError("PRAGMA wal_checkpoint(TRUNCATE)", None, Exception("disk I/O error"))


@pytest.mark.parametrize("troubles", [[], [False], [BROKEN], [BROKEN, False, BROKEN]])
@pytest.mark.parametrize("patience", [0.0, 2.0])
def test_the_log_of_writes_is_emptied_in_the_end(
    troubles: list, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "PATIENCE", patience)
    monkeypatch.setattr(scrubbing, "AGAIN", 0.01)
    disk = Disk(*troubles)
    scrubbing.scrub(disk)  # pyright: ignore[reportArgumentType]
    assert disk.empty.wait(120)
