"""What the next request carries: records that nobody acknowledged, and a word in place of one that cannot be sent."""

from pos_client.core.event import seal

_HOLE = 256  # bytes that telling the service of a damaged record takes
_LARGEST = 1 << 20  # bytes that every service takes; no record that a till wrote comes near


class Outgoing:
    """Requests of ``batch_bytes`` at most; 1 is a small machine's: a record alone, in pieces."""

    def __init__(self, identity, journal, batch_bytes: int):
        self._identity = identity
        self._journal = journal
        self.batch_bytes = self.room = batch_bytes
        self._misfit = None  # the number of a record that is too large for any request

    def next(self) -> tuple:
        """(first number, last number, body: bytes or a list of pieces)."""
        return self._single() if self.batch_bytes == 1 else self._batch()

    def answered(self, is_too_large: bool, last: int, size: int) -> None:
        """What was said of a request of ``size`` bytes up to the number ``last``: of one too large, one record next."""
        self.room = 1 if is_too_large else self.batch_bytes
        if is_too_large and size > _LARGEST:  # of less, anybody on the way may say so; pieces are few
            self._misfit = last

    def _batch(self) -> tuple:
        batch = pending(self._journal, self.room)
        lines = [
            line if line and _fits(number, [line]) and number != self._misfit else self._lost(number)
            for number, line in batch
        ]
        return batch[0][0], batch[-1][0], b"\n".join(lines)

    def _single(self) -> tuple:
        """As `_batch`: one record, in pieces, none of which is large."""
        number, pieces = alone(self._journal)
        body = pieces if pieces and _fits(number, pieces) else [self._lost(number)]
        return number, number, body

    def _lost(self, sequence: int) -> bytes:
        """What is said in place of a record that rotted on the medium, so that the others can leave."""
        told = {"device": self._identity["device"], "epoch": self._identity["epoch"]}
        told.update({"kind": "damaged", "sequence": sequence})
        return seal(told)


def pending(journal, limit_bytes: int) -> list:
    """What the service has not acknowledged, oldest first and without a hole: (sequence, line), or (sequence, None) for
    a damaged record. One, or as many as fit in ``limit_bytes``. Raises `StorageFailed` or `OSError`."""
    out = []
    lines = journal.since(journal.acknowledged)
    ahead = next(lines, None)
    for sequence in range(journal.acknowledged + 1, journal.next_sequence):
        line = ahead[1] if ahead and ahead[0] == sequence else None
        limit_bytes -= _HOLE if line is None else len(line) + 1
        if out and limit_bytes < 0:
            break
        out.append((sequence, line))
        if limit_bytes < 0:
            break
        if line is not None:
            ahead = next(lines, None)
    lines.close()
    return out


def alone(journal) -> tuple:
    """The first of what is `pending`, its line in pieces: a device may not have two kilobytes in a row."""
    entries = journal.entries(journal.acknowledged)
    sequence, entry = next(entries, (0, None))
    wanted = journal.acknowledged + 1
    pieces = None
    if entry and sequence == wanted:  # no small machine has room for what is too large for any request
        pieces = entry.pieces() if entry.length <= _LARGEST else []
    entries.close()
    return wanted, pieces


def _fits(sequence: int, pieces: list) -> bool:
    """Whether a line can stand in a batch under its number; what rot or another program left may not."""
    mark = b'"sequence":' + str(sequence).encode() + b","
    is_named, before = False, b""
    for piece in pieces:
        if b"\n" in piece:
            return False
        is_named = is_named or mark in before + piece
        before = piece[-len(mark) :]
    return is_named


def is_receipt(told: dict) -> bool:
    """Whether an answer acknowledges records in its form."""
    acknowledged = told.get("acknowledged")
    is_count = type(acknowledged) is int and acknowledged >= 0
    return is_count and type(told.get("history")) is str and type(told.get("quarantined")) is list
