"""`rung bench NAME`: one measurement, as a table or as JSON."""

import json
from typing import Annotated

import typer
from rich.console import Console

from pricing_service.benching import (
    deciding,
    device,
    fitting,
    ingesting,
    planning,
    publishing,
    reconnecting,
    replaying,
    restoring,
)

BENCHES = {
    "plan": planning.measure,
    "decide": deciding.measure,
    "device": device.measure,
    "ingest": ingesting.measure,
    "reconnect": reconnecting.measure,
}
OF_CUSTOMERS = {  # these take as long as their customers need: the measurement, and how many unless somebody says
    "fit": (fitting.measure, 1_000_000),
    "publish": (publishing.measure, 20_000),
    "replay": (replaying.measure, 1_000_000),
    "restore": (restoring.measure, 100_000),
}
NAMES = ", ".join((*BENCHES, *OF_CUSTOMERS))

out = Console()


def command(
    name: Annotated[str, typer.Argument(help=f"One of: {NAMES}")],
    as_json: Annotated[bool, typer.Option("--json", help="Figures for programs.")] = False,
    seconds: Annotated[float, typer.Option(min=0.2, max=600, help="How long to measure.")] = 5.0,
    customers: Annotated[
        int | None, typer.Option(min=100, max=10_000_000, help="How many, where seconds do not count.")
    ] = None,
) -> None:
    """Measure this machine."""
    if name not in (*BENCHES, *OF_CUSTOMERS):
        raise typer.BadParameter(f"one of: {NAMES}")
    if name in BENCHES:
        figures = BENCHES[name](seconds)
    else:
        measure, usual = OF_CUSTOMERS[name]
        figures = measure(customers or usual)
    if as_json:
        print(json.dumps(figures))
    else:
        for what, value in figures.items():
            out.print(f"{what:>32}  {value}")
