"""The arena's results as tables: for a terminal, and as Markdown for a page of documentation."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from rich.table import Table

from models.arena_hazard import Crossing
from models.arena_match import CAPPED, CLAIRVOYANT, LIMITS, PEERS, TILL, UNSEEING
from models.arena_summary import Estimate, Season
from models.arena_verdict import Clause
from models.arena_worlds import WORLDS

ORDER = (*TILL, *PEERS, *CLAIRVOYANT, *UNSEEING, *LIMITS, *CAPPED)
COLUMNS = ("margin", "lost", "offers", "discount")


class Sheet(NamedTuple):
    """A table: what it is called, its columns, its rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def of_world(season: Season) -> Sheet:
    """Every policy in one world: margin, visits lost, offers, discount, with 95 % intervals over seeds."""
    breaks = WORLDS[season.world].breaks if season.world in WORLDS else None
    rows = [
        (policy, *[shown(season.estimate(policy, figure), _FORMATS[figure]) for figure in COLUMNS])
        for policy in ORDER
        if policy in season.policies
    ]
    title = f"{season.world}, {len(season.shops)} shops" + (f": {breaks}" if breaks else "")
    heads = ("policy", "margin a visit, of gross", "visits lost", "offers a checkout", "discount, of gross")
    return Sheet(title, heads, rows)


def shown(value: Estimate, form: Callable[[float], str]) -> str:
    """Mean and half the width of the interval."""
    half = (value.high - value.low) / 2
    return form(value.mean) if half != half else f"{form(value.mean)} ± {form(half)}"


_FORMATS: dict[str, Callable[[float], str]] = {
    "margin": "{:.2%}".format,
    "lost": "{:.2%}".format,
    "offers": "{:.2f}".format,
    "discount": "{:.2%}".format,
}


SHORT = {
    "smallest_first": "smallest",
    "adaptive_start": "adaptive",
    "one_by_one": "1 by 1",
    "best_first": "best",
    "first_applicable": "first",
    "fixed_percentage": "fixed",
    "logistic": "logistic",
    "thompson": "Thompson",
    "clairvoyant_smallest": "knows, smallest",
    "clairvoyant": "knows, any",
}


TITLES = {
    "margin": ("Margin a visit, % of gross", 100.0),
    "lost": ("Visits lost, %", 100.0),
    "offers": ("Offers a checkout", 1.0),
    "discount": ("Discount given, % of gross", 100.0),
}


def overview(seasons: Iterable[Season], figure: str = "margin", intervals: bool = False) -> Sheet:
    """One figure of each policy in each world; with ``intervals``, half the width of the 95 % interval beside it."""
    every = list(seasons)
    played = [name for name in SHORT if name in every[0].policies]
    title, unit = TITLES[figure]

    def cell(season: Season, policy: str) -> str:
        found = season.estimate(policy, figure)
        half = f" ± {unit * (found.high - found.low) / 2:.2f}" if intervals else ""
        return f"{unit * found.mean:.2f}{half}"

    rows = [(each.world, *[cell(each, name) for name in played]) for each in every]
    return Sheet(title, ("world", *[SHORT[name] for name in played]), rows)


def limits(seasons: Iterable[Season]) -> Sheet:
    """How much of the distance to the clairvoyants is not knowing the customer yet, and how much not the parameters."""
    rows = []
    for each in seasons:
        cells = [each.world]
        for policy, knowing in (
            ("smallest_first", "clairvoyant_smallest"),
            ("adaptive_start", "clairvoyant"),
        ):
            for name in (policy, f"{policy}, true"):
                cells.append(f"{each.ratio(name, knowing).mean:.2%}" if name in each.policies else "")
        rows.append(tuple(cells))
    heads = ("world", "smallest_first", "with true parameters", "adaptive_start", "with true parameters ")
    return Sheet("Margin as a part of the clairvoyant's that plays by the same rules", heads, rows)


def verdict(clauses: Iterable[Clause]) -> Sheet:
    """Promise by promise."""
    rows = [
        (each.promise, each.reached, "yes" if each.holds else "no", ", ".join(each.except_in))
        for each in clauses
    ]
    return Sheet("What was promised", ("promise", "reached", "holds", "except in"), rows)


def hazards(crossings: dict[str, Crossing]) -> Sheet:
    """From which hazard on a rival earns more than smallest_first."""
    rows = [
        (
            rival,
            f"{each.hazard.mean:.3f}",
            f"{each.hazard.low:.3f} to {each.hazard.high:.3f}",
            f"{each.shops[0]:.3f} to {each.shops[1]:.3f}",
        )
        for rival, each in crossings.items()
    ]
    heads = ("rival", "hazard", "95 % interval of the mean", "95 % of shops")
    return Sheet("The hazard from which smallest_first earns less", heads, rows)


def terminal(sheet: Sheet) -> Table:
    """For `rich`."""
    table = Table(title=sheet.title, title_justify="left")
    for number, column in enumerate(sheet.columns):
        table.add_column(
            column.strip(), justify="left" if number == 0 or not _is_number(sheet, number) else "right"
        )
    for row in sheet.rows:
        table.add_row(*row)
    return table


def _is_number(sheet: Sheet, column: int) -> bool:
    return all(not row[column] or row[column][0] in "+-0123456789" for row in sheet.rows)


def markdown(sheet: Sheet) -> str:
    """For a page."""
    lines: list[Sequence[Any]] = [sheet.columns, ["---"] * len(sheet.columns), *sheet.rows]
    table = "\n".join(["| " + " | ".join([str(cell).strip() for cell in line]) + " |" for line in lines])
    return f"**{sheet.title}**\n\n{table}\n"
