"""The snapshot a till decides from, as a file that is replaced whole or not at all.

A newer one is written beside it, verified, offered to the till, and only then renamed over it; on any failure the
old one stays in the file and in use.
"""

import gc
from binascii import unhexlify

from pos_client.core.record import Damaged, Refused
from pos_client.core.snapshot import Snapshot, may_replace, verify
from pos_client.ports import StorageFailed

_NAME = "snapshot"
_NEW = "snapshot.new"
_EARLIER = ("snapshot-not-newer", "snapshot-in-use")  # whoever sends it, there may be a newer one
_BUFFER = 1024  # bytes; `verify` asks for no more
_SPARE = 8192  # bytes that a journal needs while a snapshot comes
_KEPT = (
    "format",
    "store",
    "history",
    "version",
    "built",
    "through",
    "erased",
)  # of meta; the till has read the rest


class SnapshotFile:
    """``current`` is the `Snapshot` in use or None, ``name`` that of the newest seen here, as it says it itself, or "".

    A ``thin`` one keeps of its meta only what the next one is compared with.
    """

    def __init__(self, storage, identity: dict, thin: bool = False):
        self._storage = storage
        self._is_thin = thin
        self._identity = identity
        self._before_any = {"store": identity["store"], "history": "", "version": 0, "built": 0}
        self._place = None
        self._incoming = _Incoming(storage)
        self.current = None
        self.name = self._read = ""
        self.trouble = None
        self._is_refused = False  # what is called `name` is not in use, and never will be
        try:
            self.current, self._place = self._opened(_NAME, self._before_any)
            self.name = self._read
        except (Refused, OSError) as refused:
            self.trouble = _code(refused, "snapshot-missing")

    def incoming(self):
        """Where a snapshot under way is written: `write`, `flush`, `close`, then `adopt`."""
        self._discard()
        self._incoming = _Incoming(self._storage)
        return self._incoming

    def room(self) -> int:
        """Bytes that a snapshot may have to be written beside the one in use. Raises `OSError`."""
        free = self._storage.free()
        return max(0, free - (free >> 8) - _SPARE)  # littlefs keeps some eight bytes of a block for itself

    def adopt(self, use) -> bool:
        """Make what `incoming` holds the snapshot in use, if it may be. True if it is now.

        ``use(snapshot)`` takes it into service or raises `Refused`. A newer one of the service's own that this till
        cannot use is not fetched again. The one in use, or an older one, is no news: who is told `name` would not
        send it.
        """
        try:
            self._take(use)
        except (Refused, OSError) as failed:
            self.trouble = _code(failed, "snapshot-unwritable")
            if self._read and _is_final(failed):
                self.name = self._read
                self._is_refused = True
            self._discard()
            return False
        self.name = self._read
        self._is_refused = False
        self.confirm()
        return True

    def confirm(self) -> None:
        """The service has nothing newer than what is called `name`: what came wrong since is no trouble any more."""
        if self.current is not None and not self._is_refused:
            self.trouble = None

    def _discard(self) -> None:
        """What came and is not in use takes no room."""
        try:
            if _NEW in self._storage.names():
                self._storage.remove(_NEW)
        except OSError:  # the next one is written over it
            pass

    def _take(self, use) -> None:
        self._read = ""
        if not self._incoming.begun:  # what lies in the file is of an earlier attempt
            raise Damaged("snapshot-empty", "the service sent nothing; fetch it again")
        if self._is_thin:
            gc.collect()  # old rules, new rules and their JSON are the most a device ever holds at once
        old, old_place = self.current, self._place
        new, place = self._opened(_NEW, old.meta if old else self._before_any)
        try:
            use(new)
        except (Refused, OSError):
            place.close()
            raise
        if old_place:
            old_place.close()
        place.close()
        try:
            self._storage.rename(_NEW, _NAME)
        except OSError:
            if old:
                self.current, self._place = self._opened(_NAME, self._before_any)
                use(self.current)
                self.thin()
            raise
        place.name = _NAME
        self.current, self._place = new, place
        self.thin()

    def thin(self) -> None:
        """Where there is no room for both, let go of rules and model in ``current.meta``: the till has read them."""
        if self._is_thin and self.current is not None:
            meta = self.current.meta
            self.current.meta = {name: meta[name] for name in _KEPT if name in meta}

    def _opened(self, name: str, before: dict) -> tuple:
        """(snapshot, its place) in a file that is whole, the service's own, and may follow `before`.

        ``_read`` is then how it is called, also of one that the service signed and this till cannot use.
        """
        place = _Place(self._storage, name)
        try:
            size = self._storage.size(name)
            self._verify(place, size)
            found = Snapshot(place.read, size)
            self._read = found.meta["history"][:8] + "-" + str(found.version)
            may_replace(found.meta, before)
            return found, place
        except KeyError:  # signed, but not by a service this till understands
            place.close()
            raise Damaged("snapshot-form", "this is not a snapshot for this till")
        except (Refused, OSError):
            place.close()
            raise

    def _verify(self, place, size: int) -> None:
        """Made for this till, or for it before its epoch was renewed. Raises `Damaged`."""
        try:
            verify(place.reader(), size, unhexlify(self._identity["key"]))
        except Damaged:
            if "old_key" not in self._identity:
                raise
            verify(place.reader(), size, unhexlify(self._identity["old_key"]))


class _Incoming:
    """The file of a snapshot under way, begun with its first byte: most polls bring none, and flash wears."""

    def __init__(self, storage):
        self._storage = storage
        self._file = None
        self.begun = False

    def write(self, block: bytes) -> None:
        if self._file is None:
            self._file = self._storage.create(_NEW)
            self.begun = True
        self._file.write(block)

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class _Place:
    """Reads a named file in place. Opened at the first read, so that a closed one can be renamed on any file system."""

    def __init__(self, storage, name: str):
        self._storage = storage
        self._file = None
        self.name = name

    def read(self, offset: int, length: int) -> bytes:
        if self._file is None:
            self._file = self._storage.open(self.name)
        self._file.seek(offset)
        return self._file.read(length)

    def reader(self):
        """As `read`, but what it gives is good until the next call: a file that is read through leaves no garbage."""
        buffer = bytearray(_BUFFER)

        def read(offset: int, length: int):
            self.read(offset, 0)
            view = memoryview(buffer)[:length]
            return view[: self._file.readinto(view)]  # pyright: ignore[reportOptionalMemberAccess] it is open

        return read

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _is_final(failed) -> bool:
    """Whether the same snapshot would be refused again."""
    if not isinstance(failed, Refused) or isinstance(failed, StorageFailed):
        return False  # the medium may obey the next time
    return failed.code not in _EARLIER


def _code(error, otherwise: str) -> str:
    return error.code if isinstance(error, Refused) else otherwise
