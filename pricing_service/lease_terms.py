"""Who may hold a lease, and until when: by the policies of the stores, and by when tills were heard of."""

from typing import NamedTuple

from sqlalchemy import Connection, text

from pos_client.core import policy
from pricing_service import rule_store
from pricing_service.leasing import Name

DAY = 86400
SLACK_SECONDS = 3600  # after its snapshot expired a till gives nothing of a budget; its clock may be slow
ENROLMENTS = text(
    "SELECT device, epoch, store, MAX(enrolled, COALESCE(fetched, 0)) AS heard FROM devices"
    " WHERE revoked IS NULL ORDER BY device, epoch"
)


class Enrolment(NamedTuple):
    """A till that may give something away; ``ends`` (Unix seconds): until then at most it does without being heard of;
    ``day``: its local day."""

    name: Name
    store: str
    ends: int
    day: int
    newest: bool


def enrolments(connection: Connection, now: int) -> list[Enrolment]:
    """Every till that was not revoked, with all of its enrolments."""
    rows = connection.execute(ENROLMENTS).all()
    newest = {row.device: row.epoch for row in rows}
    laws = {store: law(connection, store) for store in {row.store for row in rows}}
    return [
        Enrolment(
            Name(row.device, row.epoch),
            row.store,
            row.heard + kept(laws[row.store]),
            (now + 60 * laws[row.store].utc_offset) // DAY,
            newest[row.device] == row.epoch,
        )
        for row in rows
    ]


def laws(connection: Connection) -> list[policy.Policy]:
    """The policies in force, the core's own if there is none."""
    return [policy.read(rule.body) for rule in rule_store.POLICIES.in_force(connection)] or [policy.read({})]


def law(connection: Connection, store: str) -> policy.Policy:
    """The policy of a store."""
    return policy.read(rule_store.policy_of(connection, store))


def kept(law: policy.Policy) -> int:
    """Seconds since a till last fetched a snapshot after which it holds no lease."""
    return law.snapshot_days * DAY + SLACK_SECONDS
