"""`rung firmware deploy`, `rollouts`, `pause`, `resume` and `stop`, on the service's own machine.

Approving is not here: a second person is one who signs in, on the page `/fleet` or over the API.
"""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Connection

from pos_client.core.record import Unknown
from pricing_service import (
    audit_store,
    firmware_store,
    provisioning,
    rollout_body,
    rollout_deeds,
    rollout_store,
)
from pricing_service.audit_anchors import anchored
from pricing_service.rollout_law import Tally
from pricing_service.rollout_store import Rollout
from pricing_service.settings import Settings

out = Console(highlight=False)
Name = Annotated[str, typer.Argument(help="The rollout's id.")]


def deploy(
    release: Annotated[str, typer.Argument(help="The name of a published release.")],
    name: Annotated[
        str, typer.Option("--id", help="Of the rollout; the release's name and the time without it.")
    ] = "",
    note: Annotated[str, typer.Option(help="For who approves it.")] = "",
    canary: Annotated[
        list[str] | None, typer.Option(help="A till that is told first; may be given more than once.")
    ] = None,
) -> None:
    """Ask for a rollout: 1 % of the tills first, or those named, then 10 %, then the rest; a second person approves."""
    now = int(time.time())
    sent = {"id": name or f"{release.removesuffix('.romfs')}-{now}", "release": release, "note": note}
    if canary:
        usual = [rollout_body.told(group) for group in rollout_body.DEFAULT]
        first = {key: value for key, value in usual[0].items() if key != "percent"}
        sent["groups"] = [{**first, "devices": canary}, *usual[1:]]  # pyright: ignore[reportArgumentType]
    asked = rollout_body.read(sent)

    def job(connection: Connection, by: str) -> Rollout:
        found = firmware_store.release(connection, release)
        if found is None or release not in firmware_store.offered(connection):
            raise Unknown(
                "unknown-release", f"There is no release {release} to install: `rung firmware publish`."
            )
        return rollout_deeds.create(connection, asked, found, by, now)

    sizes = " + ".join(str(tally.tills) for tally in _done("create-rollout", asked.id, job))
    out.print(f"{sizes} tills, group by group.")
    out.print(
        f"{asked.id} waits for a second person: the page /fleet, or POST /v1/rollouts/{asked.id}/approve."
    )


def pause(name: Name) -> None:
    """Tell no further till for now."""
    _done("pause-rollout", name, lambda to, by: rollout_deeds.pause(to, name, by, int(time.time())))
    out.print(f"{name} is paused.")


def resume(name: Name) -> None:
    """Go on with one that was paused."""
    _done("resume-rollout", name, lambda to, by: rollout_deeds.resume(to, name, by, int(time.time())))
    out.print(f"{name} goes on.")


def stop(name: Name, note: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Stop a rollout for good."""
    _done("stop-rollout", name, lambda to, by: rollout_deeds.stop(to, name, note, by, int(time.time())))
    out.print(f"{name} is stopped.")


def rollouts() -> None:
    """All rollouts, the youngest first, and how they fare."""
    with closing(provisioning.opened(Settings())) as database, database.reading() as connection:
        told = [_line(connection, one) for one in rollout_store.page(connection, "", 200)]
    out.print("\n".join(told) or "No rollout was ever asked for.", soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Make them commands of `rung firmware`."""
    for command in (deploy, rollouts, pause, resume, stop):
        app.command(command.__name__)(command)


def _line(connection: Connection, one: Rollout) -> str:
    tallies, kept = rollout_store.tallies(connection, one), one.kept
    tried, good, failed, tills = (
        sum(getattr(tally, name) for tally in tallies) for name in ("tried", "good", "failed", "tills")
    )
    where = f"{kept.id}: {kept.release}, {kept.state}, group {one.groups[kept.reached].group.name}"
    why = f" {kept.why}" if kept.why else ""
    return f"{where}: {tried} of {tills} tills tried it, {good} are good, {failed} failed.{why}"


def _done(action: str, name: str, job: Callable[[Connection, str], Rollout]) -> list[Tally]:
    """Do it as who runs this command, told in the audit trail; how its groups fare."""
    settings, by = Settings(), audit_store.cli_actor()
    with closing(provisioning.opened(settings)) as database, anchored(settings, database) as connection:
        made = job(connection, by)
        audit_store.append(connection, by, action, f"name={name}")
        return rollout_store.tallies(connection, made)
