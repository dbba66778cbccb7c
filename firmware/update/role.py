"""What the signed bytes of each kind of metadata say, read strictly: a key may be stolen, and its thief may sign."""

import json

from firmware.update.refusal import Refusal

ROLES = ("root", "timestamp", "snapshot", "targets")
MOST_BYTES = {"root": 8192, "timestamp": 2048, "snapshot": 2048, "targets": 16384}
_LAST_VERSION = 2147483647
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def read(role: str, signed) -> dict:
    """The JSON object of a role, with ``version`` checked and ``expires`` in Unix seconds. Raises `Refusal`."""
    try:
        content = json.loads(bytes(signed))
        if content["_type"] != role:
            raise Refusal("wrong-role", "this is no " + role)
        if content["spec_version"].split(".")[0] != "1":
            raise Refusal("metadata-form", "this device reads version 1 of the format")
        content["version"] = whole(content["version"])
        content["expires"] = moment(content["expires"])
        return content
    except (LookupError, TypeError, AttributeError, ValueError):
        raise Refusal("metadata-form", "this is signed, but no " + role + " that a device reads")


def keys_of(root: dict, role: str) -> tuple:
    """({keyid: public key in hexadecimal digits}, threshold) of a role. Raises `Refusal`."""
    try:
        entry = root["roles"][role]
        keys = {keyid: _public(root["keys"][keyid]) for keyid in entry["keyids"]}
        return keys, whole(entry["threshold"])
    except (LookupError, TypeError, AttributeError):
        raise Refusal("metadata-form", "the root names no usable keys for " + role)


def pinned(content: dict, name: str) -> dict:
    """What a timestamp or a snapshot says of another file. Raises `Refusal`."""
    try:
        pin = content["meta"][name]
        whole(pin["version"])
        if "hashes" in pin:
            pin["hashes"]["sha256"].encode()
        if "length" in pin:
            whole(pin["length"])
        return pin
    except (LookupError, TypeError, AttributeError):
        raise Refusal("metadata-form", "nothing usable is said of " + name)


def whole(value) -> int:
    """A whole number from 1 on. Raises `Refusal`."""
    if type(value) is not int or not 1 <= value <= _LAST_VERSION:
        raise Refusal("metadata-form", "a number is out of range")
    return value


def moment(text: str) -> int:
    """Unix seconds of ``2026-11-22T10:00:00Z``. Raises `ValueError` or `TypeError` where it is nothing like that."""
    if len(text) != 20 or text[4] + text[7] + text[10] + text[13] + text[16] + text[19] != "--T::Z":
        raise ValueError("a moment")
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    leaps = (year if month > 2 else year - 1) - 1968
    days = (year - 1970) * 365 + leaps // 4 - (leaps + 68) // 100 + (leaps + 368) // 400
    days += _DAYS_BEFORE_MONTH[month - 1] + day - 1
    return days * 86400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])


def _public(key: dict) -> str:
    if key["keytype"] != "ed25519" or key["scheme"] != "ed25519" or len(key["keyval"]["public"]) != 64:
        raise Refusal("metadata-form", "a key is not one of Ed25519")
    return key["keyval"]["public"]
