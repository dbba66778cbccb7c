"""The snapshot of a store, built from what the database holds and the same bytes whenever it is built of the same.

Only revision, version and time of the last build are stored: a restarted service builds the very same snapshot again.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from pos_client.core import holding, policy, snapshot
from pos_client.core.belief import Model, initial
from pos_client.core.calendar import period_key
from pricing_service import (
    belief_store,
    compact_snapshots,
    disclosures,
    experiment_store,
    fleet,
    forgetting,
    holding_store,
    lease_dealing,
    lease_store,
    metrics,
    published_beliefs,
    release_store,
    rule_store,
    snapshot_archive,
    standing,
)
from pricing_service.database import Database, Writer

FACTS = text("SELECT customer, tier, birthday, refused FROM facts ORDER BY customer")
USED = text("SELECT customer, discount, day, uses, amount FROM usage ORDER BY customer, discount, day")
SPENT = text("SELECT discount, day, spent FROM budgets ORDER BY discount, day")
PATIENCE = 10  # of a large shop, building may take one part in so many of the processor's time
TOGETHER = 2000  # beliefs brought to a till's form at once
NOTHING = -1  # no revision
QUICK_SECONDS = 0.25  # a build that takes less is done whenever something changed


class Built(NamedTuple):
    """A snapshot without a signature; ``version`` grows with every change within one ``history``.

    It carries everything that was written up to ``revision``.
    """

    version: int
    revision: int
    history: str
    body: bytes

    @property
    def name(self) -> str:
        """What a till calls it when it says what it has."""
        return f"{self.history[:8]}-{self.version}"


class Made(NamedTuple):
    """A snapshot that nobody has been given yet: its body, what is kept of it, Unix seconds when the next is due though
    nothing changes, and seconds of work it took."""

    stands: standing.Standing
    body: bytes
    archived: snapshot_archive.Archived
    due: int
    seconds: float


Deal = Callable[[int], "Future[Any]"]
Make = Callable[[str, int, int], Made | None]


class SnapshotStore:
    """Keeps the newest snapshot of each store in memory; one build at a time, and none where nothing changed."""

    def __init__(
        self, database: Database, writer: Writer, deal: Deal | None = None, make_apart: Make | None = None
    ) -> None:
        """``deal`` and ``make_apart`` do the heavy work somewhere else."""
        self._database, self._writer = database, writer
        self._deal = deal or (lambda now: writer.submit(lambda writing: lease_dealing.deal(writing, now)))
        self._make = make_apart or partial(make, database)
        self._building = threading.Lock()
        self._built: dict[str, Built] = {}
        self._compacting = threading.Lock()
        self._compact: dict[str, tuple[Built, bytes]] = {}
        self._revision = 0
        self._due = 0
        self._rest_until = 0.0

    def latest(self, store: str) -> Built:
        """The newest snapshot of ``store``. Blocks while it is built; a large shop's may be some seconds old."""
        with self._building:
            if store not in self._built or time.monotonic() >= self._rest_until:
                self._refresh(store)
            return self._built[store]

    def laid_out(self, built: Built, store: str, reads: int) -> bytes:
        """The body of a snapshot of ``store`` in the newest layout up to ``reads``. The first to ask for the compact
        one waits until it is made."""
        if reads < snapshot.LAYOUT:
            return built.body
        with self._compacting:
            if store not in self._compact or self._compact[store][0] is not built:
                self._compact[store] = built, compact_snapshots.compacted(built.body) or built.body
            return self._compact[store][1]

    def _refresh(self, store: str) -> None:
        now = int(time.time())
        with self._database.reading() as connection:
            if standing.revision(connection) == self._revision and store in self._built and now < self._due:
                return
        self._deal(now).result()
        made = self._make(store, self._revision if store in self._built else NOTHING, now)
        if made is None:  # a day has begun at some store, and nothing follows from it
            self._due = now + lease_dealing.QUICK_SECONDS
            return
        self._due = made.due
        self._writer.submit(lambda writing: _publish(writing, made.stands, made.archived)).result()
        self._keep(store, made.stands, made.body, made.seconds)

    def _keep(self, store: str, stands: standing.Standing, body: bytes, seconds: float) -> None:
        if stands.revision != self._revision:
            self._built.clear()
        self._revision = stands.revision
        self._built[store] = Built(stands.snapshot_version, stands.revision, stands.history, body)
        self._rest_until = time.monotonic() + (PATIENCE - 1) * seconds if seconds > QUICK_SECONDS else 0.0
        metrics.snapshot_version.set(stands.snapshot_version)
        metrics.snapshot_seconds.set(seconds)
        metrics.snapshot_bytes.set(len(body))


def make(database: Database, store: str, revision: int, now: int) -> Made | None:
    """The next snapshot of ``store``, or None where the one of ``revision`` is still right."""
    with database.reading() as connection:
        stands = standing.read(connection)
        if stands.revision == revision:
            return None
        began = time.thread_time()  # waiting for a busy machine is no work, and no reason to rest
        if stands.revision != stands.snapshot_revision:
            stands = stands.published(stands.revision, int(time.time()))
        due = lease_dealing.due(connection, stands.snapshot_built, now)
        body = build(connection, store, stands)
        archived = snapshot_archive.of(connection, stands, body)
    return Made(stands, body, archived, due, time.thread_time() - began)


def build(connection: Connection, store: str, stands: standing.Standing) -> bytes:
    """The body of the snapshot that ``stands`` names, from one unchanging view of the database."""
    published = release_store.in_force(connection)
    rules = [rule.body for rule in rule_store.DISCOUNTS.in_force(connection)]
    law = rule_store.policy_of(connection, store)
    today = _day(connection, store, stands.snapshot_built)
    meta = {
        "format": snapshot.FORMAT,
        "version": stands.snapshot_version,
        "built": stands.snapshot_built,
        "history": stands.history,
        "store": store,
        "model": published.tables,
        "discounts": rules,
        "policy": law,
        "experiments": experiment_store.for_tills(connection, today),
        "through": fleet.through(connection, store),
        "budgets": _budgets(connection, rules, today),
        "leases": lease_store.told(connection, store),
        "disclosures": disclosures.of(law),
        "erased": forgetting.tags(connection, stands.snapshot_built),
        "audit_head": snapshot_archive.audit_head(connection, store, stands),
    }
    facts = _facts(connection, rules)
    suspected = holding_store.suspected(connection, published.model, policy.read(law), today)
    for customer, one in suspected.items():
        facts.setdefault(customer, {})[holding.FACT] = one.fact
    return snapshot.encode(meta, published.columns, list(_customers(connection, published.model, facts)))


def _publish(connection: Connection, stands: standing.Standing, archived: snapshot_archive.Archived) -> None:
    """Nobody can have a snapshot before it is remembered, with all that a decision made from it depended on."""
    standing.publish(connection, stands)
    snapshot_archive.keep(connection, archived)


def _day(connection: Connection, store: str, seconds: int) -> int:
    """The local day at a store."""
    return (seconds + rule_store.utc_offset(connection, store) * 60) // 86400


def _customers(
    connection: Connection, model: Model, facts: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, bytes, int, dict]]:
    """Everybody believed of, and everybody of whom only ``facts``, which is used up, are known."""
    believed = connection.execute(belief_store.ALL, {"release": model.release})
    for some in believed.partitions(TOGETHER):
        told = published_beliefs.rows([row.weights for row in some])
        for row, weights in zip(some, told, strict=True):
            yield row.customer, weights, row.day, {**facts.pop(row.customer, {}), **_held(row)}
    nobody = snapshot.packed(initial(model))
    for customer, known in facts.items():
        yield customer, nobody, 0, known


def _held(row: Row) -> dict[str, int]:
    """What a till needs besides the weights: visits for rules, the cohort for drift."""
    told = {"visits": row.visits or None, "cohort": row.cohort}
    return {name: value for name, value in told.items() if value is not None}


def _facts(connection: Connection, rules: list[dict]) -> dict[str, dict[str, Any]]:
    """What tills are told of each customer besides the belief."""
    out: dict[str, dict[str, Any]] = {}
    for row in connection.execute(FACTS):
        told = {
            "tier": row.tier,
            "birthday": row.birthday,
            "refused": True if row.refused is not None else None,
        }
        out[row.customer] = {name: value for name, value in told.items() if value is not None}
    for customer, usage in _usage(connection, rules).items():
        out.setdefault(customer, {})["usage"] = usage
    return out


def _usage(connection: Connection, rules: list[dict]) -> dict[str, dict[str, list[int]]]:
    """customer -> discount -> [newest period in which it was used, uses, amount], for discounts that limit it."""
    periods = _periods(rules, "per_customer")
    out: dict[str, dict[str, list[int]]] = {}
    for row in connection.execute(USED):
        if row.discount in periods:
            key = period_key(periods[row.discount], row.day)
            uses = out.setdefault(row.customer, {})
            before = uses.get(row.discount)
            if before is None or before[0] != key:
                before = uses[row.discount] = [key, 0, 0]
            before[1] += row.uses
            before[2] += row.amount
    return out


def _budgets(connection: Connection, rules: list[dict], today: int) -> dict[str, list[int]]:
    """discount -> [the present period, spent], for discounts with a budget of which something was given in it."""
    periods = _periods(rules, "budget")
    present = {discount: period_key(period, today) for discount, period in periods.items()}
    out: dict[str, list[int]] = {}
    for row in connection.execute(SPENT):
        if row.discount in present and period_key(periods[row.discount], row.day) == present[row.discount]:
            out.setdefault(row.discount, [present[row.discount], 0])[1] += row.spent
    return out


def _periods(rules: list[dict], limit: str) -> dict[str, str]:
    return {rule["id"]: rule[limit]["period"] for rule in rules if limit in rule}
