"""What a readout is made from: finished checkouts as arrays, and what was announced of an experiment.

Money is in minor units of one currency. Rows keep the order of the log. Nothing here knows where the rows came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

NOBODY = -1  # customer of an anonymous checkout
NONE = -1  # index where there is nothing to point at
WHOLE = 10_000  # basis points of one


class Unreadable(ValueError):
    """Columns that are no table of checkouts, or an announcement that cannot be; the text says what to mend."""


class Arm(NamedTuple):
    """A branch as checkouts name it; ``experiment`` is None for checkouts that no experiment drew."""

    experiment: str | None
    name: str


@dataclass(frozen=True)
class Names:
    """What the indices of a table stand for."""

    arms: tuple[Arm, ...] = ()
    cashiers: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()


# Columns, their types, and what stands in for a column that was not given (None: it must be).
COLUMNS: dict[str, tuple[type[np.generic], int | None]] = {
    "arm": (np.int32, None),
    "propensity": (np.int32, WHOLE),
    "customer": (np.int64, None),
    "checkout": (np.int64, None),
    "record": (np.int64, NONE),
    "cashier": (np.int32, NONE),
    "cohort": (np.int32, NONE),
    "store": (np.int32, NONE),
    "day": (np.int32, None),
    "gross": (np.int64, None),
    "turnover": (np.int64, None),
    "margin": (np.int64, None),
    "discount": (np.int64, None),
    "returned": (np.int64, 0),
    "sold": (np.bool_, None),
    "offers": (np.int16, None),
    "refusals": (np.int16, None),
    "handling_ms": (np.int64, NONE),
    "opted_out": (np.bool_, 0),
}


@dataclass(frozen=True)
class Checkouts:
    """A row (N,) for each checkout that was sold or lost; training, cancelled ones and returns have none.

    arm, cashier, cohort, store: indices into ``names``; all but arm may be -1, unknown. propensity: chance of the arm
    in basis points. customer: index of the token, -1 anonymous. checkout, record: equal numbers where the checkout
    id, or device, epoch and sequence, are equal. day: since 1970-01-01.
    turnover: what was paid; margin: what the shop kept of it before goods came back; both 0 where the sale was lost.
    discount: on request and goodwill. returned: refunds so far. handling_ms: prompts to keys, -1 not measured.
    opted_out: the customer withdrew consent with this checkout.
    """

    arm: NDArray[np.int32]
    propensity: NDArray[np.int32]
    customer: NDArray[np.int64]
    checkout: NDArray[np.int64]
    record: NDArray[np.int64]
    cashier: NDArray[np.int32]
    cohort: NDArray[np.int32]
    store: NDArray[np.int32]
    day: NDArray[np.int32]
    gross: NDArray[np.int64]
    turnover: NDArray[np.int64]
    margin: NDArray[np.int64]
    discount: NDArray[np.int64]
    returned: NDArray[np.int64]
    sold: NDArray[np.bool_]
    offers: NDArray[np.int16]
    refusals: NDArray[np.int16]
    handling_ms: NDArray[np.int64]
    opted_out: NDArray[np.bool_]
    names: Names

    @classmethod
    def of(cls, names: Names, **columns: Any) -> "Checkouts":
        """The table of these columns. Raises `Unreadable` for unknown, missing, uneven or impossible ones."""
        unknown, missing = set(columns) - set(COLUMNS), _needed() - set(columns)
        if unknown or missing:
            raise Unreadable(f"columns: {sorted(missing)} missing, {sorted(unknown)} not known")
        count = len(columns["day"])
        made = {name: _column(name, columns.get(name), count) for name in COLUMNS}
        _check(made, names)
        return cls(**made, names=names)

    def __len__(self) -> int:
        return len(self.day)

    def rows(self, chosen: NDArray[Any]) -> "Checkouts":
        """The rows of a mask (N,) or of indices, repeated where an index is."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in COLUMNS})

    def units(self) -> NDArray[np.int64]:
        """Who each row (N,) belongs to: its customer; an anonymous checkout is a unit of its own, below zero."""
        return np.where(self.customer >= 0, self.customer, -1 - self.checkout)

    def paid(self) -> NDArray[np.float64]:
        """Turnover (N,) after returns."""
        return np.maximum(self.turnover - self.returned, 0).astype(float)

    def kept(self) -> NDArray[np.float64]:
        """Margin (N,) after returns: goods brought back take their part of the margin with them."""
        share = np.clip(self.returned / np.maximum(self.turnover, 1), 0, 1)
        return self.margin * (1 - share)


@dataclass(frozen=True)
class Design:
    """What was announced of one experiment before it began.

    shares: of ``arms``, relative to each other. control: the arm all others are held against. unit: what was drawn.
    days: the first and the last that count, None for all. adjusted: margins are adjusted by what each customer left
    before the start. bounds: of guardrails, by name, where they are not the usual ones.
    """

    name: str
    arms: tuple[Arm, ...]
    shares: tuple[int, ...]
    control: Arm
    unit: Literal["customer", "checkout"] = "customer"
    days: tuple[int, int] | None = None
    adjusted: bool = False
    bounds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 2 <= len(self.arms) == len(self.shares) or min(self.shares) <= 0:
            raise Unreadable(f"shares {self.shares}: one above zero for each of two arms or more")
        if self.control not in self.arms or len(set(self.arms)) < len(self.arms):
            raise Unreadable(f"the control {self.control.name!r} must be one of the arms, all different")

    def held(self) -> int:
        """Index of the control among ``arms``."""
        return self.arms.index(self.control)

    def others(self) -> list[int]:
        """Indices of the arms that are held against the control."""
        return [arm for arm in range(len(self.arms)) if arm != self.held()]

    def arm_of(self, table: Checkouts) -> NDArray[np.int64]:
        """Each row's arm (N,) as an index into ``arms``; -1 for rows that are not of this experiment and its days."""
        known = np.array(
            [self.arms.index(arm) if arm in self.arms else NONE for arm in table.names.arms], int
        )
        first, last = self.days or (table.day.min(initial=0), table.day.max(initial=0))
        return np.where((first <= table.day) & (table.day <= last), known[table.arm], NONE)

    def units(self, table: Checkouts) -> NDArray[np.int64]:
        """What was drawn, for each row (N,) of a table."""
        return table.checkout if self.unit == "checkout" else table.units()


def _needed() -> set[str]:
    return {name for name, (_, otherwise) in COLUMNS.items() if otherwise is None}


def _column(name: str, given: Any, count: int) -> NDArray[Any]:
    kind, otherwise = COLUMNS[name]
    column = np.full(count, otherwise, kind) if given is None else np.asarray(given, kind)
    if column.shape != (count,):
        raise Unreadable(f"{name} has shape {column.shape}, day has ({count},)")
    return column


def _check(columns: Mapping[str, NDArray[Any]], names: Names) -> None:
    """Raises `Unreadable` unless indices point at names and money and counts are possible."""
    for name, known in (("cashier", names.cashiers), ("cohort", names.cohorts), ("store", names.stores)):
        _within(name, columns[name], NONE, len(known) - 1)
    _within("arm", columns["arm"], 0, len(names.arms) - 1)
    _within("propensity", columns["propensity"], 1, WHOLE)
    for name in ("checkout", "gross", "turnover", "discount", "returned", "offers", "refusals"):
        _within(name, columns[name], 0, None)
    for name in ("customer", "record", "handling_ms"):
        _within(name, columns[name], NONE, None)
    if columns["turnover"][~columns["sold"]].any() or columns["margin"][~columns["sold"]].any():
        raise Unreadable("a lost checkout has neither turnover nor margin")


def _within(name: str, column: NDArray[Any], low: int, high: int | None) -> None:
    if column.size and (column.min() < low or (high is not None and column.max() > high)):
        raise Unreadable(f"{name} goes from {column.min()} to {column.max()}: outside {low} to {high}")
