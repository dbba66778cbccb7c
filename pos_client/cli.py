"""``rung``: finds its commands by entry points, so that a till installed alone never imports the service."""

import asyncio
import errno
import gc
import io
import os
import random
import secrets
import signal
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from pos_client.claim import Unusable, hold
from pos_client.identity import read

_USAGE = """usage: rung till

Serves a till until Ctrl-C or SIGTERM: the API, the cashier's page and the link to the service.

  RUNG_DATA       folder with till/till.json, the till's identity, and its journal (var)
  RUNG_TILL_HOST  address to listen on (127.0.0.1)
  RUNG_TILL_PORT  port to listen on (8080)
  RUNG_SNAPSHOT_SECONDS  between two looks for a new snapshot (15)
  RUNG_CA         file of the authority that signed the certificate of an https:// service (the system's)"""

_COMMANDS = {  # in the order in which a shop meets them; what a command is, it says itself with --help
    "run": "a service, its worker and a till with a sample shop on this machine",
    "till": "one till: its API and the cashier's page",
    "print": "print slips of a till on a receipt printer",
    "serve": "the service: takes records, learns, hands out snapshots",
    "worker": "makes the fits and releases that were asked for",
    "firmware": "build, sign and publish images for tills of boards, roll them out",
    "device": "make tills of boards, enrol tills, list them, revoke them",
    "person": "add people, list them, disable them, give them another password",
    "enrol": "give this till its identity by a one-time code",
    "audit": "who did what, whether the trail is whole, decisions made again",
    "token": "the pseudonym under which the service knows a card",
    "backup": "copy the service's database while it runs",
    "restore": "set the service back to a copy; tills send again what it lost",
    "sample-shop": "add the rules of a sample cosmetics shop",
    "demo": "play shoppers against a till",
    "replay": "play baskets from a file against a till",
    "export": "the log for analysts: Parquet, or the record lines",
    "fit": "fit the population to the log and check the fit",
    "thresholds": "fit a price or discount survey",
    "arena": "policies against each other in simulated shops",
    "bench": "measure how fast it is",
}
_NEEDS = {  # extras
    "fit": "fit,service",
    "worker": "fit,service",
    "thresholds": "fit",
    "export": "fit",
    "arena": "arena",
}


def main(argv: list[str] | None = None) -> int:
    """``rung COMMAND ...``: the command's exit status; 2 where there is no such command."""
    argv = sys.argv[1:] if argv is None else argv
    commands = {point.name: point for point in entry_points(group="rung.commands")}
    if not argv or argv[0] not in commands:
        wants_help = bool(argv) and argv[0] in ("-h", "--help", "help")
        if argv and not wants_help:
            print(f"rung: there is no command {argv[0]!r}", file=sys.stderr)
        print(_list(list(commands)), file=_stream(wants_help))
        return 0 if wants_help else 2
    return _called(commands[argv[0]], argv[1:])


def _list(names: list[str]) -> str:
    """A line for each command that is installed."""
    known = [name for name in _COMMANDS if name in names]
    lines = [
        f"  {name:<12} {_COMMANDS.get(name, '')}".rstrip() for name in known + sorted(set(names) - set(known))
    ]
    return "\n".join(["usage: rung COMMAND ...", "", *lines, "", "`rung COMMAND --help` says more."])


def till(argv: list[str]) -> int:
    """``rung till``"""
    if argv:
        wants_help = argv[0] in ("-h", "--help")
        print(_USAGE, file=_stream(wants_help))
        return 0 if wants_help else 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a log is read while it grows
    data = Path(os.environ.get("RUNG_DATA", "var"))
    try:
        with hold(data, "till"):
            asyncio.run(_serve(data / "till"))
    except (OSError, Unusable) as error:
        print(f"rung till: {error}", file=sys.stderr)
        return 1
    return 0


def _stream(wants_help: bool):
    return sys.stdout if wants_help else sys.stderr


def _called(point: EntryPoint, argv: list[str]) -> int:
    gc.disable()  # modules stay: to look for garbage among them takes a fifth of a second
    try:
        command = point.load()
    except ModuleNotFoundError as missing:
        otherwise = "service" if point.module.startswith("pricing_service") else "models"
        extra = _NEEDS.get(point.name, otherwise)
        print(
            f"rung {point.name}: {missing.name} is missing; it comes with the extra `{extra}`:"
            f" `pip install '.[{extra}]'` in a checkout of Rung",
            file=sys.stderr,
        )
        return 1
    finally:
        gc.enable()
    return command(argv)


async def _serve(home: Path) -> None:
    from pos_client import starting
    from pos_client.desktop import FolderStorage, SystemClock

    host, port = os.environ.get("RUNG_TILL_HOST", "127.0.0.1"), _number("RUNG_TILL_PORT", 8080, 65535)
    _number("RUNG_SNAPSHOT_SECONDS", 15, 86400)
    identity = read(home / "till.json") or starting.unenrolled(secrets.token_hex(32))
    storage = FolderStorage(home / starting.folder(identity))
    limits = starting.Limits(256 << 10, 8, 8, 16, 20000, 64 << 10, 128 << 10, 64 << 20, 1 << 28)
    server, sync = starting.assembled(
        identity, storage, SystemClock(), random.randrange, limits, os.environ.get, _way(identity["service"])
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        await starting.serve(server, sync, host, port, stopped)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        taken = f"Port {port} is taken: stop what uses it, or set RUNG_TILL_PORT to another one."
        raise Unusable(taken) from error


def _way(service: str):
    """What speaks to the service, where that is not the plain link."""
    if not service.startswith("https://"):
        return None
    from pos_client.secure_link import secure  # ssl takes a till 20 ms that others need not wait

    return secure(os.environ.get("RUNG_CA"))


def _number(name: str, otherwise: int, most: int) -> int:
    """A setting that is a whole number from 0 to ``most``."""
    text = os.environ.get(name) or str(otherwise)
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise Unusable(f"{name} is {text!r}: set it to a whole number from 0 to {most}.")
    return int(text)
