"""What a release of firmware is, and the law that a new list of them keeps towards the one before. Pure.

A release is a version for one kind of hardware, under one name and with one image for ever: its version is above all
that were ever released for that hardware, withdrawn ones included, or a device that has it would never take it.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pos_client.core.record import Invalid, OutOfTurn, fields, integer, listing, text

SLOTS = {
    "host": 262_144,
    "rp2-pico-w": 163_840,
    "rp2-pico-2-w": 262_144,
    "esp32-s3": 262_144,
}
"""The hardware there is, and the bytes of one of its slots (docs/hardware.md)."""
NAME = re.compile(r"rung-(host|rp2-pico-w|rp2-pico-2-w|esp32-s3)-([1-9][0-9]{0,8})\.romfs")
_HEX = re.compile("[0-9a-f]{64}")
MOST_DEVICES = 64
_custom = fields(
    {"hardware": text(20), "version": integer(1, 999_999_999), "journal": listing(integer(1, 9999), 8, 1)},
    {"bill": text(64, 64), "devices": listing(text(64), MOST_DEVICES, 1)},
)
_entry = fields(
    {
        "length": integer(1, max(SLOTS.values())),
        "hashes": fields({"sha256": text(64, 64)}),
        "custom": _custom,
    }
)


class Release(NamedTuple):
    """``journal``: formats of a journal it reads, the one it writes first; ``devices``: the only ones it is for, None
    for all; ``bill``: SHA-256 of its bill of materials, or its text once it is stored; ``targets``: the version of the
    targets it came with, 0 while it is new."""

    name: str
    hardware: str
    version: int
    sha256: str
    length: int
    journal: list[int]
    devices: list[str] | None
    bill: str | None
    targets: int = 0
    published: int = 0
    published_by: str = ""


def read(name: str, entry: Any) -> Release:
    """A target of the metadata. Raises `Invalid`: signed or not, this is no release."""
    named = NAME.fullmatch(name)
    if named is None:
        raise Invalid("release-name", f"{name[:80]}: a release is called rung-HARDWARE-VERSION.romfs.")
    told = _entry(entry, name)
    custom, sha256 = told["custom"], told["hashes"]["sha256"]
    if (custom["hardware"], str(custom["version"])) != named.groups():
        raise Invalid("wrong-hardware", f"{name} says of itself that it is another release.")
    if not _HEX.fullmatch(sha256) or not _HEX.fullmatch(custom.get("bill", sha256)):
        raise Invalid("release-form", f"{name}: a hash is 64 lower-case hexadecimal digits.")
    hardware, length = custom["hardware"], told["length"]
    if length > SLOTS[hardware]:
        raise Invalid("too-long", f"{name} has {length} bytes; a slot of {hardware} has {SLOTS[hardware]}.")
    rest = custom["journal"], custom.get("devices"), custom.get("bill")
    return Release(name, hardware, custom["version"], sha256, length, *rest)


def added(known: list[Release], targets: Mapping[str, Any], bills: Mapping[str, str]) -> list[Release]:
    """The releases of new targets that were never ``known``, each with its bill. Raises `Invalid` or `OutOfTurn`."""
    before = {one.name: one for one in known}
    highest = {one.hardware: max(o.version for o in known if o.hardware == one.hardware) for one in known}
    new = []
    for name in sorted(targets):
        one = read(name, targets[name])
        if one.name in before:
            _check_same(before[one.name], one)
        elif one.version <= highest.get(one.hardware, 0):
            told = f"version {highest[one.hardware]} was released for {one.hardware} already"
            raise OutOfTurn("rolled-back", f"{name} would never be installed: {told}.")
        else:
            new.append(one._replace(bill=_bill(one, bills)))
    return new


def check_image(one: Release, image: bytes) -> None:
    """Raises `Invalid` where an image is not the one that was signed for."""
    if len(image) != one.length or hashlib.sha256(image).hexdigest() != one.sha256:
        raise Invalid("payload-altered", f"The image sent as {one.name} is not the one that was signed for.")


def _check_same(before: Release, one: Release) -> None:
    digest = None if before.bill is None else hashlib.sha256(before.bill.encode()).hexdigest()
    told = before._replace(bill=digest, targets=0, published=0, published_by="")
    if told != one:
        raise OutOfTurn(
            "release-changed", f"{one.name} was released with other bytes: give it a new version."
        )


def _bill(one: Release, bills: Mapping[str, str]) -> str | None:
    if one.bill is None:
        return None
    if one.name not in bills:
        raise Invalid("bill-missing", f"Send the bill of materials of {one.name} as well.")
    if hashlib.sha256(bills[one.name].encode()).hexdigest() != one.bill:
        raise Invalid(
            "bill-altered", f"The bill of materials of {one.name} is not the one that was signed for."
        )
    return bills[one.name]
