"""Update metadata as devices read it, made and judged by python-tuf: few kinds of keys, one spelling (docs/updates.md).

Everybody who makes metadata, signers and the service, makes it here. The web process imports this when it is needed.
"""
# pyright: reportPrivateImportUsage=false
# python-tuf and securesystemslib do not mark what their documentation says to import.

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey
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

from pos_client.core.record import Invalid

SPEC = "1.0.31"
DAY = 86_400
DAYS = {"root": 365, "targets": 180, "snapshot": 30, "timestamp": 3}
"""How long each role is good for."""
THRESHOLDS = {"root": 2, "targets": 2, "snapshot": 1, "timestamp": 1}
OFFLINE, ONLINE = ("root", "targets"), ("snapshot", "timestamp")
SIGNED_BY = {
    "root": "roots (--root)",
    "targets": "releases (--release)",
}  # in the words of who holds the keys
LEAST_KEYS, MOST_KEYS = 3, 8  # of an offline role: with three, one can be lost and one stolen


def signer(seed: bytes) -> CryptoSigner:
    """The signer of a private key of 32 bytes."""
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(seed))


def public(digits: str) -> SSlibKey:
    """A public key of 64 hexadecimal digits, under the name that metadata have for it."""
    value = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": digits}}
    spelt = b'{"keytype":"ed25519","keyval":{"public":"' + digits.encode() + b'"},"scheme":"ed25519"}'
    return SSlibKey.from_dict(hashlib.sha256(spelt).hexdigest(), value)


def digits(key: Key) -> str:
    """A public key as 64 hexadecimal digits."""
    return str(key.keyval["public"])


def root(version: int, keys: Mapping[str, Iterable[str]], now: int) -> Root:
    """``keys``: role -> public keys, in hexadecimal digits. Raises `Invalid` where it trusts too few."""
    made = {role: [public(one) for one in group] for role, group in keys.items()}
    known: dict[str, Key] = {one.keyid: one for group in made.values() for one in group}
    roles = {role: Role([one.keyid for one in group], THRESHOLDS[role]) for role, group in made.items()}
    told = Root(version, SPEC, moment(now + DAYS["root"] * DAY), known, roles, True)
    check_root(told)
    return told


def check_root(told: Root) -> None:
    """Raises `Invalid` for a root that python-tuf and devices would take, and that leaves too much to too few."""
    groups = {role: {digits(told.keys[one]) for one in told.roles[role].keyids} for role in THRESHOLDS}
    for role in OFFLINE:
        if told.roles[role].threshold < THRESHOLDS[role] or not LEAST_KEYS <= len(groups[role]) <= MOST_KEYS:
            have = f"here are {len(groups[role])}"
            raise Invalid(
                "root-form", f"Keys for {SIGNED_BY[role]} are three to eight, two of which sign: {have}."
            )
        if groups[role] & (groups["snapshot"] | groups["timestamp"]):
            raise Invalid("root-form", f"{role}: a key that is on a server is no release key.")
    for role in ONLINE:
        if len(groups[role]) != 1:
            raise Invalid("root-form", f"{role}: one key, the service's.")
    if not told.consistent_snapshot:
        raise Invalid("root-form", "Devices ask for files by their version.")


def targets(version: int, entries: Mapping[str, Any], now: int) -> Targets:
    """``entries``: name -> length, hashes, custom, as in the metadata."""
    files = {name: TargetFile.from_dict(dict(entry), name) for name, entry in entries.items()}
    return Targets(version, SPEC, moment(now + DAYS["targets"] * DAY), files)


def snapshot(version: int, targets: bytes, number: int, now: int) -> Snapshot:
    """``targets``: the file as published, ``number`` its version."""
    expires = moment(now + DAYS["snapshot"] * DAY)
    return Snapshot(version, SPEC, expires, {"targets.json": _described(number, targets)})


def timestamp(version: int, snapshot: bytes, number: int, now: int) -> Timestamp:
    """``snapshot``: the file as published, ``number`` its version."""
    return Timestamp(version, SPEC, moment(now + DAYS["timestamp"] * DAY), _described(number, snapshot))


def signed(what: Signed, *by: CryptoSigner) -> bytes:
    """The bytes that are published: compact, and canonical where they are signed."""
    metadata: Metadata[Any] = Metadata(what)  # pyright: ignore[reportArgumentType] any of the four
    for one in by:
        metadata.sign(one, append=True)
    return spelt(metadata)


def spelt(metadata: Metadata) -> bytes:
    return metadata.to_bytes(JSONSerializer(compact=True))


def said[S: Signed](kind: type[S], data: bytes) -> S:
    """What a file says, believed as it is: for what was verified, or is about to be."""
    return cast(S, opened(data, kind).signed)


def opened(data: bytes, *kinds: type[Signed]) -> Metadata:
    """A file of metadata of one of ``kinds``. Raises `Invalid`."""
    try:
        metadata = Metadata.from_bytes(data)
    except Exception as error:  # python-tuf raises whatever its parts raise
        raise Invalid("metadata-form", "This is no file of update metadata.") from error
    if kinds and not isinstance(metadata.signed, kinds):
        raise Invalid("wrong-role", f"This is a file of {metadata.signed.type}.")
    return metadata


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _described(version: int, data: bytes) -> MetaFile:
    return MetaFile(version, len(data), {"sha256": hashlib.sha256(data).hexdigest()})
