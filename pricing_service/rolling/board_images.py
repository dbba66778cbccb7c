"""Images of the real till for emulated boards: as `firmware.build` makes it, behind what is wrong with it."""

import json
import shutil
from pathlib import Path

from firmware import build, romfs
from pricing_service.rolling.images import GOOD, mark

KINDS = (GOOD, "boot-loop", "wrong-offers", "cannot-sync", "silent")
_BUILT = 1_790_000_000  # the clock floor of both versions
_THEN = """
import sys
import good
sys.modules["rung"] = good
main = good.main
"""
_WRONG = {
    "boot-loop": "raise ValueError('no such thing')\n",
    "silent": "import sys\nsys.modules['socket'] = sys\n",
    "cannot-sync": """
import asyncio
Stream = asyncio.StreamWriter
write = Stream.write
def without_records(self, data):
    if b"/v1/events" in bytes(data):
        raise OSError(5)
    return write(self, data)
Stream.write = without_records
""",
    "wrong-offers": """
import json, sys
class Altered:
    pass
altered = Altered()
for name in ("dump", "dumps", "load"):
    setattr(altered, name, getattr(json, name))
def loads(raw, read=json.loads):
    told = read(raw)
    if type(told) is dict and type(told.get("policy")) is dict:
        told["policy"]["plan"] = "best_first"
    return told
altered.loads = loads
sys.modules["json"] = altered
""",
}


def files(folder: Path) -> Path:
    """The files of the till's image, compiled. Raises `SystemExit`."""
    return build.build(folder / "built").parent / "files"


def image(files: Path, folder: Path, version: int, kind: str) -> bytes:
    """The image of a version that is of one of `KINDS`, put together in ``folder``, which is new."""
    shutil.copytree(files, folder)
    (folder / "release.json").write_text(json.dumps({"version": version, "built": _BUILT}))
    if kind != GOOD:
        (folder / "rung.mpy").rename(folder / "good.mpy")
        (folder / "rung.py").write_text(_WRONG[kind] + _THEN)
    (folder / "kind").write_bytes(mark(version, kind))
    return romfs.image(folder)
