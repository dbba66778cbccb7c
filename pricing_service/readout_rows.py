"""The log as the table a readout is made from: a row for each checkout that was sold or lost, in one paged pass.

What has no row is counted. A return is added to the sale it belongs to, however late it came.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from models.readout_table import COLUMNS, NOBODY, NONE, WHOLE, Arm, Checkouts, Names
from pos_client.core.experiment import Experiment
from pricing_service.log_days import Entry
from pricing_service.record_figures import amount, currency, milliseconds, money

COHORTS = text("SELECT customer, cohort FROM beliefs WHERE release = :release AND cohort IS NOT NULL")
REFUSED = ("asked_more", "left")
OUTSIDE = Arm(None, "outside")
NUMBERED = ("arms", "cashiers", "cohorts", "stores", "customer", "checkout", "record", "currency")


class Window(NamedTuple):
    """Which days are read, both inclusive; ``margin``: basis points kept of gross where a record does not say.

    holdout: the shop's, if there was one.
    """

    first: int
    last: int
    margin: int
    holdout: Experiment | None = None


class Read(NamedTuple):
    """The table, in the currency most rows have, and what became of every record of the window.

    held: which rows (N,) the shop's holdout draws by its days and shares, whatever their till knew of it.
    """

    table: Checkouts
    held: NDArray[np.bool_]
    currency: str
    counts: dict[str, int]


class Numbers(dict):
    """Names numbered 0, 1, ... in the order they come."""

    def __missing__(self, name: Any) -> int:
        self[name] = len(self)
        return self[name]


def cohorts(connection: Connection, release: str) -> dict[str, int]:
    """Which of the release's cohorts each customer belongs to, of those that are known."""
    return {row.customer: row.cohort for row in connection.execute(COHORTS, {"release": release})}


def read(log: Iterable[Entry], window: Window, cohort_of: Mapping[str, int]) -> Read:
    """The rows of a log from the window's first day on; what comes after its last day may still be a return."""
    rows = Rows(window, cohort_of)
    for day, record, _ in log:
        rows.take(record, day)
    return rows.result()


class Rows:
    """Collects rows, some 160 bytes each."""

    def __init__(self, window: Window, cohort_of: Mapping[str, int]) -> None:
        self.counts: Counter[str] = Counter()
        self._window, self._cohort_of = window, cohort_of
        self._columns = {name: array("q") for name in (*COLUMNS, "currency", "held")}
        self._numbers = {name: Numbers() for name in NUMBERED}
        self._sales: dict[tuple[str, str], int] = {}

    def take(self, record: dict[str, Any], day: int) -> None:
        """One record of local day ``day``."""
        self.counts["records"] += 1
        if record["kind"] == "return":
            self._return(record)
            return
        fate = self._fate(record, day)
        self.counts[fate] += 1
        if fate == "used":
            self._sales[record["device"], record["checkout_id"]] = len(self._columns["day"])
            for name, value in self._row(record, day).items():
                self._columns[name].append(value)

    def _fate(self, record: dict[str, Any], day: int) -> str:
        if day > self._window.last:
            return "later"
        if record["training"]:
            return "training"
        return "used" if record["outcome"] in ("sold", "lost") else "cancelled"

    def _return(self, record: dict[str, Any]) -> None:
        sale = self._sales.get((record["device"], record["checkout_id"]))
        self.counts["returns" if sale is not None else "returns of other sales"] += 1
        if sale is not None:
            returned = self._columns["returned"]
            returned[sale] = amount(returned[sale] + amount(record["refund"]))

    def _row(self, record: dict[str, Any], day: int) -> dict[str, int]:
        number, token, store = self._numbers, record["customer"], record["store"]
        return {
            **money(record, self._window.margin),
            "returned": 0,
            "sold": record["outcome"] == "sold",
            **_prompts(record["offers"]),
            "arm": number["arms"][_arm(record)],
            "propensity": record.get("propensity", WHOLE),
            "customer": NOBODY if token is None else number["customer"][token],
            "checkout": number["checkout"][store, record["checkout_id"], day],
            "record": number["record"][record["device"], record["epoch"], record["sequence"]],
            "cashier": _cashier(record, number["cashiers"]),
            "cohort": number["cohorts"][self._cohort(token)],
            "store": number["stores"][store],
            "currency": number["currency"][currency(record)],
            "day": day,
            "opted_out": not record.get("profile", True),
            "held": self._is_held(token, record["checkout_id"], day),
        }

    def _is_held(self, token: str | None, checkout_id: str, day: int) -> bool:
        holdout = self._window.holdout
        return bool(holdout and holdout.runs(day) and holdout.arm(token, checkout_id))

    def _cohort(self, token: str | None) -> str:
        if token is None:
            return "no card"
        cohort = self._cohort_of.get(token)
        return "card" if cohort is None else f"cohort {cohort}"

    def result(self) -> Read:
        """All rows in the commonest currency; the others are counted."""
        columns = {name: np.frombuffer(values, np.int64) for name, values in self._columns.items()}
        coin, held = columns.pop("currency"), columns.pop("held").astype(bool)
        chosen = int(np.bincount(coin).argmax()) if coin.size else 0
        kept = coin == chosen
        self.counts["of another currency"] += int((~kept).sum())
        self.counts["used"] -= self.counts["of another currency"]
        names = Names(
            **{name: tuple(self._numbers[name]) for name in ("arms", "cashiers", "cohorts", "stores")}
        )
        table = Checkouts.of(names, **{name: values[kept] for name, values in columns.items()})
        code = list(self._numbers["currency"])[chosen] if coin.size else ""
        return Read(table, held[kept], code, {fate: many for fate, many in self.counts.items() if many})


def _arm(record: dict[str, Any]) -> Arm:
    """The branch a record names; all that no experiment drew is one."""
    return Arm(record["experiment"], record["arm"]) if record.get("experiment") else OUTSIDE


def _cashier(record: dict[str, Any], numbers: Numbers) -> int:
    """Numbers of cashiers come again in every store, so the store is part of the name."""
    cashier = record.get("cashier")
    return numbers[f"{record['store']}/{cashier}"] if isinstance(cashier, str) else NONE


def _prompts(offers: list[dict[str, Any]]) -> dict[str, int]:
    """Offers that were made, refusals, and milliseconds from prompt to key; -1 where they were not taken."""
    made = [offer for offer in offers if offer["reaction"] != "skipped"]
    times = [milliseconds(offer) for offer in made]
    known = [time for time in times if time is not None]
    return {
        "offers": len(made),
        "refusals": sum(offer["reaction"] in REFUSED for offer in made),
        "handling_ms": sum(known) if len(known) == len(times) else NONE,
    }
