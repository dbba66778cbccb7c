"""`python -m tests.firmware.line_coverage FOLDER`: which lines of a device's code its tests run, on MicroPython.

FOLDER is the unpacked npm package @micropython/micropython-webassembly-pyscript (`npm pack` fetches it, nothing has to be
installed), whose interpreter has `sys.settrace`; the unix port's has not. Tests are those that run on both interpreters.
A line counts if a statement begins there and it is no docstring and no definition.
"""

import ast
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ("pos_client/core", "firmware/peripherals")
NEEDED = (
    *MEASURED,
    "pos_client",
    "firmware/board",
    "tests",
    "tests/core",
    "tests/firmware",
    "tests/firmware/fakes",
)
TESTS = ("tests/core", "tests/firmware/peripherals")
NO_LINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global)


def statements(source: str) -> set[int]:
    """The lines that can run."""
    lines = set()
    for node in ast.walk(ast.parse(source)):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and not isinstance(node, NO_LINES) and not is_text:
            lines.add(node.lineno)
    return lines


def ran(package: Path) -> dict[str, set[int]]:
    """File -> lines that ran. Raises `SystemExit` where a test failed."""
    folders = (*NEEDED, "tests/firmware/peripherals")
    files = sorted(
        {path.relative_to(ROOT).as_posix() for one in folders for path in (ROOT / one).glob("*.py")}
    )
    modules = [
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for folder in TESTS
        for path in sorted((ROOT / folder).glob("test_*.py"))
    ]
    with tempfile.TemporaryDirectory() as scratch:
        listed = Path(scratch) / "files.json"
        listed.write_text(json.dumps(files))
        script = Path(__file__).with_suffix(".mjs")
        command = ["node", str(script), str(package.resolve()), str(ROOT), str(listed), *modules]
        ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(ended.stderr[-2000:])
    failed, seen = json.loads(ended.stdout)
    if failed:
        raise SystemExit(f"{failed} tests failed")
    found: dict[str, set[int]] = {}
    for place in seen:
        file, _, line = place.rpartition(":")
        found.setdefault(file.removeprefix("/work/"), set()).add(int(line))
    return found


def main(package: Path) -> None:
    seen = ran(package)
    whole = all_ran = 0
    for folder in MEASURED:
        for path in sorted((ROOT / folder).glob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            lines = statements(path.read_text())
            missed = sorted(lines - seen.get(name, set()))
            whole, all_ran = whole + len(lines), all_ran + len(lines) - len(missed)
            if lines:
                told = " ".join(str(line) for line in missed[:12]) + (" ..." if len(missed) > 12 else "")
                print(f"{name:45} {100 * (len(lines) - len(missed)) // len(lines):3} %  {told}".rstrip())
    print(f"{'together':45} {100 * all_ran // whole:3} %  of {whole} lines")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
