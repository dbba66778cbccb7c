"""What becomes of each line of a batch: taken, seen before, in conflict, set aside, or after a gap."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pricing_service.records import Line


@dataclass
class Batch:
    """What one device sent at once, its lines in its journal's order. At least one line."""

    device: str
    epoch: int
    lines: list[Line]
    counter: int = 0
    """Of the request that brought it."""
    begins: int | None = None
    """The number of the first line, where the till told."""
    history: str = ""
    """The history under which the till last heard an acknowledgement; empty for none."""

    @cached_property
    def stream(self) -> dict[str, Any]:
        return {"device": self.device, "epoch": self.epoch}

    def first(self) -> int | None:
        """The number of the first line, told by the till or by the first whole line: journals leave no number out."""
        if self.begins is not None:
            return self.begins
        for index, line in enumerate(self.lines):
            if line.sequence is not None:
                return max(line.sequence - index, 0)
        return None

    def lowest(self, otherwise: int) -> int:
        return min((line.sequence for line in self.lines if line.sequence is not None), default=otherwise)


@dataclass
class Receipt:
    """What became of a batch. ``acknowledged`` is the highest number up to which nothing is missing.

    ``is_set_back``: nothing was looked at, because the till speaks of another history than this one.
    """

    acknowledged: int
    history: str = ""
    taken: int = 0
    duplicates: int = 0
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[int] = field(default_factory=list)
    is_set_back: bool = False


class Intake:
    """Sorts one batch. ``seen`` has the digests held under numbers up to ``acknowledged``, ``elsewhere`` the records
    (number and hash) that are held under other epochs of the device: after a renewal a till sends some again.
    """

    def __init__(
        self, batch: Batch, acknowledged: int, seen: dict[int, str], elsewhere: set[tuple[int, str]]
    ) -> None:
        self.batch = batch
        self.seen = seen
        self.elsewhere = elsewhere
        self.receipt = Receipt(acknowledged)
        self.accepted: list[Line] = []
        self.set_aside: list[dict[str, Any]] = []

    def sort(self, first: int) -> Receipt:
        """Sort every line up to a gap or a conflict; ``first`` numbers a first line that does not tell its own number.

        Behind a conflict another history goes on: what it holds comes under an epoch of its own.
        """
        place = first
        for line in self.batch.lines:
            sequence = place if line.sequence is None else line.sequence
            if sequence > self.receipt.acknowledged + 1 or self.receipt.conflicts:
                break
            self._take(line, sequence)
            place = sequence + 1
        return self.receipt

    def _take(self, line: Line, sequence: int) -> None:
        if sequence <= self.receipt.acknowledged:
            self._again(line, sequence)
            return
        self.receipt.acknowledged = sequence
        self.seen[sequence] = line.digest
        if line.code:
            self._quarantine(line, sequence, line.code, line.detail)
        elif (sequence, line.digest) in self.elsewhere:
            self.receipt.duplicates += 1
            self._set_aside(
                line, sequence, "known-elsewhere", "It was taken under another epoch of this till."
            )
        else:
            self.receipt.taken += 1
            self.accepted.append(line)

    def _again(self, line: Line, sequence: int) -> None:
        if self.seen.get(sequence) == line.digest or line.record.get("kind") == "erased":
            self.receipt.duplicates += 1
            return
        if line.code:  # it rotted since; the service has what it was
            self._quarantine(line, sequence, line.code, line.detail)
            return
        self.receipt.conflicts.append(sequence)
        detail = "Another record with this device, epoch and sequence was taken before."
        self._quarantine(line, sequence, "identity-conflict", detail)

    def _quarantine(self, line: Line, sequence: int, code: str, detail: str) -> None:
        self.receipt.quarantined.append({"sequence": sequence, "code": code, "detail": detail})
        self._set_aside(line, sequence, code, detail)

    def _set_aside(self, line: Line, sequence: int, code: str, detail: str) -> None:
        row = {"sequence": sequence, "digest": line.digest, "code": code, "detail": detail, "line": line.raw}
        self.set_aside.append(row)
