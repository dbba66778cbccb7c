"""The picture in the documentation is what the displays show now."""

from pathlib import Path

from tests.firmware.pictures import picture


def test_the_screens_in_the_documentation_are_those_of_today():
    shown = Path(__file__).resolve().parents[2] / "docs" / "device-screens.svg"
    assert shown.read_text() == picture(), "python -m tests.firmware.pictures docs/device-screens.svg"
