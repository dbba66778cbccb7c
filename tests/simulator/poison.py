"""Records that no log can take, laid into a journal by a fault that is none of the till's: they must block nothing."""

import hashlib
from random import Random

from pos_client.core.event import seal
from pos_client.frame import HEAD
from tests.simulator import copies
from tests.simulator.machine import Machine
from tests.simulator.notes import Notes
from tests.simulator.service import MOST_BODY


def _record(machine: Machine, **more) -> dict:
    own = {
        "device": machine.identity["device"],
        "epoch": machine.sync.health()["epoch"],
        "sequence": machine.next_sequence,
    }
    return {"kind": "checkout", "checkout_id": "poison", **own, **more}


def _wrong_hash(machine: Machine, chance: Random) -> bytes:
    return seal(_record(machine)).replace(b'"poison"', b'"Poison"')


def _too_large(machine: Machine, chance: Random) -> bytes:
    return seal(_record(machine, filler="x" * MOST_BODY))


def _foreign(machine: Machine, chance: Random) -> bytes:
    return seal(_record(machine, device="till-9"))


def _lone_surrogate(machine: Machine, chance: Random) -> bytes:
    line = b'{"kind":"checkout","checkout_id":"\\ud800","sequence":%d' % machine.next_sequence
    return line + b',"hash":"' + hashlib.sha256(line + b"}").hexdigest().encode() + b'"}'


def _nonsense(machine: Machine, chance: Random) -> bytes:
    return bytes(chance.randrange(1, 256) for _ in range(60)).replace(b"\n", b" ")


def _two_lines(machine: Machine, chance: Random) -> bytes:
    return b"one\ntwo"


def _misnumbered(machine: Machine, chance: Random) -> bytes:
    return seal(_record(machine, sequence=machine.next_sequence + chance.choice((-3, 2))))


def _huge_number(machine: Machine, chance: Random) -> bytes:
    return seal(_record(machine, gross=1 << 70))


KINDS = {
    "wrong hash": _wrong_hash,
    "too large": _too_large,
    "foreign": _foreign,
    "lone surrogate": _lone_surrogate,
    "nonsense": _nonsense,
    "two lines": _two_lines,
    "misnumbered": _misnumbered,
    "huge number": _huge_number,
}
ROT = "rot on the medium"


def lay(machine: Machine, notes: Notes, chance: Random) -> None:
    """Some poison into the journal of a machine that is on."""
    kind = chance.choice((*KINDS, ROT, ROT))
    if kind == "too large" and chance.random() < 0.7:  # it costs as much as a history
        kind = "nonsense"
    if kind == ROT:
        _rot(machine, notes, chance)
    else:
        line = KINDS[kind](machine, chance)
        for part in line.split(b"\n"):
            notes.poison[hashlib.sha256(part).hexdigest()] = kind
        machine.attempt(lambda: machine.journal.append(line))
    machine.world.count(f"poison: {kind}")
    machine.world.say("{}: poison, {}, before number {}", machine.name, kind, machine.next_sequence)


def _rot(machine: Machine, notes: Notes, chance: Random) -> None:
    """A bit of one record turns over. A twin may hand in its own copy of it, later than what came behind it."""
    names = sorted(name for name in machine.storage.files if name.startswith("journal-"))
    if names:
        data = machine.storage.files[chance.choice(names)]
        before = copies.names(machine)
        if len(data) > HEAD:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        for name in notes.sales.keys() & before - copies.names(machine):
            notes.sales[name].is_displaced = True
