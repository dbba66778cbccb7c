"""`rung bench fit`: a million customers by the marginal model against a thousand by the naive one; minutes.

`models.fit_bench` measures, in processes of its own: what a fit needs is never imported here.
"""

import json
import os
import subprocess
import sys

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # two cost more than the matrix


def measure(customers: int) -> dict:
    """The figures by their names. Raises RuntimeError with what a measurement said when it failed."""
    command = [sys.executable, "-m", "models.fit_bench", "--customers", str(customers)]
    ended = subprocess.run(
        command, env={**os.environ, **ONE_THREAD}, capture_output=True, check=False, text=True
    )
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    return json.loads(ended.stdout)
