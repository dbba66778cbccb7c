"""Which tills are not believed any more, kept outside the database as well: a restore must not let a stolen one in.

The file ``revoked`` in the folder of secrets only ever grows, a line of JSON an enrolment::

    {"id": "till-3/2", "device": "till-3", "epoch": 2, "store": "sample", "at": 1795000000}
"""

import time
from pathlib import Path

from sqlalchemy import Connection

from pos_client.core.signature import keyid
from pricing_service import fleet
from pricing_service.tombstones import Outside

FILE = "revoked"


def revoke(connection: Connection, secrets: Path, device: str) -> bool:
    """Stop believing a till, also after a restore; False if there is none to stop.

    Who is written down is revoked, at the latest by the next start: so the file comes first.
    """
    outside, now = Outside(secrets, FILE), int(time.time())
    for one in fleet.in_force(connection, device):
        line = {"id": keyid(device, one.epoch), "device": device, "epoch": one.epoch, "store": one.store}
        outside.append({**line, "at": now})
    return fleet.revoke(connection, device)


def catch_up(connection: Connection, secrets: Path) -> int:
    """Revoke what this database believes (again), or has forgotten; how many enrolments that were."""
    lines = Outside(secrets, FILE).lines()
    return sum(
        fleet.keep_revoked(connection, line["device"], line["epoch"], line["store"], line["at"])
        for line in lines
    )
