"""The service's commands. Each is ``command(argv) -> exit status``, found by `rung` through its entry points."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from pos_client.claim import Unusable, hold
from pos_client.core.record import Refused
from pricing_service import (
    audit_store,
    backup_command,
    enrolling,
    fit_command,
    fit_queue,
    fleet,
    provisioning,
    running,
    serving,
    working,
)
from pricing_service.benching import command
from pricing_service.security import customer_token
from pricing_service.settings import Settings

ADDRESS = re.compile(r"http://[A-Za-z0-9._-]+(:[0-9]{1,5})?")  # what a till's link can call
LOOPBACK = ("127.0.0.1", "::1", "localhost")

out = Console()
_devices = typer.Typer(
    help="Enrol tills, list them, stop believing them.", no_args_is_help=True, add_completion=False
)


def serve(argv: list[str]) -> int:
    """`rung serve`"""
    return _command(_serve, "rung serve", argv)


def worker(argv: list[str]) -> int:
    """`rung worker`"""
    return _command(_worker, "rung worker", argv)


def fit(argv: list[str]) -> int:
    """`rung fit`"""
    return _command(fit_command.command, "rung fit", argv)


def run(argv: list[str]) -> int:
    """`rung run`"""
    return _command(_run, "rung run", argv)


def sample_shop(argv: list[str]) -> int:
    """`rung sample-shop`"""
    return _command(_sample_shop, "rung sample-shop", argv)


def bench(argv: list[str]) -> int:
    """`rung bench`"""
    return _command(command.command, "rung bench", argv)


def backup(argv: list[str]) -> int:
    """`rung backup`"""
    return _command(backup_command.backup, "rung backup", argv)


def restore(argv: list[str]) -> int:
    """`rung restore`"""
    return _command(backup_command.restore, "rung restore", argv)


def device(argv: list[str]) -> int:
    """`rung device`"""
    return _call(_devices, "rung device", argv)


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


def _worker() -> None:
    """Make the fits and the releases that were asked for, until Ctrl-C or SIGTERM; settings come from RUNG_*."""
    settings = Settings()
    serving.configure_logs()
    with hold(settings.data, fit_queue.LOCK), closing(provisioning.opened(settings)) as database:
        working.Worker(settings, database).run(working.stopping())


def _run() -> None:
    """A service, its worker and a till with the sample shop on this machine, until Ctrl-C."""
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
    language: Annotated[Literal["en", "ru", "fr"], typer.Option(help="Of the till's page.")] = "en",
    service: Annotated[
        str,
        typer.Option(
            help="Where the till finds the service: http://HOST:PORT, as the till's machine sees it."
        ),
    ] = "",
    file: Annotated[
        Path | None, typer.Option(help="Where to write the till's identity; else it is printed.")
    ] = None,
) -> None:
    """Give a till a key of its own."""
    settings = Settings()
    _check_address(settings, service)
    with closing(provisioning.opened(settings)) as database:
        if file:
            with _reserved(file):
                told = provisioning.enrol(database, settings, name, store, language, service)
                provisioning.write_identity(file, told)
        else:
            told = provisioning.enrol(database, settings, name, store, language, service)
            print(json.dumps(told, indent=2))
    written = f", identity written to {file}" if file else ""
    where = f"{name} enrolled in {settings.data.resolve()}"
    print(f"{where}{written}, service {told['service']}", file=sys.stdout if file else sys.stderr)


def _check_address(settings: Settings, service: str) -> None:
    if service and not ADDRESS.fullmatch(service):
        raise typer.BadParameter("an address is http://HOST:PORT", param_hint="--service")
    if not service and settings.service_host in (*provisioning.EVERY_HOST, *LOOPBACK):
        told = provisioning.own_address(settings)
        print(
            f"The till is told {told}, which only this machine reaches: a till elsewhere needs --service.",
            file=sys.stderr,
        )


@contextmanager
def _reserved(file: Path) -> Iterator[None]:
    """``file``, new and empty while the block runs: a till must not be enrolled whose identity nobody could keep."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise SystemExit(f"{file} is there already: nothing was changed; name another file.") from None
    except OSError as error:
        raise SystemExit(f"{file} cannot be written: {error.strerror}; nothing was changed.") from None
    try:
        yield
    except BaseException:
        file.unlink()
        raise


@_devices.command("code")
def _code(
    name: str,
    store: str = "sample",
    language: Annotated[Literal["en", "ru", "fr"], typer.Option(help="Of the till's page.")] = "en",
) -> None:
    """Make a one-time code with which a till enrols itself (`rung enrol`), within ten minutes."""
    settings, by = Settings(), audit_store.cli_actor()
    with closing(provisioning.opened(settings)) as database, database.writing() as connection:
        code, _ = enrolling.make(connection, settings.master_key, name, store, language, by, int(time.time()))
        audit_store.append(connection, by, "make-code", name)
    print(code)
    print("Type it at the till, within ten minutes: rung enrol --service http://HOST:PORT", file=sys.stderr)


@_devices.command("revoke")
def _revoke(name: str) -> None:
    """Stop believing a till, for instance a stolen one."""
    with closing(provisioning.opened(Settings())) as database, database.writing() as connection:
        done = fleet.revoke(connection, name)
    if not done:
        raise SystemExit(f"{name} is not enrolled.")
    out.print(f"{name} is revoked.")


@_devices.command("list")
def _list() -> None:
    """All tills, and how far their records have arrived."""
    with closing(provisioning.opened(Settings())) as database, database.reading() as connection:
        devices = fleet.page(connection, "", 10_000)
    table = Table("device", "epoch", "store", "acknowledged", "revoked")
    for one in devices:
        table.add_row(
            one.device, str(one.epoch), one.store, str(one.acknowledged), "yes" if one.revoked else ""
        )
    out.print(table)


def _token(card: Annotated[str, typer.Argument(help="The loyalty card as the till scans it.")]) -> None:
    """Print the token under which the service knows the holder of a card."""
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
