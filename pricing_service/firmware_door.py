"""Whether metadata that somebody sends may be published: judged by python-tuf and by the verifier that devices have.

Nothing but signatures of release keys counts, whoever sends them. What is taken here every device takes: the second
judge is its own code, and the first one would notice if that code were wrong.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from tuf.api.exceptions import (
    BadVersionNumberError,
    ExpiredMetadataError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from firmware.update import ratchet
from firmware.update.refusal import Refusal
from firmware.update.role import MOST_BYTES, ROLES, keys_of
from firmware.update.trusted import Trusted
from pos_client.core.record import Invalid, OutOfTurn, Refused
from pricing_service import firmware_forms as forms
from pricing_service import firmware_online as online
from pricing_service.firmware_online import Files, OnlineKeys

NAME = re.compile(r"([1-9][0-9]{0,9})\.(root|targets)\.json")
MOST_ROOTS = 16  # at once
_CODES: dict[type[RepositoryError], str] = {
    UnsignedMetadataError: "threshold",
    BadVersionNumberError: "rolled-back",
    ExpiredMetadataError: "expired",
}


class Passed(NamedTuple):
    """``files`` are new or replace what has their name; ``entries``: the targets, name -> what is said of it."""

    files: Files
    entries: dict[str, dict]
    version: int


def first_root(data: bytes) -> None:
    """Whether a root may be the one that everything begins with. Raises `Refused`."""
    _sized("root", data)
    try:
        device = Trusted(data, ratchet.fresh(), 0)
        for role in ROLES:
            keys_of(device.root, role)
        trusted = TrustedMetadataSet(data, EnvelopeType.METADATA)
    except (Refusal, RepositoryError) as error:
        raise _refused(error) from error
    if device.root["version"] != 1:
        raise Invalid("root-form", "The first root has version 1; send later ones as what they are.")
    forms.check_root(trusted.root)


def judged(held: Files, sent: Files, keys: OnlineKeys, now: int) -> Passed | None:
    """What to publish of ``sent`` (name -> bytes: roots, targets) beside what is ``held``; None if all of it is here.

    Raises `Refused`, whose code is the reason that a device would give.
    """
    new = _news(held, sent)
    if not new:
        return None
    roots = sorted((name for name in new if name.endswith("root.json")), key=_number)
    aims = [name for name in new if name.endswith("targets.json")]
    try:
        return _judged(held, new, roots, aims, keys, now)
    except (Refusal, RepositoryError) as error:
        raise _refused(error) from error


def newest(held: Files, role: str) -> str:
    """The name of the newest root or targets; empty if there is none."""
    return max((name for name in held if name.endswith(f".{role}.json")), key=_number, default="")


def _judged(held: Files, new: Files, roots: list[str], aims: list[str], keys: OnlineKeys, now: int) -> Passed:
    device, trusted = _rooted(held, [new[name] for name in roots], now)
    forms.check_root(trusted.root)
    files = {name: new[name] for name in roots}
    aim = aims[0] if aims else newest(held, "targets")
    if not aim:
        return Passed(files, {}, 0)
    body = new.get(aim) or held[aim]
    files |= {aim: body, **online.with_targets(held, trusted.root, aim, body, keys, now)}
    entries = _as_a_device(device, files, aim)
    version = _as_tuf(trusted, held, files, aim)
    return Passed(files, entries, version)


def _rooted(held: Files, roots: list[bytes], now: int) -> tuple[Trusted, TrustedMetadataSet]:
    """Both judges, from the newest root that is held to the last one sent."""
    first = held[newest(held, "root")]
    device = Trusted(first, ratchet.fresh(), now)
    trusted = TrustedMetadataSet(first, EnvelopeType.METADATA)
    trusted.reference_time = forms.moment(now)
    for data in roots:
        device.update_root(data)
        trusted.update_root(data)
    return device, trusted


def _as_a_device(device: Trusted, files: Files, aim: str) -> dict[str, dict]:
    device.update_timestamp(files["timestamp.json"])
    device.update_snapshot(files[f"{device.version_of('snapshot')}.snapshot.json"])
    return device.update_targets(files[aim])


def _as_tuf(trusted: TrustedMetadataSet, held: Files, files: Files, aim: str) -> int:
    """What is held is loaded first, as far as it still counts: it keeps versions from going back."""
    before = held.get("timestamp.json")
    if before is not None:
        _as_far_as_good(lambda: trusted.update_timestamp(before))
    trusted.update_timestamp(files["timestamp.json"])
    if before is not None:
        kept = online.newest_snapshot(held)[1]
        _as_far_as_good(lambda: trusted.update_snapshot(kept, trusted=True))
    trusted.update_snapshot(files[f"{trusted.timestamp.snapshot_meta.version}.snapshot.json"])
    return trusted.update_targets(files[aim]).version


def _as_far_as_good(load: Callable[[], object]) -> None:
    with suppress(
        RepositoryError
    ):  # expired, or signed by a key that was replaced: what it said counts no longer
        load()


def _news(held: Files, sent: Files) -> Files:
    """What is not here yet. Raises `Refused` for what contradicts what is, and for what is none of this at all."""
    if len(sent) > MOST_ROOTS + 1 or sum(name.endswith("targets.json") for name in sent) > 1:
        raise Invalid("too-many-files", f"Send at most {MOST_ROOTS} roots and one file of targets.")
    for name, data in sent.items():
        named = NAME.fullmatch(name)
        if named is None:
            raise Invalid("file-name", f"{name[:80]}: send N.root.json and N.targets.json.")
        _sized(named[2], data)
        _check_not_older(held, name, named[2], data)
    return {name: data for name, data in sent.items() if held.get(name) != data}


def _check_not_older(held: Files, name: str, role: str, data: bytes) -> None:
    if held.get(name) == data:
        return
    last = newest(held, role)
    if last and _number(name) <= _number(last):
        raise OutOfTurn(
            "rolled-back", f"{last} is published: {name} is older, or another one of that version."
        )


def _sized(role: str, data: bytes) -> None:
    if len(data) > MOST_BYTES[role]:
        raise Invalid(
            "too-long", f"A file of {role} may have {MOST_BYTES[role]} bytes: a device reads no more."
        )


def _number(name: str) -> int:
    return int(name.partition(".")[0])


def _refused(error: Refusal | RepositoryError) -> Refused:
    if isinstance(error, Refusal):
        return Invalid(error.code, f"A device would refuse this: {error.detail}.")
    code = _CODES.get(type(error), "metadata-form")
    return Invalid(code, f"python-tuf refuses this: {error}")
