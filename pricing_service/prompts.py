"""What tills showed, from the log: every prompt with the time until a key was pressed, and how many were waiting.

A scan of the log in its order, a page of rows at a time, beginning where records of the first day asked for can be.
What an older till left out of a record, or a point of sale never sent, is None.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import Connection, text

LAST = text("SELECT MAX(position) FROM events")
RECEIVED = text("SELECT received FROM events WHERE position >= :position ORDER BY position LIMIT 1")
SCAN = text(
    "SELECT occurred, line FROM events WHERE position >= :position AND day BETWEEN :first AND :last"
    " AND kind = 'checkout' ORDER BY position"
)
EARLY = (
    2 * 86_400
)  # s; a record comes in no earlier than it was made, but for clocks and offsets that were changed
LONGEST = 3_600_000  # ms; who comes back after an hour has not been reading
MOST_WAITING = 1000  # as a basket may say


class Prompt(NamedTuple):
    """An offer as it was shown. ``milliseconds``: from prompt to key, None where no key was pressed; ``reaction``: None
    where nobody answered."""

    milliseconds: int | None
    reaction: str | None


class Shown(NamedTuple):
    """What one checkout showed. ``occurred``: Unix seconds, None where the till had no clock. ``silent``: there was
    something to offer, and no time for it."""

    store: str
    cashier: str | None
    occurred: int | None
    queue: int | None
    silent: bool
    prompts: list[Prompt]


def read(connection: Connection, first_day: int, last_day: int) -> Iterator[Shown]:
    """The checkouts of these days (the shop's local days since 1970, both included), in the order of the log."""
    start = _start(connection, first_day * 86_400 - EARLY)
    span = {"first": first_day, "last": last_day, "position": start}
    for row in connection.execute(SCAN, span, execution_options={"yield_per": 1000}):
        # The hash was verified when the line came in; verifying it here would take as long as all the rest. And this
        # reader takes half the time of Python's.
        record = from_json(row.line)
        if not record["training"]:
            yield shown(record, row.occurred)


def shown(record: dict[str, Any], occurred: int) -> Shown:
    """What the checkout of this record showed, at the time that the service placed it."""
    return Shown(
        store=record["store"],
        cashier=_text(record.get("cashier")),
        occurred=occurred if record["clock"] else None,
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


def _start(connection: Connection, received: int) -> int:
    """The position of the first record that came in at ``received`` or later, by halving: the log grows in time."""
    low, high = 0, (connection.execute(LAST).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(RECEIVED, {"position": middle}).scalar()
        if found is None or found >= received:
            high = middle
        else:
            low = middle + 1
    return low


def _text(value: Any) -> str | None:
    return value[:64] if isinstance(value, str) and value else None


def _whole(value: Any, most: int) -> int | None:
    return value if type(value) is int and 0 <= value <= most else None
