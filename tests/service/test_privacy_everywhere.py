"""One customer, a till, a service, a backup, a restore: after DELETE nothing of them can be found anywhere.

Every file below the data folder is searched, and everything the service said: database and its log of writes, the
till's journal and snapshot, backups from before, what a restore set aside, keys, the audit trail's anchors, exports.
"""

import fnmatch
from pathlib import Path

import pytest

from pricing_service import backups
from pricing_service.database import Database
from pricing_service.security import customer_token
from tests.service.places import Client, listening, prepared
from tests.service.test_privacy import everything, is_replay, rows
from tests.till.test_erased_journal import CARD, OTHER, RealTill

FILES = (
    "rung.db",
    "rung.db-*",
    "rung.db.before-*",
    "backup.db",
    "audit/anchors.jsonl",
    "secrets/*_key",
    "secrets/*_token",
    "secrets/keys.db",
    "secrets/erased",
    "secrets/revoked",
    "till/journal-*",
    "till/snapshot",
    "till/journal.mark",
    "till/boot",
)  # each kind is in the table of docs/privacy.md, or holds keys, hashes and numbers


def test_after_a_delete_a_search_of_everything_finds_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = prepared(tmp_path / "data")
    token = customer_token(settings.tenant_key, CARD)
    words = [token.encode(), b"SKU-7c1f", b"mine-", b"tier-9a"]
    backup = settings.data / "backup.db"

    def is_forgotten() -> bool:
        return not any(word in everything(settings) for word in words[:1] + words[2:])

    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        till = RealTill(settings, settings.data / "till", port)
        for number in range(8):
            till.sells(CARD if number % 2 else OTHER, f"{'mine' if number % 2 else 'other'}-{number}")
        till.till.give_back("mine-1", {})
        till.meets(till.has_handed_in)
        assert client.ask("PUT", f"/v1/customers/{token}", {"tier": "tier-9a"}).status == 200
        consent = {"profiling": True, "text_version": "2026-11"}
        assert client.ask("PUT", f"/v1/customers/{token}/consent", consent).status == 200
        assert client.ask("GET", f"/v1/customers/{token}/explanation").status == 200
        assert b"mine-1" in client.ask("GET", f"/v1/customers/{token}/export").body
        client.ask(
            "GET", f"/v1/customers/{CARD}"
        )  # a card where a token belongs: refused, and not repeated in a log
        backups.take(settings, backup)
        till.sells(CARD, "mine-8")  # the backup does not know it
        till.meets(till.has_handed_in)
        assert [word in everything(settings) for word in words] == [True] * 4
        assert [word in backup.read_bytes() for word in words] == [False] * 4

        assert client.ask("DELETE", f"/v1/customers/{token}").status == 204
        till.sells(CARD, "mine-9")  # before the till hears of it
        till.meets(lambda: till.has_handed_in() and is_forgotten())
        client.close()

    aside = backups.restore(settings, backup)
    assert aside and backups.seal(settings, aside)
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        till.sync.service.host, till.sync.service.port = "127.0.0.1", port
        till.sells(CARD, "mine-10")
        newest = "SELECT MAX(sequence) FROM events WHERE device = 'till-9'"
        till.meets(lambda: rows(settings, newest) == [(12,)] and is_forgotten())
        assert client.ask("GET", f"/v1/customers/{token}").status == 404
        assert rows(settings, "SELECT COUNT(*) FROM events WHERE kind = 'erased'") == [(8,)]
        client.close()
    assert is_forgotten()
    said = "".join(capfd.readouterr()).encode()
    assert b'"event"' in said
    assert [word for word in (*words, CARD.encode()) if word in said] == []
    assert CARD.encode() not in everything(settings)
    database = Database(settings.database)
    assert is_replay(database)
    database.close()
    files = [str(file.relative_to(settings.data)) for file in settings.data.rglob("*") if file.is_file()]
    assert [file for file in files if not any(fnmatch.fnmatch(file, kind) for kind in FILES)] == []
