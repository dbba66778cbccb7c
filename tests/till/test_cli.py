"""`rung till` says in one line what stands in its way, and lets nobody else write into its folder."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from pos_client import cli
from tests.till.processes import LAUNCH, ROOT, Cashier, Till, waited

IDENTITY = {
    "device": "till-2",
    "epoch": 1,
    "store": "sample",
    "key": "0b" * 32,
    "tenant_key": "a7" * 32,
    "service": "http://127.0.0.1:9",
    "language": "en",
}


def refused(command: str, data: Path, **settings: str) -> str:
    """What a command that must not start says before it ends: one line, and no more."""
    ran = subprocess.run(
        [*LAUNCH, *command.split()],
        cwd=ROOT,
        env={**os.environ, "RUNG_DATA": str(data), "RUNG_TILL_PORT": "0", **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    assert len(ran.stderr.splitlines()) == 1, ran.stderr
    return ran.stderr


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    till = Till(tmp_path / "var", IDENTITY)
    till.start()
    waited(till.ready)
    yield till
    till.kill()


def test_a_second_till_on_the_same_folder_is_refused_and_the_first_sells_on(till: Till) -> None:
    said = refused("till", till.folder)
    assert said == f"rung till: RUNG_DATA {till.folder} is in use by another rung till\n"
    Cashier(till.port, seed=1).work(1)


def test_a_shop_does_not_start_over_a_till_and_leaves_its_identity_alone(till: Till) -> None:
    before = sorted(path.name for path in till.folder.iterdir())
    ports = {"RUNG_TILL_PORT": str(till.port + 1), "RUNG_SERVICE_PORT": "0"}
    assert "is in use by another rung till" in refused("run", till.folder, **ports)
    assert json.loads((till.folder / "till/till.json").read_text()) == IDENTITY
    assert {path.name for path in till.folder.iterdir()} - set(before) <= {".run.lock", ".serve.lock"}


def test_a_killed_till_leaves_its_folder_free(till: Till) -> None:
    assert till._process
    os.kill(till._process._process.pid, signal.SIGKILL)
    till.kill()
    till.start()
    waited(till.ready)


def test_a_taken_port_is_named_with_the_setting_that_changes_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "till").mkdir()
        (tmp_path / "till/till.json").write_text(json.dumps(IDENTITY))
        said = refused("till", tmp_path, RUNG_TILL_PORT=str(port))
    assert (
        said == f"rung till: Port {port} is taken: stop what uses it, or set RUNG_TILL_PORT to another one.\n"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("RUNG_TILL_PORT", "abc"), ("RUNG_TILL_PORT", "99999"), ("RUNG_SNAPSHOT_SECONDS", "soon")],
)
def test_a_setting_that_is_no_number_is_named(name: str, value: str, tmp_path: Path) -> None:
    said = refused("till", tmp_path, **{name: value})
    assert f"{name} is '{value}'" in said


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    assert f"RUNG_DATA {tmp_path / 'var'} cannot be used" in refused("till", tmp_path / "var")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("device", None),
        ("epoch", "1"),
        ("key", "not hexadecimal"),
        ("tenant_key", None),
        ("service", "127.0.0.1:8000"),
        ("language", "de"),
    ],
)
def test_an_identity_that_is_not_whole_stops_the_till_and_names_the_member(
    member: str, value: str | None, tmp_path: Path
) -> None:
    identity = {name: part for name, part in {**IDENTITY, member: value}.items() if part is not None}
    path = tmp_path / "till/till.json"
    path.parent.mkdir()
    path.write_text(json.dumps(identity))
    said = refused("till", tmp_path)
    assert str(path) in said and f" {member} " in said


def test_an_identity_cut_short_stops_the_till(tmp_path: Path) -> None:
    path = tmp_path / "till/till.json"
    path.parent.mkdir()
    path.write_text(json.dumps(IDENTITY)[:40])
    assert f"{path} is not whole" in refused("till", tmp_path)


def test_a_till_nobody_enrolled_serves_and_its_health_says_so(tmp_path: Path) -> None:
    till = Till(tmp_path / "var", IDENTITY)
    (till.folder / "till/till.json").unlink()
    try:
        till.start()
        waited(till.ready)
        assert till.health()["link"]["trouble"] == "not-enrolled"
    finally:
        till.kill()


def test_the_log_says_when_the_service_went_out_of_reach(till: Till) -> None:
    log = till.folder.with_suffix(".till.log")
    said = waited(
        lambda: re.search(r"^(.+) rung till: snapshot: service-unreachable: .+$", log.read_text(), re.M)
    )
    assert abs(datetime.fromisoformat(said[1]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_every_command_has_a_line_and_an_unknown_one_is_named(capsys: pytest.CaptureFixture) -> None:
    names = [point.name for point in entry_points(group="rung.commands")]
    assert cli.main(["help"]) == 0
    listed = dict(re.findall(r"^  (\S+) +(\S.*)$", capsys.readouterr().out, re.M))
    assert sorted(listed) == sorted(names)
    for asked in ([], ["tilt"]):
        assert cli.main(asked) == 2
        said = capsys.readouterr().err
        assert all(f"  {name} " in said for name in names)
        assert ("there is no command 'tilt'" in said) is bool(asked)


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("fit", "fit,service"),
        ("worker", "fit,service"),
        ("thresholds", "fit"),
        ("arena", "arena"),
        ("export", "fit"),
        ("demo", "models"),
        ("serve", "service"),
    ],
)
def test_what_is_missing_comes_with_an_extra_that_is_named(
    name: str, extra: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """As on a till's PC: whatever the service's and the models' modules import is not there."""
    point = next(point for point in entry_points(group="rung.commands") if point.name == name)
    monkeypatch.setitem(sys.modules, point.module, None)
    assert cli.main([name]) == 1
    assert f"`pip install '.[{extra}]'`" in capsys.readouterr().err
