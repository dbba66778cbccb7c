"""The operating system under a till's folder, as it fails: the N-th call does not obey."""

import os
from typing import Any

CHANGING = ("write", "fsync", "replace", "remove")
READING = ("listdir", "stat")


class FaultyOs:
    """Stands in the place of module `os`. ``fail_at`` is the number of the call, from 1, that raises ``error``;
    ``lasting`` how many calls in a row do. A failing write of more than a byte writes the first half, as a disk does
    that fills. ``careless`` flushes nothing and says it did."""

    def __init__(
        self, fail_at: int = 0, error: BaseException | None = None, lasting: int = 1, careless: bool = False
    ):
        self.calls = 0
        self.fail_at = fail_at
        self.error = error
        self.lasting = lasting
        self._careless = careless

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._counted(name, real) if name in CHANGING + READING else real

    def _counted(self, name: str, real: Any) -> Any:
        def call(*arguments: Any) -> Any:
            self.calls += 1
            if self.fail_at <= self.calls < self.fail_at + self.lasting and self.error is not None:
                if name == "write" and len(arguments[1]) > 1:
                    real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise self.error
            return None if name == "fsync" and self._careless else real(*arguments)

        return call
