"""Who was erased, kept outside the database as well: a restored database must not bring anybody back.

Names are keyed hashes of tokens, under a key of their own: nobody is named, and yet a token that comes again is known.
The file ``erased`` in the folder of secrets only ever grows, a line of JSON a fact::

    {"id": "3f…/0", "mac": "3f…", "tag": "ab…", "at": 1795000000, "counted": […], "takings": […], "budgets": […],
     "by": "ann", "about": "customer:1c…"}                                      was erased
    {"id": "3f…/0/ended", "mac": "3f…", "at": 1795000000, "version": 12}        wants to be known again

``counted`` are the hashes of the records that the sums are of; ``by`` and ``about`` are for the audit trail.
The last line of an id is the one that counts; the table ``erasures`` says which ids a database has followed.
"""

import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

from pricing_service import secret_files

FILE = "erased"
KEY = "erasure_key"
KEY_BYTES = 32
TAG = 16  # hex digits by which a till knows whose records to empty

Line = dict[str, Any]


class Macs:
    """The keyed hash of tokens; the key is drawn with the first of them."""

    def __init__(self, secrets: Path) -> None:
        self._key = _key(secrets / KEY)

    def of(self, token: str) -> str:
        return hmac.digest(self._key, token.encode(), "sha256").hex()


class Outside:
    """Such a file, in the folder of secrets."""

    def __init__(self, secrets: Path, name: str = FILE) -> None:
        self._secrets, self.path = secrets, secrets / name

    def lines(self) -> list[Line]:
        """The facts in order, the last of each id. A line that was cut off when the power went was never relied on."""
        told: dict[str, Line] = {}
        for raw in self.path.read_bytes().splitlines() if self.path.exists() else ():
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            told.pop(line["id"], None)
            told[line["id"]] = line
        return list(told.values())

    def append(self, line: Line) -> None:
        """Add a fact, on the medium when this returns."""
        raw = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        is_new = not self.path.exists()
        with open(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb+") as file:
            end = file.seek(0, os.SEEK_END)
            if end and os.pread(file.fileno(), 1, end - 1) != b"\n":
                raw = b"\n" + raw
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            secret_files.sync(self._secrets)

    def unfollowed(self, followed: set[str]) -> list[Line]:
        """The facts that a database which followed the others has still to follow."""
        return [line for line in self.lines() if line["id"] not in followed]

    def erasures(self) -> int:
        """How often somebody was erased."""
        return sum("tag" in line for line in self.lines())


def tag(token: str) -> str:
    """What tills are told of an erased customer: they hold tokens, and nothing else tells whose tag it is."""
    return hashlib.sha256(token.encode()).hexdigest()[:TAG]


def _key(path: Path) -> bytes:
    if not path.exists():  # several processes start at once: all read the one that was first
        secret_files.make(path, os.urandom(KEY_BYTES).hex() + "\n")
    key = bytes.fromhex(path.read_text())
    if len(key) != KEY_BYTES:
        raise SystemExit(
            f"The key at {path} is not whole: without it nobody knows who was erased. Bring it back."
        )
    return key
