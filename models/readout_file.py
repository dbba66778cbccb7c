"""A readout's rows as Parquet, in a process of its own: ``python -m models.readout_file ROWS.npz FILE.parquet``.

The web process holds no DuckDB; it saves the rows with NumPy and asks this.
"""

import sys
from pathlib import Path

import duckdb
import numpy as np


def write(rows: Path, file: Path) -> int:
    """Write the columns (N,) in ``rows`` as Parquet; how many rows there are."""
    with np.load(rows, allow_pickle=False) as saved:
        columns = {name: _column(saved[name]) for name in saved.files}
    with duckdb.connect() as connection:
        connection.register("columns", columns)
        quoted = str(file).replace("'", "''")
        connection.execute(f"COPY columns TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    return len(next(iter(columns.values())))


def _column(values: np.ndarray) -> np.ndarray:
    return values.astype(object) if values.dtype.kind == "U" else values


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
