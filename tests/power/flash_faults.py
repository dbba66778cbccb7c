"""Faults planted in a device, which the cuts must show, and one that they must not."""

from pos_client.present import Present
from pos_client.small_journal import SmallJournal
from pos_client.sums import Sums
from tests.power.day_records import sale
from tests.power.flash_till import KEPT, SEGMENT, Clock, FlashTill


class CarelessStorage:
    """As a device that writes its tail when eight records have come."""

    def __init__(self, storage):
        self._storage = storage
        self._held = {}

    def __getattr__(self, name):
        return getattr(self._storage, name)

    def replace(self, name, data):
        if not name.startswith("tail-"):
            self._storage.replace(name, data)
            return
        self._held[name] = data
        if len(self._held) == 8:
            for one in self._held:
                self._storage.replace(one, self._held[one])
            self._held = {}

    def read(self, name):
        return self._held[name] if name in self._held else self._storage.read(name)


class CarelessTill(FlashTill):
    def __init__(self, storage):
        super().__init__(CarelessStorage(storage))


class CheckedEarlyTill(FlashTill):
    """Sums now and then that count a record which is kept only after them. A start sees that it is not where they say,
    and counts the records."""

    def sell(self):
        fields = sale(self.journal.next_sequence)
        self.present.sold(fields, True)
        if self.snapshots.current and fields["sequence"] % 4 == 0:
            after = self.snapshots.current.meta["through"]["till-1/1"]
            name = self.journal.newest[0] if self.journal.newest else "journal"
            last = name, 0, fields["sequence"], 0
            self.journal.sums.keep(self.snapshots.current.signature(), after, last, self.present._ledger)
        self.journal.append(fields)
        return fields["sequence"]


class TrustingJournal(SmallJournal):
    """Does not look whether the last record that sums count is there, and is that one."""

    def resumes(self, last):
        return True


class EarlyTill(CheckedEarlyTill):
    """The same, and a start believes it."""

    def started_journal(self, storage):
        return TrustingJournal(storage, Clock(), SEGMENT, KEPT)


class CountingTwice(Present):
    """Sums have the record in them that came after the last one they name."""

    def sold(self, record, is_journaled):
        super().sold(record, False)
        self._unkept = {}
        self._sum_up(record["sequence"] - 1)


class TwiceTill(FlashTill):
    going_by = CountingTwice


class StaleSums(Sums):
    """Sums say nothing of their snapshot, and go when the next one is in its place already."""

    def keep(self, snapshot, after, last, ledger):
        super().keep("", 0, last, ledger)

    def recall(self, snapshot, after, ledger, is_there):
        return super().recall("", 0, ledger, is_there)

    def forget(self):
        self._forget()


class StaleTill(FlashTill):
    def started_journal(self, storage):
        journal = super().started_journal(storage)
        journal.sums = StaleSums(storage)
        return journal

    def bring(self, version):
        is_new = super().bring(version)
        Sums.forget(self.journal.sums)
        return is_new


PLANTED = {
    "careless": CarelessTill,
    "checked early": CheckedEarlyTill,
    "early": EarlyTill,
    "twice": TwiceTill,
    "stale": StaleTill,
}
