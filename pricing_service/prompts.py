"""What tills showed, from the log: every prompt with the time until a key was pressed, and how many were waiting.

What an older till left out of a record, or a point of sale never sent, is None.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pos_client.core.calendar import rfc3339
from pricing_service import log_days
from pricing_service.database import Database

SECONDS = len("2026-11-20T12:00:00")
LONGEST = 3_600_000  # ms; who comes back after an hour has not been reading
MOST_WAITING = 1000  # as a basket may say


class Prompt(NamedTuple):
    """An offer as it was shown. ``milliseconds``: from prompt to key, None where no key was pressed; ``reaction``: None
    where nobody answered."""

    milliseconds: int | None
    reaction: str | None


class Shown(NamedTuple):
    """What one checkout showed. ``occurred``: Unix seconds, None where the till had no clock to trust. ``silent``:
    there was something to offer, and no time for it."""

    store: str
    cashier: str | None
    occurred: int | None
    queue: int | None
    silent: bool
    prompts: list[Prompt]


def read(database: Database, first_day: int, last_day: int) -> Iterator[Shown]:
    """The checkouts of these days (the shop's local days since 1970, both included), in the order of the log."""
    for day, record, occurred in log_days.read(database, first_day):
        if day <= last_day and record["kind"] == "checkout" and not record["training"]:
            yield shown(record, occurred)


def shown(record: dict[str, Any], occurred: int) -> Shown:
    """What the checkout of this record showed, at the time that the service placed it."""
    return Shown(
        store=record["store"],
        cashier=_text(record.get("cashier")),
        occurred=occurred if _believed(record["clock"], occurred) else None,
        queue=_whole(record.get("queue"), MOST_WAITING),
        silent=bool(record["ladder"]) and not record["offers"],
        prompts=list(_prompts(record["offers"])),
    )


def _prompts(offers: list[dict[str, Any]]) -> Iterator[Prompt]:
    """The offers; a rung that stays on the table after it was refused is not shown anew."""
    before = None
    for offer in offers:
        if offer["rung"] != before:
            yield Prompt(_whole(offer.get("milliseconds"), LONGEST), offer["reaction"])
        before = offer["rung"]


def _believed(clock: str | None, occurred: int) -> bool:
    """Whether the log took the till's own clock; else it is the time of receipt, which says nothing of the hour."""
    return clock is not None and clock[:SECONDS] == rfc3339(occurred)[:SECONDS]


def _text(value: Any) -> str | None:
    return value[:64] if isinstance(value, str) and value else None


def _whole(value: Any, most: int) -> int | None:
    return value if type(value) is int and 0 <= value <= most else None
