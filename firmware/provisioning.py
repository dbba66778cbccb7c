"""What makes a till of an empty board, in the order in which it is safe to pull the cable: it does not start as a till
before everything else is on it and was read back.

Of a board's files `/config.json` are settings, `/secret` what nobody else may know, `/update` which slot runs and whose
releases are trusted.
"""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from firmware.usb import Seen, Usb, json_bytes
from pos_client.claim import Unusable

Tell = Callable[[str, int, int], None]  # what is being done, how much of it is, of how much

_NAME = re.compile(r"rung-([a-z0-9-]+)-([0-9]{1,9})\.romfs")
_MAIN = b"import rung\n\nrung.main(running)\n"
_PAGES = {  # by which littlefs is to write: where MicroPython takes others by itself
    "esp32-s3": """
import esp32, vfs
files = vfs.VfsLfs2(esp32.Partition.find(esp32.Partition.TYPE_DATA, label="vfs")[0], progsize=256)
vfs.umount("/")
vfs.mount(files, "/")
"""
}
_CLEAR = """
import os
def clear(folder, but=()):
    for name in os.listdir(folder):
        if name not in but:
            path = folder.rstrip("/") + "/" + name
            if os.stat(path)[0] & 0x4000:
                clear(path)
                os.rmdir(path)
            else:
                os.remove(path)
for name in ("main.till", "boot.till"):  # what was here starts never again
    if name in os.listdir("/"):
        os.remove("/" + name)
clear("/", %r)
for name in ("secret", "update"):
    os.mkdir("/" + name)
"""


class Image(NamedTuple):
    """A release's image: its file, and what its name says."""

    path: Path
    hardware: str
    version: int


class Parcel(NamedTuple):
    """All that goes onto a board: the image for slot a, and files by their name there."""

    image: Image
    files: dict[str, bytes]

    def of(self, identity: dict[str, Any] | None) -> "Parcel":
        """The same for this till; without an identity it asks for a one-time code."""
        if identity is None:
            return self
        return Parcel(self.image, {**self.files, "/secret/till.json": json_bytes(identity)})


def image(path: Path) -> Image:
    """Raises `Unusable` for what is not called as a release is."""
    found = _NAME.fullmatch(path.name)
    if not found:
        raise Unusable(
            f"{path.name}: an image is called rung-HARDWARE-VERSION.romfs, as `rung firmware build` names it"
        )
    if not path.read_bytes().startswith(b"\xd2\xcd\x31"):
        raise Unusable(f"{path} is no image")
    return Image(path, found[1], int(found[2]))


def parcel(
    image: Image,
    settings: dict[str, str],
    wifi: tuple[str, str] | None = None,
    authority: bytes | None = None,
    root: bytes | None = None,
) -> Parcel:
    """``wifi`` is name and key, ``authority`` the certificate (DER) that the service's is signed by, ``root`` the
    release keys' first root: without it the till takes no update before it is provisioned again."""
    files = {"/config.json": json_bytes(settings)}
    if wifi:
        files["/secret/wifi.json"] = json_bytes({"ssid": wifi[0], "key": wifi[1]})
    if authority:
        files["/ca.der"] = authority
    if root:
        files["/update/root.json"] = root
    files["/update/pointer"] = json_bytes({"confirmed": ["a", image.version], "trial": None})
    return Parcel(image, files)


def provision(
    usb: Usb,
    made: Callable[[Seen], Parcel],
    who: Callable[[], dict[str, Any] | None],
    again: bool,
    tell: Tell,
    unsent: Callable[[Usb], int] = lambda usb: 0,
) -> Seen:
    """Make a till of what is plugged in. ``made`` gives the parcel for it; ``who`` its identity, once the board is
    known to be fit and starts no more; ``again`` allows one that is a till already if ``unsent`` finds nothing on it
    that would be lost with its keys. Its journal is kept. Raises `Unusable`; a till that was there goes on then, unless
    writing had begun."""
    tell("looking at the board", 0, 1)
    seen = usb.look()
    with _going_on(usb, seen):
        if seen.till and not again:
            raise Unusable(
                f"this board is {seen.till} already: `rung device decommission {seen.till}` saves its records and"
                " empties it; --again makes it another till and keeps what it holds"
            )
        if seen.till:
            tell("looking for records that were not sent", 0, 1)
            _check_sent(usb, seen, unsent)
        whole = made(seen)
        check(seen, whole.image, whole.files)
        tell("stopping what runs on it", 0, 1)
        usb.stop()  # with new keys nobody listens to the old ones: what it sold by them would be lost
        whole = whole.of(who())
    with _to_be_finished():
        _filled(usb, seen, whole, ("rom", "till") if again else ("rom",), tell)
    return seen


def _filled(usb: Usb, seen: Seen, whole: Parcel, but: tuple[str, ...], tell: Tell) -> None:
    """Empty a board that is stopped, ``but`` for some folders, fill it and start it."""
    usb.run(_PAGES.get(seen.hardware, "") + _CLEAR % (but,))
    _write(usb, whole, tell)
    tell("starting the till", 0, 1)
    usb.restart()


@contextmanager
def _going_on(usb: Usb, seen: Seen) -> Iterator[None]:
    """A block in which the board is interrupted: whatever ends it, the board goes on, if it can be reached."""
    try:
        yield
    except BaseException:
        with suppress(Unusable):
            usb.go_on(seen)
        raise


@contextmanager
def _to_be_finished() -> Iterator[None]:
    """A block after which there is a till; `Unusable` says what to do about a board that is none."""
    try:
        yield
    except Unusable as failed:
        raise Unusable(
            f"{failed}. What is not finished does not start: type the same again, with --again"
        ) from failed


def _check_sent(usb: Usb, seen: Seen, unsent: Callable[[Usb], int]) -> None:
    """Raises `Unusable` where there are records that only the keys of this till can send. It pauses: to read a
    journal takes longer than its watchdog waits."""
    try:
        usb.pause(seen)
        count = unsent(usb)
    except Unusable as failed:
        raise Unusable(f"{failed}. {only_read(seen)}") from failed
    if count:
        raise Unusable(
            f"{count} records of {seen.till} are not at the service, and with new keys they never would be: let it"
            f" send them, or save them with `rung device decommission {seen.till}`"
        )


def only_read(seen: Seen) -> str:
    """What to do about a till that could not be read to the end."""
    if seen.is_stopped:
        return f"{seen.till} was only read, nothing is lost: type the same again"
    return (
        f"{seen.till} was only read, nothing is lost: type the same again, or switch it off and on, and it goes on (if"
        " its display stays dark, once more)"
    )


def check(seen: Seen, image: Image, files: dict[str, bytes]) -> None:
    """Raises `Unusable` where the board cannot be this till."""
    if not seen.hardware:
        raise Unusable(f"nothing is built for a board that calls itself {seen.machine!r}")
    if seen.hardware != image.hardware:
        raise Unusable(f"{image.path.name} is not for this board, which is {seen.hardware}")
    if not seen.slot:
        raise Unusable(
            "MicroPython on this board has no ROMFS partition: flash the build that docs/hardware.md names"
        )
    size = image.path.stat().st_size
    if size > seen.slot:
        raise Unusable(f"{image.path.name} has {size} bytes, a slot of this board {seen.slot}")
    needed = sum(len(content) + 4096 for content in files.values())
    if needed > seen.free:
        raise Unusable(f"the board has {seen.free} bytes free for files, {needed} are needed")


def _write(usb: Usb, whole: Parcel, tell: Tell) -> None:
    """The image and all files, each read back; what a start runs comes last."""
    path, content = whole.image.path, whole.image.path.read_bytes()
    usb.write_rom(path, lambda done: tell("writing the image", done, len(content)))
    tell("reading the image back", 0, 1)
    if usb.rom_digest(len(content)) != hashlib.sha256(content).hexdigest():
        raise Unusable(
            "the image on the board is not what was written: its flash is worn, take another board"
        )
    tell("writing settings and secrets", 0, 1)
    starting = {"/boot.py": Path(__file__).with_name("boot.py").read_bytes(), "/main.py": _MAIN}
    files = [*whole.files.items(), *starting.items()]
    with tempfile.TemporaryDirectory(prefix="rung-board-") as folder:
        pairs = [(Path(folder) / str(number), name) for number, (name, _) in enumerate(files)]
        for (place, _), (_, data) in zip(pairs, files, strict=True):
            place.write_bytes(data)
        digests = usb.put(pairs)
    for (name, data), digest in zip(files, digests, strict=True):
        if digest != hashlib.sha256(data).hexdigest():
            raise Unusable(
                f"{name} on the board is not what was written: its flash is worn, take another board"
            )
