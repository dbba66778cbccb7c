"""What runs on this device, and what became of its last update."""

import hashlib
from binascii import hexlify

from firmware.update import pointer
from firmware.update.refusal import Refusal

_BLOCK = 1024
_HEADER = 16  # bytes of an image in which its length stands


class Standing:
    """``running`` is the slot, ``version`` its version, ``confirmed`` the one to fall back to; ``failed`` tells of a
    version that did not make it, or is None. ``trouble``: why the update folder says nothing, or ""."""

    def __init__(self, hardware: str, running: str, slots):
        self.hardware = hardware
        self.running = running
        self.version = self.confirmed = 0
        self.is_trial = False
        self.failed = None
        self.trouble = ""
        self._slots = slots
        self._image = None

    @property
    def name(self) -> str:
        """What the image that runs is called in the repository."""
        return "rung-" + self.hardware + "-" + str(self.version) + ".romfs"

    def image(self) -> str:
        """The SHA-256 of what runs, as it was signed; "" where nothing of that kind lies in the slot."""
        if self._image is None:
            self._image = _hashed(self._slots, self.running)
        return self._image

    def read(self, storage) -> None:
        """What ``storage``, the update folder, says; a trial that fell back is ended."""
        pointed, fallen, self.trouble = settled(storage, self.running)
        self.confirmed = pointed["confirmed"][1]
        slot, version = pointed["trial"] or ("", 0)
        self.is_trial = slot == self.running
        self.version = version if self.is_trial else self.confirmed
        self.failed = {"version": fallen["version"], "why": fallen["why"]} if "why" in fallen else None


def settled(storage, running: str) -> tuple:
    """(pointer, fallback, trouble) after what is to be done at every start; loaded for the start alone."""
    trouble = ""
    try:
        pointer.settle(storage, running)
    except OSError:  # a full medium: the next start does it
        pass
    except Refusal as refused:
        trouble = refused.code
    try:
        return pointer.read(storage), pointer.fallen(storage), trouble
    except (OSError, Refusal):
        return {"confirmed": [running, 0], "trial": None}, {}, trouble


def _hashed(slots, slot: str) -> str:
    try:
        left = _length(slots.read(slot, 0, _HEADER))
        whole, at = hashlib.sha256(), 0
        while left > 0:
            piece = slots.read(slot, at, min(_BLOCK, left))
            if not piece:
                return ""
            whole.update(piece)
            at += len(piece)
            left -= len(piece)
    except OSError:
        return ""
    return hexlify(whole.digest()).decode() if at else ""


def _length(header: bytes) -> int:
    """Of a ROMFS image: three bytes, a number in groups of seven bits, and so many bytes more. 0 for anything else."""
    if header[:3] != b"\xd2\xcd\x31":
        return 0
    number = 0
    for at in range(3, len(header)):
        number = number << 7 | header[at] & 0x7F
        if header[at] < 0x80:
            return at + 1 + number
    return 0
