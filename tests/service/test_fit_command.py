"""`rung fit` in a terminal: what it says, what it keeps, how it ends."""

import json
import os
import re
import shutil
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
    assert "3 records, 2 of them used: 1 customers with a card, 1 checkouts without" in said.out
    assert "Left out: 1 returns.\n" in said.out
    assert "share of customers of the type hunter: 31.2 % (28 % to 34.5 %)\n" in said.out


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
    (tmp_path / "taken.report.json").mkdir()
    for place, says in (
        (tmp_path / "nosuch/fit.nc", "must be a file named *.nc in a folder"),
        (tmp_path, "must be a file named *.nc"),
        (tmp_path / "fit.txt", "must be a file named *.nc"),
        (tmp_path / "taken.nc", "taken.report.json is a folder"),
        (Path("/proc/fit.nc"), "nothing can be written to /proc"),
    ):
        assert call("--seed", str(HANGS), "--out", str(place)) == 2
        said = capsys.readouterr().err
        assert said.startswith("No fit: --out") and says in said


def test_a_fit_that_cannot_be_kept_is_read_out_all_the_same_and_not_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """The disk is there when the fit begins and full when it has ended: /dev/full is."""
    (tmp_path / "out.report.html").symlink_to("/dev/full")
    assert call("--seed", str(PASSES), "--out", str(tmp_path / "out.nc")) == 2
    said = capsys.readouterr()
    assert "passed  rhat" in said.out and f"kept: {tmp_path / 'out.nc'}\n" in said.out
    told = re.fullmatch(
        r"(?s).*could not be written: No space left on device\. Its files are in (.+)\.\n", said.err
    )
    assert told and "No fit" not in said.err
    assert (Path(told[1]) / "report.html").read_text().endswith("Verdict</p>")
    shutil.rmtree(told[1])


def test_a_folder_without_a_service_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("RUNG_DATA", str(tmp_path / "nowhere"))
    assert call() == 2
    assert "No service data in" in capsys.readouterr().err


def test_ctrl_c_ends_the_fit_and_says_so(settings: Settings) -> None:
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell may have it ignored
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
    assert process.wait(120) == 130
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
