"""A whole till from a machine's ports: what `rung till` on a PC and the firmware of a device have in common."""

import asyncio

from pos_client import link
from pos_client.core.record import Refused
from pos_client.journal import Journal
from pos_client.server import application
from pos_client.snapshot_file import SnapshotFile
from pos_client.sync import Sync
from pos_client.till import Till

_BOOT = "boot"


class Limits:
    """What a machine has room for: bytes of the largest request, displays at once, bytes of one batch of records, of a
    segment, of acknowledged segments kept, and of a snapshot."""

    def __init__(self, body, displays, batch, segment, kept, snapshot):
        self.body = body
        self.displays = displays
        self.batch = batch
        self.segment = segment
        self.kept = kept
        self.snapshot = snapshot


def unenrolled(secret: str) -> dict:
    """The identity of a till nobody enrolled: it serves, keeps its records to itself, and its health says why.

    ``secret`` (64 hex digits, another one at each start) makes its customers' tokens worthless to anyone.
    """
    return {
        "device": "unenrolled",
        "epoch": 0,
        "store": "",
        "key": secret,
        "tenant_key": secret,
        "service": "",
    }


def folder(identity: dict) -> str:
    """Where an identity's files belong. A new enrolment numbers its records from 1, so it begins a new folder."""
    return identity["device"] + "-" + str(identity["epoch"])


def assembled(identity: dict, storage, clock, chance, limits: Limits) -> tuple:
    """(server, sync) of a till that has remembered what its storage holds."""
    journal = Journal(storage, clock, segment_bytes=limits.segment, keep_bytes=limits.kept)
    snapshots = SnapshotFile(storage, identity)
    boot = _boot(storage)
    try:
        till = Till(identity, clock, journal, boot, snapshots.current)
    except Refused:  # a snapshot from before this till's version; the next one will do
        till = Till(identity, clock, journal, boot)
    sync = Sync(identity, journal, snapshots, link, clock, chance, till.adopt, limits.batch, limits.snapshot)
    till.link = sync
    return application(till, largest_body=limits.body, most_displays=limits.displays), sync


async def serve(server, sync, host: str, port: int, stopped) -> None:
    """Serve and sync until ``stopped.wait()`` returns; requests under way are answered."""
    await server.listen(host, port)
    print("rung till: http://" + host + ":" + str(port))
    syncing = asyncio.create_task(sync.run())
    try:
        await stopped.wait()
    finally:
        server.stop()
        syncing.cancel()
        try:
            await syncing
        except asyncio.CancelledError:
            pass


def _boot(storage) -> int:
    """The number of this start: with the monotonic clock it orders records where the date is not known."""
    try:
        boot = int(storage.read(_BOOT).decode()) + 1
    except (OSError, ValueError):
        boot = 1
    try:
        storage.replace(_BOOT, str(boot).encode())
    except OSError:  # a till whose storage is full still starts and sells
        pass
    return boot
