"""One-time codes: retail IT makes one, a till redeems it within ten minutes and gets its identity.

The secret half of a code is derived from the master key, so neither the database nor the network ever holds it; what
the till gets comes wrapped under it.
"""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from sqlalchemy import Connection, text

from pos_client.core import code
from pos_client.core.record import OutOfTurn, Unknown
from pricing_service import fleet
from pricing_service.fleet import Device

FRESH_SECONDS = 600
MAKE = text(
    "INSERT INTO codes (id, device, store, language, created, created_by, expires)"
    " VALUES (:id, :device, :store, :language, :now, :by, :expires)"
)
GET = text("SELECT id, device, store, language, expires, used, proof, epoch FROM codes WHERE id = :id")
USE = text("UPDATE codes SET used = :now, proof = :proof, epoch = :epoch WHERE id = :id")
LISTED = text(
    "SELECT device, store, created, created_by, expires, used FROM codes ORDER BY created DESC, device"
)
SWEEP = text("DELETE FROM codes WHERE expires < :now")


class Code(NamedTuple):
    """``proof``: the hash of what the machine said that used it, or None."""

    id: str
    device: str
    store: str
    language: str
    expires: int
    used: int | None
    proof: str | None
    epoch: int | None


class Made(NamedTuple):
    """A code as it may be listed: when it was made, by whom, until when it is good, when it was used or None."""

    device: str
    store: str
    created: int
    created_by: str
    expires: int
    used: int | None


def listed(connection: Connection) -> list[Made]:
    """The codes of the last day, the youngest first."""
    return [Made(*row) for row in connection.execute(LISTED)]


def make(
    connection: Connection, master: bytes, device: str, store: str, language: str, by: str, now: int
) -> tuple[str, int]:
    """A code for ``device`` as it is shown to a person, and when it ends. Raises `Invalid`, `OutOfTurn`."""
    fleet.check_free(connection, device, store)
    code_id = secrets.token_bytes(code.ID_BYTES)
    values = {"id": code_id.hex(), "device": device, "store": store, "language": language, "by": by}
    connection.execute(SWEEP, {"now": now - 86400})
    connection.execute(MAKE, {**values, "now": now, "expires": now + FRESH_SECONDS})
    return code.written(code_id, secret_of(master, code_id.hex())), now + FRESH_SECONDS


def secret_of(master: bytes, code_id: str) -> bytes:
    """The half of a code that only the service and who was told the code can know."""
    return hmac.digest(master, f"rung code\n{code_id}".encode(), "sha256")[: code.SECRET_BYTES]


def redeem(connection: Connection, code_id: str, proof: str, now: int) -> tuple[Code, Device]:
    """Enrol the till that redeems a code, once; the machine that said ``proof`` may hear the answer again.

    Raises `Unknown` for a code that never was or is too old, `OutOfTurn` for one that another machine has used.
    """
    row = connection.execute(GET, {"id": code_id}).one_or_none()
    if row is None or row.expires < now:
        raise Unknown("unknown-code", "This code is not known or older than ten minutes: ask for a new one.")
    found, told = Code(*row), hashlib.sha256(proof.encode()).hexdigest()
    if found.used is None:
        enrolled = fleet.enrol(connection, found.device, found.store)
        values = {"id": code_id, "now": now, "proof": told, "epoch": enrolled.epoch}
        connection.execute(USE, values)
        return found, enrolled
    present = fleet.get(connection, found.device, found.epoch or 0)
    if found.proof != told or present is None:
        raise OutOfTurn("code-used", "This code was used by another machine: ask for a new one.")
    return found, present
