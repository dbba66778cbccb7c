"""The service's commands. Each is ``command(argv) -> exit status``, found by `rung` through its entry points."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from pos_client.claim import Unusable, hold
from pos_client.core.record import Refused
from pricing_service import fleet, provisioning, running, serving
from pricing_service.benching import deciding, ingesting, planning
from pricing_service.settings import Settings

out = Console()
_devices = typer.Typer(
    help="Enrol tills, list them, stop believing them.", no_args_is_help=True, add_completion=False
)


def serve(argv: list[str]) -> int:
    """`rung serve`"""
    return _command(_serve, "rung serve", argv)


def run(argv: list[str]) -> int:
    """`rung run`"""
    return _command(_run, "rung run", argv)


def sample_shop(argv: list[str]) -> int:
    """`rung sample-shop`"""
    return _command(_sample_shop, "rung sample-shop", argv)


def bench(argv: list[str]) -> int:
    """`rung bench`"""
    return _command(_bench, "rung bench", argv)


def device(argv: list[str]) -> int:
    """`rung device`"""
    return _call(_devices, "rung device", argv)


def _serve(
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Make missing secrets and bring the schema up to date first.")
    ] = False,
    restored: Annotated[
        bool,
        typer.Option(
            "--restored",
            help="Say once that the database was set back to a copy: tills send again what it lost.",
        ),
    ] = False,
) -> None:
    """Serve until Ctrl-C or SIGTERM; settings come from RUNG_*."""
    settings = Settings()
    serving.configure_logs()
    if not migrate:
        provisioning.require(settings)
    with hold(settings.data, "serve"):
        if migrate:
            provisioning.prepare(settings).close()
        if restored:
            provisioning.restored(settings)
        serving.serve(settings)


def _run() -> None:
    """A service and a till with the sample shop on this machine, until Ctrl-C; made ready on the first start."""
    running.run(Settings(), out)


def _sample_shop() -> None:
    """Make secrets and database if needed, and add the sample cosmetics shop to it."""
    database = provisioning.prepare(Settings())
    out.print(f"{provisioning.load_sample_shop(database)} rules added.")
    database.close()


@_devices.command("enrol")
def _enrol(
    name: str,
    store: str = "sample",
    language: str = "en",
    file: Annotated[
        Path | None, typer.Option(help="Where to write the till's identity; else it is printed.")
    ] = None,
) -> None:
    """Give a till a key of its own."""
    settings = Settings()
    told = provisioning.enrol(provisioning.prepare(settings), settings, name, store, language)
    if file:
        provisioning.write_identity(file, told)
    else:
        print(json.dumps(told, indent=2))


@_devices.command("revoke")
def _revoke(name: str) -> None:
    """Stop believing a till, for instance a stolen one."""
    with provisioning.prepare(Settings()).writing() as connection:
        done = fleet.revoke(connection, name)
    out.print(f"{name} is revoked." if done else f"{name} is not enrolled.")


@_devices.command("list")
def _list() -> None:
    """All tills, and how far their records have arrived."""
    with provisioning.prepare(Settings()).reading() as connection:
        devices = fleet.page(connection, "", 10_000)
    table = Table("device", "epoch", "store", "acknowledged", "revoked")
    for one in devices:
        table.add_row(
            one.device, str(one.epoch), one.store, str(one.acknowledged), "yes" if one.revoked else ""
        )
    out.print(table)


BENCHES = {"plan": planning.measure, "decide": deciding.measure, "ingest": ingesting.measure}


def _bench(
    name: Annotated[str, typer.Argument(help="One of: " + ", ".join(BENCHES))],
    as_json: Annotated[bool, typer.Option("--json", help="Figures for programs.")] = False,
    seconds: Annotated[float, typer.Option(min=0.2, max=600, help="How long to measure.")] = 5.0,
) -> None:
    """Measure this machine."""
    if name not in BENCHES:
        raise typer.BadParameter("one of: " + ", ".join(BENCHES))
    figures = BENCHES[name](seconds)
    if as_json:
        print(json.dumps(figures))
    else:
        for what, value in figures.items():
            out.print(f"{what:>32}  {value}")


def _command(function, name: str, argv: list[str]) -> int:
    app = typer.Typer(add_completion=False)
    app.command()(function)
    return _call(app, name, argv)


def _call(app: typer.Typer, name: str, argv: list[str]) -> int:
    try:
        status = app(args=argv, prog_name=name, standalone_mode=True)
    except Refused as refused:
        print(f"{name}: {refused.detail} ({refused.code})", file=sys.stderr)
        return 1
    except ValidationError as invalid:
        for cause in invalid.errors():
            print(f"{name}: RUNG_{str(cause['loc'][0]).upper()}: {cause['msg']}", file=sys.stderr)
        return 1
    except (OSError, Unusable) as trouble:
        print(f"{name}: {trouble}", file=sys.stderr)
        return 1
    except SystemExit as end:
        if isinstance(end.code, str):
            print(f"{name}: {end.code}", file=sys.stderr)
            return 1
        return end.code or 0
    return status or 0
