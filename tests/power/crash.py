"""What a disk may hold after the power went, by the weakest promise an operating system gives.

Flushed bytes are there. Of what was written since, each sector of 512 bytes is there or not, whatever came before or
after it; a file that had grown may have its new length with zeros, or with bytes of deleted files, where a sector is
missing. A new name, a rename or a removal is certain once the folder was flushed, and may be there or not before that.
"""

import random

SECTOR = 512


class Inode:
    """One file's bytes: ``sure`` ones, and the changes nobody flushed: (offset, data), or (size, None)."""

    def __init__(self, content: bytes = b"") -> None:
        self.sure = bytearray(content)
        self.unsure: list[tuple[int, bytes | None]] = []

    def flush(self) -> None:
        for change in self.unsure:
            _apply(self.sure, *change)
        self.unsure.clear()

    def whole(self) -> bytes:
        """As every reader saw it while the power was on."""
        content = bytearray(self.sure)
        for change in self.unsure:
            _apply(content, *change)
        return bytes(content)

    def after_cut(self, chance: random.Random, stale: bytes) -> bytes:
        """One of the many contents this file may have now. ``stale`` are old bytes that lie about on the disk."""
        content = bytearray(self.sure)
        kept = _kept(chance, len(self.unsure))
        for number, (offset, data) in enumerate(self.unsure):
            share = kept(number)
            if data is None:
                if share > 0.5:
                    _apply(content, offset, None)
            else:
                _tear(content, offset, data, share, chance, stale)
        return bytes(content)


class Disk:
    """One folder of a disk, as operations of `trace` reach it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.inodes = {number: Inode(content) for number, content in enumerate(files.values())}
        self.names = {name: number for number, name in enumerate(files)}
        self._unsure: list[tuple] = []
        self._stale = b""

    def apply(self, operation: tuple) -> None:
        kind = operation[0]
        if kind == "write":
            self.inodes[operation[1]].unsure.append((operation[2], operation[3]))
            self._stale = (self._stale + operation[3])[-(1 << 16) :]
        elif kind == "size":
            self.inodes[operation[1]].unsure.append((operation[2], None))
        elif kind == "flush":
            self.inodes[operation[1]].flush()
        elif kind == "flush names":
            self._rename_all(self.names, self._unsure)
            self._unsure = []
        elif kind in ("new", "rename", "remove"):
            if kind == "new":
                self.inodes[operation[2]] = Inode()
            self._unsure.append(operation)

    def whole(self) -> dict[str, bytes]:
        """Every file as the running machine sees it."""
        names = dict(self.names)
        self._rename_all(names, self._unsure)
        return {name: self.inodes[number].whole() for name, number in names.items()}

    def after_cut(self, chance: random.Random) -> dict[str, bytes]:
        """One of the many states of the folder after the power went now."""
        names = dict(self.names)
        kept = _kept(chance, len(self._unsure))
        self._rename_all(names, [one for at, one in enumerate(self._unsure) if kept(at) > chance.random()])
        return {name: self.inodes[number].after_cut(chance, self._stale) for name, number in names.items()}

    def _rename_all(self, names: dict[str, int], changes: list[tuple]) -> None:
        for change in changes:
            if change[0] == "new":
                names[change[1]] = change[2]
            elif change[1] in names:  # what never came to be is neither renamed nor removed
                number = names.pop(change[1])
                if change[0] == "rename":
                    names[change[2]] = number


def _kept(chance: random.Random, count: int):
    """Which of ``count`` changes are on the medium: number -> how much of it, 0 to 1."""
    way = chance.randrange(5)
    if way == 0:
        return lambda number: 0.0
    if way == 1:
        return lambda number: 1.0
    if way == 2:  # in order, the last one torn
        until = chance.uniform(0, count)
        return lambda number: min(1.0, max(0.0, until - number))
    if way == 3:  # the newest alone
        since = chance.uniform(0, count)
        return lambda number: min(1.0, max(0.0, number + 1 - since))
    shares = [chance.choice((0.0, 0.5, 0.9, 1.0)) for _ in range(count)]
    return lambda number: shares[number]


def _tear(
    content: bytearray, offset: int, data: bytes, share: float, chance: random.Random, stale: bytes
) -> None:
    """Write the sectors of ``data`` that made it; ``share`` of them, by chance."""
    if share == 0.0:
        return
    end = offset + len(data)
    if share == 1.0 or end > len(content):
        filler = bytes(end) if chance.random() < 0.5 or not stale else (stale * (end // len(stale) + 1))[:end]
        content.extend(filler[len(content) : end])
    begin = offset
    while begin < end:
        stop = min(end, begin - begin % SECTOR + SECTOR)
        if chance.random() < share:
            content[begin:stop] = data[begin - offset : stop - offset]
        begin = stop


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
    else:
        content.extend(bytes(max(0, offset - len(content))))
        content[offset : offset + len(data)] = data
