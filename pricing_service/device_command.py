"""``rung device``: retail IT enrols tills, lists them, and stops believing them, on the service's own machine."""

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
from rich.console import Console
from rich.table import Table

from pos_client.core.calendar import rfc3339
from pricing_service import (
    audit_store,
    code_sheet,
    enrolling,
    fleet,
    fleet_reports,
    fleet_sentences,
    provisioning,
    revocations,
)
from pricing_service.audit_anchors import anchored
from pricing_service.settings import Settings

ADDRESS = re.compile(r"http://[A-Za-z0-9._-]+(:[0-9]{1,5})?")  # what a till's link can call
LOOPBACK = ("127.0.0.1", "::1", "localhost")
Language = Annotated[Literal["en", "ru", "fr"], typer.Option(help="Of the till's page.")]

out = Console()
devices = typer.Typer(
    help="Enrol tills, list them, stop believing them.", no_args_is_help=True, add_completion=False
)


@devices.command("enrol")
def _enrol(
    name: str,
    store: str = "sample",
    language: Language = "en",
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


@devices.command("code")
def _code(
    name: str,
    store: str = "sample",
    language: Language = "en",
    sheet: Annotated[
        Path | None,
        typer.Option(help="A new SVG to print: the code as bars, for the scanner of a board's till."),
    ] = None,
) -> None:
    """Make a one-time code with which a till enrols itself (`rung enrol`, or a board's scanner), within ten minutes."""
    settings, by = Settings(), audit_store.cli_actor()

    def made() -> tuple[str, int]:
        with closing(provisioning.opened(settings)) as database, anchored(settings, database) as connection:
            now = int(time.time())
            told = enrolling.make(connection, settings.master_key, name, store, language, by, now)
            audit_store.append(connection, by, "make-code", name)
            return told

    if sheet is None:
        code, _ = made()
    else:
        with _reserved(sheet):
            code, until = made()
            lines = [f"{name}: scan this at the new till, once,", f"before {rfc3339(until)}", code]
            sheet.write_text(code_sheet.svg(code.replace("-", ""), lines))
    print(code)
    print(
        "Type it at the till, within ten minutes: rung enrol --service http://HOST:PORT"
        if sheet is None
        else f"Print {sheet}, have it scanned within ten minutes, and throw both away.",
        file=sys.stderr,
    )


@devices.command("codes")
def _codes() -> None:
    """The one-time codes of the last day: for whom, made by whom, and what became of each."""
    with closing(provisioning.opened(Settings())) as database, database.reading() as connection:
        made = enrolling.listed(connection)
    table = _table("device", "store", "made", "by", "now")
    for one in made:
        is_good = one.used is None and one.expires >= time.time()
        now = f"used {rfc3339(one.used)}" if one.used else "waits" if is_good else "over"
        table.add_row(one.device, one.store, rfc3339(one.created), one.created_by, now)
    out.print(table)


@devices.command("revoke")
def revoke(name: str) -> None:
    """Stop believing a till, for instance a stolen one."""
    settings = Settings()
    with closing(provisioning.opened(settings)) as database, anchored(settings, database) as connection:
        done = revocations.revoke(connection, settings.secrets, name)
        if done:
            audit_store.append(connection, audit_store.cli_actor(), "revoke-device", name)
    if not done:
        raise SystemExit(f"{name} is not enrolled.")
    out.print(f"{name} is revoked.")


@devices.command("list")
def _list() -> None:
    """All tills, how far their records have arrived, and what they run by their last report."""
    with closing(provisioning.opened(Settings())) as database, database.reading() as connection:
        devices = fleet.page(connection, "", 10_000)
        reports = {one.device: one.report for one in fleet_reports.page(connection, "", 10_000)}
    table = _table("device", "epoch", "store", "arrived", "runs", "reported")
    for one in devices:
        runs, reported = _reported(reports.get(one.device))
        known = (one.device, str(one.epoch), one.store, str(one.acknowledged))
        table.add_row(*known, "revoked" if one.revoked else runs, reported)
    out.print(table)


def _table(*columns: str) -> Table:
    """Without rules: a till is one line of a terminal, of a thousand."""
    return Table(*columns, box=None, padding=(0, 2, 0, 0))


def _reported(report: fleet_reports.Kept | None) -> tuple[str, str]:
    if report is None:
        return "", ""
    ago = fleet_sentences.ago(int(time.time()) - report.at)
    return f"{report.hardware} {report.version}{' on trial' if report.trial else ''}", f"{ago} ago"
