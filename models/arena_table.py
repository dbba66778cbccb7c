"""The arena's results as tables: for a terminal, and as Markdown for a page of documentation."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rich import box
from rich.table import Table

from models.arena_hazard import Crossing
from models.arena_match import CAPPED, CLAIRVOYANT, LIMITS, PEERS, TILL, UNSEEING
from models.arena_summary import Season
from models.arena_verdict import Clause
from models.arena_worlds import WORLDS

ORDER = (*TILL, *PEERS, *CLAIRVOYANT, *UNSEEING, *LIMITS, *CAPPED)


class Sheet(NamedTuple):
    """A table: what it is called, its columns, its rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


TITLES = {  # what a figure is called in a title and at the head of a column, and its unit
    "margin": ("Margin a visit, % of gross", "margin %", 100.0),
    "lost": ("Visits lost, %", "lost %", 100.0),
    "offers": ("Offers a checkout", "offers", 1.0),
    "discount": ("Discount given, % of gross", "discount %", 100.0),
}


def of_world(season: Season) -> Sheet:
    """Every policy in one world: margin and discount (of gross), visits lost, offers a checkout, with intervals."""
    breaks = WORLDS[season.world].breaks if season.world in WORLDS else None
    played = [policy for policy in ORDER if policy in season.policies]
    rows = [(policy, *[shown(season, policy, figure) for figure in TITLES]) for policy in played]
    title = f"{season.world}, {len(season.shops)} shops" + (f": {breaks}" if breaks else "")
    return Sheet(title, ("policy", *[head for _, head, _ in TITLES.values()]), rows)


def shown(season: Season, policy: str, figure: str, interval: bool = True) -> str:
    """The mean over shops and, where these are enough, half the width of its 95 % interval, in the figure's unit."""
    found, unit = season.estimate(policy, figure), TITLES[figure][2]
    half = unit * (found.high - found.low) / 2
    return (
        f"{unit * found.mean:.2f} ± {half:.2f}" if interval and season.enough else f"{unit * found.mean:.2f}"
    )


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


def overview(seasons: Iterable[Season], figure: str = "margin", intervals: bool = False) -> Sheet:
    """One figure of each policy in each world; with ``intervals``, half the width of the 95 % interval beside it."""
    every = list(seasons)
    played = [name for name in SHORT if name in every[0].policies]
    rows = [(each.world, *[shown(each, name, figure, intervals) for name in played]) for each in every]
    return Sheet(TITLES[figure][0], ("world", *[SHORT[name] for name in played]), rows)


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
    """For `rich`; what does not fit is folded, no figure is cut."""
    table = Table(title=sheet.title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for number, column in enumerate(sheet.columns):
        side = "right" if number and _is_number(sheet, number) else "left"
        table.add_column(column.strip(), justify=side, overflow="fold")
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
