"""What signers have on their tables: a source with one commit, their keys, and the folder they hand around."""

import os
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from pricing_service import (
    firmware_building,
    firmware_drafting,
    firmware_keys,
    firmware_publishing,
    firmware_signing,
)
from pricing_service.firmware_folder import Folder
from tests.service.places import prepared

PASSPHRASE = "nine otters cross the brown river"
SOURCE = """
import hashlib, json, pathlib, sys
folder, hardware, version, commit, seconds = sys.argv[1:]
image = b"".join(hashlib.sha256(f"{hardware} {version} {commit} {n}".encode()).digest() for n in range(150))
facts = {"properties": [{"name": "rung:commit", "value": commit}]}
pathlib.Path(folder).mkdir()
pathlib.Path(folder, "image.romfs").write_bytes(image)
pathlib.Path(folder, "bill.json").write_text(json.dumps({"metadata": {"component": facts}}))
print(json.dumps({"journal": [2, 1]}))
"""
"""A till's source as small as it can be: what is built of it is never run here."""


class Yard(NamedTuple):
    """``source`` has one commit. ``keys``: `a`, `b` and `c` have one for roots and one for releases. ``folder`` has a
    root that `a` and `b` signed, and version 7 of two kinds of hardware, which nobody has signed."""

    source: Path
    keys: Path
    folder: Path


def made(at: Path) -> Yard:
    """All of it, new; for a service as `places.prepared` makes them."""
    yard = Yard(at / "source", at / "keys", at / "folder")
    for name in ("pos_client", "firmware"):
        (yard.source / name).mkdir(parents=True)
        (yard.source / name / "__init__.py").write_text("")
    (yard.source / "firmware" / "released.py").write_text(SOURCE)
    committed(yard.source)
    yard.keys.mkdir()
    public = {role: [made_key(yard.keys / f"{role}-{one}") for one in "abc"] for role in ("root", "release")}
    service = firmware_publishing.public_keys(prepared(at / "data", devices=2))
    groups = {"root": public["root"], "targets": public["release"], "online": service}
    root = firmware_drafting.next_root(Folder(yard.folder), groups, int(time.time()))
    for one in "ab":
        signer = firmware_keys.signer(yard.keys / f"root-{one}", PASSPHRASE)
        firmware_signing.sign(Folder(yard.folder), root, signer)
    commit = firmware_building.found(yard.source, "HEAD")
    boards = ("host", "rp2-pico-w")
    built = {f"rung-{one}-7.romfs": firmware_building.built(yard.source, commit, one, 7) for one in boards}
    firmware_drafting.next_targets(Folder(yard.folder), built, int(time.time()))
    return yard


def made_key(file: Path) -> str:
    return firmware_keys.make(file, PASSPHRASE)


def committed(source: Path) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for told in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "a till")):
        subprocess.run(["git", *told], cwd=source, check=True, env=environment)


def named(keys: Path, role: str, signers: str = "abc") -> list[str]:
    return [part for one in signers for part in (f"--{role}", str(keys / f"{role}-{one}.pub"))]
