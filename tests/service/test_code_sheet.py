"""A one-time code on paper: the bars that a scanner at the till reads, and words for who carries it."""

import re
import stat
import time
from datetime import datetime
from pathlib import Path

import pytest
from barcode.codex import Code128
from barcode.writer import SVGWriter

from pricing_service import cli, code_sheet, provisioning
from pricing_service.settings import Settings

TEXT = "ABCDE-FGHJK-MNPQR-STVWX-YZ012-A345B-67C8-9D"


def modules(widths: str) -> str:
    return "".join("10"[place % 2] * int(width) for place, width in enumerate(widths))


class InSetB(Code128):
    """python-barcode, beginning as we do; it stays so where no more than three digits follow each other."""

    def build(self) -> list[str]:
        self._charset = "B"
        return super().build()


@pytest.mark.parametrize("text", [TEXT, "A", "till-7 ~!"])
def test_the_bars_are_those_of_another_encoder(text: str):
    assert modules(code_sheet.widths(text)) == InSetB(text, writer=SVGWriter()).build()[0]


def test_a_sheet_has_the_code_in_bars_and_says_what_it_is_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("RUNG_DATA", str(tmp_path / "data"))
    provisioning.prepare(Settings()).close()
    sheet = tmp_path / "till-2.svg"
    assert cli.device(["code", "till-2", "--sheet", str(sheet)]) == 0
    code = capsys.readouterr().out.splitlines()[0]
    drawn = sheet.read_text()
    bars = [round(float(width) / 0.33) for width in re.findall(r'<rect x="[^"]+" width="([0-9.]+)"', drawn)]
    assert bars == [int(one) for one in code_sheet.widths(code.replace("-", ""))[::2]]
    assert "till-2" in drawn and code in drawn
    (until,) = re.findall(r"before ([0-9T:-]+Z)<", drawn)
    assert 0 < datetime.fromisoformat(until).timestamp() - time.time() <= 600
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600, "who reads it first becomes that till"


def test_no_code_is_made_where_its_sheet_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RUNG_DATA", str(tmp_path / "data"))
    provisioning.prepare(Settings()).close()
    sheet = tmp_path / "till-2.svg"
    sheet.write_text("something else")
    assert cli.device(["code", "till-2", "--sheet", str(sheet)]) != 0
    assert sheet.read_text() == "something else"
