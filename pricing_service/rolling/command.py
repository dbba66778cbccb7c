"""`rung firmware simulate`: what a rollout makes of good and bad images, on a fleet of simulated tills."""

import json
from typing import TYPE_CHECKING, Annotated

import structlog
import typer
from rich.console import Console
from rich.table import Table

from pricing_service.rolling.images import BAD, KINDS, MEANINGS

if TYPE_CHECKING:
    from pricing_service.rolling.fleet import Outcome

out = Console(stderr=True, highlight=False)


def simulate(
    tills: Annotated[int, typer.Option(min=1, max=100_000, help="How many tills there are.")] = 1000,
    image: Annotated[
        list[str] | None,
        typer.Option(help=f"What the release is like: {', '.join(KINDS)}. All bad ones without it."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of power cuts, outages and sales.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a scenario.")] = False,
) -> None:
    """Roll a release out to simulated tills; exit status 1 where more tried a bad one than may, or a record was lost.

    Their start, update, trial and fall back are the device's own code; service, records and rollout are real, time
    goes by as fast as it can.
    """
    from pricing_service.rolling import fleet  # the whole service

    kinds = image or [*BAD]
    for kind in kinds:
        if kind not in KINDS:
            raise typer.BadParameter(f"{kind} is none of {', '.join(KINDS)}", param_hint="--image")
    if not structlog.is_configured():
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    outcomes = []
    for kind in kinds:
        with out.status(f"{kind}: an image that {MEANINGS[kind]}") as status:

            def tell(minute: int, state: str, status=status, kind=kind) -> None:
                status.update(f"{kind}: {minute // 60} h {minute % 60:02} min of the fleet's time, {state}")

            outcomes.append(fleet.play(kind, tills, seed, tell))
        if as_json:
            print(json.dumps({**outcomes[-1]._asdict(), "held": outcomes[-1].held}))
    if not as_json:
        Console().print(_table(outcomes))
    if not all(outcome.held for outcome in outcomes):
        raise SystemExit("A rollout did not go as it has to: see above.")


def _table(outcomes: "list[Outcome]") -> Table:
    columns = ("image", "rollout", "tried", "stopped", "all back", "old image", "records", "lost", "held")
    table = Table(*columns, title=f"{outcomes[0].tills} tills; times since the rollout began")
    for one in outcomes:
        table.add_row(
            *(one.kind, one.state, f"{one.tried} ({100 * one.tried / one.tills:.1f} %)"),
            *(_minutes(one.stopped_after), _minutes(one.back_after), str(one.on_old)),
            *(str(one.records), str(one.lost), "yes" if one.held else "NO"),
        )
    return table


def _minutes(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02} h" if minutes else ""
