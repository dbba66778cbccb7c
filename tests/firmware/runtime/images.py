"""Images of the whole till for the emulated board, good ones and bad ones, and a board provisioned with one."""

import json
import shutil
from pathlib import Path

from firmware import romfs

# What comes before the till in a bad image.
BAD = {
    "raises": "raise ValueError('no such thing')",
    "hangs": "while True:\n    pass",
    "cannot sync": "import sys\nsys.modules['socket'] = sys",
}
_GOOD = """
import sys
import good
sys.modules["rung"] = good
main = good.main
"""


def image(files: Path, version: int, bad: str = "") -> bytes:
    """The till in these files, made by `firmware.build`, as the image of a version; ``bad``: as `BAD` has it."""
    folder = files.with_name(f"{files.name}-{version}-{bad}")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(files, folder)
    (folder / "release.json").write_text(json.dumps({"version": version, "built": 1_790_000_000}))
    if bad:
        (folder / "rung.mpy").rename(folder / "good.mpy")
        (folder / "rung.py").write_text(BAD[bad] + _GOOD)
    return romfs.image(folder)


def provisioned(folder: Path, image: bytes, version: int, root: bytes) -> Path:
    """A board as retail IT hands it out, but for its identity."""
    for name in ("update", "till"):
        (folder / name).mkdir(parents=True)
    (folder / "slot-a").write_bytes(image)
    (folder / "update" / "root.json").write_bytes(root)
    pointer = {"confirmed": ["a", version], "trial": None}
    (folder / "update" / "pointer").write_text(json.dumps(pointer))
    return folder
