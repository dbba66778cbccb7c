"""A process of its own for heavy work: it reads ``FOLDER/job.json`` and tells how far it is, one JSON object a line.

The last line has a member ``ended``. The child ends when its standard input does, so none outlives whoever started it.
"""

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

STOP_SECONDS = 10
MOST_SAID = 500  # characters of a crash that are kept with the job; the whole of it is in log.txt
EXTRA = "fits and switches of releases need what the extra `fit` brings: pip install '.[fit]'"
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
FIT = (sys.executable, "-m", "models.fitting")
SWITCH = (sys.executable, "-m", "pricing_service.switching")


class Child:
    """``command FOLDER`` at work on ``job``; made by starting it."""

    def __init__(self, command: tuple[str, ...], folder: Path, job: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "job.json").write_text(json.dumps(job, indent=1))
        self._log = folder / "log.txt"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **ONE_THREAD},
                start_new_session=True,  # Ctrl-C is for whoever started it, who then stops it
            )
        self.progress: dict[str, Any] | None = None
        self.ended: dict[str, Any] | None = None
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def is_over(self) -> bool:
        """Whether it has ended; from then on ``ended`` says how."""
        if self._process.poll() is None:
            return False
        self._close()
        if self.ended is None:
            self.ended = {"state": "failed", "error": self._last_words()}
        return True

    def wait(self, seconds: float) -> None:
        """Let up to ``seconds`` pass, less if it ends."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def stop(self) -> None:
        """End it, whatever it is at."""
        self._process.terminate()
        self.wait(STOP_SECONDS)
        self._process.kill()
        self._process.wait()
        self._close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(
                ValueError
            ):  # ended in the middle of a word, or printed by a library that was imported
                told = json.loads(line)
                if "ended" in told:
                    self.ended = told["ended"]
                else:
                    self.progress = told

    def _close(self) -> None:
        self._listener.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def _last_words(self) -> str:
        said = self._log.read_text(errors="replace").strip()
        last = said.splitlines()[-1] if said else f"it ended with status {self._process.returncode}"
        if last.startswith("ModuleNotFoundError"):
            last += f"; {EXTRA}"
        return last[:MOST_SAID]
