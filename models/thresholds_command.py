"""The command ``rung thresholds``: exact fits of price or discount surveys."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models import survey
from models.existence import NoMaximum
from models.families import FAMILIES
from models.survey import BadSurvey
from models.thresholds import Fit, fit

_FILE = "CSV with the columns bid1,R1[,bid2,R2] (R is 1 where the threshold is at or above the bid) or lower,upper"


def thresholds(argv: list[str]) -> int:
    """``rung thresholds FILE.csv --family NAME``: the exact fit; 1 where there is none, with the reason."""
    chosen = _parser().parse_args(argv)
    try:
        answers = survey.load(chosen.file, chosen.covariates)
        found = fit(answers, chosen.family, chosen.spike, chosen.shift)
        posterior = _posterior(answers, chosen) if chosen.bayes else None
    except (BadSurvey, NoMaximum, OSError) as error:
        Console(stderr=True).print(f"rung thresholds: {error}", style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    if chosen.json:
        told = asdict(found) | ({"posterior": asdict(posterior)} if posterior else {})
        print(json.dumps(told, allow_nan=False))
        return 0
    _show(Console(), found, posterior)
    return 0


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
    parser.add_argument("--seed", type=int, default=1, help="of the posterior's draws (1)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _posterior(answers: survey.Survey, chosen: argparse.Namespace):
    """Imported only here: PyMC takes seconds, the exact fit milliseconds."""
    from models.thresholds_posterior import sample

    with Console(stderr=True).status("sampling the posterior"):
        return sample(answers, chosen.family, chosen.spike, chosen.shift, seed=chosen.seed)


def _show(console: Console, found: Fit, posterior) -> None:
    console.print(_table(found))
    told = [f"log-likelihood {found.loglik:.4f}", f"median {_figure(found.median)}"]
    told += [
        f"{name} {_figure(value)}"
        for name, value in (("pi0", found.pi0), ("delta", found.delta))
        if value is not None
    ]
    console.print("   ".join(told), highlight=False)
    for note in found.notes:
        console.print(f"note: {note}", markup=False, highlight=False)
    if posterior:
        console.print(_posterior_table(posterior))
        priors = ", ".join(f"{name} ~ {prior}" for name, prior in posterior.priors.items())
        console.print(f"priors: {priors}", markup=False, highlight=False)
        console.print(f"{posterior.divergences} divergences", highlight=False)


def _table(found: Fit) -> Table:
    table = Table(
        title=f"Thresholds, {found.family}, {found.n:,g} answers", box=SIMPLE_HEAD, title_justify="left"
    )
    table.add_column("")
    for heading in ("estimate", "standard error", "z"):
        table.add_column(heading, justify="right")
    for name, value, error in zip(found.names, found.coef, found.se, strict=True):
        ratio = value / error if value is not None and error else None
        table.add_row(Text(name), *map(_figure, (value, error, ratio)))
    return table


def _posterior_table(posterior) -> Table:
    title = f"Posterior, {posterior.chains} chains of {posterior.draws} draws, seed {posterior.seed}"
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    table.add_column("")
    for heading in ("mean", "sd", "2.5%", "97.5%", "R-hat", "ESS bulk", "ESS tail"):
        table.add_column(heading, justify="right")
    for one in posterior.parameters:
        figures = map(_figure, (one.mean, one.sd, one.low, one.high))
        table.add_row(
            Text(one.name), *figures, f"{one.rhat:.3f}", f"{one.ess_bulk:.0f}", f"{one.ess_tail:.0f}"
        )
    return table


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
