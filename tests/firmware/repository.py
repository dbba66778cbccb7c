"""A signed repository in memory, made with python-tuf, every part of which can be made wrong."""

import copy
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Key,
    Metadata,
    MetaFile,
    Role,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

NOW = 1795000000
DAY = 86400
THRESHOLDS = {"root": 2, "targets": 2, "snapshot": 1, "timestamp": 1}
COUNTS = {"root": 3, "targets": 3, "snapshot": 1, "timestamp": 1}
Signers = dict[str, list[CryptoSigner]]


def signer(name: str) -> CryptoSigner:
    """The same key for the same name, on every machine."""
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest()))


def signers(generation: int = 1) -> Signers:
    return {
        role: [signer(f"{role} {generation} {number}") for number in range(count)]
        for role, count in COUNTS.items()
    }


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def root(version: int, keys: Signers, expires: int = NOW + 365 * DAY) -> Root:
    known: dict[str, Key] = {one.public_key.keyid: one.public_key for group in keys.values() for one in group}
    roles = {
        role: Role([one.public_key.keyid for one in group], THRESHOLDS[role]) for role, group in keys.items()
    }
    return Root(version, "1.0.31", moment(expires), known, roles, True)


def timestamp(version: int, snapshot: bytes, number: int, expires: int = NOW + 7 * DAY) -> Timestamp:
    return Timestamp(version, "1.0.31", moment(expires), described(number, snapshot))


def snapshot(version: int, targets: bytes, number: int, expires: int = NOW + 30 * DAY) -> Snapshot:
    return Snapshot(version, "1.0.31", moment(expires), {"targets.json": described(number, targets)})


def described(version: int, data: bytes) -> MetaFile:
    return MetaFile(version, len(data), {"sha256": sha256(data).hexdigest()})


def targets(version: int, files: dict[str, TargetFile], expires: int = NOW + 90 * DAY) -> Targets:
    return Targets(version, "1.0.31", moment(expires), files)


def target(name: str, data: bytes, **custom) -> TargetFile:
    found = TargetFile.from_data(name, data, ["sha256"])
    found.unrecognized_fields["custom"] = {"journal": [1], **custom}
    return found


def signed(what: Signed, by: list[CryptoSigner]) -> bytes:
    """As it is published: one file, its bytes canonical where they are signed."""
    metadata = Metadata(what)
    for one in by:
        metadata.sign(one, append=True)
    return metadata.to_bytes(JSONSerializer(compact=True))


class Repository:
    """What is published: ``files`` by name, and the payloads by target name; `release` and `rotate` publish more.

    Roots and targets carry exactly two signatures, one fewer than there are keys.
    """

    def __init__(self) -> None:
        self.keys = signers()
        self.roots = [root(1, self.keys)]
        self.files: dict[str, bytes] = {"1.root.json": signed(self.roots[0], self.keys["root"][:2])}
        self.payloads: dict[str, bytes] = {}
        self.entries: dict[str, TargetFile] = {}
        self.version = 0

    def release(self, **images: tuple[bytes, dict]) -> None:
        """Publish images, name -> (payload, custom), beside those there are, as the next version of everything."""
        for name, (payload, custom) in images.items():
            self.payloads[name] = payload
            self.entries[name] = target(name, payload, **custom)
            self.files[f"{sha256(payload).hexdigest()}.{name}"] = payload
        self.publish()

    def publish(self, **expires: int) -> None:
        """Targets, snapshot and timestamp anew, each expiring by default or when told."""
        self.version += 1
        now = self.version
        told = {role: {"expires": moment} for role, moment in expires.items()}
        made = targets(now, copy.deepcopy(self.entries), **told.get("targets", {}))
        data = signed(made, self.keys["targets"][:2])
        self.files[f"{now}.targets.json"] = data
        data = signed(snapshot(now, data, now, **told.get("snapshot", {})), self.keys["snapshot"])
        self.files[f"{now}.snapshot.json"] = data
        data = signed(timestamp(now, data, now, **told.get("timestamp", {})), self.keys["timestamp"])
        self.files["timestamp.json"] = data

    def rotate(self, keys: Signers, by: list[CryptoSigner] | None = None, **changed) -> bytes:
        """Publish the next root, naming ``keys``, signed by two keys of the old root and two of the new one."""
        version = len(self.roots) + 1
        self.roots.append(root(version, keys, **changed))
        both = {one.public_key.keyid: one for one in [*self.keys["root"][:2], *keys["root"][:2]]}
        data = signed(self.roots[-1], list(both.values()) if by is None else by)
        self.files[f"{version}.root.json"] = data
        self.keys = keys
        return data

    def now(self) -> dict[str, bytes]:
        """A copy of all that is published."""
        return dict(self.files)
