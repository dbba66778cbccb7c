"""What `rung device provision` can be told, and the words in which its help says so."""

from pathlib import Path
from typing import Annotated

import typer

Port = Annotated[
    str, typer.Option(envvar="RUNG_BOARD", help="The board's serial port; else the first board there is.")
]


Name = Annotated[
    str, typer.Argument(help="What the till will be called; without it, its scanner asks for a code.")
]
Service = Annotated[
    str,
    typer.Option(help="Where the till finds the service: http(s)://HOST:PORT, as the shop's Wi-Fi sees it."),
]
Wifi = Annotated[str, typer.Option(help="Name of the shop's Wi-Fi; its key is asked for.")]
ImageFile = Annotated[
    Path | None,
    typer.Option("--image", help="rung-HARDWARE-VERSION.romfs; else the newest release for the board."),
]
RootFile = Annotated[
    Path | None,
    typer.Option("--root", help="1.root.json of the release keys; else the one the service trusts."),
]
Authority = Annotated[
    Path | None, typer.Option("--ca", help="Certificate (PEM) of the authority behind an https:// service.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="A setting of docs/hardware.md, for instance RUNG_PARTS=display,keys; may be repeated."
    ),
]
IdentityFile = Annotated[
    Path | None,
    typer.Option("--identity", help="What `rung device enrol --file` wrote, where the service is elsewhere."),
]
Again = Annotated[
    bool,
    typer.Option("--again", help="Also a board or a name that is a till already; its old keys are revoked."),
]
Wait = Annotated[
    int,
    typer.Option(
        envvar="RUNG_WAIT", min=0, help="Seconds until the till must have been heard over the Wi-Fi."
    ),
]
