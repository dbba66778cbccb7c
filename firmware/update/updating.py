"""An update from the question to the committed pointer, and what its image does to be kept.

Passed in: ``storage``, a folder of the device's file system (`Storage` of `pos_client/ports.py`), ``slots`` of the
board (`size`, `erase(slot, offset)` of one block, `write(slot, offset, data)`, `read(slot, offset, count)`), and
``repository``: ``await fetch(name, into, most)`` hands the blocks of a file to ``into.write``, at most some more than
``most`` bytes, and is False where there is no such file.
"""

from binascii import hexlify

from firmware.update import ed25519, pointer, ratchet
from firmware.update.refusal import Refusal
from firmware.update.role import MOST_BYTES
from firmware.update.target import newest, wanted
from firmware.update.trusted import Trusted
from firmware.update.writing import Writing

_MOST_ROOTS = 64


class Board:
    """``hardware`` as images name it; ``device``, this till; ``running``, its slot; ``journal``, the formats of a
    journal that what runs can read, the one it writes first."""

    def __init__(self, hardware: str, device: str, running: str, journal: list):
        self.hardware = hardware
        self.device = device
        self.running = running
        self.journal = journal


async def look(
    storage, repository, board: Board, now: int, name: str = "", pause=lambda: None, verify=ed25519.verify
):
    """The `Target` to install: ``name`` if the service chose one, else the newest. Raises `Refusal`.

    ``now`` is at least the clock floor: when this image was built, and the last time the service signed.
    """
    before = pointer.kept_ratchet(storage)
    trusted = Trusted(storage.read("root.json"), before, now, pause, verify)
    try:
        await _roots(storage, repository, trusted)
        targets = await _targets(repository, trusted)
    finally:
        if trusted.ratchet != before:
            storage.replace("ratchet", ratchet.written(trusted.ratchet))
    name = name or newest(targets, board.hardware, board.device)
    target = wanted(targets, name, board.hardware, board.device, trusted.ratchet["image"])
    if pointer.fallen(storage).get("version") == target.version:
        raise Refusal("failed-here", "this version was tried and did not confirm itself")
    return target


async def install(storage, repository, board: Board, slots, target, unsent: int) -> None:
    """Write the image into the free slot and point to it; the next start tries it. Raises `Refusal`.

    ``unsent`` is the number of records that the service does not hold.
    """
    if unsent and board.journal[0] not in target.journal:
        raise Refusal("unsent-records", "this version could not read them; send them first")
    if target.journal[0] not in board.journal:
        raise Refusal("journal-format", "should it fall back, what it wrote could not be read")
    slot = pointer.free_slot(storage, board.running)
    writing = Writing(slots, slot, target)
    if not await repository.fetch(_stored_name(target), writing, target.length):
        raise Refusal("missing", "the repository does not have the image")
    writing.finish()
    pointer.begin_trial(storage, slot, target.version)


def self_test(storage, running: str, checks: list, confirms: bool = True) -> str:
    """Confirm what runs if all of the checks, (name, function) in order, hold; else the name of the one that failed.

    Unless this ``confirms``, other checks follow. A failed one is noted and the caller restarts: two more boots may do
    better, then the old image comes back.
    """
    if not pointer.is_on_trial(storage, running):
        return ""
    for name, holds in checks:
        if not _held(holds):
            pointer.fell(storage, pointer.read(storage)["trial"], "self-test: " + name)
            return name
    if confirms:
        pointer.confirm(storage, running)
    return ""


def _held(holds) -> bool:
    try:
        return bool(holds())
    except Exception:  # whatever goes wrong in it, the check has failed
        return False


async def _roots(storage, repository, trusted: Trusted) -> None:
    for _ in range(_MOST_ROOTS):
        data = await _fetched(repository, "%d.root.json" % (trusted.root["version"] + 1), MOST_BYTES["root"])
        if data is None:
            return
        trusted.update_root(data)
        storage.replace("root.json", data)
    raise Refusal("too-many-roots", "look again later")


async def _targets(repository, trusted: Trusted) -> dict:
    trusted.update_timestamp(await _needed(repository, "timestamp.json", "timestamp"))
    trusted.update_snapshot(await _versioned(repository, trusted, "snapshot"))
    return trusted.update_targets(await _versioned(repository, trusted, "targets"))


async def _versioned(repository, trusted: Trusted, role: str) -> bytes:
    return await _needed(repository, "%d.%s.json" % (trusted.version_of(role), role), role)


async def _needed(repository, name: str, role: str) -> bytes:
    data = await _fetched(repository, name, MOST_BYTES[role])
    if data is None:
        raise Refusal("missing", "the repository does not have " + name)
    return data


async def _fetched(repository, name: str, most: int):
    kept = _Kept(most)
    return bytes(kept.data) if await repository.fetch(name, kept, most) else None


class _Kept:
    """A file in RAM that ends where it should."""

    def __init__(self, most: int):
        self.data = bytearray()
        self._most = most

    def write(self, block) -> None:
        if len(self.data) + len(block) > self._most:
            raise Refusal("too-long", "a file goes on where it should end")
        self.data.extend(block)


def _stored_name(target) -> str:
    folder, _, name = target.name.rpartition("/")
    return (folder + "/" if folder else "") + hexlify(target.sha256).decode() + "." + name
