"""Signers make keys, draft, look, sign and publish with `rung firmware`; what they must not sign is not signed."""

import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pricing_service import (
    cli,
    firmware_drafting,
    firmware_forms,
)
from pricing_service.firmware_building import Built
from pricing_service.firmware_folder import Folder
from pricing_service.settings import Settings
from tests.firmware import repository
from tests.firmware.judge import judged
from tests.service.firmware_signers import device, served
from tests.service.places import Client, Pen, listening
from tests.service.signers_yard import PASSPHRASE, SOURCE, Yard, committed, made, named

Rung = Callable[..., str]


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    """What every test begins with, made once; each works on a copy."""
    return made(tmp_path_factory.mktemp("yard"))


@pytest.fixture
def checkout(yard: Yard, tmp_path: Path) -> Path:
    return Path(shutil.copytree(yard.source, tmp_path / "source"))


@pytest.fixture
def rung(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Rung:
    """`rung firmware ...` in this process; what it said. Fails with what was said if the command does."""
    monkeypatch.setenv("RUNG_DATA", str(settings.data))
    monkeypatch.setenv("COLUMNS", "300")

    def call(*arguments: object, fails: bool = False) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(PASSPHRASE + "\n"))
        capsys.readouterr()
        status = cli.firmware([str(one) for one in arguments])
        said = capsys.readouterr()
        assert bool(status) == fails, said.out + said.err
        return said.out + said.err

    return call


def signs(rung: Rung, at: Path, name: str, *more: object, fails: bool = False) -> str:
    return rung("sign", at, "--key", at.parent / "keys" / name, "--yes", *more, fails=fails)


@pytest.fixture
def drafted(yard: Yard, tmp_path: Path) -> Path:
    """A folder with a release that nobody has signed."""
    shutil.copytree(yard.keys, tmp_path / "keys")
    return Path(shutil.copytree(yard.folder, tmp_path / "folder"))


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    with listening(settings) as port:
        yield Client(port, settings.admin_token)


def publish(rung: Rung, folder: Path, client: Client, fails: bool = False) -> str:
    return rung("publish", folder, "--service", f"http://127.0.0.1:{client.port}", fails=fails)


def test_from_six_keys_to_what_devices_fetch_by_commands_alone(
    checkout: Path, rung: Rung, client: Client, pen: Pen, tmp_path: Path
) -> None:
    keys, drafted = tmp_path / "keys", tmp_path / "folder"
    keys.mkdir()
    for role in ("root", "release"):
        for one in "abc":
            rung("keys", keys / f"{role}-{one}")
    online = ("--service", rung("key").strip())
    few = rung("root", drafted, *named(keys, "root"), *named(keys, "release", "ab"), *online, fails=True)
    assert "--release" in few and "here are 2" in few, "in the words of who typed it"
    rung("root", drafted, *named(keys, "root"), *named(keys, "release"), *online)
    early = rung("build", drafted, "--version", 7, "--hardware", "host", "--checkout", tmp_path, fails=True)
    assert "the newest root is not signed yet" in early, "said before anything is built"
    for name in ("root-c", "root-a"):
        signs(rung, drafted, name)
    boards = ("--hardware", "host", "--hardware", "rp2-pico-w")
    assert "no hardware abacus" in rung("build", drafted, "--version", 7, "--hardware", "abacus", fails=True)
    rung("build", drafted, "--version", 7, *boards, "--checkout", checkout)
    assert "needs another one" in signs(rung, drafted, "release-a", "--rebuild", checkout)
    said = signs(rung, drafted, "release-c")
    assert "rung-rp2-pico-w-7.romfs for every device: 4800 bytes of commit" in said and "enough" in said
    assert "no-root" in publish(rung, drafted, client, fails=True)
    assert "from now on" in rung("trust", drafted / "metadata" / "1.root.json")
    assert "trusted already" in rung("trust", drafted / "metadata" / "1.root.json")
    assert "rung-host-7.romfs, rung-rp2-pico-w-7.romfs" in publish(rung, drafted, client)
    assert "nothing-to-publish" in publish(rung, drafted, client, fails=True)
    told = client.ask("GET", "/v1/firmware/releases/rung-host-7.romfs").json
    assert told["journal"] == [2, 1]
    assert json.loads(told["bill"])["metadata"]["component"]["properties"]
    for board in ("host", "rp2-pico-w"):
        code = judged(device(served(client, pen), board))[0]
        assert code == "journal-format", "the device of this test reads format 1 alone"
    next_version(rung, drafted, checkout, client)


def next_version(rung: Rung, folder: Path, checkout: Path, client: Client) -> None:
    rung("build", folder, "--version", 8, "--hardware", "host", "--checkout", checkout, "--device", "till-1")
    for name in ("release-a", "release-b"):
        signs(rung, folder, name)
    assert publish(rung, folder, client) == "Published: rung-host-8.romfs.\n"
    assert client.ask("GET", "/v1/firmware").json["offered"] == [
        "rung-host-7.romfs",
        "rung-host-8.romfs",
        "rung-rp2-pico-w-7.romfs",
    ]
    assert "unknown-target" in rung("renew", folder, "--without", "rung-host-9.romfs", fails=True)
    rung("renew", folder, "--without", "rung-host-8.romfs")
    for name in ("release-a", "release-c"):
        assert "rung-host-8.romfs is not offered any more" in signs(rung, folder, name)
    publish(rung, folder, client)
    assert "rung-host-8.romfs" not in client.ask("GET", "/v1/firmware").json["offered"]


def test_one_signer_alone_releases_nothing(drafted: Path, rung: Rung, client: Client) -> None:
    signs(rung, drafted, "release-a")
    assert "signed-already" in signs(rung, drafted, "release-a", fails=True)
    asked = rung("sign", drafted, "--key", drafted.parent / "keys" / "release-a", fails=True)
    assert "signed-already" in asked and "Sign it?" not in asked, "nobody reads and types for nothing"
    assert "wrong-role" in signs(rung, drafted, "root-a", fails=True)
    rung("trust", drafted / "metadata" / "1.root.json")
    assert "1.targets.json waits for signatures" in publish(rung, drafted, client, fails=True)
    assert "http://HOST:PORT" in rung("publish", drafted, "--service", "10.0.0.5:8000", fails=True)


def test_the_drafted_bytes_are_those_that_are_published(drafted: Path, rung: Rung) -> None:
    file = drafted / "metadata" / "1.targets.json"
    before = json.loads(file.read_bytes())["signed"]
    for name in ("release-b", "release-c"):
        signs(rung, drafted, name)
    after = json.loads(file.read_bytes())
    assert after["signed"] == before and len(after["signatures"]) == 2
    assert firmware_forms.spelt(firmware_forms.opened(file.read_bytes())) == file.read_bytes()


def on_draft(folder: Path) -> set[str]:
    return set(json.loads((folder / "metadata" / "1.targets.json").read_bytes())["signed"]["targets"])


def test_a_second_build_adds_to_a_draft_that_nobody_has_signed(
    drafted: Path, checkout: Path, rung: Rung
) -> None:
    """The board that somebody forgot, or the mistake they mended, and not all other boards once more."""
    build = ("build", drafted, "--checkout", checkout, "--hardware")
    said = rung(*build, "esp32-s3", "--version", 7)
    assert "still in it: rung-host-7.romfs, rung-rp2-pico-w-7.romfs" in said
    assert on_draft(drafted) == {f"rung-{board}-7.romfs" for board in ("host", "rp2-pico-w", "esp32-s3")}
    rung(*build, "host", "--version", 8)
    rung(*build, "host", "--version", 9, "--device", "till-1")
    rung(*build, "host", "--version", 10, "--device", "till-2")
    others = {"rung-rp2-pico-w-7.romfs", "rung-esp32-s3-7.romfs"}
    assert on_draft(drafted) == {f"rung-host-{version}.romfs" for version in (8, 9, 10)} | others
    rung("renew", drafted, "--without", "rung-host-9.romfs", "--without", "rung-host-10.romfs")
    rung(*build, "host", "--version", 6)
    assert on_draft(drafted) == {"rung-host-6.romfs"} | others, "what nobody signed is no version yet"
    for name in ("release-a", "release-b"):
        signs(rung, drafted, name)
    before = (drafted / "images" / "rung-host-6.romfs").read_bytes()
    assert "release-changed" in rung(*build, "host", "--version", 6, "--device", "till-1", fails=True)
    assert (drafted / "images" / "rung-host-6.romfs").read_bytes() == before


def altered(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("images/rung-host-7.romfs", None, b"?", "payload-altered"),
        ("bills/rung-host-7.romfs.json", b"rung:commit", b"rung:Commit", "bill-altered"),
        ("metadata/1.targets.json", b'"version":7', b'"version":8', "wrong-hardware"),
        ("metadata/1.targets.json", b'{"signatures"', b'{ "signatures"', "metadata-altered"),
        ("metadata/1.root.json", b'"threshold":2', b'"threshold":1', "key-unknown"),
    ],
    ids=("image", "bill", "entry", "spelling", "root"),
)
def test_what_was_changed_on_the_way_is_not_signed(
    drafted: Path, rung: Rung, file: str, old: bytes | None, new: bytes, reason: str
) -> None:
    signs(rung, drafted, "release-a")  # keeps what it trusts
    rung("renew", drafted, fails=True)
    altered(drafted / file, old or (drafted / file).read_bytes()[:1], new)
    keep(drafted, "release-a", "release-b")
    assert reason in signs(rung, drafted, "release-b", fails=True)


def keep(folder: Path, one: str, other: str) -> None:
    """The other signer trusts the same root."""
    keys = folder.parent / "keys"
    (keys / f"{other}.trusts").write_text((keys / f"{one}.trusts").read_text())


def test_an_image_that_its_commit_does_not_build_is_not_signed(
    drafted: Path, checkout: Path, rung: Rung
) -> None:
    """Whoever drafts can put any image into the folder; who builds again sees it."""
    other = checkout.parent / "other"
    subprocess.run(["git", "clone", "-q", checkout, other], check=True)
    (other / "firmware" / "released.py").write_text(SOURCE.replace('"{hardware}', '"evil {hardware}'))
    committed(other)
    rung("build", drafted, "--version", 7, "--hardware", "host", "--checkout", other)
    said = signs(rung, drafted, "release-b", "--rebuild", checkout, fails=True)
    assert "no-commit" in said, "nobody here has that commit"
    bill = drafted / "bills" / "rung-host-7.romfs.json"
    told: dict[str, Any] = json.loads(bill.read_text())
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True
    )
    told["metadata"]["component"]["properties"][0]["value"] = head.stdout.strip()
    redraft(drafted, json.dumps(told).encode())
    assert "not-reproduced" in signs(rung, drafted, "release-b", "--rebuild", checkout, fails=True)


def test_what_was_released_before_is_verified_before_anything_is_added_to_it(
    drafted: Path, checkout: Path, rung: Rung
) -> None:
    for name in ("release-a", "release-b"):
        signs(rung, drafted, name)
    file = drafted / "metadata" / "1.targets.json"
    altered(file, b'"length":4800', b'"length":4801')
    build = ("build", drafted, "--version", 8, "--hardware", "host", "--checkout", checkout)
    assert "half-signed" in rung(*build, fails=True)
    entries = json.loads(file.read_bytes())["signed"]["targets"]
    forged = firmware_forms.signed(firmware_forms.targets(2, entries, 1_795_000_000))
    Folder(drafted).put("2.targets.json", forged)
    assert "threshold" in signs(rung, drafted, "release-c", fails=True)


def test_roots_that_do_not_follow_from_the_first_one_vouch_for_nothing(drafted: Path, rung: Rung) -> None:
    """Behind a gap in the chain somebody begins one of their own, under which an image of theirs was "released"."""
    for name in ("release-a", "release-b"):
        signs(rung, drafted, name)
    theirs = repository.signers(9)
    for version in (7, 8):
        forged = repository.root(version, theirs, 1_900_000_000)
        Folder(drafted).put(f"{version}.root.json", repository.signed(forged, theirs["root"]))
    entries = json.loads((drafted / "metadata" / "1.targets.json").read_bytes())["signed"]["targets"]
    entries["rung-host-9.romfs"] = {**entries["rung-host-7.romfs"], "length": 4096}
    before = firmware_forms.targets(8, entries, 1_795_000_000)
    Folder(drafted).put("8.targets.json", repository.signed(before, theirs["targets"]))
    draft = firmware_forms.signed(firmware_forms.targets(9, entries, 1_795_000_000))
    Folder(drafted).put("9.targets.json", draft)
    assert "threshold" in signs(rung, drafted, "release-c", fails=True)


def redraft(folder: Path, bill: bytes) -> None:
    """The same draft with a bill that lies about the commit."""
    image = (folder / "images" / "rung-host-7.romfs").read_bytes()
    firmware_drafting.next_targets(
        Folder(folder), {"rung-host-7.romfs": Built(image, bill, [1])}, 1_795_000_000
    )


def test_a_lost_key_is_replaced_by_the_two_others_and_signs_no_more(
    drafted: Path, checkout: Path, rung: Rung, client: Client, pen: Pen
) -> None:
    for name in ("release-a", "release-b"):
        signs(rung, drafted, name)
    rung("trust", drafted / "metadata" / "1.root.json")
    publish(rung, drafted, client)
    keys = drafted.parent / "keys"
    for name in ("root-d", "release-d"):
        rung("keys", keys / name)
    rung("root", drafted, *named(keys, "root", "bcd"), *named(keys, "release", "bcd"))
    assert "wrong-role" in signs(rung, drafted, "release-b", fails=True)
    said = signs(rung, drafted, "root-b")
    assert said.count("is new") == 2 and said.count("signs no more") == 2
    assert "needs another one" in signs(rung, drafted, "root-d"), "of the root before, only one has signed"
    assert "enough" in signs(rung, drafted, "root-c")
    rung("renew", drafted)
    assert "wrong-role" in signs(rung, drafted, "release-a", fails=True)
    for name in ("release-c", "release-d"):
        signs(rung, drafted, name)
    assert publish(rung, drafted, client) == "Published: metadata alone.\n"
    told = client.ask("GET", "/v1/firmware").json
    assert (told["root"], told["targets"]) == (2, 2)
    assert served(client, pen).keys() >= {"1.root.json", "2.root.json", "2.targets.json"}


def test_a_key_opens_with_its_passphrase_alone_and_is_never_overwritten(
    drafted: Path, rung: Rung, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = drafted.parent / "keys" / "root-a"
    before = file.read_bytes()
    assert (
        before.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") and file.stat().st_mode & 0o777 == 0o600
    )
    assert "is there already" in rung("keys", file, fails=True)
    assert file.read_bytes() == before
    monkeypatch.setattr("tests.service.test_firmware_ceremony.PASSPHRASE", "another one altogether")
    rung("root", drafted)
    assert "key-closed" in signs(rung, drafted, "root-a", fails=True)
    monkeypatch.setattr("tests.service.test_firmware_ceremony.PASSPHRASE", "password1234")
    assert "password-common" in rung("keys", drafted.parent / "new", fails=True)


def test_who_is_in_another_folder_or_misspells_a_name_is_told_what_to_do_next(
    rung: Rung, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    assert "holds no root. Another folder? `rung firmware root`" in rung("renew", nowhere, fails=True)
    assert "--root" in rung("root", nowhere, fails=True) and not nowhere.exists()
    told = rung("sign", nowhere, "--key", tmp_path / "ann.pem", fails=True)
    assert "There is no file" in told and "`rung firmware keys`" in told
    assert "does not exist" in rung("trust", nowhere / "1.root.json", fails=True)
