"""``rung print``: a checkout's slip on a receipt printer at a PC, driven by python-escpos.

A shop whose point of sale prints the receipt puts ``GET /v1/checkouts/{id}/receipt`` into it and needs none of this.
"""

import json
import os
import sys
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import urlopen

from pos_client.printing import slip

_USAGE = """usage: rung print PRINTER CHECKOUT_ID [LANGUAGE]

Prints the discount and its disclosure of a checkout of the till on this machine.

  PRINTER         net:HOST[:PORT], usb:VENDOR:PRODUCT (hexadecimal), serial:DEVICE or file:PATH
  LANGUAGE        en, ru or fr; the till's own without it
  RUNG_TILL_PORT  port of the till (8080)"""


def command(argv: list[str]) -> int:
    """``rung print``: 0 once the printer has the slip, 1 where the till or the printer refuses, 2 for a wrong call."""
    if len(argv) not in (2, 3) or argv[0].startswith("-"):
        wants_help = argv[:1] in (["-h"], ["--help"])
        print(_USAGE, file=sys.stdout if wants_help else sys.stderr)
        return 0 if wants_help else 2
    try:
        print_slip(argv[0], _receipt(*argv[1:]))
    except ModuleNotFoundError as missing:
        print(
            f"rung print: {missing.name} is missing; `pip install '.[printer]'` in a checkout of Rung",
            file=sys.stderr,
        )
        return 1
    except (ValueError, OSError) as error:
        print(f"rung print: {error}", file=sys.stderr)
        return 1
    return 0


def connected(target: str):
    """The python-escpos printer at ``target``; raises ValueError for a target of no known kind."""
    from escpos import printer  # only who prints here pays for the import

    kind, _, rest = target.partition(":")
    if kind == "net":
        host, _, port = rest.partition(":")
        return printer.Network(host, port=int(port or 9100), timeout=5)
    if kind == "usb":
        vendor, _, product = rest.partition(":")
        return printer.Usb(int(vendor, 16), int(product, 16))
    if kind == "serial":
        return printer.Serial(devfile=rest)
    if kind == "file":
        return printer.File(devfile=rest)
    raise ValueError(f"a printer is net:HOST, usb:VENDOR:PRODUCT, serial:DEVICE or file:PATH, not {target}")


def print_slip(target: str, block: bytes) -> None:
    """Print what `printing.block` made as a paper of its own. Raises OSError where the printer does not take it."""
    from escpos.exceptions import Error

    try:
        device = connected(target)
        device.open()
        try:
            device._raw(slip(block))
        finally:
            device.close()
    except Error as error:
        raise OSError(str(error)) from error


def _receipt(checkout_id: str, language: str = "") -> bytes:
    """The receipt lines of a checkout as bytes, from the till on this machine."""
    port = os.environ.get("RUNG_TILL_PORT", "8080")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"RUNG_TILL_PORT is {port!r}: set it to the port of the till")
    path = f"/v1/checkouts/{quote(checkout_id, safe='')}/receipt?language={quote(language)}"
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read()
    except HTTPError as refusal:
        raise ValueError(f"the till answers {refusal.code} to {checkout_id}: {_detail(refusal)}") from refusal
    except (URLError, HTTPException) as error:
        said = f"no till answers at 127.0.0.1:{port}: start `rung till`, or set RUNG_TILL_PORT to its port"
        raise ValueError(said) from error


def _detail(refusal: HTTPError) -> str:
    """The words of a till's problem; whatever else listens there has its own."""
    try:
        return str(json.loads(refusal.read())["detail"])
    except (ValueError, KeyError, TypeError):
        return refusal.reason
