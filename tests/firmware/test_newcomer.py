"""The ten steps of docs/hardware.md, from an empty board to a first sale: what is typed there is typed here.

The board is MicroPython behind a terminal, provisioned by the real mpremote; its image is built from the last commit,
signed by two of three, and published. What a person answers to a command's questions, `typing` answers.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware.fakes.usb_board import UsbBoard
from tests.till.processes import Process, free_port

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "hardware.md").read_text()
NEED_A_BOARD = {1, 5}
WIFI, KEY = "corner shop", "bell above the door"
TYPING = """#!/bin/sh
# `rung` as somebody uses it who sits in front of it: passphrases, "yes", the key of the Wi-Fi.
case "$1 $2" in
"firmware sign") printf 'y\\ny\\na passphrase of ann\\n' | exec {rung} "$@" ;;
"firmware keys") echo 'a passphrase of ann' | exec {rung} "$@" ;;
"device provision") echo '{key}' | exec {rung} "$@" ;;
*) exec {rung} "$@" ;;
esac
"""


def steps() -> dict[int, str]:
    """What each numbered step has to be typed, by its number; nothing where there is no such thing."""
    section = PAGE.split("## From an empty board to a first sale")[1].split("\n## ")[0]
    parts = re.split(r"^(\d+)\. ", section, flags=re.MULTILINE)
    blocks = {}
    for number, text in zip(parts[1::2], parts[2::2], strict=True):
        found = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
        blocks[int(number)] = "\n".join(textwrap.dedent(one) for one in found)
    return blocks


def test_there_are_ten_steps_and_all_but_those_that_need_a_board_are_typed():
    assert list(steps()) == list(range(1, 11))
    assert {number for number, typed in steps().items() if not typed} == NEED_A_BOARD


@pytest.fixture
def board(tmp_path: Path) -> Iterator[UsbBoard]:
    plugged = UsbBoard(tmp_path / "board", wifi=f"{WIFI}\n{KEY}")
    yield plugged
    plugged.close()


@pytest.fixture
def shell(tmp_path: Path, board: UsbBoard) -> Iterator["Shell"]:
    opened = Shell(tmp_path, board.port)
    yield opened
    opened.close()


class Shell:
    """A terminal in an empty folder; what is started in the background runs until `close`."""

    def __init__(self, folder: Path, board: str):
        tools = folder / "bin"
        tools.mkdir()
        rung = Path(sys.executable).with_name("rung")
        (tools / "rung").write_text(TYPING.format(rung=rung, key=KEY))
        (tools / "rung").chmod(0o755)
        self._folder, self._service, self._till = folder, free_port(), free_port()
        self._environment = {
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "RUNG": str(ROOT),
            "RUNG_DATA": str(folder / "var"),
            "RUNG_BOARD": board,
            "RUNG_WAIT": "700",
            "RUNG_SERVICE_PORT": str(self._service),
            "SERVICE": f"http://127.0.0.1:{self._service}",
            "TILL": f"http://127.0.0.1:{self._till}",
            "PORT": str(self._till),
        }
        self._background: list[Process] = []

    def types(self, lines: str) -> str:
        """What is printed by lines that all succeed."""
        for command in re.findall(r"^(.+) &$", lines, re.MULTILINE):
            words = [str(self._folder / "bin" / "rung"), *command.split()[1:]]
            self._background.append(Process(words, self._folder / "log", **self._environment))
        lines = re.sub(r"^.+ &$", "", lines, flags=re.MULTILINE)
        ended = subprocess.run(
            ["sh", "-eu", "-c", lines],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=800,
        )
        assert ended.returncode == 0, lines + ended.stdout + ended.stderr
        return ended.stdout

    def close(self) -> None:
        for process in self._background:
            process.stop()


@pytest.mark.skipif(
    not (shutil.which("git") and shutil.which("curl") and (ROOT / ".git").exists()),
    reason="an image is built from a commit, and the till is asked by curl: git, a checkout and curl are needed",
)
def test_whoever_types_the_ten_steps_has_sold_something(shell: Shell, board: UsbBoard):
    said = {number: shell.types(typed) for number, typed in steps().items() if typed}
    assert "2 signatures: enough" in said[3] and "2 signatures: enough" in said[4]
    assert "Published: rung-rp2-pico-w-1.romfs" in said[4]
    assert "till-1 is a till now (rp2-pico-w)" in said[6]
    assert "It is in the Wi-Fi: http://127.0.0.1:" in said[6] and "The service hears till-1." in said[6]
    assert re.search(r"till-1 .*\b0\b", said[7])
    assert '"rung": 0' in said[8].replace('"rung":0', '"rung": 0') and "A small thank you" in said[8]
    assert '"state": "settled"' in said[9] and '"sequence": 1' in said[9]
    assert re.search(r"till-1 .*\b1\b.*\b1\b", said[10])
    assert b"till-1" not in board.rom()  # what makes it this till is in its files, not in the image
