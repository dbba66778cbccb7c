"""What the service's processes say of themselves."""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class _Output:
    """Standard output, whose reader may be gone or whose disk may be full: no reason to refuse anybody anything."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stdout.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stdout.flush()


def configure() -> None:
    """One JSON line an event, to standard output. Tracebacks go without the values of variables: those hold secrets."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _Output())),
        cache_logger_on_first_use=True,
    )
