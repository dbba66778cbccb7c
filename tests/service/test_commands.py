"""The commands a shop starts with."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from pos_client import claim, identity
from pricing_service import cli, provisioning
from pricing_service.running import RUNG
from pricing_service.settings import Settings
from tests.service.places import BASKET, CARD, Client, Pen


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
        assert process.wait(120) == 0
        process.stdout.close()


def sold(till: Client, number: str) -> None:
    offer = till.ask("PUT", f"/v1/checkouts/{number}", BASKET).json["offer"]
    reaction = {"rung": offer["rung"], "reaction": "accepted"}
    assert till.ask("POST", f"/v1/checkouts/{number}/reactions", reaction).json["state"] == "settled"
    assert till.ask("POST", f"/v1/checkouts/{number}/close", {"outcome": "sold"}).status == 200


def acknowledged(data: Path, port: int) -> int:
    service = Client(port, (data / "secrets/admin_token").read_text().strip())
    return service.ask("GET", "/v1/devices").json["items"][0]["acknowledged"]


def test_one_command_serves_a_shop_and_a_second_start_goes_on_with_it(tmp_path: Path) -> None:
    for start in (1, 2):
        with shop(tmp_path / "var") as (service, till, _):
            sold(Client(till), f"checkout-{start}")
            until = time.monotonic() + 120
            while acknowledged(tmp_path / "var", service) < start:
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
                if acknowledged(tmp_path / "var", service) == 1:
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


@pytest.fixture
def shop_data(data: Path, capsys: pytest.CaptureFixture) -> Path:
    assert cli.sample_shop([]) == 0
    capsys.readouterr()
    return data


def test_a_till_is_enrolled_listed_and_revoked(shop_data: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.device(["enrol", "till-7", "--store", "north", "--language", "fr"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["device"], told["epoch"], told["store"], told["language"]) == ("till-7", 1, "north", "fr")
    assert bytes.fromhex(told["key"]) == Pen(Settings(data=shop_data), "till-7").key
    assert "only this machine reaches" in said.err
    assert cli.device(["enrol", "till-7"]) == 1
    assert "revoke it" in capsys.readouterr().err
    assert cli.device(["revoke", "till-7"]) == 0
    file = shop_data / "till.json"
    capsys.readouterr()
    assert cli.device(["enrol", "till-7", "--service", "http://rung.shop:8000", "--file", str(file)]) == 0
    said = capsys.readouterr()
    assert said.out == (
        f"till-7 enrolled in {shop_data}, identity written to {file}, service http://rung.shop:8000\n"
    )
    assert said.err == ""
    told = identity.read(file)
    assert told and (told["epoch"], told["service"]) == (2, "http://rung.shop:8000")
    assert cli.device(["list"]) == 0
    assert "till-7" in capsys.readouterr().out


@pytest.mark.parametrize("call", [["enrol", "till-2"], ["list"], ["revoke", "till-2"]])
def test_a_folder_without_a_service_does_not_become_a_shop(
    call: list[str], data: Path, capsys: pytest.CaptureFixture
) -> None:
    assert cli.device(call) == 1
    assert f"No service data in {data}: set RUNG_DATA, or start with" in capsys.readouterr().err
    assert list(data.iterdir()) == []


def enrolled(capsys: pytest.CaptureFixture) -> str:
    """What `rung device list` says."""
    capsys.readouterr()
    assert cli.device(["list"]) == 0
    return capsys.readouterr().out


def test_an_identity_that_is_there_is_never_written_over(
    shop_data: Path, capsys: pytest.CaptureFixture
) -> None:
    file = shop_data / "till.json"
    file.write_text("another till's")
    assert cli.device(["enrol", "till-2", "--file", str(file)]) == 1
    assert f"{file} is there already" in capsys.readouterr().err
    assert file.read_text() == "another till's"
    assert "till-2" not in enrolled(capsys)


def test_a_till_is_not_enrolled_where_its_identity_cannot_be_written(
    shop_data: Path, capsys: pytest.CaptureFixture
) -> None:
    assert cli.device(["enrol", "till-2", "--file", str(shop_data / "nowhere/till.json")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert "till-2" not in enrolled(capsys)


def test_a_till_that_was_not_enrolled_leaves_no_file(shop_data: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.device(["enrol", "till 2", "--file", str(shop_data / "till.json")]) == 1
    assert "device-name" in capsys.readouterr().err
    assert not (shop_data / "till.json").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--language", "de"), ("--service", "rung.shop:8000"), ("--service", "https://rung.shop")],
)
def test_what_a_till_could_not_use_is_refused_before_it_is_enrolled(
    option: str, value: str, shop_data: Path, capsys: pytest.CaptureFixture
) -> None:
    assert cli.device(["enrol", "till-2", option, value]) == 2
    assert "till-2" not in enrolled(capsys)


def test_a_store_with_an_odd_name_enrols_nobody(shop_data: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.device(["enrol", "till-2", "--store", "the north"]) == 1
    assert "till-2" not in enrolled(capsys)


def test_revoking_a_till_nobody_enrolled_fails(shop_data: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.device(["revoke", "nosuch"]) == 1
    assert "nosuch is not enrolled" in capsys.readouterr().err


def test_a_card_leads_to_the_token_its_records_carry(shop_data: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.token([CARD]) == 0
    token = capsys.readouterr().out.strip()
    record = json.loads(Pen(Settings(data=shop_data)).write())
    assert record["customer"] == token


def test_a_shop_whose_identity_is_broken_says_which_file(
    shop_data: Path, capsys: pytest.CaptureFixture
) -> None:
    (shop_data / "till").mkdir()
    (shop_data / "till/till.json").write_text("{")
    settings = Settings(data=shop_data)
    with closing(provisioning.opened(settings)) as database, pytest.raises(claim.Unusable) as stopped:
        provisioning.provision_till(database, settings, "till-1", "sample")
    assert f"{shop_data / 'till/till.json'} is not whole" in str(stopped.value)


def test_what_the_service_keeps_is_nobody_elses_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "var"
    monkeypatch.setenv("RUNG_DATA", str(data))
    assert cli.sample_shop([]) == 0
    assert data.stat().st_mode & 0o777 == 0o700
    with closing(provisioning.opened(Settings(data=data))) as database:
        provisioning.enrol(database, Settings(data=data), "till-1", "sample", "en")
        modes = {path.name: path.stat().st_mode & 0o777 for path in data.iterdir() if path.is_file()}
    assert modes == dict.fromkeys(("rung.db", "rung.db-wal", "rung.db-shm"), 0o600)


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
