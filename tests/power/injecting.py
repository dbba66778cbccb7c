"""Makes the N-th system call of a running process fail, from outside: strace stands between it and the system."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READS = "pread64"
WRITES = "pwrite64,fdatasync,fsync,ftruncate"


class Injection:
    """What strace has done so far; ``log`` is its report."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def happened(self) -> bool:
        return "(INJECTED)" in self._log.read_text()


@contextmanager
def injected(processes: list[int], calls: str, error: str, which: str, log: Path) -> Iterator[Injection]:
    """Within the block those ``calls`` of each thread of ``processes`` that ``which`` names ("3", "3..5", "3+") do not
    happen and answer ``error``."""
    inject = f"inject={calls}:error={error}:when={which}"
    numbers = ",".join(str(number) for number in processes)
    command = ["strace", "-f", "-p", numbers, "-o", str(log), "-e", "trace=" + calls, "-e", inject]
    tracing = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        _attached(tracing)
        yield Injection(log)
    finally:
        tracing.terminate()
        tracing.wait(120)
        if tracing.stderr:
            tracing.stderr.close()


def _attached(tracing: subprocess.Popen[str]) -> None:
    assert tracing.stderr is not None
    said = tracing.stderr.readline()
    assert "attached" in said, said
    time.sleep(0.05)  # the other threads follow at once
