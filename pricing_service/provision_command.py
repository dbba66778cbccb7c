"""``rung device provision`` and ``decommission``: an empty board on a USB cable becomes a till, and empty again."""

import hashlib
import json
import re
import ssl
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from firmware import decommissioning
from firmware import provisioning as board
from firmware.settings import understood
from firmware.usb import Seen, Usb
from pos_client.claim import Unusable
from pos_client.core.record import OutOfTurn
from pricing_service import firmware_store, provisioning
from pricing_service.device_command import Language, devices, out, revoke
from pricing_service.first_words import held, listen
from pricing_service.progress import shown
from pricing_service.provision_options import (
    Again,
    Authority,
    IdentityFile,
    ImageFile,
    Name,
    Port,
    RootFile,
    Service,
    Sets,
    Wait,
    Wifi,
)
from pricing_service.settings import Settings

ADDRESS = re.compile(r"https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?")
ROOT = "1.root.json"


@devices.command("provision")
def provision(
    name: Name = "",
    store: str = "sample",
    language: Language = "en",
    service: Service = "",
    wifi: Wifi = "",
    port: Port = "auto",
    image: ImageFile = None,
    root: RootFile = None,
    ca: Authority = None,
    sets: Sets = None,
    identity: IdentityFile = None,
    again: Again = False,
    wait: Wait = 120,
) -> None:
    """Make a till of the board on the USB cable: image, settings, keys and trusted releases, read back."""
    settings = _understood(name, service, sets, identity)
    contents = _Contents(
        image, root, settings, (wifi, _wifi_key(wifi)) if wifi else None, _der(ca) if ca else None
    )

    def who() -> dict[str, Any] | None:
        if not name:
            return None
        return _identity(identity, name) if identity else _enrolled(name, store, language, service, again)

    seen = _made(port, contents, who, again, _nobody_knows if identity else held)
    _tell_made(name, seen)
    if wifi and wait:
        listen(Usb(port), "" if identity else name, settings.get("RUNG_TILL_PORT", "8080"), service, wait)
    if not name:
        out.print("Its display asks for a code: rung device code NAME --sheet NAME.svg")


def _understood(name: str, service: str, sets: Sets, identity: Path | None) -> dict[str, str]:
    """The settings of the board. Raises `BadParameter` or `Unusable` for what makes no till."""
    if not identity and not ADDRESS.fullmatch(service):
        raise typer.BadParameter(
            "a board needs http://HOST:PORT or https://HOST:PORT", param_hint="--service"
        )
    settings = understood(sets or [])
    if name:
        return settings
    if identity or "scanner" not in settings.get("RUNG_PARTS", ""):
        raise Unusable(
            "a till without a name is enrolled by a code that is scanned: --set RUNG_PARTS=display,keys,scanner"
        )
    return {**settings, "RUNG_SERVICE": service}


def _tell_made(name: str, seen: Seen) -> None:
    said = f"{name} is a till now ({seen.hardware})." if name else f"The board is ready ({seen.hardware})."
    out.print(said, highlight=False)
    if name and seen.till not in ("", name):
        out.print(
            f"It was {seen.till}, which is on no board now. If none takes its place:\n"
            f"  rung device revoke {seen.till}",
            soft_wrap=True,
        )


class _Contents(NamedTuple):
    """What comes onto a board, besides who it will be; ``wifi`` is a name and its key."""

    image: Path | None
    root: Path | None
    settings: dict[str, str]
    wifi: tuple[str, str] | None
    authority: bytes | None

    def packed(self, seen: Seen, folder: Path) -> board.Parcel:
        """For the board that was seen. Raises `Unusable`."""
        chosen = board.image(self.image) if self.image else _newest(seen.hardware, folder)
        trusted = self.root.read_bytes() if self.root else _trusted()
        board.check(seen, chosen, {})
        return board.parcel(chosen, self.settings, self.wifi, self.authority, trusted)


def _made(
    port: str,
    contents: _Contents,
    who: Callable[[], dict[str, Any] | None],
    again: bool,
    known: Callable[[str, int], int],
) -> Seen:
    """The board that became a till; ``known(device, epoch)`` is how many of its records the service has."""
    with tempfile.TemporaryDirectory(prefix="rung-board-") as folder:
        try:
            with shown() as tell:
                return board.provision(
                    Usb(port),
                    lambda seen: contents.packed(seen, Path(folder)),
                    who,
                    again,
                    tell,
                    lambda usb: decommissioning.unsent(usb, known),
                )
        except KeyboardInterrupt:
            out.print(
                "Interrupted. A till that was only looked at goes on; what was begun does not start before it is"
                " finished: type the same again, with --again.",
                style="bold",
            )
            raise


@devices.command("decommission")
def decommission(
    name: Annotated[str, typer.Argument(help="The till that is plugged in.")],
    port: Port = "auto",
    rescue: Annotated[
        Path | None, typer.Option(help="Where records go that were not sent; NAME-records unless you say.")
    ] = None,
    board_only: Annotated[
        bool, typer.Option("--board-only", help="The service is elsewhere; revoke the till there.")
    ] = False,
) -> None:
    """Save what the till on the USB cable has not sent, erase its flash, and stop believing it."""
    with shown() as tell:
        place = rescue or Path(f"{name}-records")
        emptied = decommissioning.empty(Usb(port), name, place, tell, _nobody_knows if board_only else held)
    out.print("The board is empty.")
    if emptied.late:
        out.print(
            f"{emptied.late} records in {emptied.kept} are of enrolments that ended: no service takes them."
        )
    if emptied.unsent > emptied.late:
        out.print(
            f"{emptied.unsent - emptied.late} records were not sent. They are in {emptied.kept}: send them with\n"
            f"  RUNG_DATA={emptied.kept} rung till\nand then:  rung device revoke {name}",
            soft_wrap=True,
        )
    elif not board_only:
        revoke(name)


def _nobody_knows(device: str, epoch: int) -> int:
    """Which records arrived, of a service that is elsewhere."""
    return 0


def _wifi_key(wifi: str) -> str:
    """Not from the command line, which other users of this machine can read."""
    if sys.stdin.isatty():
        return typer.prompt(f"Key of {wifi}", hide_input=True)
    return sys.stdin.readline().rstrip("\n")


def _der(path: Path) -> bytes:
    """A certificate as a board reads it. Raises `Unusable`."""
    try:
        return ssl.PEM_cert_to_DER_cert(path.read_text())
    except ValueError as error:
        raise Unusable(f"{path} is no certificate in PEM: {error}") from error


def _newest(hardware: str, folder: Path) -> board.Image:
    """The newest release for a board that the service offers, as a file. Raises `Unusable`."""
    with closing(provisioning.opened(Settings())) as database, database.reading() as connection:
        offered = firmware_store.offered(connection)
        found = [one for one in firmware_store.releases(connection) if one.hardware == hardware]
        newest = next((one for one in found if one.name in offered and not one.devices), None)
        content = firmware_store.image(connection, newest.sha256) if newest else None
    if newest is None or content is None or hashlib.sha256(content).hexdigest() != newest.sha256:
        raise Unusable(
            f"no release for {hardware or 'this board'} is published here: name a file with --image"
        )
    path = folder / newest.name
    path.write_bytes(content)
    return board.image(path)


def _trusted() -> bytes:
    """The first root of the release keys, as it was published. Raises `Unusable`."""
    with closing(provisioning.opened(Settings())) as database, database.reading() as connection:
        found = firmware_store.file(connection, ROOT)
    if found is None:
        raise Unusable("this service trusts no release keys yet: name their 1.root.json with --root")
    return found[0]


def _identity(path: Path, name: str) -> dict[str, Any]:
    """What another machine's `rung device enrol` wrote. Raises `Unusable`."""
    try:
        told = json.loads(path.read_text())
    except ValueError as error:
        raise Unusable(f"{path} is not whole: {error}") from error
    if not isinstance(told, dict) or told.get("device") != name:
        raise Unusable(f"{path} is not the identity of {name}")
    return told


def _enrolled(name: str, store: str, language: str, service: str, again: bool) -> dict[str, Any]:
    """A new identity; ``again`` ends an older one of the same name first."""
    settings = Settings()
    with closing(provisioning.opened(settings)) as database:
        try:
            return provisioning.enrol(database, settings, name, store, language, service)
        except OutOfTurn as refused:
            if not again:
                raise Unusable(
                    f"{name} is enrolled already: another name, or --again, which revokes the keys it had"
                ) from refused
        revoke(name)
        return provisioning.enrol(database, settings, name, store, language, service)
