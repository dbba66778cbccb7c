"""What a journal knows of its service: how far it was acknowledged, and under which history; one small file."""

from pos_client import segments
from pos_client.core.event import opened, seal
from pos_client.core.record import Refused

_NAME = "journal.mark"
_MISSING = 2  # ENOENT


def read(storage) -> tuple:
    """(acknowledged, next sequence, history). Without a mark all that is kept is sent once more, which the service
    takes as known: only what was acknowledged ever leaves. Raises `OSError`."""
    try:
        kept = opened(storage.read(_NAME))
        return kept["acknowledged"], kept["next"], kept.get("history", "")
    except OSError as error:
        if error.errno != _MISSING:
            raise
    except Refused:
        pass
    found = segments.listed(storage, 1)
    first = found[0][1] if found else 1
    return first - 1, first, ""


def keep(storage, acknowledged: int, next_sequence: int, history: str) -> None:
    """Raises `OSError`, and the mark is then what it was."""
    told = {"acknowledged": acknowledged, "next": next_sequence, "history": history}
    storage.replace(_NAME, seal(told))
