"""What is published, and until when. Read without python-tuf: whoever watches this service asks every few seconds."""

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from pricing_service import firmware_store


class State(NamedTuple):
    """Versions, 0 where there is none; ``expires``: role -> Unix seconds."""

    root: int
    targets: int
    expires: dict[str, int]


def told(connection: Connection) -> State:
    said = {role: json.loads(body)["signed"] for role, body in firmware_store.newest(connection).items()}
    versions = [said[role]["version"] if role in said else 0 for role in ("root", "targets")]
    expires = {role: int(datetime.fromisoformat(one["expires"]).timestamp()) for role, one in said.items()}
    return State(versions[0], versions[1], expires)
