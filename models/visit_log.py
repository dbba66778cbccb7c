"""A checkout dataset as Parquet: a folder that DuckDB, Polars or pandas can read as well as we can.

    visits.parquet      a row for each checkout, in the order of the log; its plan is a number
    plans.parquet       plan, offer, depth, top: the offers of each different plan
    customers.parquet   token and first_lines, first_units, first_log_gross, in the order of their numbers
    about.json          counts, names of cashiers, the first damaged records

Visits with the same (plan, heard, ending) are the same kind of visit. docs/dataset.md has all columns.
"""

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from models import checkout_table
from models.checkout_table import COLUMNS, COUNTS, FEATURES, Unusable

FORMAT = "rung-visits-1"
VISITS, PLANS, CUSTOMERS, ABOUT = "visits.parquet", "plans.parquet", "customers.parquet", "about.json"
STORED = [name for name in COLUMNS if name != "planned"]
FIRST = [f"first_{name}" for name in FEATURES]


def to_parquet(dataset: xr.Dataset, folder: Path) -> None:
    """Write the folder. ``about.json`` comes last: without it, the folder is not a log."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ABOUT).unlink(missing_ok=True)
    plan, plans = _plans(dataset)
    visits = {name: dataset[name].values for name in STORED}
    first = dict(zip(FIRST, dataset["first"].values.T, strict=True))
    with duckdb.connect() as connection:
        _write(connection, {**visits, "plan": plan}, folder / VISITS)
        _write(connection, plans, folder / PLANS)
        _write(
            connection,
            {"token": dataset["token"].values.astype(str).astype(object), **first},
            folder / CUSTOMERS,
        )
    about = {
        "format": FORMAT,
        "counts": {name: dataset.attrs[name] for name in COUNTS},
        "cashiers": dataset["cashier_name"].values.tolist(),
        "problems": dataset.attrs["problems"],
    }
    (folder / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")


def from_parquet(folder: Path) -> xr.Dataset:
    """The dataset that `to_parquet` wrote, without what a simulated shop knows of its customers. Raises `Unusable`."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise Unusable(f"{folder} holds a log of another format: {about['format']!r:.40}")
        with duckdb.connect() as connection:
            visits, plans, customers = [
                _read(connection, folder / name) for name in (VISITS, PLANS, CUSTOMERS)
            ]
        return _assembled(about, visits, plans, customers)
    except (OSError, KeyError, TypeError, json.JSONDecodeError, duckdb.Error) as error:
        raise Unusable(f"{folder} is no log of visits: {error}") from error


def _plans(dataset: xr.Dataset) -> tuple[NDArray[np.int32], dict[str, NDArray[Any]]]:
    """The plan of each checkout by number, and the table of the different plans."""
    depth, top, planned = (dataset[name].values for name in ("depth", "top", "planned"))
    plan = np.zeros(len(planned), np.int64)
    for offer in range(depth.shape[1]):  # a column at a time: sorting whole rows takes ten times as long
        shown = np.where(offer < planned, 1 + 2 * depth[:, offer] + top[:, offer], 0)
        plan = pd.factorize(plan << 16 | shown)[0].astype(np.int64)
    _, example = np.unique(plan, return_index=True)
    row, offer = np.nonzero(np.arange(depth.shape[1]) < planned[example, None])
    shown = example[row], offer
    plans = {
        "plan": row.astype(np.int32),
        "offer": offer.astype(np.int8),
        "depth": depth[shown],
        "top": top[shown],
    }
    return plan.astype(np.int32), plans


def _assembled(about: dict, visits: dict, plans: dict, customers: dict) -> xr.Dataset:
    plan, offer = plans["plan"], plans["offer"]
    planned = np.bincount(plan)
    depth = np.zeros((len(planned), planned.max(initial=0)), np.int32)
    top = np.zeros(depth.shape, bool)
    depth[plan, offer], top[plan, offer] = plans["depth"], plans["top"]
    met = visits["plan"]
    return checkout_table.assemble(
        {**visits, "planned": planned[met]},
        depth[met],
        top[met],
        tokens=customers["token"].astype("S"),
        cashiers=about["cashiers"],
        first=np.column_stack([customers[name] for name in FIRST]),
        counts=about["counts"],
        problems=about["problems"],
    )


def _write(connection: duckdb.DuckDBPyConnection, columns: dict[str, NDArray[Any]], path: Path) -> None:
    connection.register("columns", columns)
    connection.execute(f"COPY columns TO '{_quoted(path)}' (FORMAT parquet, COMPRESSION zstd)")
    connection.unregister("columns")


def _read(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, Any]:
    return connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchnumpy()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
