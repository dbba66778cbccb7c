"""`python -m tests.firmware.coverage [--json]`: which lines of a device's code run, on MicroPython.

The unix port cannot tell; the WebAssembly port's `sys.settrace` can. Once for a day at a counter (`day`), and once for
the tests that both interpreters run.
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.firmware.coverage.day import WHY_NOT, Ran, day, merged, sources, tests
from tests.firmware.coverage.lines import Measured, measured, spans

_NONE = Measured(0, [])


def table(days: Ran, tested: Ran) -> list[dict]:
    """One row for each source: statements, percent run in the day and with the tests, and spans of lines never run."""
    rows = []
    both = merged([days, tested])
    for name, path in sources().items():
        if name.endswith(".py"):
            text = Path(path).read_text()
            by_day, by_both = measured(text, days.get(name, set())), measured(text, both.get(name, set()))
            row = {"file": name, "statements": by_day.statements, "day": by_day.percent}
            rows.append(
                {
                    **row,
                    "both": by_both.percent,
                    "missed": len(by_both.missed),
                    "never": spans(by_both.missed),
                }
            )
    return rows


def printed(rows: list[dict]) -> None:
    print(f"{'':38} statements  day %  with its tests %  never run")
    for row in rows:
        print(
            f"{row['file']:38} {row['statements']:10} {row['day']:6} {row['both']:17}  {row['never']}".rstrip()
        )
    whole = sum(row["statements"] for row in rows)
    missed = sum(row["missed"] for row in rows)
    print(f"{len(rows)} files, {whole} statements, {whole - missed} run: {100 * (whole - missed) // whole} %")


def main(arguments: list[str]) -> int:
    """The command; its exit status."""
    if WHY_NOT:
        print(WHY_NOT, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        rows = table(day(Path(scratch) / "day"), tests(Path(scratch) / "tests"))
    if arguments == ["--json"]:
        print(json.dumps(rows, indent=1))
    else:
        printed(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
