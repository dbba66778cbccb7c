"""The line coverage: which statements it counts, and that MicroPython's WebAssembly port tells the truth of them."""

import sys
from pathlib import Path

import pytest

from tests.firmware.coverage.day import WHY_NOT, Life, sources
from tests.firmware.coverage.lines import measured, spans

_SOURCE = '''"""Text."""

import json

WORDS = [
    "one",
    "two",
]


def told(asked: int) -> str:
    """Text."""
    count: int
    count = 0
    asked: int
    while True:
        if (
            asked > 1
            and asked < 9
        ):
            return (
                WORDS[0]
            )
        try:
            asked += 1
        except ValueError:
            return None
        count += 1


def never():
    return [
        told(1)
        for _ in WORDS
    ]


told(1)
'''


def seen_by_cpython(folder: Path) -> set[int]:
    seen: set[int] = set()

    def traced(frame, event, argument):
        if event == "line":
            seen.add(frame.f_lineno)
        return traced

    code = compile((folder / "one.py").read_text(), "one.py", "exec")
    before = sys.gettrace()
    sys.settrace(traced)
    try:
        exec(code, {})
    finally:
        sys.settrace(before)
    return seen


def seen_by_micropython(folder: Path) -> set[int]:
    program = "import sys\nsys.path.insert(0, '/data')\nimport one\non_wasm.end()"
    return Life(folder, program).ran(is_over=True)["/data/one.py"]


@pytest.mark.parametrize(
    "seen",
    [
        seen_by_cpython,
        pytest.param(
            seen_by_micropython, marks=pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "installed")
        ),
    ],
)
def test_what_ran_is_counted_statement_by_statement(seen, tmp_path):
    folder = tmp_path / "board"
    folder.mkdir()
    (folder / "one.py").write_text(_SOURCE)
    lines = seen(folder)
    found = measured(_SOURCE, lines)
    missed = [_SOURCE.splitlines()[line - 1].strip() for line in found.missed]
    assert missed == ["return None", "return ["]
    assert (found.statements, found.percent) == (12, 83)


def test_lines_are_told_as_a_person_writes_them():
    assert spans([3, 4, 5, 9, 11, 12]) == "3-5 9 11-12"
    assert spans([]) == ""


def test_nothing_is_measured_but_what_a_device_may_run():
    names = {name for name in sources() if name.endswith(".py")}
    assert {"firmware/boot.py", "firmware/runtime/running.py", "pos_client/core/plan.py"} <= names
    assert not {"firmware/build.py", "pos_client/cli.py", "tests/fakes.py"} & names
