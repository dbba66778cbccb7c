"""What `rung thresholds` prints. A figure is never cut: where it is narrow, names fold and a table becomes two."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.thresholds import Fit

if TYPE_CHECKING:  # it takes seconds to import
    from models.thresholds_posterior import Posterior

NAME = 20  # characters of a parameter's name in a line on a terminal; in a pipe names stay whole
MOMENTS = ("mean", "sd", "2.5%", "97.5%")
CHAINS = ("R-hat", "ESS\nbulk", "ESS\ntail")
Row = tuple[str, Sequence[str]]


def show_fit(console: Console, found: Fit) -> None:
    """The exact fit: a table, then the likelihood and what is derived, then the notes."""
    title = f"Thresholds, {found.family}, {found.n:,g} answers"
    _print_table(console, title, ("estimate", "standard error", "z"), list(_estimates(found)))
    told = [f"log-likelihood {found.loglik:.4f}", f"median {_figure(found.median)}"]
    told += [
        f"{name} {_figure(value)}"
        for name, value in (("pi0", found.pi0), ("delta", found.delta))
        if value is not None
    ]
    _say(console, "   ".join(told))
    for note in found.notes:
        _say(console, f"note: {note}")


def show_posterior(console: Console, posterior: "Posterior") -> None:
    """The posterior: moments and agreement of the chains, the priors, the divergences."""
    title = f"Posterior, {posterior.chains} chains of {posterior.draws} draws, seed {posterior.seed}"
    moments: list[Row] = [
        (one.name, [_figure(value) for value in (one.mean, one.sd, one.low, one.high)])
        for one in posterior.parameters
    ]
    chains: list[Row] = [
        (one.name, [f"{one.rhat:.3f}", f"{one.ess_bulk:.0f}", f"{one.ess_tail:.0f}"])
        for one in posterior.parameters
    ]
    both: list[Row] = [
        (name, [*left, *right]) for (name, left), (_, right) in zip(moments, chains, strict=True)
    ]
    if _width(console, _table(console, (*MOMENTS, *CHAINS), both)) <= _room(console):
        _print_table(console, title, (*MOMENTS, *CHAINS), both)
    else:
        _print_table(console, title, MOMENTS, moments)
        _print_table(console, "Whether the chains agree", CHAINS, chains)
    _say(console, "priors: " + ", ".join(f"{name} ~ {prior}" for name, prior in posterior.priors.items()))
    _say(console, f"{posterior.divergences} divergences")


def _estimates(found: Fit) -> Iterable[Row]:
    for name, value, error in zip(found.names, found.coef, found.se, strict=True):
        ratio = value / error if value is not None and error else None
        yield name, [_figure(each) for each in (value, error, ratio)]


def _print_table(console: Console, title: str, headings: Sequence[str], rows: Sequence[Row]) -> None:
    """As wide as its figures need: a terminal that has less wraps the lines itself, and no digit is lost."""
    _say(console, title)
    table = _table(console, headings, rows)
    given, console.width = console.width, max(console.width, _width(console, table))
    console.print(table, crop=False)
    console.width = given


def _table(console: Console, headings: Sequence[str], rows: Sequence[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, figures in rows:
        table.add_row(Text(_folded(name) if console.is_terminal else name), *figures)
    return table


def _folded(name: str) -> str:
    return "\n".join(name[at : at + NAME] for at in range(0, len(name), NAME))


def _width(console: Console, table: Table) -> int:
    wide = console.options.update(width=10_000)
    return console.measure(table, options=wide).maximum


def _room(console: Console) -> int:
    """Columns of the terminal; a pipe has no edge."""
    return console.width if console.is_terminal else 10_000


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=not console.is_terminal)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
