"""Every decision made again from its record, by the till's own core, and compared byte for byte.

The basket, the day and the limits are in the record; the shop and the customer come from `decision_inputs`. A record
is made anew from them as the till made it: where it is the same bytes, the till decided as it had to.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core import basket, checkout, checkout_record, event, shop
from pos_client.core.calendar import unix_seconds
from pos_client.core.checkout import Decision, Progress
from pos_client.core.event import opened
from pos_client.core.record import Refused
from pricing_service import decision_cases, decision_inputs, snapshot_archive
from pricing_service.decision_cases import Case
from pricing_service.decision_inputs import Archive, Inputs, Known

DECIDED = (
    *("release", "snapshot", "gross", "day", "experiment", "arm", "policy", "propensity"),
    *("held", "automatic", "ladder", "limits", "plan"),
)
LINE = (
    "sku",
    "quantity",
    "unit_price",
    "category",
    "brand",
    "tax",
    "floor",
    "cost",
    "pack",
    "tags",
    "excluded",
)
BROUGHT = ("currency", "cashier", "queue", "coupons", "tier", "birthday", "training", "profile")

ONE = text(
    "SELECT position, kind, line FROM events WHERE device = :device AND epoch = :epoch AND sequence = :sequence"
)
SINCE = text(
    "SELECT device, epoch, sequence, kind, line FROM events WHERE day >= :day AND kind IN ('checkout', 'erased')"
    " ORDER BY position"
)


class Difference(NamedTuple):
    """``member`` of the record, what it says, and what is decided from the same inputs now."""

    member: str
    recorded: Any
    again: Any


class Replayed(NamedTuple):
    """``verdict``: identical, different, erased, unknown or impossible; ``says`` why. ``snapshot``: which one it was
    made from. ``assumed``: what the record does not tell and fitted."""

    device: str
    epoch: int
    sequence: int
    verdict: str
    says: str
    snapshot: int | None = None
    difference: Difference | None = None
    assumed: tuple[str, ...] = ()


def one(connection: Connection, archive: Archive, device: str, epoch: int, sequence: int) -> Replayed:
    """The decision of one record, by its identity."""
    identity = {"device": device, "epoch": epoch, "sequence": sequence}
    row = connection.execute(ONE, identity).one_or_none()
    if row is None:
        return Replayed(
            device,
            epoch,
            sequence,
            "unknown",
            "There is no such record in the log: GET /v1/devices tells up to which each till has handed in.",
        )
    return replay(connection, archive, device, epoch, sequence, row.kind, row.line)


def since(connection: Connection, day: int, every: int = 1) -> Iterator[Replayed]:
    """Every decision from a day on (days since 1970), or each ``every``-th of them."""
    archive = Archive(connection)
    for number, row in enumerate(connection.execute(SINCE, {"day": day})):
        if number % every == 0:
            yield replay(connection, archive, row.device, row.epoch, row.sequence, row.kind, row.line)


def replay(
    connection: Connection, archive: Archive, device: str, epoch: int, sequence: int, kind: str, line: bytes
) -> Replayed:
    """The decision of one row of the log."""
    identity = (device, epoch, sequence)
    if kind == "erased":
        return Replayed(*identity, "erased", "The customer was erased: it cannot be replayed.")
    if kind != "checkout":
        return Replayed(*identity, "impossible", "Goods that came back: nothing was decided.")
    try:
        record = opened(line)
        return _best(connection, archive, identity, record, line)
    except KeyError as missing:
        return Replayed(*identity, "impossible", _without(missing.args[0]))
    except (Refused, ValueError, TypeError) as trouble:
        return Replayed(*identity, "impossible", f"It cannot be read: {trouble}")


def _best(
    connection: Connection,
    archive: Archive,
    identity: tuple[str, int, int],
    record: dict[str, Any],
    line: bytes,
) -> Replayed:
    nearest: Replayed | None = None
    for inputs in decision_inputs.found(connection, archive, record):
        version = inputs.kept.version if inputs.kept else 0
        for case in decision_cases.cases(record, inputs):
            difference = _difference(record, line, inputs, case)
            if difference is None:
                assumed = case.assumed(decision_cases.usual(record, inputs))
                says = "The same inputs give the same record, byte for byte."
                return Replayed(*identity, "identical", says, version, None, assumed)
            says = f"`{difference.member}` is decided otherwise from the same inputs."
            if difference.member not in record:
                says = _without(difference.member)
            nearest = _nearer(nearest, Replayed(*identity, "different", says, version, difference))
    return nearest or Replayed(*identity, "impossible", _not_kept(connection, record))


def _without(member: str) -> str:
    return f"The record has no `{member}`: an older till wrote it, or `rung audit verify` finds a change."


def _not_kept(connection: Connection, record: dict[str, Any]) -> str:
    which = f"Snapshot {record['snapshot']} of store {record['store']}"
    first = snapshot_archive.first(connection, record["store"])
    if first is not None and record["snapshot"] < first:
        return f"{which} was published before this service kept them (the first kept is {first}): nothing was lost."
    return f"{which} is not in the archive: a restore may have lost it. A backup made after it may still have it."


def _nearer(before: Replayed | None, other: Replayed) -> Replayed:
    """Of two that differ the one that differs later, the first of equals: it is the likelier case."""
    if before is None or before.difference is None or other.difference is None:
        return other
    places = [*DECIDED, other.difference.member, before.difference.member]
    return other if places.index(other.difference.member) > places.index(before.difference.member) else before


def _difference(record: dict[str, Any], line: bytes, inputs: Inputs, case: Case) -> Difference | None:
    """The first member that differs, or None where the whole record comes out the same."""
    decision = _decision(record, inputs, case)
    stamp = _stamp(record)
    told = (stamp, record["checkout_id"], record["customer"], decision)
    begun = checkout_record.of_checkout(*told, checkout.begin(decision), "cancelled")
    for name in DECIDED:
        if name in record and record[name] != _plain(begun[name]):
            return Difference(name, record[name], _plain(begun[name]))
    try:
        progress = _progress(decision, record)
        waited = record["offers"][-1]["milliseconds"] if record["offers"] else None
        again = checkout_record.of_checkout(*told, progress, record["outcome"], waited, case.language)
    except Refused as refused:
        return Difference("offers", record["offers"], refused.detail)
    return _whole(record, line, _plain(again))


def _whole(record: dict[str, Any], line: bytes, again: dict[str, Any]) -> Difference | None:
    written = {name: value for name, value in record.items() if name != "hash"}
    for name in sorted(written.keys() & again.keys()):
        if written[name] != again[name]:
            return Difference(name, written[name], again[name])
    missing, more = sorted(again.keys() - written.keys()), sorted(written.keys() - again.keys())
    if missing or more:
        return Difference(", ".join(missing + more), more, missing)
    return None if event.seal(again) == line else Difference("bytes", "as sealed", "as sealed again")


def _decision(record: dict[str, Any], inputs: Inputs, case: Case) -> Decision:
    token = record["customer"]
    facts, held = _customer(record, inputs.customer, case)
    age = 86400 * inputs.shop.policy.snapshot_days if case.expired else 0
    now = record["day"] * 86400 - inputs.shop.policy.utc_offset * 60 if "day" in record else _clock(record)
    visit = shop.visit(inputs.shop, now, facts, {}, token, record["checkout_id"], held, age)
    visit.redeemer = record.get("redeemer")
    visit.limits.update(record.get("limits", {}))
    return Decision(inputs.shop, basket.read(_body(record)), visit)


def _customer(record: dict[str, Any], known: Known | None, case: Case) -> tuple[dict | None, tuple | None]:
    """Facts and belief as the till had them."""
    if case.refuses is not None:
        return shop.unprofiled({**(known.facts if known else {}), **dict(case.refuses)}), None
    if record["customer"] is None or known is None:
        return None, None
    facts = dict(known.facts)
    if case.sales:
        facts["visits"] = facts.get("visits", 0) + case.sales
    return facts, known.belief


def _body(record: dict[str, Any]) -> dict[str, Any]:
    """The basket as the point of sale sent it, but for the card."""
    body = {name: record[name] for name in BROUGHT if name in record}
    body["lines"] = [{name: line[name] for name in LINE if name in line} for line in record["lines"]]
    return {**body, "discounts": record["stated"]} if "stated" in record else body


def _progress(decision: Decision, record: dict[str, Any]) -> Progress:
    """The negotiation again, reaction by reaction, and the gesture that was made."""
    progress = checkout.begin(decision)
    for offer in record["offers"]:
        if offer["reaction"] is not None:
            progress = checkout.react(
                decision, progress, offer["rung"], offer["reaction"], offer["milliseconds"]
            )
    given = record["goodwill"]["amount"] if record["goodwill"] else 0
    return Progress(progress.state, progress.position, progress.offers, given)


def _stamp(record: dict[str, Any]) -> checkout_record.Stamp:
    identity = (record["device"], record["epoch"], record["sequence"], record["store"])
    stamp = checkout_record.Stamp(*identity, record["boot"], record["monotonic_ms"], None)
    stamp.fields["clock"] = record["clock"]
    return stamp


def _clock(record: dict[str, Any]) -> int | None:
    return None if record["clock"] is None else unix_seconds(record["clock"])


def _plain(value: Any) -> Any:
    """As it comes out of JSON: tuples are lists there."""
    return json.loads(event.canonical(value))
