"""The segments of a shop over two periods, from its log and its beliefs."""

import time
from typing import NamedTuple

import numpy as np

from models import segments
from models.segments import Report
from pos_client.core import policy
from pricing_service import holding_store, log_days, release_store, rule_store, segment_rows, segment_store
from pricing_service.database import Database
from pricing_service.segment_rows import Periods
from pricing_service.segment_store import Owner


class Segmented(NamedTuple):
    """The figures, their currency, how many checkouts were in another one, and who owns which segment."""

    periods: Periods
    report: Report
    currency: str
    others: int
    owners: dict[str, Owner]


def segmented(database: Database, periods: Periods, store: str) -> Segmented:
    """Read both periods; beliefs are as of the end of the later one, or of a last visit that was later still.

    Who holds out is as of now, and as the policy of ``store`` has it.
    """
    read = segment_rows.read(log_days.read(database, periods.before), periods, _Margins(database))
    chance = segment_rows.chances(database, read.tokens, periods.last)
    with database.reading() as connection:
        owners = segment_store.present(connection)
        model, rules = release_store.in_force(connection).model, rule_store.policy_of(connection, store)
        today = (int(time.time()) + rule_store.utc_offset(connection, store) * 60) // 86400
        suspected = holding_store.suspected(connection, model, policy.read(rules), today)
    holding = np.zeros(len(read.tokens), bool)
    holding[[read.tokens[token] for token in suspected if token in read.tokens]] = True
    report = segments.report(read.checkouts, chance, holding)
    return Segmented(periods, report, read.currency, read.others, owners)


class _Margins(dict):
    """Margin of each store's policy, basis points of the price."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __missing__(self, store: str) -> int:
        with self._database.reading() as connection:
            self[store] = policy.read(rule_store.policy_of(connection, store)).margin
        return self[store]

    def __call__(self, store: str) -> int:
        return self[store]
