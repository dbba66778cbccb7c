"""The cable of a board is pulled at any moment: what was only read is a till again, what was begun is finished later.

``RUNG_SOAK=1`` pulls it before and after each command to the board, in place of a few.
"""

import builtins
import io
import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any, override

import pytest

from firmware import provisioning, usb_programs
from firmware.romfs import image
from firmware.usb import Usb
from pos_client.claim import Unusable
from tests.firmware.fakes.usb_board import UsbBoard

SOAK = bool(os.environ.get("RUNG_SOAK"))
TILL = 'def main(running):\n    print("a till with", open("/secret/till.json").read())\n'
OLD, NEW = {"device": "till-7", "key": "old"}, {"device": "till-7", "key": "new"}
STARTS = {"boot.py": b"boot", "main.py": b"main"}


class PowerCut(Exception):
    pass


class Files:
    """What `os` and `open` are to a program on a board; after so many changes the power goes."""

    def __init__(self, files: dict[str, bytes], left: int):
        self.files, self._left = files, left

    def _changed(self) -> None:
        if self._left == 0:
            raise PowerCut
        self._left -= 1

    def listdir(self, folder: str) -> list[str]:
        return list(self.files)

    def remove(self, path: str) -> None:
        self._changed()
        del self.files[path[1:]]

    def rename(self, old: str, new: str) -> None:
        self._changed()
        self.files[new[1:]] = self.files.pop(old[1:])

    def open(self, path: str, mode: str) -> io.BytesIO:
        if mode == "rb":
            return io.BytesIO(self.files[path[1:]])
        self._changed()
        self.files[path[1:]] = b""  # as littlefs shows a new file
        return Written(self, path[1:])

    def run(self, program: str | bytes) -> None:
        known = {**vars(builtins), "__import__": lambda name, *rest: self, "open": self.open}
        exec(program, {"__builtins__": known})


class Written(io.BytesIO):
    def __init__(self, files: Files, name: str):
        super().__init__()
        self._files, self._name = files, name

    @override
    def __exit__(self, *exception: object) -> None:
        self._files._changed()
        self._files.files[self._name] = self.getvalue()


def starts(files: dict[str, bytes]) -> bool:
    """Whether a start runs the till; what the other `main.py` does at one is done."""
    if all(files.get(name) == content for name, content in STARTS.items()):
        return True
    if files.get("main.py") == usb_programs.ONCE:
        Files(files, 99).run(usb_programs.ONCE)
    return False


def cut_everywhere(program: str | bytes, files: dict[str, bytes]) -> list[dict[str, bytes]]:
    """The files after each number of changes, the last time after all of them."""
    out = []
    for left in range(99):
        board = Files(dict(files), left)
        out.append(board.files)
        try:
            board.run(program)
        except PowerCut:
            continue
        return out
    raise AssertionError("it never ends")


PAUSE = usb_programs.PAUSE % usb_programs.ONCE


def test_a_till_that_was_to_pause_starts_again_whenever_the_cable_is_pulled_at_the_second_start_at_last():
    cuts = cut_everywhere(PAUSE, STARTS)
    assert len(cuts) > 6
    assert not starts(dict(cuts[-1])), "it pauses for one start"
    for files in cuts:
        again = [left for left in cut_everywhere(usb_programs.ONCE, files) if "main.py" in files]
        for left in [files, *(again if files.get("main.py") == usb_programs.ONCE else [])]:
            assert starts(left) or starts(left)
            assert {name: left.get(name) for name in STARTS} == STARTS


def test_a_till_that_was_stopped_never_starts_until_it_shall_and_then_as_it_was():
    for before in cut_everywhere(PAUSE, STARTS):
        for files in cut_everywhere(usb_programs.STOP, before)[1:]:
            Files(files, 99).run(usb_programs.STOP)
            assert "main.py" not in files and "boot.py" not in files
            Files(files, 99).run(usb_programs.BACK)
            assert {name: files.get(name) for name in STARTS} == STARTS or starts(files) or starts(files)


def test_a_board_that_is_no_till_is_left_as_it_was():
    for files in ({}, {"boot.py": b"# a stranger's"}):
        paused = cut_everywhere(PAUSE, files)[-1]
        starts(paused)
        assert {name: paused[name] for name in paused if name != "new"} == files


class PulledUsb(Usb):
    """The cable is pulled before a command to the board, counted from 0."""

    def __init__(self, board: UsbBoard, command: int):
        super().__init__(board.port)
        self._board, self.left = board, command

    @override
    def _called(self, *command: str) -> str:
        if self.left == 0:
            self._board.close()
        self.left -= 1
        return super()._called(*command)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "rung.py").write_text(TILL)
    (tmp_path / "rung-rp2-pico-w-7.romfs").write_bytes(image(tmp_path / "files"))
    return tmp_path / "rung-rp2-pico-w-7.romfs"


def provisioned(usb: Usb, release: Path, identity: dict[str, Any]) -> None:
    whole = provisioning.parcel(provisioning.image(release), {})

    def none_unsent(usb: Usb) -> int:
        return int(usb.run("print(0)"))

    provisioning.provision(usb, lambda seen: whole, lambda: identity, True, lambda *how: None, none_unsent)


def said(board: UsbBoard, words: str) -> bool:
    until = time.monotonic() + 300
    while words.encode() not in board.said and time.monotonic() < until:
        time.sleep(0.05)
    return words.encode() in board.said


def pulled(folder: Path, release: Path, command: int) -> str:
    """What the provisioning says whose cable is pulled before its n-th command; "" if there was none."""
    board = UsbBoard(folder)
    try:
        provisioned(PulledUsb(board, command), release, NEW)
    except Unusable as failed:
        return str(failed)
    board.close()
    return ""


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("command", range(14) if SOAK else (3, 6))
def test_a_board_whose_cable_is_pulled_is_its_till_or_is_finished_by_the_same_command(
    tmp_path, release, command
):
    with closing(UsbBoard(tmp_path / "board")) as board:
        provisioned(Usb(board.port), release, OLD)
        assert said(board, '"old"')
    told = pulled(tmp_path / "board", release, command)
    with closing(UsbBoard(tmp_path / "board")) as board:
        if "was only read, nothing is lost" in told:
            assert said(board, '"old"')
        elif "type the same again, with --again" in told:
            begun = Usb(board.port).run("import os; print('main.py' not in os.listdir())").strip() == "True"
            assert begun or said(board, '"new"'), "what starts is finished"
        provisioned(Usb(board.port), release, NEW)
        assert said(board, '"new"')
    print(f"pulled before command {command}: {told}")
