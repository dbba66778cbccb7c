"""Board code is checked against the modules of its own port, and nobody else touches hardware."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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
