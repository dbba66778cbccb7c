"""``python -m tests.simulator HISTORIES --seed S --jobs 2``: plays them, and prints a table of what happened."""

import argparse
import sys
import time

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.simulator import bugs
from tests.simulator.campaign import Tally, campaign, caught, shrunk, told
from tests.simulator.faults import ALL

SHOWN = 3  # failing histories that are told in full
WIDE = 150  # columns of the table, in a file too


def main() -> int:
    asked = _arguments()
    out = Console(width=None if sys.stdout.isatty() else WIDE)
    if asked.bugs:
        return _bugs(out, asked.seed, asked.histories)
    began = time.monotonic()
    tally = Tally()
    with Progress(console=out) as progress:
        task = progress.add_task("histories", total=asked.histories)
        for part in campaign(asked.seed, asked.histories, asked.jobs):
            tally.join(part)
            progress.update(task, completed=tally.histories, description=f"{len(tally.failed)} failed")
    out.print(_table(tally))
    out.print(f"{tally.histories} histories in {time.monotonic() - began:.0f} s; {len(tally.failed)} failed.")
    for failed in tally.failed[:SHOWN]:
        out.print(told(shrunk(failed)), markup=False, highlight=False, soft_wrap=True)
    return 1 if tally.failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("histories", type=int)
    parser.add_argument("--seed", type=int, default=1, help="of the first history; the others follow")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument(
        "--bugs", action="store_true", help="plant known bugs, one at a time, until each is caught"
    )
    return parser.parse_args()


def _bugs(out: Console, first: int, most: int) -> int:
    table = Table("planted", "histories until caught", "seen as")
    missed = 0
    for name, planted in bugs.ALL.items():
        count, outcome = caught(planted, first, most)
        missed += outcome is None
        seen = outcome.wrong[0][:100] if outcome else "not caught"
        table.add_row(name, str(count) if outcome else f"over {most}", seen)
    out.print(table)
    return 1 if missed else 0


def _table(tally: Tally) -> Table:
    table = Table("what", "histories with it", "how often", width=WIDE)
    for name, meaning in ALL.items():
        table.add_row(f"{name}: {meaning}", str(tally.having[name]), _often(tally, name))
    for name in sorted(tally.counts.keys() - ALL.keys()):
        table.add_row(name, "", str(tally.counts[name]))
    return table


def _often(tally: Tally, name: str) -> str:
    return str(tally.counts[name]) if name in tally.counts else ""


if __name__ == "__main__":
    sys.exit(main())
