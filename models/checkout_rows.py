"""Rows collected from records one by one, then put together as a dataset.

What is kept of a record is a dozen numbers in flat arrays, some 50 bytes a row, and 9 for every record.
"""

import struct
from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models import checkout_reader, checkout_table
from models.checkout_table import ANONYMOUS, FATES, FEATURES
from pos_client.core.record import Damaged, Invalid

UNKNOWN_DAY = -1  # a till without a clock; the log's order says that it was no later than the next
TOLD = 20  # damaged records that are named; the others are only counted
CODES = {fate: code for code, fate in enumerate(FATES)}
# A row as it is packed: its members with their types, as NumPy and `struct` call them.
ROW = [
    ("customer", "<i8"),
    ("cashier", "<i4"),
    ("day", "<i4"),
    ("gross", "<i8"),
    ("gross_major", "<f8"),
    ("lines", "<i4"),
    ("units", "<i4"),
    ("plan", "<i4"),
    ("heard", "i1"),
    ("ending", "i1"),
]
PACKED = struct.Struct(
    "<" + "".join([{"<i8": "q", "<i4": "i", "<f8": "d", "i1": "b"}[kind] for _, kind in ROW])
)


@dataclass(frozen=True)
class Without:
    """Tills and cashiers whose records are left out, counted as ``poisoned``; cashiers are named ``store/cashier``."""

    devices: frozenset[str] = frozenset()
    cashiers: frozenset[str] = frozenset()

    def holds(self, record: dict[str, Any]) -> bool:
        return record.get("device") in self.devices or checkout_reader.cashier_name(record) in self.cashiers


class Numbers(dict):
    """Names numbered 0, 1, ... in the order they come."""

    def __missing__(self, name: Any) -> int:
        self[name] = len(self)
        return self[name]


class Rows:
    """Takes records with `add` and what is none with `set_aside`; `dataset` puts them together."""

    def __init__(self, without: Without):
        self._without = without
        self._fates, self._digests = array("b"), array("Q")
        self._rows = bytearray()
        self._tokens, self._cashiers, self._plans = Numbers(), Numbers(), Numbers()
        self._first = array("d")
        self._problems: list[str] = []

    def add(self, record: dict[str, Any], day: int, where: str, digest: int = 0) -> None:
        """One record, of local day ``day`` (or `UNKNOWN_DAY`). The same digest again is the same record again."""
        try:
            fate = self._take(record, day)
        except (Damaged, Invalid, struct.error, *checkout_reader.FORMS) as error:
            self.set_aside("damaged", f"{where}: {_why(error)}")
            return
        self._count(fate, digest)

    def set_aside(self, fate: str, why: str = "") -> None:
        """Something that cannot be a row."""
        if why and len(self._problems) < TOLD:
            self._problems.append(why)
        self._count(fate, 0)

    def _count(self, fate: str, digest: int) -> None:
        self._digests.append(digest or len(self._fates))  # without a digest, nothing is like it
        self._fates.append(CODES[fate])

    def _take(self, record: dict[str, Any], day: int) -> str:
        if self._without.holds(record):
            return "poisoned"
        fate = checkout_reader.fate(record)
        if fate in ("returns", "training"):
            return fate
        basket = checkout_reader.basket(record)
        if fate == "used":
            told = checkout_reader.told(record)
            customer, cashier = self._customer(basket.token, record), self._cashiers[basket.cashier]
            self._rows += PACKED.pack(customer, cashier, day, *basket[2:], self._plans[told.plan], *told[1:])
        return fate

    def _customer(self, token: str | None, record: dict[str, Any]) -> int:
        if token is None:
            return ANONYMOUS
        if token not in self._tokens:
            self._first.extend(checkout_reader.first_features(record))
        return self._tokens[token]

    def dataset(self) -> xr.Dataset:
        """All rows so far."""
        fates, again = np.array(self._fates), self._repeated()
        kept = ~again[fates == CODES["used"]]
        fates[again] = CODES["repeated"]
        rows = np.frombuffer(bytes(self._rows), np.dtype(ROW))[kept]
        columns = {name: rows[name] for name, _ in ROW}
        columns["day"] = _filled(columns["day"])
        depth, top, planned = _unpacked(list(self._plans), columns.pop("plan"))
        counts = dict(zip(FATES, np.bincount(fates, minlength=len(FATES)).tolist(), strict=True))
        counts |= {"records": len(fates), "anonymous": int((columns["customer"] == ANONYMOUS).sum())}
        return checkout_table.assemble(
            {**columns, "planned": planned},
            depth,
            top,
            tokens=np.array(list(self._tokens), "S"),
            cashiers=list(self._cashiers),
            first=np.array(self._first).reshape(-1, len(FEATURES)),
            counts=counts,
            problems="\n".join(self._problems),
        )

    def _repeated(self) -> NDArray[np.bool_]:
        """Whether the same record was there before."""
        _, first = np.unique(np.array(self._digests, np.uint64), return_index=True)
        again = np.ones(len(self._fates), bool)
        again[first] = False
        return again


def _why(error: Exception) -> str:
    return error.detail if isinstance(error, Damaged | Invalid) else f"{type(error).__name__} {error}"[:120]


def _filled(day: NDArray[np.int32]) -> NDArray[np.int32]:
    """Unknown days become the day of the row before; at the start, of the first that has one; 0 where none has."""
    known = np.flatnonzero(day != UNKNOWN_DAY)
    if not known.size:
        return np.zeros_like(day)
    before = np.searchsorted(known, np.arange(len(day)), side="right") - 1
    return day[known[np.maximum(before, 0)]]


def _unpacked(plans: list[bytes], plan: NDArray[np.int32]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Depth and top (N, K), planned (N,) of the rows."""
    offers = [np.frombuffer(packed, np.uint16) for packed in plans]
    table = np.zeros((len(offers), max(map(len, offers), default=0)), np.int32)
    for row, packed in enumerate(offers):
        table[row, : len(packed)] = packed
    planned = np.array([len(packed) for packed in offers], np.int8)
    return (table >> 1)[plan], (table & 1).astype(bool)[plan], planned[plan]
