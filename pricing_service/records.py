"""What a record line must hold before the log takes it. What newer tills add is kept and ignored."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from pos_client.core.event import opened
from pos_client.core.record import LARGEST as WORTH
from pos_client.core.record import Refused

LARGEST = (1 << 63) - 1
EARLIEST_DAYS = 400  # a till may have been offline for long, but tills keep no record for more than a year
LATEST_SECONDS = 300  # clocks run ahead a little

Count = Annotated[int, Field(ge=0, le=LARGEST)]
Money = Annotated[int, Field(ge=0, le=WORTH)]  # what a basket can be worth; sums of more would fit nowhere
EXACT = (
    1 << 53
) - 1  # what every JSON reader holds; far beyond what a till writes, even of a prompt left for days
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class Rung(Strict):
    discounts: list[Name] = Field(max_length=16)
    amount: Money
    depth: int = Field(ge=0, le=10_000)


class Offer(Strict):
    rung: Annotated[int, Field(ge=0, le=255)]
    reaction: Literal["accepted", "asked_more", "left", "skipped"] | None
    milliseconds: Annotated[int, Field(ge=0, le=EXACT)] | None = None


class Given(Strict):
    id: Name
    amount: Money


class Discount(Strict):
    amount: Money
    parts: list[Given] = Field(max_length=16)


class Identity(Strict):
    device: Name
    epoch: Count
    sequence: Count
    clock: str | None
    checkout_id: Annotated[str, Field(min_length=1, max_length=128)]
    store: Name


class Checkout(Identity):
    kind: Literal["checkout"]
    customer: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None
    gross: Money
    automatic: list[Given] = Field(max_length=256)
    goodwill: Given | None
    ladder: list[Rung] = Field(max_length=256)
    offers: list[Offer] = Field(max_length=256)
    outcome: Literal["sold", "lost", "cancelled"]
    discount: Discount | None
    training: bool
    # Older tills do not write these; who does writes them right.
    arm: Name | None = None
    policy: Name | None = None
    experiment: Annotated[str, Field(pattern="^[A-Za-z0-9._-]{1,64}$")] | None = None
    propensity: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    queue: Annotated[int, Field(ge=0, le=1000)] = 0
    margin: Annotated[int, Field(ge=-LARGEST, le=LARGEST)] = 0
    profile: bool = True
    currency: Name | None = None
    cashier: Name | None = None
    redeemer: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class Return(Identity):
    kind: Literal["return"]
    customer: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    refund: Annotated[int, Field(ge=0, le=EXACT)]


class Erased(Strict):
    """What a till says in place of a record whose customer was erased; ``was`` is the hash of that record."""

    kind: Literal["erased"]
    device: Name
    epoch: Count
    sequence: Count
    was: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


_ANY = TypeAdapter(Annotated[Checkout | Return | Erased, Field(discriminator="kind")])
_NAMED = re.compile(rb'"(?:customer|redeemer)":"([0-9a-f]{64})"')
_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


@dataclass
class Line:
    """One line of a batch. With a ``code`` it cannot be taken, and then it has no number one could trust."""

    raw: bytes
    digest: str
    sequence: int | None = None
    record: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    detail: str = ""


def read(raw: bytes, device: str, epoch: int) -> Line:
    """The record in ``raw``, whole and of the device that signed the batch, or why it cannot be taken."""
    try:
        record = opened(raw)
        from_json(raw)  # by which the log is read: it takes no lone surrogates
        _ANY.validate_python(record)
    except Refused as refused:
        return _unfit(raw, refused.code, refused.detail)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return _unfit(raw, "record-form", ".".join(map(str, first["loc"])) + ": " + first["msg"])
    except ValueError as error:
        return _unfit(raw, "record-form", str(error))
    if record["device"] != device or record["epoch"] > epoch:  # an earlier epoch's goes on after a renewal
        detail = "The record names another device than the one that signed the batch, or a later epoch of it."
        return _unfit(raw, "foreign-record", detail)
    if any(offer["rung"] >= len(record["ladder"]) for offer in record.get("offers", ())):
        return _unfit(raw, "unknown-rung", "The record offers a rung that its ladder does not have.")
    digest = record["was"] if record["kind"] == "erased" else record["hash"]
    return Line(raw, digest, record["sequence"], record)


def placed(line: Line, place: int) -> Line:
    """``line`` if it has the number of its place in the till's journal, or none; else why it cannot be taken."""
    if line.sequence in (None, place):
        return line
    return _unfit(line.raw, "wrong-number", f"The record says {line.sequence} and was sent as {place}.")


def named(raw: bytes) -> str | None:
    """The token of the customer that a line names, however little of it is whole."""
    found = _NAMED.search(raw)
    return found[1].decode() if found else None


def _unfit(raw: bytes, code: str, detail: str) -> Line:
    return Line(raw, hashlib.sha256(raw).hexdigest(), code=code, detail=detail[:400])


def occurred(clock: str | None, received: int) -> int:
    """When it happened, Unix seconds: the till's clock where it can be right, else the time of receipt."""
    told = told_at(clock, received)
    return received if told is None else told


def told_at(clock: str | None, received: int) -> int | None:
    """What the till's clock says, Unix seconds, or None where it cannot be right."""
    told = _seconds(clock) if clock else None
    if told is None or not received - EARLIEST_DAYS * 86400 <= told <= received + LATEST_SECONDS:
        return None
    return told


def _seconds(clock: str) -> int | None:
    if not _CLOCK.fullmatch(clock):
        return None
    try:
        return int(datetime.fromisoformat(clock).timestamp())
    except ValueError:
        return None
