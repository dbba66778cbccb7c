"""A log of visits (the folder of `models.visit_log`) as the numbers that `models.recompute` takes. This imports numba.

Only the columns that a belief depends on are read, so fifty million visits take a gigabyte. The log holds the visits
that told something: the days of beliefs and the sales that come out are those of these visits.
"""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from models.checkout_table import ACCEPTED, LEFT
from models.recompute import UNKNOWN, Kind, Visits
from models.visit_log import CUSTOMERS, PLANS, VISITS
from pos_client.core import belief, feature
from pos_client.core.belief import Model

# In the order of the file, which is that of the log: DuckDB keeps it unless told otherwise. What was heard becomes one
# number of plan, reactions and ending.
SEEN = (
    "SELECT customer::INTEGER AS customer, day, ((plan::BIGINT * $longest + heard) * 3 + ending)::INTEGER AS seen"
    " {features} FROM read_parquet($file) WHERE customer >= 0"
)
SHOWN = "SELECT plan, depth, top FROM read_parquet($file) ORDER BY plan, offer"
COUNT = "SELECT COUNT(*) FROM read_parquet($file)"
STORED = {"lines": ("lines",), "units": ("units",), "log_gross": ("gross", "gross_major")}
OF_DIGITS = {0: "JPY", 2: "EUR", 3: "BHD"}  # any currency with so many decimal digits

Columns = dict[str, Any]  # arrays, all of one length


def read(folder: Path, model: Model, threads: int = 2) -> tuple[Visits, list[Kind]]:
    """The visits of known customers in the order of the log, and the kinds of visits there are."""
    with duckdb.connect(config={"threads": threads}) as connection:
        plans = _plans(connection, folder / PLANS)
        longest = 1 + max(map(len, plans), default=0)
        sql = SEEN.format(features="".join(f", {name}" for name in _stored(model)))
        given = {"longest": longest, "file": str(folder / VISITS)}
        columns: Columns = connection.execute(sql, given).fetchnumpy()
        customers = connection.execute(COUNT, {"file": str(folder / CUSTOMERS)}).fetchone()
    told = {name: _told(columns, name) for name in _features(model)}
    seen, kind = _numbered(columns.pop("seen"))
    kind, kinds = _merged(kind, [_kind(plans, int(code), longest) for code in seen])
    visits = Visits(
        customers[0] if customers else 0, columns["customer"], columns["day"], kind, np.ones(len(kind), bool)
    )
    if model.cohorts:
        visits = visits._replace(cohort=_cohorts(model, told[model.cohorts["feature"]]))
    if model.covariates:  # what the core computes with numbers, it computes with arrays
        visits = visits._replace(
            offset=belief.offset_at(model, [told[name] for name, _, _ in model.covariates])
        )
    return visits, kinds


def _features(model: Model) -> list[str]:
    names = [name for name, _, _ in model.covariates]
    return (
        names
        if not model.cohorts or model.cohorts["feature"] in names
        else [*names, model.cohorts["feature"]]
    )


def _stored(model: Model) -> list[str]:
    return [column for name in _features(model) for column in STORED[name]]


def _plans(connection: duckdb.DuckDBPyConnection, file: Path) -> list[list[tuple[int, bool]]]:
    """(depth, whether it is the largest) of the offers of each plan."""
    plans: list[list[tuple[int, bool]]] = []
    for plan, depth, top in connection.execute(SHOWN, {"file": str(file)}).fetchall():
        plans.extend([] for _ in range(plan + 1 - len(plans)))
        plans[plan].append((depth, top))
    return plans


def _numbered(codes: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The different codes, and the place of each code among them; not by sorting, which would take most of the time."""
    present = np.zeros(codes.max(initial=-1) + 1, bool)
    present[codes] = True
    place = np.cumsum(present, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(present), place[codes]


def _kind(plans: list[list[tuple[int, bool]]], code: int, longest: int) -> Kind:
    """The offers that were heard, with reactions that read as the code says."""
    seen, ending = divmod(code, 3)
    plan, heard = divmod(seen, longest)
    last = "accepted" if ending == ACCEPTED else "left" if ending == LEFT else "asked_more"
    reactions = ["asked_more"] * (heard - 1) + [last]
    shown = plans[plan][:heard]
    last = [top or at == len(plans[plan]) - 1 for at, (_, top) in enumerate(shown)]
    offers = tuple((*one, end, said) for one, end, said in zip(shown, last, reactions, strict=True))
    return Kind(offers, "lost" if ending == LEFT else "sold")


def _merged(kind: NDArray[np.int32], kinds: list[Kind]) -> tuple[NDArray[np.int32], list[Kind]]:
    """Two plans that begin the same may have been heard the same."""
    places = {one: place for place, one in enumerate(dict.fromkeys(kinds))}
    if len(places) == len(kinds):
        return kind, kinds
    return np.array([places[one] for one in kinds], np.int32)[kind], list(places)


def _cohorts(model: Model, told: NDArray[np.int64]) -> NDArray[np.int16]:
    """As `Visits.cohort`: the cohort that each visit would decide."""
    values, which = np.unique(told, return_inverse=True)
    cohorts = [belief.cohort_at(model, value) for value in values.tolist()]
    return np.array([UNKNOWN if cohort is None else 1 + cohort for cohort in cohorts], np.int16)[which]


def _told(columns: Columns, name: str) -> NDArray[np.int64]:
    """A feature of every visit, Q16, each different value computed by the core."""
    first, *second = [columns[column] for column in STORED[name]]
    digits = np.rint(np.log10(np.maximum(first, 1) / np.maximum(second[0], 1e-3))) if second else 0
    values, which = np.unique(first.astype(np.int64) * 4 + digits, return_inverse=True)
    return np.array([_value(name, *divmod(int(value), 4)) for value in values], np.int64)[which]


def _value(name: str, stored: int, digits: int) -> int:
    """The feature of a checkout record of which the log kept one number."""
    lines = [{"quantity": 1}] * stored if name == "lines" else [{"quantity": stored}]
    value = feature.value(name, {"gross": stored, "currency": OF_DIGITS[digits], "lines": lines})
    assert value is not None  # nothing is missing in what the log kept
    return value
