"""The same commit gives the same image, byte for byte, in any folder; its bill of materials says what went into it."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware.released import BOARDS
from pricing_service import firmware_building, firmware_release
from pricing_service.firmware_building import Built, Commit
from tests.project.places import ROOT

PACKAGES = ("pos_client", "firmware")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own source as a commit, also where these tests run from an archive."""
    folder = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "a till", "--date", "2026-11-22T10:00:00Z")
    return folder


def git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{part}": "a@b" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    plain["GIT_COMMITTER_DATE"] = "2026-11-22T10:00:00Z"
    subprocess.run(["git", *arguments], cwd=folder, check=True, env={**os.environ, **who, **plain})


@pytest.fixture(scope="module")
def commit(source: Path) -> Commit:
    return firmware_building.found(source, "HEAD")


@pytest.fixture(scope="module")
def built(source: Path, commit: Commit) -> Built:
    return firmware_building.built(source, commit, "host", 7)


def test_a_commit_gives_the_same_bytes_in_another_folder(
    source: Path, commit: Commit, built: Built, tmp_path: Path
) -> None:
    """The clone is elsewhere, its files are younger, and what is changed in it without a commit is not built."""
    clone = tmp_path / "a clone"
    subprocess.run(["git", "clone", "-q", source, clone], check=True)
    (clone / "pos_client" / "till.py").write_text("raise SystemExit('not what was committed')\n")
    there = firmware_building.built(clone, firmware_building.found(clone, "HEAD"), "host", 7)
    assert there.image == built.image
    assert there.bill == built.bill
    assert commit.seconds == 1_795_341_600


def test_an_image_says_what_it_is_and_fits_its_slot(built: Built, commit: Commit) -> None:
    told = json.loads(built.image[(at := built.image.index(b'{"built"')) : built.image.index(b"}", at) + 1])
    assert (told["built"], told["commit"], told["version"]) == (commit.seconds, commit.digest, 7)
    assert (told["hardware"], told["journal"]) == ("host", built.journal)
    assert built.image.startswith(b"\xd2\xcd\x31")
    assert len(built.image) <= min(firmware_release.SLOTS.values())
    assert built.journal and all(type(one) is int for one in built.journal)


def test_the_bill_names_every_source_the_compiler_and_the_commit(built: Built, commit: Commit) -> None:
    bill = json.loads(built.bill)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    about = bill["metadata"]["component"]
    assert about["name"] == "rung-host-7.romfs"
    assert about["hashes"][0]["content"] == hashlib.sha256(built.image).hexdigest()
    assert firmware_building.commit_of(built.bill) == commit.digest
    assert {one["name"] for one in bill["metadata"]["tools"]["components"]} == {"mpy-cross", "python"}
    files = {one["name"]: one["hashes"][0]["content"] for one in bill["components"] if one["type"] == "file"}
    for name in (
        "pos_client/till.py",
        "pos_client/core/money.py",
        "firmware/main.py",
        "pos_client/page/index.html",
    ):
        assert files[name] == hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    assert "firmware/microserver.py" in files
    assert {one["type"] for one in bill["components"]} == {"file"}  # a device runs nothing of others


def test_every_hardware_has_a_board_and_a_slot() -> None:
    assert BOARDS.keys() == firmware_release.SLOTS.keys()
    for board in BOARDS.values():
        assert (ROOT / "firmware" / "board" / f"{board}.py").is_file()
