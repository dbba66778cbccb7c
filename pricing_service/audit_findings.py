"""What a check of the audit trail says: the places that are not whole, and the verdict in words."""

from typing import NamedTuple

from pricing_service.audit_store import Head

MOST = 20  # findings; more of them tell nothing new


class Finding(NamedTuple):
    """``where``: trail, anchors or log. ``position``: of the entry, line or row, 0 where none can be named."""

    where: str
    position: int
    says: str


class Verdict(NamedTuple):
    """``records`` of the log, ``erased`` of them emptied; ``notes`` say what is worth knowing and no damage."""

    entries: int
    records: int
    erased: int
    anchors: int
    entry: Head
    record: Head
    findings: list[Finding]
    notes: list[str]

    @property
    def whole(self) -> bool:
        return not self.findings

    def sentence(self) -> str:
        """The verdict in words."""
        if self.whole:
            return (
                f"Whole: {self.entries} entries and {self.records} records ({self.erased} of them erased)"
                f" are as {self.anchors} anchors saw them."
            )
        first = self.findings[0]
        return (
            f"Not whole: {first.says} ({len(self.findings)} finding{'s' if len(self.findings) > 1 else ''})."
        )


class Found:
    """Collects findings, the first ones of each kind of thing."""

    def __init__(self) -> None:
        self.all: list[Finding] = []

    def add(self, where: str, position: int, says: str) -> None:
        if len(self.all) < MOST:
            self.all.append(Finding(where, position, says))
