"""Who owns a segment: a named person who answers for its profit. Every change is kept, with who made it."""

import time
from typing import NamedTuple

from sqlalchemy import Connection, text

from models.segment_rules import NAMES
from pos_client.core.record import Unknown
from pricing_service.problem import Stale

NOBODY_YET = 0  # the version of an owner that was never named
ALL = text("SELECT segment, version, owner, set_by, changed FROM owners ORDER BY segment, version DESC")
OF = text(
    "SELECT segment, version, owner, set_by, changed FROM owners WHERE segment = :segment ORDER BY version DESC"
)
NAME = text(
    "INSERT INTO owners (segment, version, owner, set_by, changed)"
    " VALUES (:segment, :version, :owner, :by, :now)"
)


class Owner(NamedTuple):
    """``owner``: None where nobody answers for it (any more)."""

    segment: str
    version: int
    owner: str | None
    set_by: str
    changed: int


def present(connection: Connection) -> dict[str, Owner]:
    """The owner of each segment that ever had one."""
    found: dict[str, Owner] = {}
    for row in connection.execute(ALL):
        found.setdefault(row.segment, Owner(*row))
    return found


def history(connection: Connection, segment: str) -> list[Owner]:
    """All owners a segment had, the present one first. Raises `Unknown`."""
    if segment not in NAMES:
        raise Unknown("unknown-segment", f"There is no segment {segment}; they are {', '.join(NAMES)}.")
    return [Owner(*row) for row in connection.execute(OF, {"segment": segment})]


def name(connection: Connection, segment: str, version: int, owner: str | None, by: str) -> list[Owner]:
    """Make ``owner`` the owner, if ``version`` is the present one. Raises `Stale`, `Unknown`."""
    before = history(connection, segment)
    if version != (before[0].version if before else NOBODY_YET):
        raise Stale("segment-owner-changed", "Somebody changed it meanwhile: read it again.")
    told = {"segment": segment, "version": version + 1, "owner": owner, "by": by, "now": int(time.time())}
    connection.execute(NAME, told)
    return history(connection, segment)
