"""`rung fit`: a population fit from the terminal, on the service's own log or on a file of records.

The fit is the process that the worker would start; this one shows how far it is and reads out what came of it.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from models import priors, release
from pricing_service import fit_queue, fit_reading, provisioning, release_store
from pricing_service.child_process import FIT, Child
from pricing_service.settings import Settings

STATUS = {"passed": 0, "rejected": 1, "failed": 2, "cancelled": 130}
UNKEPT = 2  # whatever the verdict: what was asked for is not there
LOOK_SECONDS = 0.2
QUIET_SECONDS = 10  # between two lines of progress where there is no terminal
FILES = ("fit.nc", "report.html", "report.json", "release.json")

out, aside = Console(), Console(stderr=True)


def command(
    log: Annotated[
        Path | None, typer.Option(help="A file of record lines (JSONL); else the service's own log.")
    ] = None,
    prior: Annotated[
        Path | None, typer.Option("--priors", help="Priors as JSON; else the published ones.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="FILE.nc to keep; report and release go beside it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The outcome for programs.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, log and priors: same fit.")] = 1,
) -> None:
    """Fit the population, check the fit, say what came of it.

    Ends with 0 if it passed every check, 1 if it was rejected, 2 if there is nothing to fit, what was given is wrong,
    or the fit could not be kept.
    """
    settings = Settings()
    try:
        _require_place(to)
        ended = _ended(_job(settings, log, prior, seed), to)
    except (ValueError, OSError, SystemExit) as bad:
        ended = {"state": "failed", "error": str(bad)}
    except KeyboardInterrupt:
        ended = {"state": "cancelled", "error": "cancelled by Ctrl-C, nothing was kept."}
    if as_json:
        print(json.dumps(ended))
    else:
        fit_reading.say(ended, out, aside)
    raise typer.Exit(UNKEPT if "unkept" in ended else STATUS[ended["state"]])


def _require_place(to: Path | None) -> None:
    """Now rather than after the fit."""
    if to is None:
        return
    if to.suffix != ".nc" or to.is_dir() or not to.parent.is_dir():
        raise ValueError(f"--out {to} must be a file named *.nc in a folder that is there.")
    if taken := next((place for place in _places(to).values() if place.is_dir()), None):
        raise ValueError(f"--out: {taken} is a folder, and a file of the fit would have that name.")
    try:
        with tempfile.TemporaryFile(dir=to.parent):
            pass
    except OSError as bad:
        raise ValueError(f"--out {to}: nothing can be written to {to.parent}: {bad.strerror}.") from bad


def _places(to: Path) -> dict[str, Path]:
    """Where each file of a fit is kept."""
    return {name: to if name == "fit.nc" else to.with_suffix("." + name) for name in FILES}


def _job(settings: Settings, log: Path | None, prior: Path | None, seed: int) -> dict[str, Any]:
    beliefs, in_force = (
        json.dumps(priors.as_json(priors.DEFAULT)),
        json.dumps(release.as_json(release.HAND_MADE)),
    )
    if log is None or settings.database.is_file():
        with closing(provisioning.opened(settings)) as database, database.reading() as connection:
            beliefs, in_force = fit_queue.start_from(connection)[1], release_store.present(connection).model
    if prior:
        beliefs = _read(prior)
    where = {"records": str(log)} if log else {"database": str(settings.database.resolve())}
    return fit_queue.job(where, beliefs, in_force, seed, f"fit-{seed}")


def _read(file: Path) -> str:
    """The JSON of the priors in a file, be they densities or words."""
    try:
        return json.dumps(priors.as_json(priors.read(json.loads(file.read_text()))))
    except ValueError as bad:
        raise ValueError(f"{file}: {bad}") from bad


def _ended(job: dict[str, Any], to: Path | None) -> dict[str, Any]:
    """What came of ``job``, its files kept beside ``to``; where that fails, the folder it was made in stays."""
    folder = Path(tempfile.mkdtemp(prefix="rung-fit-"))
    ended: dict[str, Any] = {}
    try:
        child = Child(FIT, folder, job)
        try:
            _watch(child)
        except BaseException:
            child.stop()
            raise
        ended = {**(child.ended or {}), **_estimates(folder), **_kept(folder, to)}
        return ended
    finally:
        if "unkept" not in ended:
            shutil.rmtree(folder, ignore_errors=True)


def _estimates(folder: Path) -> dict[str, Any]:
    report = folder / "report.json"
    return {"parameters": json.loads(report.read_text())["parameters"]} if report.is_file() else {}


def _kept(folder: Path, to: Path | None) -> dict[str, Any]:
    """Which files are kept, and what stood in the way of the others: a disk may have become full meanwhile."""
    if to is None:
        return {}
    files: list[str] = []
    for name, place in _places(to).items():
        if not (folder / name).is_file():
            continue
        try:
            shutil.copyfile(folder / name, place)
        except OSError as bad:
            why = f"The fit is made, but {place} could not be written: {bad.strerror}. Its files are in {folder}."
            return {"files": files, "unkept": why}
        files.append(str(place))
    return {"files": files}


def _watch(child: Child) -> None:
    """Show how far ``child`` is until it has ended: a bar on a terminal, now and then a line elsewhere."""
    if not aside.is_terminal:
        return _follow(child, _lines())
    columns = (
        TextColumn("{task.description:>9}"),
        BarColumn(),
        TextColumn("{task.fields[more]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=aside, transient=True) as bar:
        task = bar.add_task("starting", total=None, more="")

        def show(told: dict[str, Any]) -> None:
            more = f"{told['divergences']} divergences" if told["divergences"] else ""
            total = told["total"] or None
            bar.update(task, description=told["stage"], completed=told["done"], total=total, more=more)

        _follow(child, show)


def _follow(child: Child, show: Callable[[dict[str, Any]], None]) -> None:
    shown = None
    while not child.is_over():
        if child.progress and child.progress != shown:
            shown = child.progress
            show(shown)
        child.wait(LOOK_SECONDS)


def _lines() -> Callable[[dict[str, Any]], None]:
    """Shows each stage once, and every ten seconds what is left of a long one."""
    stage, next_at = "", 0.0

    def show(told: dict[str, Any]) -> None:
        nonlocal stage, next_at
        if told["stage"] == stage and time.monotonic() < next_at:
            return
        stage, next_at = told["stage"], time.monotonic() + QUIET_SECONDS
        left = told["seconds_left"]
        share = f" {told['done']} of {told['total']}" if told["total"] else ""
        print(f"{stage}{share}" + (f", {left:.0f} s left" if left else ""), file=sys.stderr, flush=True)

    return show
