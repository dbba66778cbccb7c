"""What a device remembers, on its flash: journal, sums, snapshot, number of the start; and the recount beside it.

The recount knows nothing of sums or ledgers: it adds up in dicts what the day's sales say (`day_records`).
"""

from firmware.board.flash import FlashStorage
from pos_client.present import Present
from pos_client.small_journal import SmallJournal
from pos_client.snapshot_file import SnapshotFile
from tests.power.day_records import gifts_of, sale
from tests.power.day_snapshots import BUDGETED, CUSTOMERS, IDENTITY, LIMITED, facts, snapshot

SEGMENT, KEPT = 8192, 40000  # what the service has leaves, but only long after a snapshot counts it
MOST_SALES = 512  # as a device counts
NAME = "till-1/1"


class Clock:
    def now(self):
        return 1795000000

    def monotonic_ms(self):
        return 0


class Files(FlashStorage):
    """Its files can all be closed at once: a machine without power forgets them, but here littlefs would hear of them
    when the heap is collected, after it is gone."""

    _opened = []

    def open(self, name):
        return self._noted(super().open(name))

    def create(self, name):
        return self._noted(super().create(name))

    def _noted(self, file):
        self._opened.append(file)
        return file

    @classmethod
    def forget(cls):
        while cls._opened:
            try:  # noqa: SIM105 MicroPython has no contextlib
                cls._opened.pop().close()
            except BaseException:  # of a dead machine
                pass


class FlashTill:
    """As `pos_client/starting.py` puts it together, without what talks."""

    going_by = Present

    def __init__(self, storage):
        self.storage = storage
        self.snapshots = SnapshotFile(storage, IDENTITY, True)
        self.journal = self.started_journal(storage)
        self.present = self.going_by(IDENTITY, Clock(), self.journal, MOST_SALES)
        if self.snapshots.current:
            self.present.begin(self.snapshots.current)
        self.present.recall()
        self.snapshots.thin()

    def started_journal(self, storage):
        return SmallJournal(storage, Clock(), SEGMENT, KEPT)

    def sell(self):
        """The number of the record that is kept now."""
        fields = sale(self.journal.next_sequence)
        self.journal.append(fields)
        self.present.sold(fields, True)
        return fields["sequence"]

    def bring(self, version):
        """Whether a newer snapshot, which counts what is acknowledged, came and is in use."""
        incoming = self.snapshots.incoming()
        content = snapshot(version, self.journal.acknowledged)
        for at in range(0, len(content), 512):
            incoming.write(content[at : at + 512])
        incoming.flush()
        incoming.close()
        return self.snapshots.adopt(self.present.adopt)

    def miscounted(self):
        """What is wrong with what allowances, budgets and visits are held to; nothing, if all is well."""
        current = self.snapshots.current
        if not current:
            return ""
        after, last = current.meta["through"][NAME], self.journal.next_sequence
        if self.journal.oldest() > after + 1:
            return "a count needs what has left"
        token = CUSTOMERS[last % len(CUSTOMERS)]
        if current.customer(token)[2] != facts(token, current.version):
            return "a customer is not known"
        return "" if self.counted() == recounted(after, last) else "miscounted"

    def counted(self):
        """(spent of each budget, of each customer (uses and amount of each rule), visits of each customer)."""
        told = self.present.spent([])
        spent = {name: told[name][1] for name in told if told[name][1]}
        uses, visits = {}, {}
        for token in CUSTOMERS:
            own = self.present._ledger.facts(token, {})
            for name, entry in own.get("usage", {}).items():
                uses[token, name] = tuple(entry[1:])
            if "visits" in own:
                visits[token] = own["visits"]
        return spent, uses, visits


def recounted(after, end):
    """The same of the sales behind ``after`` and before ``end``, by what they say themselves."""
    spent, uses, visits = {}, {}, {}
    for told in [gifts_of(number) for number in range(after + 1, end)]:
        if not told:
            continue
        token, given = told
        if token:
            visits[token] = visits.get(token, 0) + 1
        for name, amount in given:
            if name in BUDGETED:
                spent[name] = spent.get(name, 0) + amount
            if token and name in LIMITED:
                before = uses.get((token, name), (0, 0))
                uses[token, name] = (before[0] + 1, before[1] + amount)
    return spent, uses, visits
