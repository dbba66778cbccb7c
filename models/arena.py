"""The command ``rung arena``: policies against each other and against the clairvoyants in simulated shops.

rung arena --quick
rung arena --seeds 30 --hazards --figure arena.svg
rung arena --policies smallest_first best_first --worlds grocery --seed 7 --json
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models import arena_hazard, arena_table
from models.arena_figure import picture
from models.arena_match import CAPPED, FULL, POLICIES, QUICK, Size
from models.arena_summary import ENOUGH, Season
from models.arena_table import Sheet
from models.arena_tournament import Fixture, Result, by_world, fixtures, play
from models.arena_verdict import NEEDED, Clause, judged
from models.arena_worlds import WORLDS

SEEDS, QUICK_SEEDS = 5, 2


def arena(argv: list[str]) -> int:
    """``rung arena``: the same simulated customers for every policy; what each earns, whom it loses, what it asks."""
    chosen = _chosen(argv)
    try:
        results, sweep = _played(chosen)
    except KeyboardInterrupt:
        return 130
    seasons = [Season(world, [each.figures for each in shops]) for world, shops in by_world(results)]
    complete = all(name in seasons[0].policies for name in NEEDED)
    clauses = judged(seasons) if complete and seasons[0].enough else []
    if chosen.figure:
        chosen.figure.write_bytes(picture(seasons, sweep, chosen.figure.suffix[1:]))
    if chosen.json:
        print(json.dumps(as_json(chosen.seed, seasons, clauses, sweep), indent=1))
    else:
        _print(_sheets(seasons, clauses, sweep, chosen.quick), chosen.markdown)
        if not seasons[0].enough:
            print(_too_few(len(seasons[0].shops)))
    return 0


def _chosen(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("rung arena", description=arena.__doc__)
    policies = [name for name in POLICIES if name not in CAPPED]
    parser.add_argument("--policies", nargs="+", choices=list(POLICIES), metavar="POLICY", default=policies,
                        help=f"of {', '.join(POLICIES)} (all without a limit of climbs)")  # fmt: skip
    parser.add_argument("--worlds", nargs="+", choices=list(WORLDS), metavar="WORLD", default=list(WORLDS),
                        help=f"of {'; '.join(WORLDS).replace('%', '%%')} (all)")  # fmt: skip
    parser.add_argument(
        "--seeds", type=_positive, help=f"shops of every world ({SEEDS}; quick: {QUICK_SEEDS})"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first shop (1)")
    parser.add_argument("--quick", action="store_true", help="small shops, for a first look")
    parser.add_argument("--hazards", action="store_true", help="also where starting small stops paying")
    parser.add_argument("--cores", type=_positive, default=1, help="processes (1)")
    parser.add_argument("--figure", type=_picture, metavar="FILE", help="one picture of it all, .svg or .png")
    parser.add_argument("--markdown", action="store_true", help="the tables as Markdown")
    parser.add_argument("--json", action="store_true", help="everything as JSON")
    return parser.parse_args(argv)


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _picture(text: str) -> Path:
    if (path := Path(text)).suffix not in (".svg", ".png"):
        raise argparse.ArgumentTypeError("must end in .svg or .png")
    return path


def _played(chosen: argparse.Namespace) -> tuple[list[Result], dict[float, Season] | None]:
    size: Size = QUICK if chosen.quick else FULL
    count = chosen.seeds or (QUICK_SEEDS if chosen.quick else SEEDS)
    seeds = range(chosen.seed, chosen.seed + count)
    matches = fixtures([WORLDS[name] for name in chosen.worlds], seeds, chosen.policies, size)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as progress:  # fmt: skip
        results = _shown(progress, "shops", matches, chosen.cores)
        if not chosen.hazards:
            return results, None
        swept = _shown(progress, "hazards", arena_hazard.fixtures(seeds, size), chosen.cores)
    return results, arena_hazard.sweep(swept)


def _shown(progress: Progress, what: str, matches: Sequence[Fixture], cores: int) -> list[Result]:
    task = progress.add_task(what, total=len(matches))
    return play(matches, cores, lambda: progress.advance(task))


def as_json(
    seed: int, seasons: Sequence[Season], clauses: Sequence[Clause], sweep: dict[float, Season] | None
) -> dict[str, Any]:
    """Means and 95 % intervals over seeds of every policy in every world, the verdict, the hazards."""
    worlds = [
        {"name": each.world, "breaks": WORLDS[each.world].breaks, "policies": each.as_json()}
        for each in seasons
    ]
    return {
        "seed": seed,
        "seeds": len(seasons[0].shops),
        "worlds": worlds,
        "verdict": [each._asdict() for each in clauses],
        "hazards": sweep and arena_hazard.as_json(sweep),
    }


def _sheets(
    seasons: Sequence[Season], clauses: Sequence[Clause], sweep: dict[float, Season] | None, quick: bool
) -> list[Sheet]:
    """All tables; of a first look only what everybody earns."""
    if quick:
        sheets = [arena_table.overview(seasons) if len(seasons) > 1 else arena_table.of_world(seasons[0])]
    else:
        sheets = [arena_table.of_world(each) for each in seasons]
        sheets += [arena_table.overview(seasons, figure) for figure in arena_table.TITLES]
    if clauses:
        sheets += [arena_table.limits(seasons), arena_table.verdict(clauses)]
    if sweep:
        sheets.append(arena_table.hazards(arena_hazard.crossings(sweep)))
    return sheets


def _too_few(shops: int) -> str:
    few = "One shop" if shops == 1 else f"{shops} shops"
    return (
        f"{few} of every world cannot tell policies apart: no interval is shown and no promise judged."
        f" From --seeds {ENOUGH} on they are; without --quick shops are large and every table is printed."
    )


def _print(sheets: Sequence[Sheet], markdown: bool) -> None:
    console = Console()
    for sheet in sheets:
        if markdown:
            print(arena_table.markdown(sheet))
        else:
            console.print(arena_table.terminal(sheet))


if __name__ == "__main__":
    import sys

    raise SystemExit(arena(sys.argv[1:]))
