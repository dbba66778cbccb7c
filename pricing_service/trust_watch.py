"""The guard in the transaction that takes records: what each cashier and till shows, and who is distrusted for it.

guard = trust_watch.Guard(connection, model, told)      # (position, record, day), one batch
guard.see(number, held)                                 # each record, before it is learnt
guard.end()
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy import Connection, Row, text

from models import guard_law, guard_norm, guard_watch
from models.guard_law import Alarm
from models.guard_norm import Norm
from models.guard_watch import Watch
from pos_client.core.model import Model
from pricing_service import audit_store, trust_store
from pricing_service.guard_fold import Foresight, Memory, facts, look
from pricing_service.learning import Held
from pricing_service.trust_intervals import DEVICE, Source, sources

LATELY = 24  # of a source's records, the latest: who else had a part in them
NEIGHBOURS = 15  # others of a store that one is held against: the next by name, so that no store is too large
FEW = 2  # others of a store; with fewer, those of other stores count too
GUARD = "guard"
COLUMNS = "SELECT kind, store, name, state FROM watches WHERE kind = :kind"
OWN = text(f"{COLUMNS} AND store = :store AND name = :name")
NEXT = text(f"{COLUMNS} AND store = :store AND name > :name ORDER BY name LIMIT :most")
FIRST = text(f"{COLUMNS} AND store = :store AND name < :name ORDER BY name LIMIT :most")
ELSEWHERE = text(f"{COLUMNS} AND store <> :store ORDER BY store, name LIMIT :most")
EVERY = text("SELECT kind, store, name, state FROM watches")
KEEP = text(
    "INSERT INTO watches (kind, store, name, state) VALUES (:kind, :store, :name, :state)"
    " ON CONFLICT (kind, store, name) DO UPDATE SET state = excluded.state"
)
DROP = text("DELETE FROM watches WHERE kind = :kind AND store = :store AND name = :name")

Told = tuple[int, dict[str, Any], int]  # position, record, day

log = structlog.get_logger("rung.service")


@dataclass
class Kept:
    """What is kept of a source: its evidence, its last record, with whom it lately recorded (the till of a cashier, the
    cashier of a till; empty where not told), and what others did when it had ``compared`` records."""

    watch: Watch
    memory: Memory
    partners: list[str]
    norm: Norm
    compared: int


class Guard:
    """One batch of records, watched."""

    def __init__(self, connection: Connection, model: Model, told: list[Told]) -> None:
        self._connection = connection
        self._told = told
        self._foresight = _foresight(model)
        self._trust = trust_store.read(connection)
        self._going_on = self._trust.going_on()
        self._kept: dict[Source, Kept] = {}
        self._left_out: Counter[int] = Counter()

    def taught(self) -> list[tuple[dict[str, Any], int]]:
        """The records as they are learnt, with their days."""
        return [(self._trust.quieted(record, position), day) for position, record, day in self._told]

    def see(self, number: int, held: Held | None) -> None:
        """The ``number``-th record, before it is learnt; ``held`` of its customer, None for one nobody knows."""
        position, record, day = self._told[number]
        if record["kind"] != "checkout":
            return
        if interval := self._trust.found(record, position):
            self._left_out[interval.id] += 1
            return
        heard = self._foresight.heard(record, held, day)
        shown = facts(record, heard, held is not None and held.visits > 0)
        for source in sources(record):
            kept = self._of(source)
            sight, kept.memory = look(shown, kept.memory, day)
            guard_law.step(kept.watch, kept.norm, sight, position)
            partner = record.get("cashier") if source.kind == DEVICE else record["device"]
            kept.partners = [*kept.partners, partner or ""][-LATELY:]

    def end(self) -> None:
        """Distrust whom the evidence is beyond doubt against, and keep the rest for the next batch."""
        trust_store.left_out(self._connection, self._left_out)
        for source in sorted(self._kept):  # cashiers first: what a till recorded is theirs
            found = self._alarm(source)
            if found and not self._is_a_partners(source):
                self._distrust(source, found)
        if self._kept:
            rows = [{**source._asdict(), "state": _stored(kept)} for source, kept in self._kept.items()]
            self._connection.execute(KEEP, rows)

    def _of(self, source: Source) -> Kept:
        kept = self._kept.get(source)
        if kept is None:
            row = self._connection.execute(OWN, source._asdict()).one_or_none()
            kept = self._kept[source] = _read(row.state) if row else _new()
        if guard_norm.due(kept.watch, kept.norm, kept.compared):
            self._compare(source, kept)
        return kept

    def _alarm(self, source: Source) -> Alarm | None:
        """Before anybody is distrusted, it is looked again what the others do."""
        kept = self._kept[source]
        if guard_law.alarm(kept.watch, kept.norm):
            self._compare(source, kept)
            return guard_law.alarm(kept.watch, kept.norm)
        return None

    def _compare(self, source: Source, kept: Kept) -> None:
        kept.norm = guard_norm.norm(_others(self._connection, source, self._going_on))
        kept.compared = kept.watch.records

    def _is_a_partners(self, source: Source) -> bool:
        """Whether one cashier made most of a till's latest records: then it is for the cashier to be found."""
        ((partner, times),) = Counter(self._kept[source].partners).most_common(1)
        if source.kind != DEVICE or not partner or 2 * times <= LATELY:
            return False
        guard_watch.forget(self._kept[source].watch)
        return True

    def _distrust(self, source: Source, found: Alarm) -> None:
        kept = self._kept[source]
        detail = {name: value for name, value in found._asdict().items() if name not in ("pattern", "start")}
        detail["partners"] = sorted(set(kept.partners) - {""})
        trust_store.begin(self._connection, source, found.start, found.pattern, detail, GUARD)
        subject = f"{source.kind}:{source.store}/{source.name}"
        audit_store.append(self._connection, GUARD, "trust-distrusted", subject, f"reason={found.pattern}")
        log.warning("distrusted", kind=source.kind, reason=found.pattern)  # who it is, the page tells
        guard_watch.forget(kept.watch)
        for other in self._kept:  # the same records are no evidence against anybody else
            if other.kind != source.kind and other.store == source.store and other.name in kept.partners:
                guard_watch.forget(self._kept[other].watch)


def forgive(connection: Connection, source: Source) -> None:
    """Begin anew with a source whom a person trusts again."""
    connection.execute(DROP, source._asdict())


def forget(connection: Connection) -> None:
    """Forget which cards were seen today: a customer is erased, and their card is not told apart from others."""
    for row in connection.execute(EVERY).all():
        kept = _read(row.state)
        if kept.memory.cards:
            kept.memory = kept.memory._replace(cards=())
            connection.execute(KEEP, {**row._mapping, "state": _stored(kept)})


def _others(connection: Connection, source: Source, without: set[Source]) -> list[Watch]:
    """Whom a source is held against: others of its store; where these are too few, of other stores, too."""
    asked = {**source._asdict(), "most": NEIGHBOURS}
    rows = [*connection.execute(NEXT, asked)]
    if len(rows) < NEIGHBOURS:
        rows += connection.execute(FIRST, {**asked, "most": NEIGHBOURS - len(rows)})
    found = _trusted(rows, without)
    return found if len(found) >= FEW else found + _trusted(connection.execute(ELSEWHERE, asked), without)


def _trusted(rows: Iterable[Row[Any]], without: set[Source]) -> list[Watch]:
    return [_habits(row.state) for row in rows if Source(row.kind, row.store, row.name) not in without]


def _new() -> Kept:
    return Kept(guard_watch.begin(), Memory(), [], guard_norm.norm([]), -guard_norm.SOON)


def _stored(kept: Kept) -> str:
    told = [guard_watch.numbers(kept.watch), kept.memory, kept.partners, kept.norm, kept.compared]
    return json.dumps(told, separators=(",", ":"))


def _read(state: str) -> Kept:
    watch, (time, place, day, cards), partners, (levels, rates, judged, scores), compared = json.loads(state)
    memory = Memory(time, tuple(place) if place else None, day, tuple(cards))
    norm = Norm(tuple(levels), tuple(rates), judged, tuple(scores))
    return Kept(guard_watch.read(watch), memory, partners, norm, compared)


@lru_cache(maxsize=1024)
def _habits(state: str) -> Watch:
    """Of another source, only to be looked at: reading it takes longer than finding it."""
    return guard_watch.read(json.loads(state)[0])


@lru_cache(maxsize=2)
def _foresight(model: Model) -> Foresight:
    return Foresight(model)
