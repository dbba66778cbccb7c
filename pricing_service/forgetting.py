"""Records that come in of customers who were erased: numbered and acknowledged like others, and never kept.

A till that was offline hands in what it sold before it heard of the erasure. Whoever consents anew begins a new
history: what happened before that moment stays out, by the record's clock; a record without one stays out as long as
its till decided from a snapshot that could not know of the consent.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, text

from pos_client.core import policy
from pricing_service import belief_store, erased_rows, erased_sales, rule_store
from pricing_service.erased_sales import Margin
from pricing_service.records import Line, told_at
from pricing_service.tombstones import Macs

ANY = text("SELECT 1 FROM tombstones LIMIT 1")
FOUND = text("SELECT mac, ended, version FROM tombstones WHERE mac IN :macs").bindparams(
    bindparam("macs", expanding=True)
)
TAGS = text(
    "SELECT tag FROM tombstones WHERE tag IS NOT NULL AND ended IS NULL AND erased >= :since"
    " ORDER BY erased DESC LIMIT :most"
)
TOLD_DAYS = 35  # as long as a till may have been off and still empty its journal when it comes back
MOST_TOLD = 1000  # of them, the youngest: a till holds sixteen bytes of each
TOGETHER = 500  # macs of one question; databases bound the number of parameters


Taken = tuple[Line, dict[str, Any]]  # a line, and the row of the log it becomes


class Ended(NamedTuple):
    """When (Unix seconds) an erased customer asked to be known again, and the snapshot in force then; None: not yet."""

    at: int | None
    version: int | None

    def covers(self, record: dict[str, Any], received: int) -> bool:
        """Whether a record is of the time before that, as far as one can know."""
        if self.at is None or self.version is None:
            return True
        at = told_at(record.get("clock"), received)
        if at is None:
            snapshot = record.get("snapshot")  # of any type: nobody looked at it before
            return type(snapshot) is not int or snapshot <= self.version
        return at < self.at


class Forgetting:
    """Knows, by the key in the folder of secrets, whether a token is of somebody who was erased."""

    def __init__(self, secrets: Path) -> None:
        self._macs = Macs(secrets)

    def ended(self, connection: Connection, tokens: Iterable[str | None]) -> dict[str, Ended]:
        """Those of ``tokens`` who were erased once, and since when they want to be known again."""
        if connection.execute(ANY).scalar() is None:
            return {}
        of = {self._macs.of(token): token for token in set(tokens) if token}
        macs, found = list(of), {}
        for start in range(0, len(macs), TOGETHER):
            for row in connection.execute(FOUND, {"macs": macs[start : start + TOGETHER]}):
                found[of[row.mac]] = Ended(row.ended, row.version)
        return found

    def empty(self, connection: Connection, taken: list[Taken]) -> list[Taken]:
        """Empty the rows of erased customers and count what those sales gave; what is left to learn from."""
        erased = self.ended(connection, (row["customer"] for _, row in taken))
        told, late = [], []
        for line, row in taken:
            ended = erased.get(row["customer"])
            is_late = ended is not None and ended.covers(line.record, row["received"])
            (late if is_late or row["kind"] == "erased" else told).append((line, row))
        if late:
            counted = erased_sales.counted(connection)
            new = [(line.record, row["day"]) for line, row in late if row["hash"] not in counted]
            count(connection, new)
            for _, row in late:
                row.update(erased_rows.EMPTY)
            erased_rows.note(connection, [row["position"] for _, row in late])
        return told

    def empty_aside(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        """Empty quarantined lines that name a customer who was erased and did not come back."""
        erased = self.ended(connection, (row["customer"] for row in rows))
        for row in rows:
            if row["customer"] in erased and erased[row["customer"]].at is None:
                row.update(customer=None, line=b"", detail="")


def tags(connection: Connection, now: int) -> str:
    """What tills are told, one tag after the other, so that they empty what they keep of who was erased lately."""
    told = {"since": now - TOLD_DAYS * 86400, "most": MOST_TOLD}
    return "".join(sorted(connection.execute(TAGS, told).scalars()))


def count(connection: Connection, late: list[tuple[dict[str, Any], int]]) -> None:
    """Records of erased customers teach nothing, but what they were given is gone from the budgets."""
    sums = erased_sales.of(late, margin_of(connection))
    erased_sales.add(connection, sums)
    spent = [{"discount": discount, "day": day, "amount": amount} for discount, day, amount in sums.budgets]
    if spent:
        connection.execute(belief_store.SPEND, spent)


def margin_of(connection: Connection) -> Margin:
    """By store: the margin its policy takes it to have, in basis points."""
    return lru_cache(lambda store: policy.read(rule_store.policy_of(connection, store)).margin)
