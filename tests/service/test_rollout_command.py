"""`rung firmware deploy` and its kin, on the service's own machine."""

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from pricing_service import audit_store, cli, device_command, fleet, fleet_reports
from pricing_service.database import Database
from pricing_service.fleet_reports import Judged
from pricing_service.settings import Settings
from tests.service.reporting import name_of, published


@pytest.fixture
def shop(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Two tills that have reported, and a release."""
    monkeypatch.setenv("RUNG_DATA", str(settings.data))
    published(database, 7)
    report = fleet_reports.read({"hardware": "host", "version": 6, "confirmed": 6})
    with database.writing() as connection:
        for name in ("till-1", "till-2"):
            fleet_reports.keep(connection, name, report, 1_795_000_000, Judged(1, 0, 0, 0))
    return database


def test_a_rollout_is_asked_for_listed_and_stopped_but_not_approved_by_who_has_the_machine(
    shop: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.firmware(["deploy", name_of(7), "--id", "w1", "--canary", "till-2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("1 + 1 + 0 tills, group by group.") and "waits for a second person" in told
    assert cli.firmware(["pause", "w1"]) == 1
    assert "w1 is asked, not running" in capsys.readouterr().err
    assert cli.firmware(["stop", "w1", "--note", "Not today."]) == 0
    assert cli.firmware(["rollouts"]) == 0
    assert "Not today." in capsys.readouterr().out
    assert cli.firmware(["approve", "w1"]) == 2


def test_codes_are_listed_with_who_made_them_and_what_became_of_them(
    settings: Settings, shop: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("new-1", "new-2", "new-3"):
        assert cli.device(["code", name]) == 0
    with shop.writing() as connection:
        connection.execute(text("UPDATE codes SET used = created WHERE device = 'new-2'"))
        connection.execute(text("UPDATE codes SET expires = created - 1 WHERE device = 'new-3'"))
    capsys.readouterr()
    device_command.out.width = 200
    assert cli.device(["codes"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if "new-" in line]
    assert {row[0]: row[4] for row in rows} == {"new-1": "waits", "new-2": "used", "new-3": "over"}
    assert {row[3] for row in rows} == {audit_store.cli_actor()}


def test_what_nobody_published_is_not_rolled_out(
    shop: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.firmware(["deploy", name_of(9)]) == 1
    assert "unknown-release" in capsys.readouterr().err


def test_a_release_that_no_till_needs_is_not_rolled_out_and_the_reason_is_true(
    shop: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.firmware(["deploy", name_of(7), "--canary", "till-9"]) == 1
    assert "till-9 is not enrolled, never reported" in capsys.readouterr().err
    published(shop, 6)
    assert cli.firmware(["deploy", name_of(6)]) == 1
    assert "2 of 2 tills have confirmed version 6 or a newer one" in capsys.readouterr().err
    for name in ("till-1", "till-2"):
        assert cli.device(["revoke", name]) == 0
    assert cli.firmware(["deploy", name_of(6)]) == 1
    assert "No enrolled till has reported that it has the hardware host" in capsys.readouterr().err


def test_the_list_of_tills_says_what_each_one_runs(
    shop: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`rung device list`"""
    monkeypatch.setattr(device_command.out, "width", 80)
    assert cli.device(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("till-1" in line and "host 6" in line and " ago" in line for line in lines), lines


def test_a_till_of_a_thousand_is_one_line_of_a_terminal(
    shop: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = fleet_reports.read({"hardware": "rp2-pico-2-w", "version": 12, "confirmed": 12})
    with shop.writing() as connection:
        fleet.enrol(connection, "shop-012.till-3", "store-012")
        fleet_reports.keep(connection, "shop-012.till-3", report, int(time.time()) - 3500, Judged(1, 0, 0, 0))
        fleet.enrol(connection, "shop-012.till-4", "store-012")
        fleet.revoke(connection, "shop-012.till-4")
    monkeypatch.setattr(device_command.out, "width", 80)
    assert cli.device(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(
        "till-3" in line and "rp2-pico-2-w 12" in line and "58 minutes ago" in line for line in lines
    ), lines
    assert any("till-4" in line and "revoked" in line for line in lines), lines
