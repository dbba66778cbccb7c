"""What must be true when everything is quiet again: told by what cashiers saw, never by what the protocol believes."""

from collections import Counter
from typing import Any

from pos_client.core.event import opened
from pos_client.core.record import Refused
from pricing_service import release_store, replaying
from tests.simulator.copies import name_of
from tests.simulator.machine import Machine
from tests.simulator.notes import Notes, Sale
from tests.simulator.service import Backend

Log = list[dict[str, Any]]


def judged(notes: Notes, backend: Backend, machines: list[Machine]) -> list[str]:
    """What is wrong, in sentences; nothing where all is well."""
    raw = backend.database.raw
    log = [opened(line) for (line,) in raw.execute("SELECT line FROM events ORDER BY position")]
    wrong = [*_numbers(notes, log), *_order(notes, log), *_contents(notes, log)]
    wrong += _aside(notes, raw.execute("SELECT sequence, digest, code, line FROM quarantine").fetchall())
    wrong += _derived(backend) + _figures(notes, log, backend)
    return wrong


def _numbers(notes: Notes, log: Log) -> list[str]:
    """Every closed sale is in the log once; nothing is there that nobody made."""
    counted = Counter(name_of(record) for record in log)
    wrong = [f"{name} is in the log and nobody made it" for name in counted if name not in notes.sales]
    for sale in notes.sales.values():
        if counted[sale.name] > 1:
            wrong.append(f"duplicated: {sale.name} is in the log {counted[sale.name]} times")
        if sale.is_certain and not sale.is_excused and not counted[sale.name]:
            wrong.append(f"lost: {sale.name} was closed and is not in the log")
    return wrong


def _order(notes: Notes, log: Log) -> list[str]:
    """The records of one journal are in the log in the order in which its cashier closed them."""
    made = {name: place for place, name in enumerate(notes.sales)}
    latest: dict[str, str] = {}
    wrong = []
    for record in log:
        sale = notes.sales.get(name_of(record))
        if sale is None or sale.is_displaced:
            continue
        before = latest.get(sale.branch)
        if before is not None and made[before] > made[sale.name]:
            wrong.append(f"reordered: {sale.name} comes after {before}")
        latest[sale.branch] = sale.name
    return wrong


def _contents(notes: Notes, log: Log) -> list[str]:
    """The log says what the cashier was told."""
    wrong = []
    for record in log:
        sale = notes.sales.get(name_of(record))
        if sale and sale.is_certain and not _agrees(sale, record):
            wrong.append(f"altered: {sale.name} was closed as {sale.told} and the log says {record}")
    return wrong


def _agrees(sale: Sale, record: dict[str, Any]) -> bool:
    told = sale.told
    identity = {name: record[name] for name in ("device", "epoch", "sequence")}
    if told["record"] != identity:
        return False
    if sale.is_return:
        return told["refund"] == record["refund"] and told["lines"] == record["lines"]
    same = all(told[name] == record[name] for name in ("outcome", "gross", "discount", "plan", "arm"))
    return same and record["customer"] == sale.customer


def _aside(notes: Notes, rows: list[tuple[int, str, str, bytes]]) -> list[str]:
    """Quarantine holds the poison that was laid, what tills said of damaged records, and conflicting copies."""
    wrong = []
    for sequence, digest, code, line in rows:
        if digest not in notes.poison and not _is_damaged(line) and not _is_copy(notes, code, line):
            wrong.append(f"quarantine holds {code} at {sequence}, which is no poison: {line[:120]!r}")
    return wrong


def _is_damaged(line: bytes) -> bool:
    return b'"kind":"damaged"' in line


def _is_copy(notes: Notes, code: str, line: bytes) -> bool:
    """A record of a cashier under a number that another record has, or sent again under another epoch."""
    try:
        return code in ("identity-conflict", "known-elsewhere") and name_of(opened(line)) in notes.sales
    except (Refused, KeyError):
        return False


def _derived(backend: Backend) -> list[str]:
    """Beliefs, usage, budgets and suspicions are what one thread finds in the log."""
    with backend.database.reading() as connection:
        model = release_store.in_force(connection).model
        stored, replayed = replaying.stored(connection), replaying.replay(connection, model)
    return [
        f"{name} differ from the replay"
        for name, left, right in zip(stored._fields, stored, replayed, strict=True)
        if left != right
    ]


def _figures(notes: Notes, log: Log, backend: Backend) -> list[str]:
    """Visits, uses and money by the answers that cashiers got, added up by nobody's code but this."""
    told = [
        sale for name in map(name_of, log) if (sale := notes.sales[name]).is_certain and not sale.is_return
    ]
    if len(told) < len([record for record in log if record["kind"] == "checkout"]):
        return []  # of some sale nobody knows what the till said
    visits, uses, spent = Counter(), Counter(), Counter()
    for sale in told:
        if sale.told["outcome"] == "sold":
            visits[sale.customer] += 1
            for given in [*sale.told["automatic"], *(sale.told["discount"] or {"parts": []})["parts"]]:
                spent[given["id"]] += given["amount"]
                uses[sale.customer, given["id"]] += 1
    raw = backend.database.raw
    wrong = []
    if dict(raw.execute("SELECT customer, visits FROM beliefs WHERE visits")) != _known(visits):
        wrong.append("visits differ from what cashiers saw")
    found = {(who, what): n for who, what, n in raw.execute(_USES)}
    if found != {key: n for key, n in uses.items() if key[0] is not None}:
        wrong.append("uses of discounts differ from what cashiers saw")
    if dict(raw.execute("SELECT discount, SUM(spent) FROM budgets GROUP BY discount")) != dict(spent):
        wrong.append("money given differs from what cashiers saw")
    return wrong


def _known(visits: Counter) -> dict[str, int]:
    return {customer: count for customer, count in visits.items() if customer is not None}


_USES = "SELECT customer, discount, SUM(uses) FROM usage GROUP BY customer, discount"
