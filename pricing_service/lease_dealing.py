"""Divides every budget among the tills anew, before a snapshot is built."""

from collections import Counter

from sqlalchemy import Connection, text

from pos_client.core.calendar import period_key
from pricing_service import lease_rows, lease_terms, rule_store, standing
from pricing_service.lease_terms import DAY, Enrolment
from pricing_service.leasing import Budget, Lease, Name, divide

FRESH_SECONDS = 21600  # then a snapshot is built anew: in a quiet shop tills must not come to distrust it
QUICK_SECONDS = 900  # but not sooner
# Days of spending that can still matter.
REACH = {"day": 2, "week": 14, "month": 62, "year": 732, "ever": 1 << 20}
SPENT = text("SELECT day, spent FROM budgets WHERE discount = :discount AND day >= :since")


def deal(connection: Connection, now: int) -> None:
    """Divide every budget anew, and see to it that no till goes by an old snapshot where nothing happens."""
    stands = standing.read(connection)
    before = {lease_rows.key(lease): lease_rows.row(lease) for lease in lease_rows.everywhere(connection)}
    after = {lease_rows.key(lease): lease for lease in _dealt(connection, stands.snapshot_version, now)}
    changed = [lease for key, lease in after.items() if before.get(key) != lease_rows.row(lease)]
    dropped = [key for key in before if key not in after]
    lease_rows.keep(connection, changed)
    lease_rows.drop(connection, dropped)
    is_old = stands.revision == stands.snapshot_revision and now - stands.snapshot_built >= _fresh(connection)
    if changed or dropped or is_old:
        standing.touch(connection)


def due(connection: Connection, built: int, now: int) -> int:
    """Unix seconds when `deal` has something to do although nothing was written: a new day at some store, or a snapshot
    ``built`` long ago."""
    midnights = [now + DAY - (now + 60 * law.utc_offset) % DAY for law in lease_terms.laws(connection)]
    return min([built + _fresh(connection), *midnights])


def _dealt(connection: Connection, version: int, now: int) -> list[Lease]:
    """All leases as they should be."""
    enrolments = {one.name: one for one in lease_terms.enrolments(connection, now)}
    tills = _dealt_to(list(enrolments.values()), now)
    held: dict[str, dict[Name, Lease]] = {}
    for lease in lease_rows.everywhere(connection):
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


def _fresh(connection: Connection) -> int:
    """Seconds after which a snapshot is built anew: well before any store's tills come to distrust it."""
    trusted = [1800 * law.trust_hours for law in lease_terms.laws(connection) if law.trust_hours]
    return max(QUICK_SECONDS, min([FRESH_SECONDS, *trusted]))
