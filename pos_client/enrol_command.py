"""``rung enrol``: a till on a PC gets its identity by a one-time code."""

import argparse
import asyncio
import getpass
import json
import os
import re
import secrets
import sys
from pathlib import Path
from typing import Any

from pos_client import link
from pos_client.claim import Unusable, hold
from pos_client.core.record import Refused
from pos_client.enrolling import redeem
from pos_client.link import LinkDown
from pos_client.secure_link import secure

_ADDRESS = re.compile(r"(http|https)://([A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?")


def enrol(argv: list[str]) -> int:
    """``rung enrol --service http://HOST:PORT``; the code is asked for, or read from standard input."""
    told = _parser().parse_args(argv)
    data = Path(os.environ.get("RUNG_DATA", "var"))
    path = data / "till" / "till.json"
    try:
        with hold(data, "till"):
            _enrol(told.service, told.again, path)
    except LinkDown as down:
        return _refused(f"no answer from {told.service}: {down}; try again with the same code")
    except Refused as refused:
        return _refused(f"{refused.detail} ({refused.code})")
    except (OSError, Unusable) as error:
        return _refused(str(error))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "rung enrol", description="Give this till an identity by a one-time code."
    )
    parser.add_argument(
        "--service", required=True, help="http:// or https://HOST:PORT, as this machine sees it"
    )
    parser.add_argument("--again", action="store_true", help="replace the identity this till has")
    return parser


def _enrol(service: str, again: bool, path: Path) -> None:
    matched = _ADDRESS.fullmatch(service)
    if not matched:
        raise Unusable(f"{service} is no address: write http://HOST:PORT or https://HOST:PORT")
    if path.exists() and not again:
        raise Unusable(f"{path} is there already: this till is enrolled; --again replaces it")
    typed = _typed()
    proof = _proof(path.with_name("enrolling"))
    is_secure = matched[1] == "https"
    way, port = (secure(os.environ.get("RUNG_CA")), 443) if is_secure else (link, 80)
    found = asyncio.run(redeem(way, matched[2], int(matched[3] or port), typed, proof))
    _write(path, json.dumps({**found, "service": service.rstrip("/")}, indent=2))
    path.with_name("enrolling").unlink()
    print(f"{found['device']} is enrolled for the store {found['store']}: start it with `rung till`.")


def _typed() -> str:
    """Not from the command line, which other users of the machine can read."""
    return getpass.getpass("Code: ") if sys.stdin.isatty() else sys.stdin.readline()


def _proof(path: Path) -> str:
    """What this machine says each time it asks, kept until it has its answer."""
    if not path.exists():
        _write(path, secrets.token_hex(16))
    return path.read_text()


def _write(path: Path, content: str) -> None:
    """Whole or not at all, for its owner's eyes only."""
    beside = path.with_suffix(".new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _refused(words: Any) -> int:
    print(f"rung enrol: {words}", file=sys.stderr)
    return 1
