"""The service's commands. Each is ``command(argv) -> exit status``, found by `rung` through its entry points.

Each imports what it needs when it is called: the web application alone takes half a second of CPU, and five processes
of `rung run` need it once.
"""

import sys
from contextlib import closing
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from pos_client.claim import Unusable, hold
from pos_client.core.record import Refused
from pricing_service.settings import Settings

out = Console()


def serve(argv: list[str]) -> int:
    """`rung serve`"""
    return _command(_serve, "rung serve", argv)


def worker(argv: list[str]) -> int:
    """`rung worker`"""
    return _command(_worker, "rung worker", argv)


def fit(argv: list[str]) -> int:
    """`rung fit`"""
    from pricing_service import fit_command

    return _command(fit_command.command, "rung fit", argv)


def run(argv: list[str]) -> int:
    """`rung run`"""
    return _command(_run, "rung run", argv)


def sample_shop(argv: list[str]) -> int:
    """`rung sample-shop`"""
    return _command(_sample_shop, "rung sample-shop", argv)


def bench(argv: list[str]) -> int:
    """`rung bench`"""
    from pricing_service.benching import command

    return _command(command.command, "rung bench", argv)


def backup(argv: list[str]) -> int:
    """`rung backup`"""
    from pricing_service import backup_command

    return _command(backup_command.backup, "rung backup", argv)


def restore(argv: list[str]) -> int:
    """`rung restore`"""
    from pricing_service import backup_command

    return _command(backup_command.restore, "rung restore", argv)


def device(argv: list[str]) -> int:
    """`rung device`"""
    from pricing_service import provision_command

    return _call(provision_command.devices, "rung device", argv)


def firmware(argv: list[str]) -> int:
    """`rung firmware`"""
    from pricing_service import firmware_command, rollout_command
    from pricing_service.rolling.command import simulate

    rollout_command.add_to(firmware_command.firmware)
    firmware_command.firmware.command("simulate")(simulate)
    return _call(firmware_command.firmware, "rung firmware", argv)


def person(argv: list[str]) -> int:
    """`rung person`"""
    from pricing_service import person_command

    return _call(person_command.people, "rung person", argv)


def audit(argv: list[str]) -> int:
    """`rung audit`"""
    from pricing_service import audit_command

    return _call(audit_command.audit, "rung audit", argv)


def token(argv: list[str]) -> int:
    """`rung token`"""
    return _command(_token, "rung token", argv)


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
    from pricing_service import ballast, left_overs, logs, provisioning, serving

    settings = Settings()
    logs.configure()
    if not migrate:
        provisioning.require(settings)
    with hold(settings.data, "serve"):
        with ballast.dropped(settings.data):
            left_overs.clear(settings.data, settings.database.name)
            if migrate:
                provisioning.prepare(settings).close()
            if restored:
                provisioning.restored(settings)
            started = serving.started(settings)
        started.run()


def _worker() -> None:
    """Make the fits and the releases that were asked for, until Ctrl-C or SIGTERM; settings come from RUNG_*."""
    from pricing_service import fit_queue, logs, provisioning, working

    settings = Settings()
    logs.configure()
    with hold(settings.data, fit_queue.LOCK), closing(provisioning.opened(settings)) as database:
        working.Worker(settings, database).run(working.stopping())


def _run() -> None:
    """A service, its worker and a till with the sample shop on this machine, until Ctrl-C."""
    from pricing_service import running

    running.run(Settings(), out)


def _sample_shop() -> None:
    """Make secrets and database if needed, and add the sample cosmetics shop to it."""
    from pricing_service import provisioning
    from pricing_service.audit_anchors import Anchors

    settings = Settings()
    with closing(provisioning.prepare(settings)) as database:
        out.print(f"{provisioning.load_sample_shop(database)} rules added.")
        Anchors(settings.audit_anchors, settings.audit_key, database).keep()


def _token(card: Annotated[str, typer.Argument(help="The loyalty card as the till scans it.")]) -> None:
    """Print the token under which the service knows the holder of a card."""
    from pricing_service.security import customer_token

    print(customer_token(Settings().tenant_key, card))


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
