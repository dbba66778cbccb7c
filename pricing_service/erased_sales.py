"""What erased sales came to, without saying whose they were: the books and the budgets must still add up."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.shop import is_sale, used
from pricing_service.belief_store import MOST, bounded
from pricing_service.record_figures import currency, money

TAKE = text(
    "INSERT INTO erased_takings (store, day, currency, checkouts, gross, turnover, margin)"
    " VALUES (:store, :day, :currency, :checkouts, :gross, :turnover, :margin)"
    " ON CONFLICT (store, day, currency) DO UPDATE SET checkouts = erased_takings.checkouts + excluded.checkouts,"
    " gross = erased_takings.gross + excluded.gross, turnover = erased_takings.turnover + excluded.turnover,"
    " margin = erased_takings.margin + excluded.margin"
)
SPEND = text(
    "INSERT INTO erased_budgets (discount, day, spent) VALUES (:discount, :day, :spent)"
    f" ON CONFLICT (discount, day) DO UPDATE SET spent = MIN({MOST}, erased_budgets.spent + excluded.spent)"
)
SPENT = text("SELECT discount, day, spent FROM erased_budgets")
TURNOVER = text(
    "SELECT store, day, turnover FROM erased_takings"
    " WHERE currency = :currency AND day BETWEEN :first AND :last AND turnover <> 0"
)
ERASED = text("SELECT hash FROM events WHERE kind = 'erased'")
COUNTED = text("SELECT hash FROM erased_counted")
NOTE = text("INSERT INTO erased_counted (hash) VALUES (:hash) ON CONFLICT (hash) DO NOTHING")
FIGURES = ("checkouts", "gross", "turnover", "margin")

Margin = Callable[[str], int]


class Sums(NamedTuple):
    """``takings``: store, day, currency and `FIGURES` of what was sold; ``budgets``: discount, day and what it gave."""

    takings: list[list[Any]]
    budgets: list[list[Any]]


def of(records: Iterable[tuple[dict[str, Any], int]], margin: Margin) -> Sums:
    """The sums of some records with their days. ``margin`` of a store: basis points, where a record does not tell."""
    takings: dict[tuple[str, int, str], Counter[str]] = {}
    budgets: Counter[tuple[str, int]] = Counter()
    for record, day in records:
        if not is_sale(record):
            continue
        place = (record["store"], day, currency(record))
        takings.setdefault(place, Counter()).update(money(record, margin(record["store"])), checkouts=1)
        for discount, amount in used(record):
            budgets[discount, day] += amount
    return Sums(
        [[*place, *(figures[name] for name in FIGURES)] for place, figures in takings.items()],
        [[*place, spent] for place, spent in bounded(budgets).items()],
    )


def add(connection: Connection, sums: Sums) -> None:
    """Count these sums with those of everybody who was erased before."""
    if sums.takings:
        names = ("store", "day", "currency", *FIGURES)
        connection.execute(TAKE, [dict(zip(names, row, strict=True)) for row in sums.takings])
    if sums.budgets:
        names = ("discount", "day", "spent")
        connection.execute(SPEND, [dict(zip(names, row, strict=True)) for row in sums.budgets])


def expect(connection: Connection, hashes: Iterable[str]) -> None:
    """Of records whose sums were counted, remember those that the log does not have: a till may hand them in again."""
    if lost := set(hashes) - set(connection.execute(ERASED).scalars()):
        connection.execute(NOTE, [{"hash": one} for one in sorted(lost)])


def counted(connection: Connection) -> set[str]:
    """The records that `expect` remembered."""
    return set(connection.execute(COUNTED).scalars())


def spent(connection: Connection) -> Counter[tuple[str, int]]:
    """What erased sales were given of each discount on each day."""
    return Counter({(row.discount, row.day): row.spent for row in connection.execute(SPENT)})


def turnover(connection: Connection, first: int, last: int, coin: str) -> dict[tuple[str, int], int]:
    """(store, day) -> turnover of erased sales in a currency, from day ``first`` to ``last``."""
    rows = connection.execute(TURNOVER, {"currency": coin, "first": first, "last": last})
    return {(row.store, row.day): row.turnover for row in rows}
