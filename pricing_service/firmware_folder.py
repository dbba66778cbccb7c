"""A folder that signers hand around: metadata, images and their bills of materials, signed or about to be.

It holds no secret, and nobody has to trust it: whoever signs or publishes looks at signatures and hashes.
"""

import os
from pathlib import Path

from pricing_service.firmware_door import newest


class Folder:
    """``metadata/7.targets.json``, ``images/rung-host-7.romfs``, ``bills/rung-host-7.romfs.json``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def metadata(self) -> dict[str, bytes]:
        """Roots and targets by name, signed or not."""
        found = sorted(self.path.glob("metadata/*.json"))
        return {path.name: path.read_bytes() for path in found}

    def newest(self, role: str) -> str:
        """The name of the newest ``root`` or ``targets``; empty if there is none."""
        return newest(self.metadata(), role)

    def put(self, name: str, body: bytes) -> None:
        self._write(self.path / "metadata" / name, body)

    def put_image(self, name: str, image: bytes, bill: bytes) -> None:
        self._write(self.path / "images" / name, image)
        self._write(self.path / "bills" / f"{name}.json", bill)

    def image(self, name: str) -> bytes | None:
        return _read(self.path / "images" / name)

    def bill(self, name: str) -> bytes | None:
        return _read(self.path / "bills" / f"{name}.json")

    def _write(self, path: Path, body: bytes) -> None:
        """Whole or not at all: a folder may lie on a stick that somebody pulls."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name("." + path.name)
        beside.write_bytes(body)
        os.replace(beside, path)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
