"""The MicroPython of 32 bits, whose objects are as large as a board's: that of requirements/micropython32.sh, or the
one that RUNG_MICROPYTHON_32 names."""

import os
from pathlib import Path

import pytest

_OURS = Path(__file__).resolve().parents[2] / "build" / "micropython32" / "micropython"


def found() -> str:
    """The command that starts it, empty where there is none."""
    return os.environ.get("RUNG_MICROPYTHON_32", str(_OURS) if _OURS.exists() else "")


def needed() -> str:
    """The same. Skips a test, saying why, where there is none."""
    named = found()
    if not named:
        pytest.skip(
            "no MicroPython of 32 bits: sh requirements/micropython32.sh gets it, or says why it cannot"
        )
    return named
