"""What a board is told of itself is what it reads: a slip of the pen is refused before anything is written."""

import re
from pathlib import Path

import pytest

from firmware.settings import SETTINGS, understood
from pos_client.claim import Unusable

ROOT = Path(__file__).resolve().parents[2]
NOT_FOR_PEOPLE = {"RUNG_DATA", "RUNG_WATCHDOG", "RUNG_REHEARSAL"}  # of emulated boards
ELSEWHERE = {"RUNG_SERVICE"}  # --service says it


def read() -> set[str]:
    """The names that a device's sources ask their board for."""
    sources = [*(ROOT / "firmware").rglob("*.py"), ROOT / "pos_client" / "starting.py"]
    asked = re.compile(r'(?:setting\(|_seconds\(board, )"(RUNG_[A-Z_]+)"')
    return {name for path in sources for name in asked.findall(path.read_text())}


def documented() -> set[str]:
    page = (ROOT / "docs" / "hardware.md").read_text().split("## Settings")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `RUNG_")]
    return {name for cell in cells for name in re.findall("RUNG_[A-Z_]+", cell)}


def test_what_may_be_set_is_what_is_read_and_what_is_documented():
    assert set(SETTINGS) == read() - NOT_FOR_PEOPLE - ELSEWHERE == documented()


def test_the_settings_of_a_whole_till_are_understood():
    told = ["RUNG_PARTS=display,keys,scanner,printer,led,buzzer", "RUNG_DISPLAY=lcd-a02", "RUNG_CARDS=24,29"]
    assert understood(told)["RUNG_CARDS"] == "24,29"
    assert understood(["RUNG_TRIAL_SECONDS=600"]) and understood(["RUNG_TRIAL_SECONDS=86400"])


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        (["RUNG_DISPLY=oled"], "RUNG_DISPLAY"),
        (["RUNG_DISPLAY"], "NAME=VALUE"),
        (["RUNG_PARTS=display,keys", "RUNG_DISPLAY=OLED"], "RUNG_DISPLAY is not understood"),
        (["RUNG_PARTS=display;keys"], "RUNG_PARTS is not understood"),
        (["RUNG_TILL_PORT=http"], "RUNG_TILL_PORT is not understood"),
        (
            ["RUNG_TRIAL_SECONDS=599"],
            "RUNG_TRIAL_SECONDS is not understood",
        ),  # no rollout would ever confirm there
        (["RUNG_DISPLAY=oled"], "--set RUNG_PARTS=display,keys"),
        (["RUNG_PARTS=display,keys,printer", "RUNG_CARDS=24"], "RUNG_PARTS=display,keys,scanner,printer"),
    ],
)
def test_what_nothing_would_understand_is_refused_in_words(pairs: list[str], why: str):
    with pytest.raises(Unusable) as refused:
        understood(pairs)
    assert why in str(refused.value)
