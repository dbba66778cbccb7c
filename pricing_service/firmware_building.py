"""Images from a commit: its files, not those of the working copy, built by its own code with the tools installed here.

Whoever signs can so build again what somebody else drafted, and compare: the same commit gives the same bytes.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from pos_client.core.record import Invalid

PACKAGES = ("pos_client", "firmware")  # what a build reads of a commit


class Commit(NamedTuple):
    """``seconds``: when it was made, Unix time."""

    digest: str
    seconds: int


class Built(NamedTuple):
    """``journal``: formats of a journal it reads, the one it writes first."""

    image: bytes
    bill: bytes
    journal: list[int]


def found(checkout: Path, name: str) -> Commit:
    """The commit called ``name`` in a checkout. Raises `Invalid`."""
    told = _git(checkout, "show", "-s", "--format=%H %ct", f"{name}^{{commit}}").decode().split()
    return Commit(told[0], int(told[1]))


def built(checkout: Path, commit: Commit, hardware: str, version: int) -> Built:
    """An image of a commit for some hardware. Raises `Invalid` with what the compiler says."""
    with tempfile.TemporaryDirectory(prefix="rung-build-") as folder:
        source, out = Path(folder) / "source", Path(folder) / "out"
        with tarfile.open(fileobj=io.BytesIO(_git(checkout, "archive", commit.digest, *PACKAGES))) as archive:
            archive.extractall(source, filter="data")
        told = _run(source, str(out), hardware, str(version), commit.digest, str(commit.seconds))
        image, bill = (out / "image.romfs").read_bytes(), (out / "bill.json").read_bytes()
        return Built(image, bill, told["journal"])


def commit_of(bill: bytes) -> str:
    """The commit that a bill of materials names. Raises `Invalid`."""
    try:
        facts = json.loads(bill)["metadata"]["component"]["properties"]
        return next(one["value"] for one in facts if one["name"] == "rung:commit")
    except (ValueError, LookupError, TypeError, StopIteration) as error:
        raise Invalid("bill-form", "The bill of materials names no commit.") from error


def _run(source: Path, *arguments: str) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "firmware.released", *arguments],
        cwd=source,
        env=environment,
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        said = ran.stderr.strip().splitlines() or ["it said nothing"]
        raise Invalid("build-failed", f"The commit does not build: {said[-1]}")
    return json.loads(ran.stdout)


def _git(checkout: Path, *arguments: str) -> bytes:
    try:
        ran = subprocess.run(["git", "-C", str(checkout), *arguments], capture_output=True)
    except FileNotFoundError as error:
        raise Invalid("no-git", "An image is built from a commit: install git.") from error
    if ran.returncode:
        raise Invalid("no-commit", f"{checkout}: {ran.stderr.decode(errors='replace').strip()}")
    return ran.stdout
