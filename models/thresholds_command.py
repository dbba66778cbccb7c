"""The command ``rung thresholds``: exact fits of price or discount surveys."""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from models import survey, thresholds_tables
from models.existence import NoMaximum
from models.families import FAMILIES
from models.survey import BadSurvey
from models.thresholds import fit

_FILE = "CSV with the columns bid1,R1[,bid2,R2] (R is 1 where the threshold is at or above the bid) or lower,upper"


def thresholds(argv: list[str]) -> int:
    """``rung thresholds FILE.csv --family NAME``: the exact fit; 1 where there is none, with the reason."""
    chosen = _parser().parse_args(argv)
    try:
        _run(chosen)
    except (BadSurvey, NoMaximum, OSError) as error:
        Console(stderr=True).print(f"rung thresholds: {error}", style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        print("rung thresholds: stopped by Ctrl-C", file=sys.stderr)
        return 130
    return 0


def _run(chosen: argparse.Namespace) -> None:
    """The exact fit is shown before the posterior is begun: it is there at once, and Ctrl-C does not take it away."""
    answers = survey.load(chosen.file, chosen.covariates)
    found = fit(answers, chosen.family, chosen.spike, chosen.shift)
    if FAMILIES[chosen.family].on_log and (below := survey.yes_below_zero(answers)):
        note = (
            f"{below:g} answers are yes to a bid below 0, which says nothing: the {chosen.family} is positive"
        )
        found = replace(found, notes=(*found.notes, note))
    console = Console()
    if not chosen.json:
        thresholds_tables.show_fit(console, found)
    posterior = _posterior(answers, chosen) if chosen.bayes else None
    if chosen.json:
        told = asdict(found) | ({"posterior": asdict(posterior)} if posterior else {})
        print(json.dumps(told, allow_nan=False))
    elif posterior:
        thresholds_tables.show_posterior(console, posterior)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "rung thresholds", description="Exact fits of interval-censored thresholds."
    )
    parser.add_argument("file", type=Path, help=_FILE + "; optional count and covariates")
    parser.add_argument("--family", required=True, choices=list(FAMILIES), help="the shape of the thresholds")
    parser.add_argument("--spike", action="store_true", help="a share pi0 of the respondents has threshold 0")
    parser.add_argument(
        "--shift", action="store_true", help="second answers are given as if the threshold were delta higher"
    )
    parser.add_argument(
        "--covariates", type=_names, default=(), metavar="A,B", help="columns that move the location"
    )
    parser.add_argument(
        "--bayes", action="store_true", help="also the posterior under weak priors (needs PyMC)"
    )
    parser.add_argument("--seed", type=_seed, default=1, help="of the posterior's draws (1)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 1 << 32):
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0 to {(1 << 32) - 1}, not {text}")
    return int(text)


def _posterior(answers: survey.Survey, chosen: argparse.Namespace):
    """Imported only here: PyMC takes seconds, the exact fit milliseconds."""
    from models.thresholds_posterior import sample

    aside = Console(stderr=True)
    if not aside.is_terminal:
        print("sampling the posterior, which takes 10 to 20 seconds", file=sys.stderr, flush=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=aside, transient=True, disable=not aside.is_terminal) as bar:
        task = bar.add_task("compiling the posterior", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, description="sampling the posterior", completed=done, total=total)

        return sample(answers, chosen.family, chosen.spike, chosen.shift, seed=chosen.seed, progress=show)
