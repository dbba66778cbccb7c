"""Board code is checked against the modules of its own port, and nobody else touches hardware."""

import ast
import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.firmware.fakes.hardware import installed

ROOT = Path(__file__).resolve().parents[2]
HARDWARE_PAGE = ROOT / "docs" / "hardware.md"
PORTS = {"rp2": "pyrightconfig.json", "esp32": "pyrightconfig-esp32.json"}
HARDWARE = {"machine", "network", "rp2", "esp32", "neopixel", "onewire", "bluetooth"}
# `boot.py` may import nothing of ours: it has to start whatever an update left behind.
MAY_TOUCH_HARDWARE = {"firmware/board/rp2.py", "firmware/board/esp32.py", "firmware/boot.py"}

MISUSES = {
    "a part that is not there": "from machine import Watchdog",
    "a mode that is not there": "Pin(2, Pin.OUTPUT)",
    "a pull that is not there": "Pin(2, Pin.IN, Pin.PULL_UPP)",
    "a misspelled argument": "I2C(0, sda=Pin(4), scl=Pin(5), frequency=100000)",
    "arguments the wrong way round": "i2c(100000).writeto(b'data', 39)",
    "text where a number belongs": "UART(1, baudrate='9600')",
    "a fraction where a number belongs": "WDT(timeout=8.3)",
    "what may be nothing taken for something": "scanner_line(9600).readline().decode()",
    "a watchdog that is to be stopped": "watchdog(8000).stop()",
    "a callback that cannot be called": "Timer(-1, period=5, callback=5)",
}


def imports(path: Path) -> set[str]:
    """Top-level names of what a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_only_the_boards_touch_hardware():
    paths = [path for folder in ("firmware", "pos_client") for path in (ROOT / folder).rglob("*.py")]
    touching = {path.relative_to(ROOT).as_posix() for path in paths if imports(path) & HARDWARE}
    assert {"firmware/board/rp2.py", "firmware/board/esp32.py"} <= touching <= MAY_TOUCH_HARDWARE
    assert len(paths) > 60


@pytest.mark.parametrize("port", PORTS)
def test_each_planted_misuse_of_a_board_is_found_and_nothing_else(port, tmp_path):
    shutil.copytree(ROOT / "firmware", tmp_path / "firmware", ignore=shutil.ignore_patterns("__pycache__"))
    board = tmp_path / "firmware" / "board" / f"{port}.py"
    clean = board.read_text().count("\n")
    with board.open("a") as file:
        file.write("\n".join(MISUSES.values()) + "\n")
    text = (ROOT / "firmware" / PORTS[port]).read_text()
    config = json.loads("\n".join(line for line in text.split("\n") if not line.strip().startswith("//")))
    venv = str(ROOT / ".venv" / "micropython")
    config.update(include=[f"board/{port}.py"], exclude=[], venvPath=venv, typeshedPath=venv)
    (tmp_path / "firmware" / "pyrightconfig.json").write_text(json.dumps(config))
    command = [
        Path(sys.executable).with_name("basedpyright"),
        "--outputjson",
        "--level",
        "error",
        "--project",
        tmp_path / "firmware",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    found = {
        1 + one["range"]["start"]["line"]
        for one in json.loads(ran.stdout)["generalDiagnostics"]
        if one["file"].endswith(f"{port}.py")
    }
    planted = dict(zip(range(clean + 1, clean + 1 + len(MISUSES)), MISUSES, strict=True))
    assert found == set(planted), {planted.get(line, line) for line in found ^ set(planted)}
    assert len(MISUSES) == 10


def test_the_pins_in_the_documentation_are_those_of_the_boards():
    table = re.findall(
        r"^\|[^|]+\|((?: GP\d+)+) \|((?: GPIO\d+)+) \|$", HARDWARE_PAGE.read_text(), re.MULTILINE
    )
    documented = [
        [int(pin) for pin in re.findall(r"\d+", " ".join(column))] for column in zip(*table, strict=True)
    ]
    for port, told in zip(PORTS, documented, strict=True):
        board, _, _ = installed(port)
        parts = [board.i2c(100000), board.printer_line(9600), board.scanner_line(9600)]
        pins = [pin for part in parts for pin in part.pins()]
        pins += [board.clear_to_send(), board.led(), board.buzzer().arguments[0]]
        pins += [*board.rows(), *board.columns(), *board.large_keys()]
        assert [pin.number for pin in pins] == told, port


def kilobytes(row: str) -> list[int]:
    """The figures of a row of the table of boards; "2 x 160" is 320."""
    cells = re.findall(rf"^\| {row}[^|]*\|(.*)\|$", HARDWARE_PAGE.read_text(), re.MULTILINE)[0].split("|")
    return [math.prod(int(number) for number in re.findall(r"\d+", cell.replace("KB", ""))) for cell in cells]


def test_firmware_slots_and_files_fill_the_flash_of_each_board_as_documented():
    rooms = list(zip(kilobytes("firmware"), kilobytes("two slots"), kilobytes("files"), strict=True))
    assert [sum(room) for room in rooms] == [2048, 4096, 8192 - 64]  # an ESP32 begins with 64 KB of its own
    folder = ROOT / "firmware" / "micropython"
    for name, (_, slots, files) in zip(("RUNG_PICO_W", "RUNG_PICO_2_W"), rooms[:2], strict=True):
        texts = [(folder / name / f"mpconfigboard.{kind}").read_text() for kind in ("cmake", "h")]
        for text in texts:
            assert re.findall(r"ROMFS_BYTES \(?(\d+)", text) == [str(slots * 1024)]
            assert set(re.findall(r"STORAGE_BYTES \(?(\d+)", text)) <= {str(files * 1024)}
    ends, sizes = 0x9000, {}
    for line in (folder / "RUNG_ESP32_S3" / "partitions.csv").read_text().splitlines()[1:]:
        name, _, _, offset, size, _ = [cell.strip() for cell in line.split(",")]
        assert int(offset, 16) == ends
        ends, sizes[name] = ends + int(size, 16), int(size, 16) // 1024
    assert (sizes["factory"], sizes["romfs"], sizes["vfs"]) == rooms[2]
