"""What only ever goes up: the highest versions a device has seen, kept outside both slots.

``image`` is the highest version that was confirmed; ``root`` that of the trusted root; ``timestamp``, ``snapshot`` and
``targets`` the highest that were signed for. ``by`` says whose signatures stood under the timestamp and the snapshot:
once a root names other keys, what the old ones claimed counts no longer, or a thief could have put the
versions out of reach for ever. ``revoked`` are ids of keys that a root once named, to call them by name.
"""

import json

from firmware.update.refusal import Refusal

MOST_REVOKED = 32
_NUMBERS = ("image", "root", "timestamp", "snapshot", "targets")


def fresh() -> dict:
    """Of a device that has seen nothing."""
    return {"image": 0, "root": 0, "timestamp": 0, "snapshot": 0, "targets": 0, "by": {}, "revoked": []}


def read(data: bytes) -> dict:
    """From its file. Raises `Refusal`: without it a device would take anything old."""
    try:
        ratchet = json.loads(data)
        if sum([ratchet[name] < 0 or type(ratchet[name]) is not int for name in _NUMBERS]):
            raise ValueError("a version below zero")
        if type(ratchet["by"]) is not dict or type(ratchet["revoked"]) is not list:
            raise ValueError("no list of keys")
        return ratchet
    except (LookupError, TypeError, AttributeError, ValueError):
        raise Refusal("ratchet-damaged", "provision this device anew")


def written(ratchet: dict) -> bytes:
    return json.dumps(ratchet).encode()


def lifted(ratchet: dict, **versions) -> dict:
    """With versions that are never lower than before."""
    out = ratchet.copy()
    for name in versions:
        out[name] = max(out[name], versions[name])
    return out
