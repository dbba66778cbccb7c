"""Backups hold nothing readable of customers, and nothing at all of one who was erased since."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pos_client.claim import Unusable
from pricing_service import customer_keys, erasing, shredding, tombstones
from pricing_service.database import Database
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import Client, Pen, listening
from tests.service.test_privacy import (
    CHECKOUT,
    MINE,
    OTHER,
    SKU,
    everything,
    give_back,
    is_replay,
    rows,
    sell,
)

ERASED_BY = "SELECT actor, subject FROM audit WHERE action = 'erase-customer'"
SAID = {"profiling": True, "text_version": "2026-11"}


@pytest.fixture
def token(settings: Settings) -> str:
    return customer_token(settings.tenant_key, MINE)


@pytest.fixture
def words(token: str) -> list[bytes]:
    return [word.encode() for word in (token, SKU, CHECKOUT, "tier-9a", "2026-11-text")]


def lived(client: Client, pen: Pen, token: str) -> list[bytes]:
    """A few sales of mine and of somebody else, a return, facts, a consent, a line that could not be taken."""
    sent = [sell(pen, client) for _ in range(3)] + [sell(pen, client, OTHER) for _ in range(3)]
    sent.append(give_back(pen, sent[0]))
    assert pen.send(client, [sent[-1]]).status == 200
    sent.append(pen.write(card=MINE, number=f"{CHECKOUT}-broken")[:-80])
    assert pen.send(client, [sent[-1]]).json["quarantined"]
    client.ask("PUT", f"/v1/customers/{token}", {"tier": "tier-9a"})
    consent = {**SAID, "text_version": "2026-11-text"}
    assert client.ask("PUT", f"/v1/customers/{token}/consent", consent).status == 200
    return sent


def vacuumed(settings: Settings, file: Path) -> Path:
    with closing(sqlite3.connect(settings.database)) as connection:
        connection.execute("VACUUM INTO ?", (str(file),))
    return file


def contents(file: Path) -> dict[str, list[tuple]]:
    """Every row of every table, and what there is beside tables."""
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        told = {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for (name,) in found}
        told["schema"] = connection.execute(
            "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"
        ).fetchall()
        return told


def test_a_sealed_copy_holds_nothing_readable_and_opens_to_what_it_was(
    client: Client, pen: Pen, settings: Settings, token: str, words: list[bytes], tmp_path: Path
) -> None:
    lived(client, pen, token)
    copy = vacuumed(settings, tmp_path / "copy.db")
    before = contents(copy)
    assert all(word in copy.read_bytes() for word in words)
    shredding.lock(copy, settings.secrets)
    assert shredding.is_locked(copy)
    assert [word for word in words if word in copy.read_bytes()] == []
    other = customer_token(settings.tenant_key, OTHER).encode()
    assert other not in copy.read_bytes()
    assert shredding.unlock(copy, settings.secrets) == 0
    assert contents(copy) == before
    assert not shredding.is_locked(copy)
    assert shredding.unlock(copy, settings.secrets) == 0  # there is nothing to do


def test_a_backup_from_before_the_erasure_brings_nobody_back(
    pen: Pen, settings: Settings, token: str, words: list[bytes], tmp_path: Path
) -> None:
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        sent = lived(client, pen, token)
        backup = vacuumed(settings, tmp_path / "backup.db")
        shredding.lock(backup, settings.secrets)
        sent.append(sell(pen, client))  # after the backup: it is forgotten by the restore
        spent = rows(settings, "SELECT * FROM budgets ORDER BY 1, 2")
        assert client.ask("DELETE", f"/v1/customers/{token}").status == 204
        erased_by = rows(settings, ERASED_BY)
        takings = rows(settings, "SELECT SUM(gross), SUM(checkouts) FROM erased_takings")
        client.close()
    restored = backup.read_bytes()
    for name in ("", "-wal", "-shm"):
        settings.database.with_name(settings.database.name + name).unlink(missing_ok=True)
    settings.database.write_bytes(restored)
    assert shredding.unlock(settings.database, settings.secrets) == 1
    assert [word for word in words if word in everything(settings)] == []

    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        assert client.ask("GET", f"/v1/customers/{token}").status == 404
        assert rows(settings, ERASED_BY) == erased_by  # the copy's trail knew nothing of it
        assert client.ask("DELETE", f"/v1/customers/{token}").status == 204
        assert rows(settings, "SELECT * FROM budgets ORDER BY 1, 2") == spent
        assert rows(settings, "SELECT SUM(gross), SUM(checkouts) FROM erased_takings") == takings
        assert pen.send(client, sent[-2:]).json["acknowledged"] == pen.sequence
        assert rows(settings, "SELECT * FROM budgets ORDER BY 1, 2") == spent  # what came again counts once
        assert rows(settings, "SELECT SUM(gross), SUM(checkouts) FROM erased_takings") == takings
        late = pen.write(card=MINE, number=f"{CHECKOUT}-late")
        assert pen.send(client, [late]).status == 200
        assert rows(settings, "SELECT SUM(checkouts) FROM erased_takings") == [(takings[0][1] + 1,)]
        other = customer_token(settings.tenant_key, OTHER)
        assert client.ask("GET", f"/v1/customers/{other}").json["visits"] == 3
        client.close()
    with closing(Database(settings.database)) as database:
        assert is_replay(database)
    assert [word for word in words if word in everything(settings)] == []


def test_who_is_erased_while_a_backup_is_made_is_not_in_it(
    client: Client, pen: Pen, settings: Settings, token: str, words: list[bytes], tmp_path: Path
) -> None:
    lived(client, pen, token)
    copy = vacuumed(settings, tmp_path / "copy.db")
    client.ask("DELETE", f"/v1/customers/{token}")
    shredding.lock(copy, settings.secrets)
    assert [word for word in words if word in copy.read_bytes()] == []
    shredding.unlock(copy, settings.secrets)
    assert [word for word in words if word in copy.read_bytes()] == []
    kinds = contents(copy)["events"]
    assert sum("erased" in row for row in kinds) == 4  # three sales and the return


def test_keys_that_are_gone_without_an_erasure_stop_the_restore(
    client: Client, pen: Pen, settings: Settings, token: str, tmp_path: Path
) -> None:
    lived(client, pen, token)
    copy = vacuumed(settings, tmp_path / "copy.db")
    shredding.lock(copy, settings.secrets)
    sealed = copy.read_bytes()
    customer_keys.destroy(settings.secrets, [token])
    with pytest.raises(Unusable, match="no key"):
        shredding.unlock(copy, settings.secrets)
    (settings.secrets / customer_keys.FILE).unlink()
    with pytest.raises(Unusable, match=r"keys\.db"):
        shredding.unlock(copy, settings.secrets)
    assert copy.read_bytes() == sealed


def test_a_sealed_row_that_was_altered_is_seen(
    client: Client, pen: Pen, settings: Settings, token: str, tmp_path: Path
) -> None:
    lived(client, pen, token)
    copy = vacuumed(settings, tmp_path / "copy.db")
    shredding.lock(copy, settings.secrets)
    with closing(sqlite3.connect(copy)) as connection, connection:
        line = bytearray(connection.execute("SELECT line FROM events WHERE position = 1").fetchone()[0])
        line[40] ^= 1
        connection.execute("UPDATE events SET line = ? WHERE position = 1", (bytes(line),))
    with pytest.raises(Unusable, match="not what was sealed"):
        shredding.unlock(copy, settings.secrets)


def test_an_erasure_that_the_power_cut_off_is_completed_at_the_next_start(
    pen: Pen, settings: Settings, token: str, words: list[bytes]
) -> None:
    """The tombstone was on the medium, the transaction was not."""
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        lived(client, pen, token)
        client.close()
    spent = rows(settings, "SELECT * FROM budgets ORDER BY 1, 2")
    with closing(Database(settings.database)) as database:
        with pytest.raises(InterruptedError), database.writing() as connection:
            erasing.erase(connection, settings.secrets, token)
            raise InterruptedError
        assert all(word in everything(settings) for word in words)
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        assert client.ask("GET", f"/v1/customers/{token}").status == 404
        client.close()
    assert [word for word in words if word in everything(settings)] == []
    assert rows(settings, "SELECT * FROM budgets ORDER BY 1, 2") == spent
    assert rows(settings, "SELECT SUM(checkouts) FROM erased_takings") == [(3,)]
    with closing(Database(settings.database)) as database:
        assert is_replay(database)


def test_an_erasure_that_failed_and_was_asked_for_again_counts_once(
    pen: Pen, settings: Settings, token: str
) -> None:
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        lived(client, pen, token)
        client.close()
    with closing(Database(settings.database)) as database:
        with pytest.raises(InterruptedError), database.writing() as connection:
            erasing.erase(connection, settings.secrets, token)
            raise InterruptedError
        with database.writing() as connection:
            erasing.erase(connection, settings.secrets, token)
        with database.writing() as connection:
            assert erasing.catch_up(connection, settings.secrets) == 0
    assert rows(settings, "SELECT SUM(checkouts) FROM erased_takings") == [(3,)]
    assert tombstones.Outside(settings.secrets).erasures() == 1


def test_a_line_of_the_tombstones_that_was_cut_off_does_not_hide_those_before_or_after(
    settings: Settings, tmp_path: Path
) -> None:
    outside = tombstones.Outside(settings.secrets)
    outside.append({"id": "a", "mac": "a", "tag": "", "at": 1})
    with outside.path.open("ab") as file:
        file.write(b'{"id": "b", "ma')
    outside.append({"id": "c", "mac": "c", "tag": "", "at": 2})
    assert [line["id"] for line in outside.lines()] == ["a", "c"]


def test_an_erasure_does_not_wait_for_a_backup_under_way(
    client: Client, pen: Pen, settings: Settings, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(client, pen, token)
    copy = vacuumed(settings, tmp_path / "copy.db")
    fill, answered = shredding._lock, []

    def while_sealing(connection: sqlite3.Connection) -> None:
        fill(connection)
        answered.append(client.ask("DELETE", f"/v1/customers/{token}").status)

    monkeypatch.setattr(shredding, "_lock", while_sealing)
    shredding.lock(copy, settings.secrets)
    assert answered == [204]
    assert shredding.unlock(copy, settings.secrets) == 1
