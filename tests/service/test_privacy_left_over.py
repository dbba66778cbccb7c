"""Files that an erasure does not reach at once: what is written anew, or next, has nothing of the customer any more.

What a power cut leaves of a backup or a restore can be read; it is gone, or sealed, with the next of them.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models import dataset
from pricing_service import backup_command, backups, left_overs, shredding
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import Client, Pen, listening
from tests.service.test_privacy import CHECKOUT, MINE, OTHER, SKU, everything, sell

PARTS = ("", ".shred", "-wal", "-journal", ".shred-journal")


@pytest.fixture(scope="module")
def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def left(folder: Path, name: str, process: int, hours: int = 0) -> list[Path]:
    """Files as a backup of ``name`` leaves them when it is killed."""
    files = [folder / f".{name}.{process}.part{more}" for more in PARTS]
    for file in files:
        file.write_bytes(b"customers as they are")
        at = time.time() - 3600 * hours
        os.utime(file, (at, at))
    return files


def test_the_start_of_a_service_removes_what_a_restore_left_in_its_folder(tmp_path: Path, gone: int) -> None:
    killed = left(tmp_path, "rung.db", gone)
    others = [*left(tmp_path, "rung.db", os.getpid()), *left(tmp_path, "backup.db", gone)]
    others += [tmp_path / "rung.db", tmp_path / ".part", tmp_path / f".rung.db.{gone}.party"]
    for each in others:
        each.touch()
    left_overs.clear(tmp_path, "rung.db")
    assert [file for file in killed if file.exists()] == []
    assert [file for file in others if not file.exists()] == []


def test_the_next_backup_removes_what_older_ones_left_beside_it(
    settings: Settings, tmp_path: Path, gone: int
) -> None:
    old, young = left(tmp_path, "monday.db", gone, hours=24), left(tmp_path, "tuesday.db", gone)
    under_way = left(tmp_path, "sunday.db", os.getpid(), hours=24)
    backups.take(settings, tmp_path / "wednesday.db")
    assert [file for file in old if file.exists()] == []
    assert all(file.exists() for file in (*young, *under_way))


def test_what_a_restore_that_was_killed_did_not_seal_the_next_backup_seals(
    settings: Settings, pen: Pen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNG_DATA", str(settings.data))
    token = customer_token(settings.tenant_key, MINE)
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        sell(pen, client)
        client.close()
    backup_command.backup(tmp_path / "before.db")
    aside = backups.restore(settings, tmp_path / "before.db")  # and no `seal`
    assert aside is not None
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        assert client.ask("DELETE", f"/v1/customers/{token}").status == 204
        client.close()
    words = [token.encode(), SKU.encode(), CHECKOUT.encode()]
    beside = aside.parent.glob(aside.name + "*")  # SQLite may not have put all of it into the file itself
    kept = b"".join(part.read_bytes() for part in beside)
    assert [word in kept for word in words] == [True] * 3
    backup_command.backup(tmp_path / "after.db")
    assert [word for word in words if word in everything(settings)] == []
    assert shredding.is_locked(aside)


def test_what_is_too_damaged_to_be_sealed_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNG_DATA", str(settings.data))
    damaged = settings.database.with_name("rung.db.before-20261121T101500Z")
    damaged.write_bytes(b"customers as they are" * 1000)
    backup_command.backup(tmp_path / "backup.db")
    said = capsys.readouterr().out.replace("\n", "")
    assert f"{damaged.name} is too damaged to be sealed" in said
    assert damaged.exists()


def test_an_export_that_is_made_again_after_an_erasure_holds_nothing_of_the_customer(
    client: Client, pen: Pen, settings: Settings, tmp_path: Path
) -> None:
    token = customer_token(settings.tenant_key, MINE)
    for card in (MINE, OTHER, MINE):
        sell(pen, client, card)
    assert token in exported(settings, tmp_path)
    assert client.ask("DELETE", f"/v1/customers/{token}").status == 204
    left = exported(settings, tmp_path)
    assert token not in left and SKU not in left and CHECKOUT not in left
    assert customer_token(settings.tenant_key, OTHER) in left


def exported(settings: Settings, folder: Path) -> str:
    """Everything that `rung export` writes, in either form, over what it wrote before."""
    lines, table = folder / "export.jsonl", folder / "export"
    dataset.write_records(settings.database, lines)
    dataset.to_parquet(dataset.from_database(settings.database), table)
    tokens = dataset.from_parquet(table)["token"].values.astype(str)
    assert sorted(file.name for file in table.iterdir()) == [
        "about.json",
        "customers.parquet",
        "plans.parquet",
        "visits.parquet",
    ]
    in_lines = {token for token in tokens if token in lines.read_text()}
    assert in_lines == set(tokens)
    return lines.read_text() + "".join(tokens)
