"""What a till decided from, found again: the shop of its snapshot, and what that knew of the customer.

Rules, policy, experiments and model come from the archive of snapshots; the belief from the customer's records up to
the snapshot, folded as they were learnt then; facts as they were told by then. Whoever was erased has neither.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from models.tables import column_reader
from pos_client.core import holding, policy, shop, snapshot
from pos_client.core.belief import initial
from pos_client.core.calendar import unix_seconds
from pos_client.core.event import opened
from pos_client.core.model import Model
from pos_client.core.shop import Shop, is_sale
from pricing_service import (
    belief_store,
    event_store,
    holding_store,
    published_beliefs,
    snapshot_archive,
    trust_history,
)
from pricing_service.holding_fold import fold as fold_holding
from pricing_service.learning import Held, fold, teaches
from pricing_service.snapshot_archive import Kept

TOLD = text(
    "SELECT tier, birthday FROM facts_told WHERE customer = :customer AND revision <= :revision"
    " ORDER BY revision DESC LIMIT 1"
)
OWN = text(
    "SELECT line FROM events WHERE customer = :customer AND device = :device AND position > :position"
    " AND sequence < :sequence AND line <> x'' ORDER BY sequence"
)
SLACK_SECONDS = 86400  # clocks of tills are off by less


class Known(NamedTuple):
    """What a snapshot says of a customer: weights (sum 65536) as of a day, or None, and facts."""

    belief: tuple[list[int], int] | None
    facts: dict[str, Any]


class Inputs(NamedTuple):
    """``kept`` is None for a till without a snapshot, ``customer`` for one nobody knows or who is anonymous;
    ``since``: how often this till itself sold to the customer after the snapshot."""

    kept: Kept | None
    shop: Shop
    customer: Known | None
    since: int


class Archive:
    """Shops by snapshot, as they are asked for again and again. Raises ValueError for a damaged one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.shop = lru_cache(16)(self._shop)

    def candidates(self, record: dict[str, Any]) -> list[Kept]:
        """The snapshots that may have been the record's: after a restore another may have had its number."""
        found = snapshot_archive.find(self._connection, record["store"], record["snapshot"])
        clock = record.get("clock")
        at = None if clock is None else unix_seconds(clock)
        return [kept for kept in found if at is None or kept.built <= at + SLACK_SECONDS] or found[:1]

    def _shop(self, store: str, version: int, history: str) -> tuple[Shop, policy.Policy]:
        kept = next(
            one for one in snapshot_archive.find(self._connection, store, version) if one.history == history
        )
        meta, columns = snapshot_archive.meta(self._connection, kept)
        read = column_reader(columns, meta["model"]["states"] if meta.get("model") else 0)
        return shop.read(meta, read), policy.read(meta["policy"])


def found(connection: Connection, archive: Archive, record: dict[str, Any]) -> Iterator[Inputs]:
    """What the record may have been decided from, the likeliest first; nothing where it is not in the archive."""
    if record["snapshot"] == 0:
        yield Inputs(None, shop.without_snapshot(), Known(None, {}) if record["customer"] else None, 0)
        return
    token = record["customer"] or record.get("redeemer")
    for kept in archive.candidates(record):
        read, law = archive.shop(kept.store, kept.version, kept.history)
        known = customer(connection, kept, read.model, law, token) if token else None
        yield Inputs(kept, read, known, _sold_since(connection, kept, record, token))


def customer(
    connection: Connection, kept: Kept, model: Model | None, law: policy.Policy, token: str
) -> Known:
    """What the snapshot ``kept`` said of a customer, by the snapshot's own way through bytes."""
    placed = [one for one in event_store.of_customer(connection, token) if one[0] <= kept.position]
    records = trust_history.of_customer(trust_history.as_of(connection, kept.revision), placed)
    facts = _told(connection, kept, token)
    held = _held(model, records) if model else None
    today = (kept.built + law.utc_offset * 60) // 86400
    suspicion = _suspicion(model, law, token, records, today) if model else None
    if suspicion:
        facts[holding.FACT] = suspicion
    if held is None or model is None:
        return Known(None, facts) if not facts or model is None else _known(model, None, facts)
    visits = {"visits": held.visits or None, "cohort": held.cohort}
    facts |= {name: value for name, value in visits.items() if value is not None}
    return _known(model, held, facts)


def _known(model: Model, held: Held | None, facts: dict[str, Any]) -> Known:
    """A customer through the bytes of a snapshot that has nobody else."""
    if held is None:
        row, day = snapshot.packed(initial(model)), 0
    else:
        row, day = published_beliefs.rows([belief_store.pack(held.weights)])[0], held.day
    token = "0" * 64
    body = snapshot.encode({"version": 1, "model": {"states": model.states}}, b"", [(token, row, day, facts)])
    whole = snapshot.sign(body, b"")
    entry = snapshot.Snapshot(lambda at, length: whole[at : at + length], len(whole)).customer(token)
    assert entry is not None  # it has this one customer
    weights, since, told = entry
    return Known((weights, since) if weights else None, told)


def _held(model: Model, records: list[tuple[dict[str, Any], int]]) -> Held | None:
    held: Held | None = None
    for record, day in records:
        if teaches(record):
            held = fold(model, held, record, day)
    return held


def _suspicion(
    model: Model, law: policy.Policy, token: str, records: list[tuple[dict[str, Any], int]], today: int
) -> list[int | None] | None:
    stood = fold_holding({}, records).get(token)
    one = holding_store.of_kept(model, law, stood, today) if stood else None
    return one.fact if one and one.firm else None


def _told(connection: Connection, kept: Kept, token: str) -> dict[str, Any]:
    row = connection.execute(TOLD, {"customer": token, "revision": kept.revision}).one_or_none()
    told = {} if row is None else {"tier": row.tier, "birthday": row.birthday}
    return {name: value for name, value in told.items() if value is not None}


def _sold_since(connection: Connection, kept: Kept, record: dict[str, Any], token: str | None) -> int:
    if token is None:
        return 0
    values = {"customer": token, "position": kept.position}
    rows = connection.execute(OWN, {**values, "device": record["device"], "sequence": record["sequence"]})
    return sum(is_sale(opened(row.line)) for row in rows)
