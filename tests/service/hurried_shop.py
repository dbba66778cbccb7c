"""A shop whose records say how long every prompt was looked at, made of real records of a till."""

import random
from collections.abc import Iterator
from typing import Any

from pos_client.core import event
from pos_client.core.calendar import rfc3339, unix_seconds
from tests.service.places import Pen

DAY = "2026-11-20"
MIDNIGHT = unix_seconds(f"{DAY}T00:00:00Z")


def hurried(
    pen: Pen,
    *,
    seconds: float | None,
    cashier: str | None = "c1",
    queue: int = 0,
    at: int = 12 * 3600,
    **more: Any,
) -> bytes:
    """A checkout whose every prompt was looked at for ``seconds``, ``at`` seconds after midnight of `DAY`, UTC."""
    record = event.opened(pen.write(**more))
    record.pop("hash")
    for offer in record["offers"]:
        offer["milliseconds"] = None if seconds is None else round(1000 * seconds)
    record |= {"cashier": cashier, "queue": queue, "clock": rfc3339(MIDNIGHT + at)}
    return event.seal(record)


def an_evening_rush(pen: Pen, chance: random.Random, each: int) -> Iterator[bytes]:
    """Four cashiers, ``each`` checkouts an hour from 9 to 19, read in two seconds. At 17 and 18 o'clock, UTC,
    with five or more waiting, four prompts in five are closed within half a second."""
    for hour in range(9, 20):
        for number in range(4 * each):
            rush = hour in (17, 18)
            queue = chance.randrange(3, 8) if rush else chance.randrange(0, 4)
            closed = rush and queue >= 5 and chance.random() < 0.8
            yield hurried(
                pen,
                seconds=0.1 + 0.4 * chance.random() if closed else 1.0 + 2 * chance.random(),
                reactions=("skipped",) if closed else ("accepted",),
                cashier=f"c{1 + number % 4}",
                queue=queue,
                at=hour * 3600 + number,
            )
