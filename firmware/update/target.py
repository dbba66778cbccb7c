"""Which of the signed images is this device's.

Who signs says what each image is for: ``custom`` has ``hardware``, ``version``, ``journal`` (the formats of a journal
it reads, the one it writes first) and, for some devices alone, ``devices``. Who serves may choose among them, for a
rollout goes group by group, but can neither give a board another board's image nor an older one.
"""

from binascii import unhexlify

from firmware.update.refusal import Refusal
from firmware.update.role import whole


class Target:
    """``name``, ``length`` in bytes, ``sha256`` (32 bytes), ``version``, ``journal`` (list of formats)."""

    def __init__(self, name: str, entry: dict):
        self.name = name
        try:
            custom = entry["custom"]
            self.length = whole(entry["length"])
            self.sha256 = unhexlify(entry["hashes"]["sha256"])
            self.version = whole(custom["version"])
            self.hardware = custom["hardware"]
            self.journal = [whole(one) for one in custom["journal"]]
            self.devices = custom.get("devices")
            if len(self.sha256) != 32 or not self.journal or type(self.devices) not in (list, type(None)):
                raise ValueError("a hash")
        except (LookupError, TypeError, AttributeError, ValueError):
            raise Refusal("metadata-form", "nothing usable is said of " + name)

    def is_for(self, hardware: str, device: str) -> bool:
        return self.hardware == hardware and (self.devices is None or device in self.devices)


def newest(targets: dict, hardware: str, device: str) -> str:
    """The name of what this device should have: the newest of those for it alone, else of those for its hardware.

    Raises `Refusal` where nothing is.
    """
    found = [Target(name, targets[name]) for name in targets]
    found = [target for target in found if target.is_for(hardware, device)]
    if not found:
        raise Refusal("wrong-hardware", "there is no image for " + hardware)
    return max([(target.devices is not None, target.version, target.name) for target in found])[2]


def wanted(targets: dict, name: str, hardware: str, device: str, confirmed: int) -> Target:
    """The target called ``name``, if this device may install it. Raises `Refusal`."""
    if name not in targets:
        raise Refusal("unknown-target", "nobody signed " + name)
    target = Target(name, targets[name])
    if target.hardware != hardware:
        raise Refusal("wrong-hardware", name + " is for " + str(target.hardware))
    if not target.is_for(hardware, device):
        raise Refusal("wrong-device", name + " is for other devices")
    if target.version < confirmed:
        raise Refusal("rolled-back", "version " + str(confirmed) + " was confirmed here")
    if target.version == confirmed:
        raise Refusal("installed-already", "this version runs")
    return target
