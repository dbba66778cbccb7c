"""The commands a shop starts with."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pos_client import claim
from pricing_service import cli
from pricing_service.running import RUNG
from pricing_service.settings import Settings
from tests.service.places import BASKET, Client, Pen


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


@contextmanager
def shop(data: Path) -> Iterator[tuple[int, int, subprocess.Popen]]:
    """`rung run` until the welcome is printed: ports of service and till."""
    service, till = free_ports()
    ports = {"RUNG_SERVICE_PORT": str(service), "RUNG_TILL_PORT": str(till)}
    process = subprocess.Popen(
        [sys.executable, "-c", RUNG, "run"],
        env={**os.environ, "RUNG_DATA": str(data), **ports},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    assert f"curl -X PUT http://127.0.0.1:{till}/v1/checkouts/" in said
    try:
        yield service, till, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        assert process.wait(40) == 0
        process.stdout.close()


def sold(till: Client, number: str) -> None:
    offer = till.ask("PUT", f"/v1/checkouts/{number}", BASKET).json["offer"]
    reaction = {"rung": offer["rung"], "reaction": "accepted"}
    assert till.ask("POST", f"/v1/checkouts/{number}/reactions", reaction).json["state"] == "settled"
    assert till.ask("POST", f"/v1/checkouts/{number}/close", {"outcome": "sold"}).status == 200


def acknowledged(service: Client) -> int:
    return service.ask("GET", "/v1/devices").json["items"][0]["acknowledged"]


def test_one_command_serves_a_shop_and_a_second_start_goes_on_with_it(tmp_path: Path) -> None:
    for start in (1, 2):
        with shop(tmp_path / "var") as (service, till, _):
            sold(Client(till), f"checkout-{start}")
            until = time.monotonic() + 20
            while acknowledged(Client(service)) < start:
                assert time.monotonic() < until, "the record never arrived"
                time.sleep(0.1)
    secrets = tmp_path / "var/secrets"
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o600}
    assert (tmp_path / "var/till/till.json").stat().st_mode & 0o777 == 0o600


def service_process(shop_process: subprocess.Popen) -> int:
    """The process id of the service under `rung run`: the child that was started with ``serve``."""
    children = Path(f"/proc/{shop_process.pid}/task/{shop_process.pid}/children").read_text().split()
    return next(
        int(pid) for pid in children if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    )


def test_the_till_outlives_its_service_which_is_started_again(tmp_path: Path) -> None:
    with shop(tmp_path / "var") as (service, till, process):
        os.kill(service_process(process), signal.SIGKILL)
        sold(Client(till), "meanwhile")
        until = time.monotonic() + 60
        while True:
            with suppress(OSError):
                if acknowledged(Client(service)) == 1:
                    break
            assert time.monotonic() < until, "the record never arrived"
            time.sleep(0.2)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = subprocess.run(
            [sys.executable, "-c", RUNG, "run"],
            env={**os.environ, "RUNG_DATA": str(tmp_path), "RUNG_SERVICE_PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 1
    assert f"Port {port} is taken" in ran.stderr and "RUNG_SERVICE_PORT" in ran.stderr


def test_a_second_service_on_the_same_folder_is_refused_before_it_writes(
    data: Path, capsys: pytest.CaptureFixture
) -> None:
    with claim.hold(data, "serve"):
        assert cli.serve(["--migrate"]) == 1
        assert cli.run([]) == 1
    assert f"RUNG_DATA {data} is in use by another rung serve" in capsys.readouterr().err
    assert [path.name for path in data.rglob("*") if not path.name.endswith(".lock")] == []


def test_the_port_of_a_plain_service_is_named_when_it_is_taken(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("RUNG_SERVICE_PORT", str(port))
        assert cli.serve(["--migrate"]) == 1
    said = capsys.readouterr().err
    assert f"Port {port} is taken: stop what uses it, or set RUNG_SERVICE_PORT to another one." in said


@pytest.mark.parametrize("port", ["abc", "99999"])
def test_a_port_that_is_none_is_named(
    port: str, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("RUNG_SERVICE_PORT", port)
    assert cli.serve([]) == 1
    said = capsys.readouterr().err
    assert said.startswith("rung serve: RUNG_SERVICE_PORT: ") and len(said.splitlines()) == 1


def test_a_data_folder_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RUNG_DATA", str(tmp_path / "file/var"))
    for command in (cli.run, cli.sample_shop):
        assert command([]) == 1
        assert f"RUNG_DATA {tmp_path / 'file/var'} cannot be used" in capsys.readouterr().err


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNG_DATA", str(tmp_path))
    return tmp_path


def test_a_till_is_enrolled_listed_and_revoked(data: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.device(["enrol", "till-7", "--store", "north"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["device"], told["epoch"], told["store"]) == ("till-7", 1, "north")
    assert bytes.fromhex(told["key"]) == Pen(Settings(data=data), "till-7").key
    assert cli.device(["enrol", "till-7"]) == 1
    assert "revoke it" in capsys.readouterr().err
    assert cli.device(["revoke", "till-7"]) == 0
    assert cli.device(["enrol", "till-7", "--file", str(data / "till.json")]) == 0
    assert json.loads((data / "till.json").read_text())["epoch"] == 2
    capsys.readouterr()
    assert cli.device(["list"]) == 0
    assert "till-7" in capsys.readouterr().out


def test_the_sample_shop_is_loaded_once(data: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.sample_shop([]) == 0
    assert "16 rules added" in capsys.readouterr().out
    assert cli.sample_shop([]) == 0
    assert "0 rules added" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "figure"), [("plan", "median_ms"), ("decide", "ratio"), ("ingest", "records_per_second")]
)
def test_a_benchmark_tells_figures(name: str, figure: str, capsys: pytest.CaptureFixture) -> None:
    assert cli.bench([name, "--json", "--seconds", "0.3"]) == 0
    assert json.loads(capsys.readouterr().out)[figure] > 0


def test_an_unknown_benchmark_is_a_usage_error(capsys: pytest.CaptureFixture) -> None:
    assert cli.bench(["luck"]) == 2
