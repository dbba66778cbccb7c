"""What is published, and until when."""

from typing import NamedTuple

from sqlalchemy import Connection

from pricing_service import firmware_store
from pricing_service.firmware_door import newest
from pricing_service.firmware_forms import opened
from pricing_service.firmware_online import newest_snapshot


class State(NamedTuple):
    """Versions, 0 where there is none; ``expires``: role -> Unix seconds."""

    root: int
    targets: int
    expires: dict[str, int]


def told(connection: Connection) -> State:
    held = firmware_store.files(connection)
    names = {role: newest(held, role) for role in ("root", "targets")}
    if "timestamp.json" in held:
        names |= {"timestamp": "timestamp.json", "snapshot": newest_snapshot(held)[0]}
    said = {role: opened(held[name]).signed for role, name in names.items() if name}
    root, targets = [said[role].version if role in said else 0 for role in ("root", "targets")]
    return State(root, targets, {role: int(one.expires.timestamp()) for role, one in said.items()})
