"""`rung firmware simulate`: what a rollout makes of good and bad images, on a fleet of simulated tills."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.table import Table

from pricing_service.rolling import forecast, scenes
from pricing_service.rolling.images import BAD, KINDS
from pricing_service.rolling.outcome import Outcome

MOST_BOARDS = 4
out = Console(stderr=True, highlight=False)


def simulate(
    tills: Annotated[int, typer.Option(min=1, max=100_000, help="How many tills there are.")] = 1000,
    image: Annotated[
        list[str] | None,
        typer.Option(help=f"What the release is like: {', '.join(KINDS)}. All bad ones without it."),
    ] = None,
    micropython: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=MOST_BOARDS,
            help="How many of them are real tills, MicroPython on an emulated board each, in real time. All without it,"
            f" where there are {MOST_BOARDS} at most; none beyond.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of power cuts, outages and sales.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a scenario.")] = False,
) -> None:
    """Roll a release out to simulated tills; exit status 1 where more tried a bad one than may, or a record was lost.

    Boards run the real image. Of other tills start, update, trial and fall back are the device's own code, and
    without boards time goes by as fast as it can; service, records and rollout are real.
    """
    boards = min(tills, micropython if micropython is not None else tills if tills <= MOST_BOARDS else 0)
    kinds = _kinds(image, boards)
    if not structlog.is_configured():
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    outcomes = []
    for outcome in _played(kinds, tills, seed, boards):
        outcomes.append(outcome)
        if as_json:
            print(json.dumps({**outcome._asdict(), "held": outcome.held}), flush=True)
    if not as_json:
        Console().print(_table(sorted(outcomes, key=lambda one: kinds.index(one.kind))))
    if not all(outcome.held for outcome in outcomes):
        raise SystemExit("A rollout did not go as it has to: see above.")


def _kinds(asked: list[str] | None, boards: int) -> list[str]:
    """The images to roll out. Raises `BadParameter` for one that such tills cannot have."""
    from pricing_service.rolling import board_images

    can = board_images.KINDS if boards else KINDS
    for kind in asked or ():
        if kind not in can:
            raise typer.BadParameter(f"{kind} is none of {', '.join(can)}", param_hint="--image")
    return asked or [kind for kind in BAD if kind in can]


def _played(kinds: list[str], tills: int, seed: int, boards: int) -> Iterator[Outcome]:
    """What comes of each image, as it is over; how far it is, is shown."""
    from pricing_service.rolling import board_images, fleet  # the whole service

    out.print(forecast.said(kinds, tills, boards))
    with tempfile.TemporaryDirectory(prefix="rung-image-") as folder:
        with out.status("the boards' image is built"):
            files = board_images.files(Path(folder)) if boards else None
        played = scenes.side_by_side if boards else scenes.one_by_one
        yield from played(kinds, lambda kind, tell: fleet.play(kind, tills, seed, tell, boards, files), out)


def _table(outcomes: list[Outcome]) -> Table:
    """It fits into 80 columns."""
    columns = ("image", "rollout", "tried", "stopped", "back", "on old", "records", "lost", "held")
    title = f"{_tills(outcomes[0])}; h:min since the rollout began"
    table = Table(*columns, title=title, box=None, padding=(0, 2, 0, 0))
    for one in outcomes:
        table.add_row(
            *(one.kind, one.state, f"{one.tried} ({100 * one.tried / one.tills:.3g} %)"),
            *(_minutes(one.stopped_after), _minutes(one.back_after), str(one.on_old)),
            *(str(one.records), str(one.lost), "yes" if one.held else "NO"),
        )
    return table


def _tills(one: Outcome) -> str:
    boards = f", {one.micropython} of them MicroPython" if one.micropython else ""
    return f"{one.tills} tills{boards}"


def _minutes(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}" if minutes else ""
