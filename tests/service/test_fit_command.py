"""`rung fit` in a terminal: what it says, what it keeps, how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pricing_service import cli, fit_command
from pricing_service.running import RUNG
from pricing_service.settings import Settings
from tests.service.fake_fit import HANGS, PASSES, REJECTED, SLOWLY
from tests.service.shifts import FAKE_FIT


@pytest.fixture(autouse=True)
def quick(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNG_DATA", str(settings.data))
    monkeypatch.setattr(fit_command, "FIT", FAKE_FIT)


def call(*arguments: str) -> int:
    return cli.fit(list(arguments))


def test_a_fit_that_passed_is_read_out_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert call("--seed", str(SLOWLY + PASSES), "--out", str(tmp_path / "out.nc")) == 0
    said = capsys.readouterr()
    assert "passed  rhat" in said.out and "Passed." in said.out
    assert f"kept: {tmp_path / 'out.nc'}" in said.out
    assert "fitting 200 of 200" in said.err or "fitting 100 of 200" in said.err
    assert (tmp_path / "out.nc").read_bytes() == bytes(range(256))
    assert (tmp_path / "out.report.html").exists()


def test_a_rejected_fit_ends_with_1(capsys: pytest.CaptureFixture) -> None:
    assert call("--seed", str(REJECTED), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == "rejected" and told["model"] is None


@pytest.mark.parametrize("priors", ["{", "[]", '{"mu": "wide"}'])
def test_priors_that_are_none_end_with_2_before_anything_starts(
    priors: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "priors.json").write_text(priors)
    assert call("--priors", str(tmp_path / "priors.json")) == 2
    assert capsys.readouterr().err.startswith(f"No fit: {tmp_path / 'priors.json'}: ")


def test_a_place_that_is_none_is_told_before_the_fit_and_not_after_it(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    for place in (tmp_path / "nosuch/fit.nc", tmp_path):
        assert call("--seed", str(HANGS), "--out", str(place)) == 2
        assert f"No fit: --out {place} must be a file" in capsys.readouterr().err


def test_a_folder_without_a_service_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("RUNG_DATA", str(tmp_path / "nowhere"))
    assert call() == 2
    assert "No service data in" in capsys.readouterr().err


def test_ctrl_c_ends_the_fit_and_says_so(settings: Settings) -> None:
    program = (
        f"from pricing_service import cli, fit_command; fit_command.FIT = {FAKE_FIT!r};"
        f" raise SystemExit(cli.fit(['--seed', '{HANGS}']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("fitting")
    os.killpg(process.pid, signal.SIGINT)
    said = process.stderr.read()
    assert process.wait(20) == 130
    assert "cancelled by Ctrl-C" in said


def test_a_log_that_is_none_ends_with_2_and_says_which(tmp_path: Path) -> None:
    """The real fit: it reads the log before anything is compiled."""
    (tmp_path / "log.jsonl").write_text("no record\n")
    ran = subprocess.run(
        [sys.executable, "-c", RUNG, "fit", "--log", str(tmp_path / "log.jsonl"), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2, ran.stderr
    assert str(tmp_path / "log.jsonl") in json.loads(ran.stdout)["error"]
