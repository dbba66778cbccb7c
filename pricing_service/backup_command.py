"""`rung backup FILE` and `rung restore FILE`."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from pos_client.claim import Unusable, hold
from pricing_service import backups, fit_queue
from pricing_service.settings import Settings

CLOSED = ("serve", fit_queue.LOCK)  # who else opens the database for long
out = Console()


def backup(
    file: Annotated[Path, typer.Argument(help="A new file; one that is there is never touched.")],
) -> None:
    """Copy the service's database to FILE, while the service runs. Keep RUNG_DATA/secrets too, somewhere else."""
    settings = Settings()
    with _shown() as told:
        size = backups.take(settings, file, told)
    _seal_left(settings)
    out.print(
        f"{file}: {size / 1e6:.1f} MB. It is no use without {settings.data}/secrets: keep those too, elsewhere."
    )


def restore(file: Annotated[Path, typer.Argument(help="What `rung backup` wrote.")]) -> None:
    """Set the database back to FILE. The service and its worker must be stopped; tills then send again what it lost."""
    settings = Settings()
    with ExitStack() as held:
        for command in CLOSED:
            held.enter_context(hold(settings.data, command))
        with _shown() as told:
            before = backups.restore(settings, file, told)
    out.print(
        f"{settings.database} is what {file} was, under a new history. Start the service: tills send the rest."
    )
    if before:
        out.print(
            f"What was there is {before}; it is being sealed like a backup, and the service may run meanwhile."
        )
        _seal_left(settings)


def _seal_left(settings: Settings) -> None:
    """What the last restore set aside, and earlier ones that did not come to it."""
    try:
        lock = hold(settings.data, backups.SEALING)
    except Unusable:  # another process is at it
        return
    with lock:
        for damaged in backups.seal_left(settings):
            told = "is too damaged to be sealed and holds customers' data as they are"
            out.print(f"{damaged} {told}: remove it when all is well.")


@contextmanager
def _shown() -> Iterator[backups.Told]:
    """Bars on a terminal."""
    with Progress(console=out, transient=True) as progress:
        bars = {}

        def told(what: str, share: float) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=1.0)
            progress.update(bars[what], completed=share)

        yield told
