"""What segments are made from: the checkouts of two periods, and what is believed of whoever made them.

Only the members named here are ever looked at: reactions, amounts, and the token by which a customer is known again.
"""

import json
from array import array
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import text

from models import release, segment_rules
from models.segments import Checkouts
from models.tables import grid
from pos_client.core import belief
from pos_client.core.belief import Model
from pricing_service import release_store
from pricing_service.database import Database
from pricing_service.log_days import Entry
from pricing_service.record_figures import amount, currency, money

BELIEFS = text(
    "SELECT customer, weights, day, cohort FROM beliefs WHERE release = :release AND customer > :after"
    " ORDER BY customer LIMIT :most"
)
PAGE = 5000  # beliefs; some two megabytes
KEPT = 1 << 30  # certain, of what is left of a belief after some days
FLAGS = ("now", "offered", "took_first", "left")
AMOUNTS = ("customer", "gross", "turnover", "margin", "discount", "refusals")


class Periods(NamedTuple):
    """Local days since 1970. ``first`` to ``last``, both included, are told of; as many days before are compared."""

    first: int
    last: int

    @property
    def before(self) -> int:
        return self.first - (self.last - self.first + 1)


class Read(NamedTuple):
    """``tokens``: the number of each customer; ``currency`` that most checkouts have; ``others``: checkouts in another
    one, which are left out."""

    checkouts: Checkouts
    tokens: dict[str, int]
    currency: str
    others: int


class Numbers(dict):
    """Names numbered 0, 1, ... in the order they come."""

    def __missing__(self, name: Any) -> int:
        self[name] = len(self)
        return self[name]


class Rows:
    """Collects checkouts, some 100 bytes each, and returns. ``margin`` of a store: basis points of the price, where a
    record does not tell what was kept."""

    def __init__(self, periods: Periods, margin: Callable[[str], int]) -> None:
        self._periods, self._margin = periods, margin
        self._tokens, self._currencies = Numbers(), Numbers()
        self._columns = {name: array("q") for name in (*FLAGS, *AMOUNTS, "sale", "currency")}
        self._returns = {name: array("q") for name in ("sale", "refund")}

    def take(self, day: int, record: dict[str, Any]) -> None:
        """One record of local day ``day``; what was for training, cancelled, or is of a later day, is none of it."""
        sale = hash((record["device"], record["checkout_id"]))  # 64 bits instead of two names
        if record["kind"] == "return":
            self._returns["sale"].append(sale)
            self._returns["refund"].append(amount(record["refund"]))
        elif day <= self._periods.last and not record["training"] and record["outcome"] != "cancelled":
            token = record["customer"]
            row = {
                "customer": -1 if token is None else self._tokens[token],
                "now": day >= self._periods.first,
                "currency": self._currencies[currency(record)],
                "sale": sale,
                **money(record, self._margin(record["store"])),
                **_reactions(record),
            }
            for name, value in row.items():
                self._columns[name].append(value)

    def result(self) -> Read:
        """The checkouts in the commonest currency, each with what came back of it."""
        columns = {name: np.frombuffer(values, np.int64) for name, values in self._columns.items()}
        columns["returned"] = self._returned(columns.pop("sale"))
        coin = columns.pop("currency")
        chosen = int(np.bincount(coin).argmax()) if coin.size else 0
        kept = coin == chosen
        table = {
            name: values[kept].astype(bool if name in FLAGS else np.int64) for name, values in columns.items()
        }
        code = list(self._currencies)[chosen] if coin.size else ""
        return Read(Checkouts(len(self._tokens), **table), self._tokens, code, int((~kept).sum()))

    def _returned(self, sale: np.ndarray) -> np.ndarray:
        """Refunds by checkout; a return of an older sale belongs to none of them."""
        refunds = np.zeros(len(sale), np.int64)
        order = np.argsort(sale)
        came, refund = (np.frombuffer(values, np.int64) for values in self._returns.values())
        place = np.searchsorted(sale, came, sorter=order)
        known = place < len(sale)
        known[known] = sale[order[place[known]]] == came[known]
        np.add.at(refunds, order[place[known]], refund[known])
        return refunds


def read(log: Iterable[Entry], periods: Periods, margin: Callable[[str], int]) -> Read:
    """The checkouts of both periods."""
    rows = Rows(periods, margin)
    for day, record, _ in log:
        rows.take(day, record)
    return rows.result()


def _reactions(record: dict[str, Any]) -> dict[str, int]:
    """What the customer did; a skipped offer was never made."""
    made = [offer["reaction"] for offer in record["offers"] if offer["reaction"] not in (None, "skipped")]
    refusals = sum(reaction in ("asked_more", "left") for reaction in made)
    return {
        "offered": bool(made),
        "took_first": made[:1] == ["accepted"],
        "refusals": refusals,
        "left": bool(refusals) and record["outcome"] == "lost",
    }


def chances(database: Database, tokens: dict[str, int], day: int) -> np.ndarray:
    """The chance of each kind of customer (tokens, 5) as of ``day``, under the release in force."""
    with database.reading() as connection:
        model = release_store.in_force(connection).model
        needs = grid(release.read(json.loads(release_store.present(connection).model)))
    of = segment_rules.kinds_of(needs)
    out = np.tile(segment_rules.chances(np.array([belief.initial(model)]), of), (len(tokens), 1))
    after, rows = "", [()]
    while rows and tokens:
        with database.reading() as connection:
            rows = connection.execute(BELIEFS, {"release": model.release, "after": after, "most": PAGE}).all()
        after = rows[-1].customer if rows else after
        came = [row for row in rows if row.customer in tokens]
        if came:
            out[[tokens[row.customer] for row in came]] = _drifted(model, came, of, day)
    return out


def _drifted(model: Model, rows: list[Any], of: np.ndarray, day: int) -> np.ndarray:
    """The chances (rows, 5) as of ``day``: what is left of each belief, and for the rest the population's."""
    stored = np.frombuffer(b"".join(row.weights for row in rows), "<u4").reshape(len(rows), -1)
    left = np.array([belief.kept(model, max(day - row.day, 0)) for row in rows])[:, None] / KEPT
    fresh = {
        cohort: segment_rules.chances(np.array([model.population_of(cohort)]), of)[0]
        for cohort in {row.cohort for row in rows}
    }
    return left * segment_rules.chances(stored, of) + (1 - left) * np.array(
        [fresh[row.cohort] for row in rows]
    )
