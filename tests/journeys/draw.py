"""Answers of a till that has one snapshot, the same script on both interpreters.

    micropython tests/journeys/draw.py SNAPSHOT TENANT_KEY UNIX_SECONDS < baskets.jsonl

For each line `[checkout_id, body]` the answer to its PUT, as canonical JSON.
"""

import sys

sys.path.insert(0, ".")

import json

from pos_client.core.event import canonical
from pos_client.core.snapshot import Snapshot
from pos_client.till import Till


class NoJournal:
    """A till that only decides writes nothing."""

    next_sequence, sums, newest = 1, None, None

    def entries(self, _sequence, having=(), only=()):
        return []


class Clock:
    def __init__(self, now):
        self._now = now

    def now(self):
        return self._now

    def monotonic_ms(self):
        return 0


def main(path, tenant_key, now):
    with open(path, "rb") as file:
        held = file.read()
    snapshot = Snapshot(lambda offset, length: held[offset : offset + length], len(held))
    identity = {"device": "till-3", "epoch": 1, "store": "sample", "tenant_key": tenant_key}
    till = Till(identity, Clock(int(now)), NoJournal(), 1, snapshot)
    for line in sys.stdin:
        checkout_id, body = json.loads(line)
        print(canonical(till.put(checkout_id, body)).decode())


main(*sys.argv[1:])
