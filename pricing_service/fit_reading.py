"""What `rung fit` reads out of a fit that has ended: the log, the checks, the estimates in words, what was kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console

# What the counts of docs/dataset.md are called where a record was left out.
LEFT_OUT = {
    "damaged": "damaged",
    "repeated": "there twice",
    "quarantined": "set aside by the service",
    "poisoned": "of excluded tills or cashiers",
    "returns": "returns",
    "training": "for training",
    "cancelled": "cancelled",
    "skipped": "with an offer never made",
    "no_offer": "with nothing to offer",
    "unanswered": "ended before anybody answered",
}
MOST_SAID = 14  # estimates: all without cohorts, cashiers and covariates, which only the report has room for


def say(ended: Mapping[str, Any], out: Console, aside: Console) -> None:
    """Read ``ended`` out; on ``aside`` why there is no fit, or why a fit was not kept."""
    if "verdict" not in ended:
        return _line(aside, f"No fit: {ended['error']}")
    for line in _read(ended.get("summary", {})):
        _line(out, line)
    for check in ended["verdict"]["checks"]:
        out.print(
            "[green]passed[/]" if check["passed"] else "[red]failed[/]", f" {check['name']:<20}", end=" "
        )
        _line(out, check["says"])
    for line in _estimates(ended.get("parameters", [])):
        _line(out, line)
    out.print(ended["verdict"]["says"], style="bold", markup=False, highlight=False, soft_wrap=True)
    for place in ended.get("files", []):
        _line(out, f"kept: {place}")
    if "unkept" in ended:
        _line(aside, ended["unkept"])


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _read(summary: Mapping[str, Any]) -> Iterable[str]:
    """How much of the log was used."""
    if "used" not in summary:
        return
    yield (
        f"{summary['records']:,} records, {summary['used']:,} of them used: {summary['customers']:,} customers"
        f" with a card, {summary['anonymous']:,} checkouts without one."
    )
    left = [f"{summary[fate]:,} {words}" for fate, words in LEFT_OUT.items() if summary.get(fate)]
    if left:
        yield "Left out: " + ", ".join(left) + "."


def _estimates(parameters: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """What was learnt, each with the interval that holds it with 95 % probability; what was fixed is not learnt."""
    learnt = [each for each in parameters if not each["fixed"]]
    if not learnt:
        return
    yield "Estimates, with 95 % intervals:"
    for each in learnt[:MOST_SAID]:
        figures = (
            f"{_figure(each['mean'], each)} ({_figure(each['low'], each)} to {_figure(each['high'], each)})"
        )
        yield f"  {each['says']}: {figures}"
    if len(learnt) > MOST_SAID:
        yield f"  and {len(learnt) - MOST_SAID} more in the report"


def _figure(value: float | None, of: Mapping[str, Any]) -> str:
    """Three digits, and the unit."""
    if value is None:
        return "?"
    return f"×{value:.3g}" if of["unit"] == "×" else f"{value:.3g} {of['unit']}".rstrip()
