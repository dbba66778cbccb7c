"""One core, two interpreters: the core's tests pass on both, and 20,000 random checkouts leave the same transcript."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MICROPYTHON = Path(sys.executable).parent / "micropython"
INTERPRETERS = {"CPython": [sys.executable], "MicroPython": [str(MICROPYTHON), "-X", "heapsize=16M"]}

# A tie-break is what makes a sort key total: CPython's sort keeps the order of equals, MicroPython's does not.
TIE_BREAKS = {
    "equal remainders go to the earlier line": (
        "money.py",
        "rests.sort()",
        "rests.sort(key=lambda rest: rest[0])",
    ),
    "equal priorities are ordered by id": (
        "discount.py",
        'self.rank = (-given.get("priority", 0), self.id)',
        'self.rank = (-given.get("priority", 0),)',
    ),
    "equally cheap units are taken from the earlier line": (
        "benefit.py",
        "return lambda index: (lines[index].unit_price, index)",
        "return lambda index: (lines[index].unit_price,)",
    ),
}


def transcript(interpreter: str, checkouts: int, root: Path = ROOT) -> str:
    """SHA-256 of ``checkouts`` random checkouts as one interpreter sees them."""
    command = [*INTERPRETERS[interpreter], "tests/core/transcript.py", str(checkouts)]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout.strip()


def test_the_tests_of_the_core_pass_on_micropython():
    modules = sorted(f"tests.core.{path.stem}" for path in (ROOT / "tests/core").glob("test_*.py"))
    command = [*INTERPRETERS["MicroPython"], "tests/core/run_micropython.py", *modules]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(modules) > 5


def test_twenty_thousand_random_checkouts_leave_the_same_transcript_on_both():
    digests = {transcript(interpreter, 20_000) for interpreter in INTERPRETERS}
    assert len(digests) == 1
    assert len(digests.pop()) == 64


@pytest.mark.parametrize("name", TIE_BREAKS)
def test_without_a_tie_break_the_transcripts_differ(name, tmp_path):
    file, whole, without = TIE_BREAKS[name]
    shutil.copytree(
        ROOT / "pos_client/core", tmp_path / "pos_client/core", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(
        ROOT / "tests/core", tmp_path / "tests/core", ignore=shutil.ignore_patterns("__pycache__")
    )
    for package in ("pos_client", "tests"):
        (tmp_path / package / "__init__.py").touch()
    source = tmp_path / "pos_client/core" / file
    text = source.read_text()
    assert text.count(whole) == 1, "the tie-break moved; point this test to it"
    source.write_text(text.replace(whole, without))
    assert transcript("CPython", 500, tmp_path) != transcript("MicroPython", 500, tmp_path)
