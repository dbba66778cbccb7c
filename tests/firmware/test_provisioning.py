"""An empty board on a USB cable becomes a till by one command, and an empty board again, as mpremote really does it."""

import io
import json
import os
import pty
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest

from firmware import provisioning
from firmware.romfs import image
from firmware.usb import HARDWARE, Usb
from pos_client.claim import Unusable
from pos_client.desktop import FolderStorage
from pos_client.journal import Journal
from pricing_service import cli
from pricing_service import provisioning as service
from pricing_service.first_words import listen
from pricing_service.settings import Settings
from tests.firmware.fakes.usb_board import ESP32_S3, UsbBoard

TILL = 'def main(running):\n    print("a till in slot", running)\n'
KEY = "corner shop 2026"
SET = "RUNG_PARTS=display,keys"
STARTED = b"a till in slot a"
ROOT = Path(__file__).resolve().parents[2]


class Bench(NamedTuple):
    """A service's data, a board as it was left, and what the command said."""

    data: Path
    board: Path
    said: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A board that one command made a till of; copy it, never use it."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch, io.StringIO() as told:
        patch.setenv("RUNG_DATA", str(folder / "data"))
        patch.setattr("sys.stdin", io.StringIO(KEY + "\n"))
        patch.setattr("sys.stdout", told)
        service.prepare(Settings()).close()
        board = UsbBoard(folder / "board")
        release = built(folder, "rung-rp2-pico-w-7.romfs")
        assert provisioned(board, release, "--wifi", "shop", "--set", SET, "--set", "RUNG_DISPLAY=oled") == 0
        assert said(board, STARTED)
        board.close()
        return Bench(folder / "data", folder / "board", told.getvalue())


@pytest.fixture
def data(made: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data of its service."""
    monkeypatch.setenv("RUNG_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(made.data, tmp_path / "data"))


@pytest.fixture
def till(made: Bench, tmp_path: Path) -> Iterator[UsbBoard]:
    """The board that is a till."""
    plugged = UsbBoard(Path(shutil.copytree(made.board, tmp_path / "till")))
    yield plugged
    plugged.close()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[UsbBoard]:
    """An empty one."""
    plugged = UsbBoard(tmp_path / "board")
    yield plugged
    plugged.close()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return built(tmp_path, "rung-rp2-pico-w-7.romfs")


def built(folder: Path, name: str, size: int = 0) -> Path:
    """An image with a till that says so."""
    files = folder / f"files of {name}"
    files.mkdir()
    (files / "rung.py").write_text(TILL)
    (files / "more").write_bytes(bytes(size))
    (folder / name).write_bytes(image(files))
    return folder / name


def provisioned(board: UsbBoard, release: Path, *more: str, name: str = "till-7") -> int:
    root = release.with_name("1.root.json")
    root.write_text('{"a root": 1}')
    where = ("--port", board.port, "--service", "http://10.0.0.5:8000", "--wait", "0")
    return cli.device(["provision", name, *where, "--image", str(release), "--root", str(root), *more])


def held(board: UsbBoard, *names: str) -> list[Any]:
    """Files of the board, by JSON."""
    told = Usb(board.port).run(f"for name in {names!r}:\n    print(open(name).read())")
    return [json.loads(line) for line in told.splitlines()]


def tills() -> list[str]:
    with closing(service.opened(Settings())) as database, database.reading() as connection:
        return [
            row[0] for row in connection.exec_driver_sql("SELECT device FROM devices WHERE revoked IS NULL")
        ]


def said(board: UsbBoard, words: bytes) -> bool:
    """Whether the board prints ``words`` some time."""
    until = time.monotonic() + 300
    while words not in board.said and time.monotonic() < until:
        time.sleep(0.05)
    return words in board.said


def test_one_command_makes_a_till_of_an_empty_board(data, till, made):
    settings, identity, wifi, pointer, root = held(
        till, "/config.json", "/secret/till.json", "/secret/wifi.json", "/update/pointer", "/update/root.json"
    )
    assert settings == {"RUNG_PARTS": "display,keys", "RUNG_DISPLAY": "oled"}
    assert identity["device"] == "till-7" and identity["service"] == "http://10.0.0.5:8000"
    assert wifi == {"ssid": "shop", "key": KEY}
    assert (pointer, root) == ({"confirmed": ["a", 7], "trial": None}, {"a root": 1})
    assert till.rom().startswith((made.board.parent / "rung-rp2-pico-w-7.romfs").read_bytes())
    assert tills() == ["till-7"]


def test_an_esp32_is_written_by_pages_of_flash_although_micropython_mounts_it_by_smaller_ones(data, tmp_path):
    with closing(UsbBoard(tmp_path / "board", ESP32_S3)) as board:
        Usb(board.port).run('open("/boot.py", "w").write("#" * 300)')  # as MicroPython leaves it
        before = board.small_programs()
        assert before
        assert provisioned(board, built(tmp_path, "rung-esp32-s3-7.romfs"), name="till-8") == 0
        assert said(board, STARTED)
        assert held(board, "/secret/till.json")[0]["device"] == "till-8"
        assert board.small_programs() - before <= 4  # what ran was removed before


def test_it_shows_what_it_does_and_no_secret(data, till, made):
    assert "writing the image" in made.said and "till-7 is a till now (rp2-pico-w)" in made.said
    assert held(till, "/secret/till.json")[0]["key"] not in made.said and KEY not in made.said


def test_what_does_not_fit_is_refused_before_anything_is_changed(data, board, tmp_path, capsys):
    other = built(tmp_path, "rung-esp32-s3-7.romfs")
    large = built(tmp_path, "rung-rp2-pico-w-8.romfs", 160 * 1024)
    odd = built(tmp_path, "till.romfs")
    for release, words in (
        (other, "not for this board"),
        (large, "a slot of this board"),
        (odd, "is called"),
    ):
        assert provisioned(board, release, name="till-9") == 1
        assert words in capsys.readouterr().err
    assert tills() == ["till-7"]
    assert set(board.rom()) == {255}


def test_a_board_without_a_partition_for_images_or_of_another_kind_is_named(tmp_path, release):
    for seen, words in (
        (provisioning.Seen("Raspberry Pi Pico W with RP2040", "rp2-pico-w", "", 0, 800_000), "no ROMFS"),
        (provisioning.Seen("Pyboard", "", "", 100_000, 800_000), "nothing is built"),
        (provisioning.Seen("Raspberry Pi Pico W", "rp2-pico-w", "", 100_000, 9000), "bytes free"),
    ):
        with pytest.raises(Unusable, match=words):
            provisioning.check(seen, provisioning.image(release), {"/a": bytes(5000)})


def test_a_till_is_not_made_another_one_by_mistake_and_goes_on(data, till, release, capsys):
    assert said(till, STARTED)
    till.said = b""
    assert provisioned(till, release, name="till-8") == 1
    assert "this board is till-7 already" in capsys.readouterr().err
    assert said(till, STARTED)
    assert tills() == ["till-7"]


TALKING = """def main(running):
    import time
    while True:
        print({words!r})
        time.sleep(0.2)
"""


def talking(folder: Path, words: str) -> Path:
    """An image that says ``words`` for ever."""
    files = folder / "talking"
    files.mkdir()
    (files / "rung.py").write_text(TALKING.format(words=words))
    release = folder / "rung-rp2-pico-w-9.romfs"
    release.write_bytes(image(files))
    return release


def test_a_till_that_cannot_join_the_wifi_is_found_while_its_cable_is_still_there(
    data, board, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO("a wrong key\n"))
    release = talking(tmp_path, "wifi: shop refuses the key")
    assert provisioned(board, release, "--wifi", "shop", "--wait", "600", name="till-8") == 1
    told = capsys.readouterr()
    assert "till-8 is a till now" in told.out and "it says 'wifi: shop refuses the key'" in told.err


class Saying:
    """What a till says, in the place of the board that says it."""

    def __init__(self, *lines: str):
        self._lines = lines

    def heard(self, seconds: float) -> Iterator[str]:
        yield from self._lines


def test_a_till_in_a_wifi_without_the_service_is_found_too_and_its_address_is_told_once(data, capsys):
    board: Any = Saying("", "wifi: 192.168.1.57", "", "wifi: 192.168.1.57", "rung till: http://0.0.0.0:80")
    with pytest.raises(Unusable, match="the service does not hear it"):
        listen(board, "till-7", "80", "http://10.0.0.5:8000", 5)
    assert capsys.readouterr().out.count("http://192.168.1.57:80/") == 1


def test_a_board_without_a_name_holds_no_keys_and_asks_for_a_code(data, board, release, capsys):
    assert provisioned(board, release, name="") == 1
    assert "--set RUNG_PARTS=display,keys,scanner" in capsys.readouterr().err
    assert provisioned(board, release, "--set", "RUNG_PARTS=display,keys,scanner", name="") == 0
    assert "rung device code NAME --sheet" in capsys.readouterr().out
    assert held(board, "/config.json")[0]["RUNG_SERVICE"] == "http://10.0.0.5:8000"
    assert Usb(board.port).run("import os; print(os.listdir('/secret'))").strip() == "[]"
    assert tills() == ["till-7"]


def till_7() -> dict[str, Any]:
    return {"device": "till-7"}


def test_who_types_it_again_after_a_cut_is_told_how(data, board, release, capsys):
    assert provisioned(board, release) == 1  # till-7 is enrolled, on a board that was never finished
    assert "--again" in capsys.readouterr().err


def test_a_cable_pulled_while_the_image_is_written_leaves_no_half_till(tmp_path, release):
    board = UsbBoard(tmp_path / "board")
    whole = provisioning.parcel(provisioning.image(release), {})
    writing = []

    def tell(what: str, done: int, size: int) -> None:
        if what == "writing the image" and not writing:
            writing.append(what)
            board.close()

    with pytest.raises(Unusable):
        provisioning.provision(Usb(board.port), lambda seen: whole, till_7, False, tell)
    assert writing
    again = UsbBoard(tmp_path / "board")
    try:
        assert Usb(again.port).run("import os; print(os.listdir())").strip() == "['secret', 'update']"
    finally:
        again.close()


def test_a_port_on_which_nothing_answers_is_named():
    outer, silent = pty.openpty()
    with pytest.raises(Unusable, match="does not answer any more: pull its cable"):
        Usb(os.ttyname(silent), deadline=3).look()
    os.close(outer)
    os.close(silent)


def test_flash_that_does_not_keep_what_was_written_is_found(tmp_path, release):
    board = UsbBoard(tmp_path / "board", worn=8)
    whole = provisioning.parcel(provisioning.image(release), {})
    try:
        with pytest.raises(Unusable, match="its flash is worn"):
            provisioning.provision(Usb(board.port), lambda seen: whole, till_7, False, lambda *how: None)
        assert "main.py" not in Usb(board.port).run("import os; print(os.listdir())")
    finally:
        board.close()


@pytest.mark.parametrize("folder", ["RUNG_PICO_W", "RUNG_PICO_2_W", "RUNG_ESP32_S3"])
def test_boards_are_told_apart_by_the_name_their_build_gives_them(folder):
    header = (ROOT / "firmware" / "micropython" / folder / "mpconfigboard.h").read_text()
    name = header.split('MICROPY_HW_BOARD_NAME "')[1].split('"')[0]
    found = [hardware for part, hardware in HARDWARE if part in name]
    assert found[:1] == [
        {"RUNG_PICO_W": "rp2-pico-w", "RUNG_PICO_2_W": "rp2-pico-2-w"}.get(folder, "esp32-s3")
    ]


def sold(till: UsbBoard, folder: Path) -> None:
    """Three records on the till; of the first one it knows that it arrived."""
    journal = Journal(FolderStorage(folder))
    for number in range(3):
        journal.append(b"record %d" % number)
    journal.acknowledge(1)
    usb = Usb(till.port)
    usb.run("import os\nfor name in ('/till', '/till/till-7-1'):\n    os.mkdir(name)")
    usb.put([(file, f"/till/till-7-1/{file.name}") for file in folder.iterdir()])


def arrived(count: int) -> None:
    """The service has so many records of till-7."""
    with closing(service.opened(Settings())) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE devices SET acknowledged = ? WHERE device = 'till-7'", (count,))


def test_a_till_is_not_given_new_keys_while_only_the_old_ones_can_send_its_records(
    data, till, release, capsys
):
    sold(till, data.parent / "sold")
    before = held(till, "/secret/till.json")
    till.said = b""
    assert provisioned(till, release, "--again") == 1
    assert "2 records of till-7 are not at the service" in capsys.readouterr().err
    assert said(till, STARTED), "it goes on"
    assert held(till, "/secret/till.json") == before and tills() == ["till-7"]
    arrived(3)
    assert provisioned(till, release, "--again") == 0
    after = held(till, "/secret/till.json")
    assert (after[0]["device"], after[0]["epoch"]) == ("till-7", before[0]["epoch"] + 1)
    assert after[0]["key"] != before[0]["key"]


def test_a_till_that_cannot_be_made_another_one_after_all_goes_on(data, till, release, tmp_path, capsys):
    """It was stopped meanwhile, so that its journal could be read; what it starts by is on it again."""
    sold(till, data.parent / "sold")
    arrived(3)
    till.said = b""
    assert provisioned(till, built(tmp_path, "rung-esp32-s3-7.romfs"), "--again") == 1
    assert "not for this board" in capsys.readouterr().err
    assert said(till, STARTED) and tills() == ["till-7"]
    assert provisioned(till, release, "--again", name="till-8") == 0
    assert "rung device revoke till-7" in capsys.readouterr().out


def pulled_at(board: UsbBoard, words: bytes) -> Thread:
    """The cable is pulled in the middle of what the board says once it says ``words``."""

    def pull() -> None:
        if said(board, words):
            board.close()

    board.said = b""
    thread = Thread(target=pull)
    thread.start()
    return thread


@pytest.mark.parametrize("command", ["provision", "decommission"])
def test_a_till_whose_cable_is_pulled_while_its_journal_is_read_goes_on_and_nothing_is_lost(
    data, made, release, tmp_path, capsys, command
):
    folder = Path(shutil.copytree(made.board, tmp_path / "pulled"))
    board = UsbBoard(folder)
    sold(board, data.parent / "sold")
    before = held(board, "/secret/till.json")
    thread = pulled_at(board, b"record 1")
    if command == "provision":
        assert provisioned(board, release, "--again") == 1
    else:
        assert cli.device(["decommission", "till-7", "--port", board.port]) == 1
    thread.join()
    told = " ".join(capsys.readouterr().err.split())
    assert "till-7 was only read, nothing is lost: type the same again" in told
    assert tills() == ["till-7"] and not Path("till-7-records").exists()
    with closing(UsbBoard(folder)) as again:
        assert said(again, STARTED), "it goes on"
        assert held(again, "/secret/till.json") == before
        assert cli.device(["decommission", "till-7", "--port", again.port]) == 0
    assert "2 records were not sent" in capsys.readouterr().out


def test_what_the_service_has_already_is_not_called_unsent_by_a_till_that_did_not_note_it(data, till, capsys):
    sold(till, data.parent / "sold")
    arrived(3)
    assert cli.device(["decommission", "till-7", "--port", till.port]) == 0
    told = capsys.readouterr().out
    assert "not sent" not in told and "till-7 is revoked" in told
    assert not Path("till-7-records").exists()


def test_a_till_that_never_ran_is_decommissioned_too(data, till, capsys):
    assert cli.device(["decommission", "till-7", "--port", till.port]) == 0
    assert "The board is empty." in capsys.readouterr().out


def test_a_decommissioned_till_keeps_nothing_and_its_unsent_records_are_saved(data, till, capsys):
    key = held(till, "/secret/till.json")[0]["key"]
    sold(till, data.parent / "sold")
    assert key.encode() in till.flash()  # docs/hardware.md: whoever holds the board reads it
    assert cli.device(["decommission", "till-8", "--port", till.port]) == 1
    assert "this board is till-7, not till-8" in capsys.readouterr().err
    assert cli.device(["decommission", "till-7", "--port", till.port]) == 0
    assert "2 records were not sent" in capsys.readouterr().out
    kept = Path("till-7-records") / "till"
    assert json.loads((kept / "till.json").read_text())["key"] == key
    saved = Journal(FolderStorage(kept / "till-7-1"))
    assert [line for _, line in saved.since(saved.acknowledged)] == [b"record 1", b"record 2"]
    assert key.encode() not in till.flash() and b"record" not in till.flash()
    assert tills() == ["till-7"]  # until its records were sent
