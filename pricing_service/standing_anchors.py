"""Which lines of the file of anchors count: each follows the one before it, and a restore takes back what it lost."""

from pathlib import Path

from pos_client.core.calendar import rfc3339
from pricing_service import audit_anchors
from pricing_service.audit_anchors import Anchor
from pricing_service.audit_findings import Found
from pricing_service.audit_store import Head


def lines(path: Path, key: bytes) -> list[Anchor | str]:
    """The lines of the file, a sentence in place of one that is no anchor."""
    raw = path.read_bytes() if path.is_file() else b""
    return [_anchor(line, key) for line in raw.splitlines(keepends=True)]


def _anchor(line: bytes, key: bytes) -> Anchor | str:
    try:
        return audit_anchors.read(line, key)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return str(error) if type(error) is ValueError else "not the form of an anchor"


def standing(told: list[Anchor | str], found: Found, notes: list[str]) -> list[Anchor]:
    """The anchors that count: each follows the one before it; a restore takes back what it lost."""
    kept: list[Anchor] = []
    previous, at = audit_anchors.BEGIN, (0, 0)
    for number, one in enumerate(told, 1):
        if isinstance(one, str):
            found.add("anchors", number, f"line {number} of the anchors is {one}")
            continue
        if one.previous != previous:
            found.add("anchors", number, f"line {number} of the anchors does not follow the line before it")
        previous = one.mac
        if one.kind == "restored":
            kept = _taken_back(kept, one, notes)
        elif one.entry.position < at[0] or one.record.position < at[1]:
            found.add("anchors", number, f"line {number} of the anchors saw less than the line before it")
        if one.kind == "start" and any(one.late) and number > 1:
            notes.append(
                f"At the start of {rfc3339(one.at)}, {one.late[0]} entries and {one.late[1]} records had no anchor:"
                " the service before it did not stop properly."
            )
        at = (one.entry.position, one.record.position)
        kept.append(one)
    return kept


def _taken_back(standing: list[Anchor], restored: Anchor, notes: list[str]) -> list[Anchor]:
    entries = max([0, *(each.entry.position - restored.entry.position for each in standing)])
    records = max([0, *(each.record.position - restored.record.position for each in standing)])
    notes.append(
        f"A copy was restored at {rfc3339(restored.at)}: at least {entries} entries and {records} records that an"
        " anchor had seen were not in it."
    )
    kept = [each for each in standing if each.entry.position < restored.entry.position]
    return [each for each in kept if each.record.position <= restored.record.position]


def unproven(told: list[Anchor | str], entry: Head, record: Head) -> list[str]:
    """What lies behind the last anchor: nothing, where a service runs or has stopped as it should."""
    anchors = [each for each in told if isinstance(each, Anchor)]
    entries = max((each.entry.position for each in anchors), default=0)
    records = max((each.record.position for each in anchors), default=0)
    ends = (("entries", entries, entry.position), ("records", records, record.position))
    return [
        f"no anchor has seen the {several} {last + 1} to {end}: if the service was killed, start it once;"
        " otherwise anchors were taken away"
        for several, last, end in ends
        if end > last
    ]
