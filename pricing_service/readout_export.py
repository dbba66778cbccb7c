"""The rows of a readout for an analyst's own tools: CSV as it is read, Parquet by a process that has DuckDB.

Names stand where the table has numbers, but for customers and cashiers, who stay numbers: an export names no person.
"""

import csv
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.readout_table import COLUMNS, Checkouts
from pricing_service.child_process import EXTRA
from pricing_service.problem import Problem
from pricing_service.spreadsheet import plain

CHUNK = 5000
PATIENCE = 120  # seconds
NAMED = {"cohort": "cohorts", "store": "stores"}
HEADER = ("experiment", *COLUMNS, "held")


def columns(table: Checkouts, held: NDArray) -> dict[str, NDArray]:
    """Every column (N,) of the table by name, with names in place of indices and days as dates; ``held`` as it is."""
    out = {name: getattr(table, name) for name in COLUMNS}
    arms = table.names.arms
    out["arm"] = _named(tuple(arm.name for arm in arms), table.arm)
    for name, names in NAMED.items():
        out[name] = _named(getattr(table.names, names), out[name])
    out["day"] = np.datetime_as_string(out["day"].astype("datetime64[D]"))
    experiment = _named(tuple(arm.experiment or "" for arm in arms), table.arm)
    return {"experiment": experiment, **out, "held": held}


def as_csv(table: Checkouts, held: NDArray) -> Iterator[str]:
    """The table as CSV, some rows at a time."""
    for at in range(0, max(len(table), 1), CHUNK):
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        if at == 0:
            rows.writerow(HEADER)
        chunk = np.arange(at, min(at + CHUNK, len(table)))
        part = columns(table.rows(chunk), held[chunk])
        cells = [[plain(cell) for cell in part[name].tolist()] for name in HEADER]
        rows.writerows(zip(*cells, strict=True))
        yield out.getvalue()


def as_parquet(table: Checkouts, held: NDArray) -> bytes:
    """The table as Parquet. Raises `Problem` where the process that writes it does not come to an end."""
    with tempfile.TemporaryDirectory() as folder:
        rows, file = Path(folder) / "rows.npz", Path(folder) / "rows.parquet"
        np.savez(rows, allow_pickle=False, **columns(table, held))
        command = [sys.executable, "-m", "models.readout_file", str(rows), str(file)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
        except (subprocess.SubprocessError, OSError) as error:
            told = f"The Parquet file was not written: {EXTRA}. The CSV has the same rows."
            raise Problem(503, "parquet-not-written", told) from error
        return file.read_bytes()


def _named(names: tuple[str, ...], index: NDArray) -> NDArray:
    """Names (N,) of indices; the empty text for -1, unknown."""
    return np.array([*names, ""])[index]
