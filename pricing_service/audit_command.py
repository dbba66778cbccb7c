"""`rung audit`: the trail, whether it is whole, and decisions made again, on the service's own machine."""

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from pos_client.claim import Unusable, hold
from pos_client.core.calendar import rfc3339
from pos_client.core.record import Invalid
from pricing_service import audit_store, audit_verifying, decision_replay, provisioning
from pricing_service.audit_anchors import RECORDS_SECONDS
from pricing_service.audit_findings import Verdict
from pricing_service.audit_store import Wanted
from pricing_service.audit_verifying import Told
from pricing_service.decision_inputs import Archive
from pricing_service.decision_replay import Replayed
from pricing_service.settings import Settings

audit = typer.Typer(
    help="Who did what, whether the trail is whole, and decisions made again.",
    no_args_is_help=True,
    add_completion=False,
)
LOOK_SECONDS = 1
MOST_TOLD = 20  # decisions that differ; all of them with --json
out, aside = Console(soft_wrap=True), Console(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@audit.command("list")
def list_(
    actor: Annotated[str | None, typer.Option(help="Who.")] = None,
    action: Annotated[str | None, typer.Option(help="What.")] = None,
    customer: Annotated[str | None, typer.Option(help="A customer's token (`rung token CARD`).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """The audit trail, the youngest entries first."""
    settings = Settings()
    subject = audit_store.customer(settings.audit_key, customer) if customer else None
    with closing(provisioning.opened(settings)) as database, database.reading() as connection:
        found = audit_store.page(connection, Wanted(actor, action, subject), 1 << 62, limit)
    for entry in found:
        told = "  ".join((f"{entry.position:>8}", rfc3339(entry.at), *entry[2:6]))
        out.print(told.rstrip(), markup=False, highlight=False)


@audit.command("verify")
def verify(
    witness: Annotated[
        list[str] | None,
        typer.Option(help="A head somebody kept, POSITION:HASH, as anchors and snapshots have it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Whether trail, anchors and log are as they were written; ends with 1 where they are not, and says where."""
    settings = Settings()
    with closing(provisioning.opened(settings)) as database, database.reading() as connection:
        with Progress(console=aside, transient=True, disable=as_json) as bar:
            task = bar.add_task("reading", total=None)
            told: Told = lambda done, of: bar.update(task, completed=done, total=of)  # noqa: E731
            verdict = audit_verifying.verify(
                connection, settings.audit_anchors, settings.audit_key, told, _patience(settings)
            )
        missed = [each for each in witness or [] if not audit_verifying.witnessed(connection, each)]
    _say(verdict, missed, as_json)
    raise typer.Exit(0 if verdict.whole and not missed else 1)


def _patience(settings: Settings) -> Callable[[], bool]:
    """A service that runs anchors what is new within a minute: so long it is waited for."""
    until = time.monotonic() + RECORDS_SECONDS + 10

    def wait() -> bool:
        try:
            with hold(settings.data, "serve"):
                return False
        except Unusable:
            time.sleep(LOOK_SECONDS)
            return time.monotonic() < until

    return wait


def _say(verdict: Verdict, missed: list[str], as_json: bool) -> None:
    head = f"{verdict.entry.position}:{verdict.entry.hash}"
    if as_json:
        told = {**verdict._asdict(), "whole": verdict.whole and not missed, "head": head, "missed": missed}
        told["findings"] = [each._asdict() for each in verdict.findings]
        told.pop("entry"), told.pop("record")
        return print(json.dumps(told))
    out.print(verdict.sentence())
    for finding in verdict.findings:
        out.print(f"  {finding.where} {finding.position or ''}: {finding.says}")
    for each in missed:
        out.print(f"  trail: the head {each[:40]} that somebody kept is not in it")
    for note in verdict.notes:
        out.print(note)
    out.print(f"The end of the trail, to be kept somewhere else as a witness: {head}")


@audit.command("replay")
def replay(
    record: Annotated[str | None, typer.Option(help="One decision: DEVICE/EPOCH/SEQUENCE.")] = None,
    since: Annotated[str | None, typer.Option(help="All from this day on, as 2026-11-30.")] = None,
    sample: Annotated[int, typer.Option(min=1, help="Only each N-th of them.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Make decisions again from their records; ends with 1 if one comes out otherwise."""
    settings = Settings()
    with closing(provisioning.opened(settings)) as database, database.reading() as connection:
        if record:
            told = [decision_replay.one(connection, Archive(connection), *_identity(record))]
        else:
            told = list(decision_replay.since(connection, _day(since), sample))
    if as_json:
        for each in told:
            difference = each.difference._asdict() if each.difference else None
            print(json.dumps({**each._asdict(), "difference": difference}))
    else:
        _tell(told)
    raise typer.Exit(1 if any(each.verdict in ("different", "unknown") for each in told) else 0)


def _tell(told: list[Replayed]) -> None:
    table = Table("verdict", "decisions")
    for verdict, many in sorted(Counter(each.verdict for each in told).items()):
        table.add_row(verdict, str(many))
    out.print(table)
    others = [each for each in told if len(told) == 1 or each.verdict not in ("identical", "erased")]
    for each in others[:MOST_TOLD]:
        out.print(f"{each.device}/{each.epoch}/{each.sequence} {each.verdict}: {each.says}")
        if each.difference:
            out.print(f"  recorded  {json.dumps(each.difference.recorded)}", highlight=False, markup=False)
            out.print(f"  again     {json.dumps(each.difference.again)}", highlight=False, markup=False)
        for one in each.assumed:
            out.print(f"  fits if {one}")


def _identity(told: str) -> tuple[str, int, int]:
    device, _, rest = told.partition("/")
    epoch, _, sequence = rest.partition("/")
    if not (device and epoch.isdigit() and sequence.isdigit()):
        raise Invalid("record-form", "a record is DEVICE/EPOCH/SEQUENCE, such as till-1/1/17")
    return device, int(epoch), int(sequence)


def _day(told: str | None) -> int:
    if told is None:
        return 0
    try:
        return int(datetime.combine(date.fromisoformat(told), datetime.min.time(), UTC).timestamp()) // 86400
    except ValueError:
        raise Invalid("day-form", "a day is written as 2026-11-30") from None
