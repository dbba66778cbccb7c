"""A whole till from a machine's ports: what `rung till` on a PC and the firmware of a device have in common."""

import asyncio
from errno import ENOENT

from pos_client import link, renewal
from pos_client.core.calendar import rfc3339
from pos_client.core.record import Refused
from pos_client.journal import Journal
from pos_client.ports import RehearsalClock
from pos_client.server import application
from pos_client.small_journal import SmallJournal
from pos_client.snapshot_file import SnapshotFile
from pos_client.sync import Sync
from pos_client.till import Till

_BOOT = "boot"


class Limits:
    """What a machine has room for: bytes of the largest request, displays and checkouts at once, answers to closed
    checkouts, sales to customers counted since the snapshot, bytes of one batch of records, of a segment, of
    acknowledged segments kept, and of a snapshot. A ``thin`` one holds no rules or model twice, and has flash."""

    def __init__(self, body, displays, opened, closed, sales, batch, segment, kept, snapshot, thin=False):
        self.body = body
        self.displays = displays
        self.opened = opened
        self.closed = closed
        self.sales = sales
        self.batch = batch
        self.segment = segment
        self.kept = kept
        self.snapshot = snapshot
        self.thin = thin


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


def _unset(name: str):
    return None


def assembled(identity: dict, storage, clock, chance, limits: Limits, setting=_unset, way=None) -> tuple:
    """(server, sync) of a till as `whole` makes it."""
    till, sync = whole(identity, storage, clock, chance, limits, setting, way)
    return application(till, largest_body=limits.body, most_displays=limits.displays), sync


def whole(
    identity: dict, storage, clock, chance, limits: Limits, setting=_unset, way=None, pause=None
) -> tuple:
    """(till, sync) that have remembered what their storage holds; ``pause()`` is called for each record of that.

    ``way`` is what speaks to the service as `link` does, if not `link`. ``setting(name)`` reads two settings that are
    mostly empty: RUNG_SNAPSHOT_SECONDS between two looks for a new snapshot, and RUNG_REHEARSAL, the Unix second at
    which a rehearsal begins.
    """
    identity = renewal.recall(identity, storage)
    rehearsal = setting("RUNG_REHEARSAL")
    pace, clock = clock, RehearsalClock(int(rehearsal)) if rehearsal else clock
    kind = SmallJournal if limits.thin else Journal
    journal = kind(storage, clock, limits.segment, limits.kept)
    if pause:
        journal.pausing(pause)
    snapshots = SnapshotFile(storage, identity, limits.thin)
    till = _till(identity, clock, journal, _boot(storage), snapshots.current, limits)
    snapshots.thin()
    way = way or link
    sync = Sync(
        identity, storage, journal, snapshots, way, pace, chance, till.adopt, limits.batch, limits.snapshot
    )
    sync.tell = _log(clock)
    sync.holds = till.holds  # pyright: ignore[reportAttributeAccessIssue]
    sync.every = 1000 * int(setting("RUNG_SNAPSHOT_SECONDS") or 15)
    till.link = sync  # pyright: ignore[reportAttributeAccessIssue]
    return till, sync


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


def _log(clock):
    """Says on the console what became of the link, and when: a shop asks later since when its till was alone."""

    def tell(what: str, trouble) -> None:
        now = clock.now()
        stamp = rfc3339(now) if now else "(no date)"
        try:
            print(stamp + " rung till: " + what + ": " + (trouble or "well again"))
        except OSError:  # nobody reads the console any more: no reason to stop sending
            pass

    return tell


def _till(identity: dict, clock, journal, boot: int, snapshot, limits: Limits) -> Till:
    try:
        return Till(identity, clock, journal, boot, snapshot, limits.opened, limits.closed, limits.sales)
    except Refused:  # a snapshot from before this till's version; the next one will do
        return Till(identity, clock, journal, boot, None, limits.opened, limits.closed, limits.sales)


def _boot(storage) -> int:
    """The number of this start: with the monotonic clock it orders records where the date is not known."""
    try:
        boot = int(storage.read(_BOOT).decode()) + 1
    except ValueError:
        boot = 1
    except OSError as error:
        if error.errno != ENOENT:  # a medium that cannot be read now must not set the count back
            return 0
        boot = 1
    try:
        storage.replace(_BOOT, str(boot).encode())
    except OSError:  # a till whose storage is full still starts and sells
        pass
    return boot
