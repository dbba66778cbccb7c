"""The leases in the field, kept: which till may give how much of which budget until it is heard of again.

`deal` divides anew before a snapshot is built, `charge` takes off what records report, in the transaction that takes
them, and `obeyed` takes a till at its word that it goes by a snapshot which leaves it less.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core import policy
from pos_client.core.calendar import period_key
from pos_client.core.shop import used
from pos_client.core.signature import keyid
from pricing_service import rule_store, standing
from pricing_service.leasing import Budget, Lease, Name, Purse, divide

DAY = 86400
SLACK_SECONDS = 3600  # after its snapshot expired a till gives nothing of a budget; its clock may be slow
FRESH_SECONDS = (
    6 * 3600
)  # a snapshot is built anew after that: in a quiet shop tills must not come to distrust it
QUICK_SECONDS = 900  # but not sooner
KEY = ("device", "epoch", "discount")
REACH = {
    "day": 2,
    "week": 14,
    "month": 62,
    "year": 732,
    "ever": 1 << 20,
}  # days of spending that can still matter

COLUMNS = (
    "device, epoch, discount, period, period_key, held, recalled, held_later, recalled_later, held_before,"
    " given, given_before, gift, asked, since"
)
ALL = text(f"SELECT {COLUMNS} FROM leases ORDER BY discount, device, epoch")
OF_TILL = text(f"SELECT {COLUMNS} FROM leases WHERE device = :device AND epoch = :epoch ORDER BY discount")
OF_STORE = text(
    f"SELECT {COLUMNS} FROM leases WHERE EXISTS (SELECT 1 FROM devices d WHERE d.device = leases.device"
    " AND d.epoch = leases.epoch AND d.store = :store) ORDER BY device, epoch, discount"
)
WAITS = text(
    "SELECT 1 FROM leases WHERE device = :device"
    " AND (epoch < :epoch OR epoch = :epoch AND recalled + recalled_later > 0) LIMIT 1"
)
PAGE = text(
    f"SELECT l.{', l.'.join(COLUMNS.split(', '))}, d.store,"
    " MAX(d.enrolled, COALESCE(d.fetched, 0)) AS heard"
    " FROM leases l JOIN devices d ON d.device = l.device AND d.epoch = l.epoch"
    " WHERE (l.device, l.epoch, l.discount) > (:device, :epoch, :discount)"
    " ORDER BY l.device, l.epoch, l.discount LIMIT :limit"
)
KEEP = text(
    f"INSERT INTO leases ({COLUMNS}) VALUES ({', '.join(':' + name.strip() for name in COLUMNS.split(','))})"
    " ON CONFLICT (device, epoch, discount) DO UPDATE SET "
    + ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in COLUMNS.split(",")[3:])
)
DROP = text("DELETE FROM leases WHERE device = :device AND epoch = :epoch AND discount = :discount")
OLDER = text("DELETE FROM leases WHERE device = :device AND epoch < :epoch")
ENROLMENTS = text(
    "SELECT device, epoch, store, MAX(enrolled, COALESCE(fetched, 0)) AS heard FROM devices"
    " WHERE revoked IS NULL ORDER BY device, epoch"
)
SPENT = text("SELECT day, spent FROM budgets WHERE discount = :discount AND day >= :since")
ACKNOWLEDGED = text("SELECT acknowledged FROM devices WHERE device = :device AND epoch = :epoch")


class Leased(NamedTuple):
    """A lease, the ``store`` of its till, and when it ``ends`` if nobody hears of the till before (Unix seconds)."""

    store: str
    lease: Lease
    ends: int


class Enrolment(NamedTuple):
    """A till that may give something away; ``ends`` (Unix seconds): until then at most it does without being heard of;
    ``day``: its local day."""

    name: Name
    store: str
    ends: int
    day: int
    newest: bool


def deal(connection: Connection, now: int) -> None:
    """Divide every budget anew, and see to it that no till goes by an old snapshot where nothing happens."""
    stands = standing.read(connection)
    before = {_key(lease): _row(lease) for lease in _all(connection)}
    after = {_key(lease): lease for lease in _dealt(connection, stands.snapshot_version, now)}
    changed = [_row(lease) for key, lease in after.items() if before.get(key) != _row(lease)]
    dropped = [before[key] for key in before if key not in after]
    if changed:
        connection.execute(KEEP, changed)
    if dropped:
        connection.execute(DROP, dropped)
    is_old = stands.revision == stands.snapshot_revision and now - stands.snapshot_built >= _fresh(connection)
    if changed or dropped or is_old:
        standing.touch(connection)


def due(connection: Connection, built: int, now: int) -> int:
    """Unix seconds when `deal` has something to do although nothing was written: a new day at some store, or a snapshot
    ``built`` long ago."""
    midnights = [now + DAY - (now + 60 * law.utc_offset) % DAY for law in _laws(connection)]
    return min([built + _fresh(connection), *midnights])


def told(connection: Connection, store: str) -> dict[str, Any]:
    """What the snapshot of ``store`` tells its tills (`pos_client.core.lease`).

    A till that nobody heard of for long keeps its place: it may still give the uses that are its own.
    """
    tills = [one for one in _enrolments(connection, 0) if one.newest]
    places = {one.name: place for place, one in enumerate(tills)}
    out: dict[str, Any] = {keyid(*one.name): [places[one.name], {}] for one in tills if one.store == store}
    for row in connection.execute(OF_STORE, {"store": store}):
        lease = _lease(row)
        mine = out.setdefault(keyid(*lease.till), [places.get(lease.till, -1), {}])[1]
        mine[lease.discount] = [lease.key, lease.now.told, lease.later.told]
    return {"of": len(tills), "tills": out}


def charge(
    connection: Connection, device: str, epoch: int, records: Iterable[tuple[dict[str, Any], int]]
) -> None:
    """Take off what a till's ``records``, with the days they count for, say that it gave."""
    given = Counter()
    for record, day in records:
        for discount, amount in used(record):
            given[discount, day, amount] += 1
    leases = {}
    if given:
        found = connection.execute(OF_TILL, {"device": device, "epoch": epoch})
        leases = {row.discount: _lease(row) for row in found}
    for (discount, day, amount), times in sorted(given.items()):
        if discount in leases:
            lease = leases[discount]
            for _ in range(times):
                lease.report(period_key(lease.period, day), amount)
    if leases:
        connection.execute(KEEP, [_row(lease) for lease in leases.values()])


def obeyed(connection: Connection, device: str, epoch: int, holds: str, last: int) -> None:
    """The till says: it goes by the snapshot ``holds`` and nothing else, and its last record is ``last``.

    Where all its records are here, what was recalled by then is free.
    """
    stands = standing.read(connection)
    history, _, version = holds.partition("-")
    here = connection.execute(ACKNOWLEDGED, {"device": device, "epoch": epoch}).scalar()
    if history != stands.history[:8] or here is None or here < last:
        return
    if connection.execute(OLDER, {"device": device, "epoch": epoch}).rowcount:
        standing.touch(connection)
    found = [_lease(row) for row in connection.execute(OF_TILL, {"device": device, "epoch": epoch})]
    settled = [lease for lease in found if lease.recalls() and int(version) > lease.asked]
    for lease in settled:
        lease.obey()
    if settled:
        connection.execute(KEEP, [_row(lease) for lease in settled])
        standing.touch(connection)


def waits_for(connection: Connection, device: str, epoch: int) -> bool:
    """Whether something of this till's, or of an earlier enrolment of it, waits for its word."""
    return connection.execute(WAITS, {"device": device, "epoch": epoch}).scalar() is not None


def heard(connection: Connection, store: str, enrolled: int, fetched: int | None, now: int) -> None:
    """A till fetched a snapshot ``now``; one that was silent for so long that it holds nothing gets leases again."""
    if now - max(enrolled, fetched or 0) > _kept(_law(connection, store)):
        standing.touch(connection)


def page(connection: Connection, after: tuple[str, int, str], limit: int) -> list[Leased]:
    """Up to ``limit`` leases behind ``after``, in the order of device, epoch and discount."""
    rows = connection.execute(PAGE, {**dict(zip(KEY, after, strict=True)), "limit": limit})
    return [Leased(row.store, _lease(row), row.heard + _kept(_law(connection, row.store))) for row in rows]


def _all(connection: Connection) -> Iterator[Lease]:
    return (_lease(row) for row in connection.execute(ALL))


def _dealt(connection: Connection, version: int, now: int) -> list[Lease]:
    """All leases as they should be."""
    enrolments = {one.name: one for one in _enrolments(connection, now)}
    tills = _dealt_to(list(enrolments.values()), now)
    held: dict[str, dict[Name, Lease]] = {}
    for lease in _all(connection):
        if lease.till in enrolments and now <= enrolments[lease.till].ends:
            held.setdefault(lease.discount, {})[lease.till] = lease
    out: list[Lease] = []
    for budget in _budgets(connection):
        leases = _present(budget, held.get(budget.discount, {}), tills, enrolments, now)
        divide(budget, _spent(connection, budget, tills), leases, version, now)
        out += [lease for lease in leases if not lease.fading or lease.now.left or lease.later.left]
    return out


def _present(
    budget: Budget,
    held: dict[Name, Lease],
    tills: list[Enrolment],
    enrolments: dict[Name, Enrolment],
    now: int,
) -> list[Lease]:
    """The leases of one budget in the present period of their stores, new ones among them."""
    leases = dict(held)
    for one in tills:
        key = period_key(budget.period, one.day)
        leases.setdefault(one.name, Lease(one.name, budget.discount, budget.period, key, since=now))
    dealt = {one.name for one in tills}
    for name, lease in leases.items():
        key = period_key(budget.period, enrolments[name].day)
        if lease.period != budget.period:
            lease.change_period(budget.period, key)
        lease.roll(key)
        lease.fading = name not in dealt
    return [leases[name] for name in sorted(leases)]


def _dealt_to(enrolments: list[Enrolment], now: int) -> list[Enrolment]:
    """The tills that get leases: of each device the newest enrolment, unless nobody heard of it for long."""
    return [one for one in enrolments if one.newest and now <= one.ends]


def _enrolments(connection: Connection, now: int) -> list[Enrolment]:
    rows = connection.execute(ENROLMENTS).all()
    newest = {row.device: row.epoch for row in rows}
    laws = {store: _law(connection, store) for store in {row.store for row in rows}}
    return [
        Enrolment(
            Name(row.device, row.epoch),
            row.store,
            row.heard + _kept(laws[row.store]),
            (now + 60 * laws[row.store].utc_offset) // DAY,
            newest[row.device] == row.epoch,
        )
        for row in rows
    ]


def _budgets(connection: Connection) -> list[Budget]:
    rules = [rule.body for rule in rule_store.DISCOUNTS.in_force(connection) if "budget" in rule.body]
    return [
        Budget(
            rule["id"],
            rule["budget"]["period"],
            rule["budget"]["amount"],
            rule["amount"] if rule["kind"] in ("amount", "goodwill") else 0,
        )
        for rule in rules
    ]


def _spent(connection: Connection, budget: Budget, tills: list[Enrolment]) -> Counter:
    """What was given of a budget, by period key."""
    since = min([one.day for one in tills], default=0) - REACH[budget.period]
    spent = Counter()
    for row in connection.execute(SPENT, {"discount": budget.discount, "since": since}):
        spent[period_key(budget.period, row.day)] += row.spent
    return spent


def _laws(connection: Connection) -> list[policy.Policy]:
    """The policies in force, the core's own if there is none."""
    return [policy.read(rule.body) for rule in rule_store.POLICIES.in_force(connection)] or [policy.read({})]


def _law(connection: Connection, store: str) -> policy.Policy:
    return policy.read(rule_store.policy_of(connection, store))


def _kept(law: policy.Policy) -> int:
    """Seconds since a till last fetched a snapshot after which it holds no lease."""
    return law.snapshot_days * DAY + SLACK_SECONDS


def _fresh(connection: Connection) -> int:
    """Seconds after which a snapshot is built anew: well before any store's tills come to distrust it."""
    trusted = [1800 * law.trust_hours for law in _laws(connection) if law.trust_hours]
    return max(QUICK_SECONDS, min([FRESH_SECONDS, *trusted]))


def _key(lease: Lease) -> tuple:
    return (lease.discount, lease.till)


def _lease(row: Any) -> Lease:
    return Lease(
        Name(row.device, row.epoch),
        row.discount,
        row.period,
        row.period_key,
        Purse(row.held, row.recalled),
        Purse(row.held_later, row.recalled_later),
        row.held_before,
        row.given,
        row.given_before,
        row.gift,
        row.asked,
        row.since,
    )


def _row(lease: Lease) -> dict[str, Any]:
    return {
        "device": lease.till.device,
        "epoch": lease.till.epoch,
        "discount": lease.discount,
        "period": lease.period,
        "period_key": lease.key,
        "held": lease.now.left,
        "recalled": lease.now.recalled,
        "held_later": lease.later.left,
        "recalled_later": lease.later.recalled,
        "held_before": lease.past,
        "given": lease.given,
        "given_before": lease.before,
        "gift": lease.gift,
        "asked": lease.asked,
        "since": lease.since,
    }
