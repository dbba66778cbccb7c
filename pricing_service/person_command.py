"""`rung person`: who may sign in, for whoever has the service's folder. The first administrator is made here."""

import sys
import time
from collections.abc import Callable
from contextlib import closing
from getpass import getpass
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from pos_client.core.record import Invalid
from pricing_service import audit_store, passwords, people_changes, people_store, provisioning
from pricing_service.audit_anchors import anchored
from pricing_service.people_changes import EVERYTHING
from pricing_service.people_store import Account
from pricing_service.settings import Settings

out = Console()
people = typer.Typer(
    help="Add people, list them, change, disable them, give them a new password.",
    no_args_is_help=True,
    add_completion=False,
)
RoleName = Literal["cashier", "analyst", "it", "auditor", "admin"]
Role = Annotated[RoleName, typer.Option(help="What they may do: docs/people.md.")]
Store = Annotated[str | None, typer.Option(help="Where they belong; else all stores.")]
Temporary = Annotated[
    bool, typer.Option("--temporary", help="It is good for choosing their own, and for nothing else.")
]


@people.command("add")
def add(name: str, role: Role, store: Store = None, temporary: Temporary = False) -> None:
    """Let somebody sign in. The password is asked for, or is the first line of standard input."""
    people_store.check_name(name)
    hash_, now = _new_password(name), int(time.time())

    def write(connection: Connection, by: str) -> None:
        wanted = Account(name, role, store, hash_, temporary, now, by, now, None)
        people_changes.add(connection, by, EVERYTHING, wanted)

    _write(write)
    out.print(f"{name} may sign in as {role}{f' of store {store}' if store else ''}.")


@people.command("list")
def list_() -> None:
    """Everybody, also who is disabled."""
    with closing(provisioning.opened(Settings())) as database, database.reading() as connection:
        found = people_store.page(connection, "", 10_000)
    table = Table("name", "role", "store", "added by", "password", "disabled")
    for one in found:
        password = "none" if one.hash is None else "temporary" if one.temporary else "own"
        disabled = "yes" if one.disabled else ""
        table.add_row(one.name, one.role, one.store or "all", one.created_by, password, disabled)
    out.print(table)


@people.command("change")
def change(name: str, role: Role, store: Store = None) -> None:
    """Another role and store. Their sessions end."""
    _change(name, role=role, store=store)
    out.print(f"{name} is {role}{f' of store {store}' if store else ''} now.")


@people.command("disable")
def disable(name: str) -> None:
    """Let somebody in no more, for instance who has left. Their sessions end within seconds."""
    _change(name, disabled=int(time.time()))
    out.print(f"{name} is disabled.")


@people.command("enable")
def enable(name: str) -> None:
    """Let somebody in again."""
    _change(name, disabled=None)
    out.print(f"{name} may sign in.")


@people.command("reset")
def reset(name: str, temporary: Temporary = False) -> None:
    """Another password, asked for or the first line of standard input. Their sessions end."""
    hash_, now = _new_password(name), int(time.time())
    _write(
        lambda connection, by: people_changes.reset(
            connection, by, EVERYTHING, name, hash_, now, temporary=temporary
        )
    )
    out.print(f"{name} has another password.")


def _change(name: str, **to: str | int | None) -> None:
    _write(
        lambda connection, by: people_changes.change(connection, by, EVERYTHING, name, int(time.time()), **to)
    )


def _write(write: Callable[[Connection, str], object]) -> None:
    settings = Settings()
    with closing(provisioning.opened(settings)) as database, anchored(settings, database) as connection:
        write(connection, audit_store.cli_actor())


def _new_password(name: str) -> str:
    """The hash of a password that was typed twice, or piped in. Raises `Invalid`."""
    if sys.stdin.isatty():
        password = getpass("Password: ")
        if getpass("The same again: ") != password:
            raise Invalid("password-twice", "These were two passwords; nothing was changed.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    passwords.check_new(password, name)
    return passwords.hashed(password)
