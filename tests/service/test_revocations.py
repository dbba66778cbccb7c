"""A stolen till stays out, whatever the database is set back to."""

from contextlib import closing

import pytest
from sqlalchemy import text

from pos_client.core.record import OutOfTurn
from pricing_service import backups, fleet, provisioning, revocations
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.service.places import Client, Pen, listening, prepared


@pytest.fixture
def settings(tmp_path) -> Settings:
    return prepared(tmp_path / "data")


def test_a_restore_from_before_a_revocation_does_not_let_the_till_in_again(settings: Settings) -> None:
    pen, copy = Pen(settings), settings.data / "copy.db"
    backups.take(settings, copy)
    with listening(settings) as port:
        assert Client(port, settings.admin_token).ask("POST", "/v1/devices/till-1/revoke").status == 204
    backups.restore(settings, copy)
    with listening(settings) as port:
        refused = pen.send(Client(port), [pen.write()])
    assert (refused.status, refused.json["code"]) == (401, "unknown-device")


def test_a_till_that_was_enrolled_and_revoked_after_the_backup_renews_nothing(settings: Settings) -> None:
    with closing(Database(settings.database)) as database:
        backups.take(settings, settings.data / "copy.db")
        provisioning.enrol(database, settings, "stolen", "store", "en")
        with database.writing() as connection:
            assert revocations.revoke(connection, settings.secrets, "stolen")
    backups.restore(settings, settings.data / "copy.db")
    with closing(Database(settings.database)) as database, database.writing() as connection:
        with pytest.raises(OutOfTurn, match="revoked"):
            fleet.renew(connection, "stolen", 1, "store", 0, 5)
        assert fleet.enrol(connection, "stolen", "store").epoch == 2, "enrolled anew it is believed"


def test_a_revocation_that_was_written_down_is_completed_by_the_next_start(settings: Settings) -> None:
    with closing(Database(settings.database)) as database:
        with pytest.raises(RuntimeError, match="power"), database.writing() as connection:
            revocations.revoke(connection, settings.secrets, "till-1")
            raise RuntimeError("the power goes")
        assert _revoked(database) == [False]
        with listening(settings):
            assert _revoked(database) == [True]


def test_what_was_revoked_is_not_revoked_once_more_by_each_start(settings: Settings) -> None:
    with closing(Database(settings.database)) as database, database.writing() as connection:
        assert revocations.revoke(connection, settings.secrets, "till-1")
        fleet.enrol(connection, "till-1", "store")
        assert revocations.catch_up(connection, settings.secrets) == 0
        assert [one.epoch for one in fleet.in_force(connection, "till-1")] == [2]


def _revoked(database: Database) -> list[bool]:
    with database.reading() as connection:
        rows = connection.execute(text("SELECT revoked FROM devices WHERE device = 'till-1'"))
        return [row.revoked is not None for row in rows]
