"""What a device keeps of its records' sums never says less than its records do, whatever became of its files.

The recount beside it is this file's own: records from the journal's lines, added up in dicts. ``RUNG_SOAK=1`` cuts
more days, and two hundred times twice.
"""

import os
import random
from collections import Counter
from contextlib import suppress

import pytest

from pos_client.core import event, snapshot
from pos_client.core.snapshot import Snapshot
from pos_client.ports import StorageFailed
from pos_client.present import Present
from pos_client.small_journal import SmallJournal
from tests.fakes import HandClock, MemoryStorage, PowerCut
from tests.till.counter import IDENTITY
from tests.till.test_packing import RECORD

ALLOWED = {"period": "ever", "uses": 1000, "amount": 10**9}
BUDGET = {"period": "ever", "amount": 10**9}
RULES = [
    {
        "id": "card",
        "label": "Card",
        "kind": "percent",
        "rate": 300,
        "per_customer": ALLOWED,
        "budget": BUDGET,
    },
    {"id": "week", "label": "Week", "kind": "amount", "amount": 100, "budget": BUDGET},
    {"id": "first", "label": "First", "kind": "amount", "amount": 100, "per_customer": ALLOWED, "visit": 1},
    {"id": "gesture", "label": "Gesture", "kind": "goodwill", "amount": 200, "per_customer": ALLOWED},
]
LIMITED, BUDGETED = {"card", "first", "gesture"}, {"card", "week"}
SOAK = bool(os.environ.get("RUNG_SOAK"))
CUSTOMERS = [f"{number:02x}" * 32 for number in range(9)]
SEGMENT, KEPT = 9000, 1 << 20  # nothing leaves: the recount needs it


class Device:
    """A till's memory on a medium that lives on when it is switched off."""

    def __init__(self, seed: int, most_sales: int = 20000):
        self.chance = random.Random(seed)
        self.files: dict = {}
        self.most_sales = most_sales
        self.version = 1
        self.through = 0
        self.start()

    def start(self) -> None:
        self.storage = MemoryStorage(self.files)
        self.journal = SmallJournal(self.storage, HandClock(), SEGMENT, KEPT)
        self.present = Present(IDENTITY, HandClock(), self.journal, self.most_sales)
        self.present.begin(self.snapshot())
        self.reads = 0
        self.journal.pausing(self._read)
        self.present.recall()
        self.read_at_start = self.reads

    def _read(self) -> None:
        self.reads += 1

    def snapshot(self) -> Snapshot:
        meta = {
            "format": 1,
            "version": self.version,
            "built": 1_795_000_000,
            "history": "h",
            "store": "sample",
        }
        meta |= {"model": None, "discounts": RULES, "policy": {}, "through": {"till-1/1": self.through}}
        data = snapshot.sign(snapshot.encode(meta, b"", []), b"k" * 32)
        return Snapshot(lambda offset, length: data[offset : offset + length], len(data))

    def sell(self, count: int) -> None:
        for _ in range(count):
            record = self.record()
            try:
                self.journal.append(record)
            except StorageFailed:
                continue
            self.present.sold(record, True)

    def record(self) -> dict:
        chance, number = self.chance, self.journal.next_sequence
        told = {"sequence": number, "checkout_id": f"visit-{chance.randrange(10**9)}"}
        told["customer"] = chance.choice([None, *CUSTOMERS])
        told["outcome"] = chance.choice(["sold", "sold", "sold", "lost"])
        told["training"] = chance.random() < 0.05
        told["automatic"] = [self.given("week")] if chance.random() < 0.3 else []
        parts = [self.given(name) for name in ("card", "first") if chance.random() < 0.5]
        told["discount"] = {**RECORD["discount"], "parts": parts} if parts else None
        told["goodwill"] = self.given("gesture") if chance.random() < 0.1 else None
        told["lines"] = RECORD["lines"][: chance.randint(1, 7)]
        record = {**RECORD, **told}
        if not told["customer"] and chance.random() < 0.3:
            record["redeemer"] = chance.choice(CUSTOMERS)
        return record

    def given(self, name: str) -> dict:
        told = {"id": name, "amount": self.chance.randrange(1, 9000)}
        return {**told, "stated": True} if self.chance.random() < 0.1 else told

    def adopt(self) -> None:
        """A newer snapshot, which counts some of what the service has acknowledged."""
        self.version += 1
        before, self.through = self.through, self.chance.randint(self.through, self.journal.acknowledged)
        try:
            self.present.adopt(self.snapshot())
        except BaseException:
            self.version, self.through = self.version - 1, before
            raise

    def counted(self) -> tuple:
        """What the till goes by."""
        spent = {name: entry[1] for name, entry in self.present.spent([]).items() if entry[1]}
        uses, visits = {}, {}
        for token in CUSTOMERS:
            facts = self.present._ledger.facts(token, {})
            visits[token] = facts.get("visits", 0)
            for name, (_, times, amount) in facts.get("usage", {}).items():
                uses[token, name] = (times, amount)
        return spent, uses, {token: count for token, count in visits.items() if count}

    def recounted(self) -> tuple:
        """The same by the records' lines alone."""
        spent, times, amounts, visits = Counter(), Counter(), Counter(), Counter()
        journal = SmallJournal(MemoryStorage(dict(self.files)), HandClock(), SEGMENT, KEPT)
        for _, line in journal.since(self.through):
            record = event.opened(line)
            if record["outcome"] != "sold" or record["training"]:
                continue
            visits[record["customer"]] += 1
            parts = record["discount"]["parts"] if record["discount"] else []
            for one in [*record["automatic"], *parts, *([record["goodwill"]] if record["goodwill"] else [])]:
                if "stated" in one:
                    continue
                spent[one["id"]] += one["amount"]
                who = record["customer"] or record.get("redeemer")
                times[who, one["id"]] += 1
                amounts[who, one["id"]] += one["amount"]
        uses = {key: (times[key], amounts[key]) for key in times if key[0] and key[1] in LIMITED}
        del visits[None]
        return {name: spent[name] for name in spent if name in BUDGETED}, uses, dict(visits)


def check(device: Device) -> None:
    assert device.counted() == device.recounted()


def test_a_start_reads_a_few_dozen_records_however_many_there_are():
    device = Device(1)
    for _ in range(15):
        device.sell(40)
        device.start()
        check(device)
        assert device.read_at_start <= 120
    assert device.journal.next_sequence == 601
    device.storage.remove("sums")
    device.start()
    check(device)
    assert device.read_at_start == 600


@pytest.mark.parametrize("seed", range(12 if SOAK else 1))
def test_sums_and_what_came_after_them_are_what_a_recount_says_over_days_of_cuts(seed):
    """Sales, acknowledgements, snapshots and restarts; the power goes at any write, and tears it."""
    device = Device(seed)
    for _ in range(25 if SOAK else 8):
        device.storage.fail_at = device.chance.randint(1, 300) if device.chance.random() < 0.7 else 0
        device.storage.torn = device.chance.randrange(400)
        try:
            for _ in range(3):
                device.sell(device.chance.randrange(40))
                last = device.journal.next_sequence - 1
                device.journal.acknowledge(device.chance.randint(device.journal.acknowledged, last))
                check(device)
                if device.chance.random() < 0.15:
                    device.adopt()
        except PowerCut:
            pass
        device.start()
        check(device)


def test_pairs_of_cuts_one_behind_the_other():
    device = Device(5)
    device.sell(90)
    for seed in range(200 if SOAK else 6):
        device.chance = random.Random(seed)
        before = {name: bytearray(content) for name, content in device.files.items()}
        for reach in (40, 12):
            device.storage.fail_at = device.chance.randint(1, reach)
            device.storage.torn = device.chance.randrange(900)
            with suppress(PowerCut):
                device.sell(40)
            device.start()
            check(device)
        if seed % 4:
            device.files = before
            device.start()


@pytest.mark.parametrize("seed", range(8 if SOAK else 1))
def test_sums_that_are_older_newer_rotten_or_of_another_past_are_not_believed(seed):
    device = Device(seed)
    olds = []
    for _ in range(30 if SOAK else 12):
        device.sell(device.chance.randrange(60))
        olds.append({name: bytes(content) for name, content in device.files.items()})
        if "sums" in device.files:
            change(device, device.chance.choice(olds))
        device.start()
        check(device)


def change(device: Device, old: dict) -> None:
    """What may become of a file, or of all but it."""
    chance, files = device.chance, device.files
    kind = chance.randrange(5)
    if kind == 0:
        at = chance.randrange(len(files["sums"]))
        files["sums"][at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del files["sums"][chance.randrange(len(files["sums"])) :]
    elif kind == 2 and "sums" in old:
        files["sums"] = bytearray(old["sums"])
    elif kind == 3:  # the records of another day under the same numbers
        sums = files["sums"]
        files.clear()
        files.update({name: bytearray(content) for name, content in old.items()})
        device.start()
        device.sell(chance.randrange(60))
        device.files["sums"] = sums
    elif kind == 4:
        files["sums"] += chance.randbytes(chance.randrange(600))


def test_a_device_counts_no_more_sales_with_sums_than_without():
    """The oldest ones fall out by blocks, at the same places."""
    device = Device(9, most_sales=64)
    for _ in range(12):
        device.sell(25)
        device.start()
        summed = device.present._ledger
        without = device.present._counted(device.present.shop, device.snapshot())
        assert (summed.blocks, summed.spent()) == (without.blocks, without.spent())
        assert summed.grown >= sum(len(block) for block in summed.blocks) > 0


def test_what_no_record_tells_of_is_in_no_sum():
    device = Device(3)
    device.sell(30)
    device.present.sold({**device.record(), "outcome": "sold", "training": False}, False)
    device.sell(200)
    assert "sums" not in device.files or device.journal.next_sequence < 60
    device.start()
    check(device)


def test_sums_end_with_their_snapshot():
    device = Device(4)
    device.sell(200)
    device.journal.acknowledge(150)
    assert "sums" in device.files
    device.adopt()
    assert "sums" not in device.files
    device.sell(100)
    device.start()
    check(device)
    device.version += 1  # another one lies there
    device.start()
    check(device)
    assert device.read_at_start >= 150


def test_a_full_or_broken_medium_costs_a_start_time_and_nothing_else():
    device = Device(6)
    device.sell(60)
    for _ in range(8):
        device.storage.fail_at = device.chance.randint(1, 30)
        device.storage.error = OSError(28)  # pyright: ignore[reportAttributeAccessIssue]
        device.sell(30)
        device.start()
        check(device)


def test_a_segment_whose_erased_customers_were_emptied_is_counted_anew():
    device = Device(7)
    device.sell(200)
    files = {name: bytes(content) for name, content in device.files.items()}
    name = max(name for name in files if name.startswith("journal-0"))
    device.files[name] = device.files[name][100:]  # whatever lay there lies elsewhere now
    device.start()
    check(device)
