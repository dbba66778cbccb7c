"""Where a copy of a record is left: in the service's log, or whole in the journal of some machine."""

import hashlib
import io

from pos_client.core.event import opened
from pos_client.core.record import Refused
from pos_client.frame import HEAD, whole_frames
from tests.simulator.machine import Machine
from tests.simulator.notes import Notes
from tests.simulator.service import Backend


def name_of(record: dict) -> str:
    """What the cashiers call it."""
    return record["return_id"] if record["kind"] == "return" else record["checkout_id"]


def excuse(notes: Notes, backend: Backend, machines: list[Machine]) -> None:
    """Excuse what has no copy left: after a medium or a database was set back, and after rot."""
    kept, poison = _at_the_service(backend)
    journals = {}
    for machine in machines:
        journals[machine.name] = names(machine)
        poison |= {hashlib.sha256(line).hexdigest() for line in lines(machine)}
    anywhere = kept.union(*journals.values())
    for sale in notes.sales.values():
        sale.is_excused |= sale.name not in anywhere
        sale.is_displaced |= sale.name not in kept | journals.get(sale.machine, set())
    notes.excused_poison |= notes.poison.keys() - poison


def names(machine: Machine) -> set[str]:
    """What the cashiers call the records that are whole on a machine's medium."""
    return {name for line in lines(machine) if (name := _name(line)) is not None}


def _name(line: bytes) -> str | None:
    try:
        return name_of(opened(line))
    except (Refused, KeyError, ValueError):
        return None


def lines(machine: Machine) -> list[bytes]:
    """The whole lines on a machine's medium."""
    found = []
    for name, data in sorted(machine.storage.files.items()):
        if name.startswith("journal-"):
            file = io.BytesIO(bytes(data))
            for _, start, length in whole_frames(file, 0, len(data), 1):
                found.append(bytes(data[start + HEAD : start + HEAD + length]))
    return found


def _at_the_service(backend: Backend) -> tuple[set[str], set[str]]:
    raw = backend.database.raw
    sales = {name_of(opened(line)) for (line,) in raw.execute("SELECT line FROM events")}
    return sales, {digest for (digest,) in raw.execute("SELECT digest FROM quarantine")}
