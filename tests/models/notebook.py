"""Runs the analyst's notebook. ``python -m tests.models.notebook`` writes its outputs anew into docs."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

PATH = Path(__file__).parents[2] / "docs" / "analyst.ipynb"
CELL_SECONDS = 600
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def read() -> NotebookNode:
    return nbformat.read(PATH, 4)


def executed() -> NotebookNode:
    """The notebook with the outputs of a run in a fresh kernel. Raises CellExecutionError where a cell fails."""
    os.environ.update(ONE_THREAD)
    notebook = read()
    with TemporaryDirectory() as folder:  # of the sockets: nobody else on this machine can talk to the kernel
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        where = {"metadata": {"path": str(PATH.parent)}}
        client = NotebookClient(
            notebook, km=kernel, timeout=CELL_SECONDS, record_timing=False, resources=where
        )
        client.execute()
    notebook.metadata = read().metadata  # not which Python ran it
    return notebook


if __name__ == "__main__":
    nbformat.write(executed(), PATH)
