"""What the till hands in arrives once, in order; what the service says is believed no further than it can be."""

import asyncio
import contextlib
import io
import json

import pytest

from pos_client import renewal
from pos_client.core.event import opened, seal
from pos_client.journal import Journal
from pos_client.outgoing import pending
from pos_client.schedule import Schedule
from pos_client.snapshot_file import SnapshotFile
from pos_client.sync import Sync
from tests.fakes import HandClock, MemoryStorage, PowerCut
from tests.till.signed_service import KEY, Service

IDENTITY = {
    "device": "till-1",
    "epoch": 2,
    "store": "sample",
    "key": KEY.hex(),
    "service": "http://127.0.0.1:8000",
}


def record(sequence):
    return seal({"kind": "checkout", "device": "till-1", "epoch": 2, "sequence": sequence})


class Shop:
    """A till's journal and snapshot on a storage, with a sync to `service` that one steps by hand."""

    def __init__(self, service, storage=None, **options):
        self.storage = storage or MemoryStorage()
        self.clock = HandClock()
        self.journal = Journal(self.storage, self.clock, segment_bytes=600)
        self.identity = renewal.recall(options.pop("identity", IDENTITY), self.storage)
        self.snapshots = SnapshotFile(self.storage, self.identity)
        self.used = []
        chance = options.pop("chance", lambda limit: 0)
        self.sync = Sync(
            self.identity,
            self.storage,
            self.journal,
            self.snapshots,
            service,
            self.clock,
            chance,
            self.used.append,
            **options,
        )

    def sells(self, count):
        for _ in range(count):
            self.journal.append(record(self.journal.next_sequence))

    def steps(self, most=50):
        """Steps until nothing is due, as often as `most`."""
        for count in range(most):
            if not asyncio.run(self.sync.step()):
                return count
        return most

    def trouble(self):
        return self.sync.health()["trouble"]


def test_records_arrive_as_they_were_stored_and_are_then_acknowledged():
    service = Service()
    shop = Shop(service)
    shop.sells(5)
    shop.steps()
    assert service.lines == [record(number) for number in range(1, 6)]
    assert shop.journal.health()["depth"] == 0
    assert shop.trouble() is None


def test_a_long_queue_leaves_in_batches_of_bounded_size():
    service = Service()
    shop = Shop(service, batch_bytes=3 * len(record(1)) + 3)
    shop.sells(9)
    shop.steps()
    batches = [body for path, body in service.requests if path == "/v1/events"]
    assert [body.count(b"\n") + 1 for body in batches] == [3, 3, 3]


def test_nothing_is_lost_or_sent_twice_when_the_service_comes_back():
    service = Service()
    shop = Shop(service)
    service.down = True
    shop.sells(3)
    shop.steps()
    assert shop.trouble() == "service-unreachable: unplugged"
    assert shop.journal.health()["depth"] == 3
    service.down = False
    shop.clock.forward(seconds=120)
    shop.steps()
    assert service.lines == [record(1), record(2), record(3)]


def test_a_lost_acknowledgement_means_sending_again_to_a_service_that_knows():
    service = Service()
    shop = Shop(service)
    shop.sells(2)
    for sequence in (1, 2):
        service._take(record(sequence))
    shop.steps()
    assert len(service.lines) == 2
    assert shop.journal.health()["depth"] == 0


def test_attempts_become_rare_and_are_spread_by_chance():
    waits = []
    for chance in (lambda limit: 0, lambda limit: limit - 1):
        turn, seen = Schedule(chance), []
        for _ in range(12):
            turn.failed(0, "down")
            seen.append(turn.due)
        waits.append(seen)
    earliest, latest = waits
    assert earliest[:3] == [500, 1000, 2000] and latest[:3] == [1000, 2000, 4000]
    assert earliest[-1] == 30000 and latest[-1] == 60000


GARBAGE = [
    b"",
    b"hello",
    b"[]",
    b"[" * 3000,
    b'{"acknowledged": 2}',
    b'{"history": "h1", "acknowledged": "2", "quarantined": []}',
    b'{"history": "h1", "acknowledged": 2.0, "quarantined": []}',
    b'{"history": "h1", "acknowledged": 1e999, "quarantined": []}',
    b'{"history": "h1", "acknowledged": NaN, "quarantined": []}',
    b'{"history": "h1", "acknowledged": -1, "quarantined": []}',
    b'{"history": "h1", "acknowledged": true, "quarantined": []}',
    b'{"history": 1, "acknowledged": 2, "quarantined": []}',
    b'{"history": "h1", "acknowledged": 2}',
    b'{"history": "h1", "acknowledged": 0, "quarantined": []}',
    b'\xff{"history": "h1", "acknowledged": 2, "quarantined": []}',
]


@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_no_acknowledgement_and_is_not_asked_for_again_at_once(answer):
    service = Service()
    service.answer = 200, answer
    shop = Shop(service)
    shop.sells(2)
    assert shop.steps() <= 2
    assert shop.trouble() == "service-took-nothing"
    assert pending(shop.journal, 10_000) == [(1, record(1)), (2, record(2))]


def test_an_acknowledgement_that_our_service_did_not_sign_lets_nothing_go():
    service = Service()
    service.forged = True
    shop = Shop(service)
    shop.sells(2)
    assert shop.steps() <= 2
    assert shop.trouble() == "service-unreachable: the answer is not signed by our service"
    assert shop.journal.acknowledged == 0


def test_an_answer_to_another_request_lets_nothing_go():
    service, shop = Service(), None
    kept = []

    class Broken:
        """A proxy that answers with what it heard before."""

        download = service.download

        async def exchange(self, *request):
            kept.append(await service.exchange(*request))
            return kept[0]

    shop = Shop(Broken())
    shop.sells(1)
    shop.steps()
    shop.sells(1)
    shop.clock.forward(seconds=5)
    shop.steps()
    assert (len(service.lines), shop.journal.acknowledged) == (2, 1)


def test_a_journal_that_was_set_back_and_sold_nothing_since_goes_on_under_a_new_epoch():
    service = Service()
    service.answer = 200, service.told(9)
    shop = Shop(service)
    shop.sells(2)
    asyncio.run(shop.sync.step())  # a snapshot is looked for first
    asyncio.run(shop.sync.step())
    service.answer = None
    service.lines = [record(1), record(2)]
    shop.sells(1)
    shop.steps()
    assert shop.identity["epoch"] == 3
    assert service.lines == [record(1), record(2), record(3)]
    assert shop.journal.health()["depth"] == 0


def test_an_acknowledgement_lets_go_only_what_the_batch_held():
    service = Service()
    service.answer = 200, service.told(2)
    shop = Shop(service, batch_bytes=1)
    shop.sells(2)
    asyncio.run(shop.sync.step())
    asyncio.run(shop.sync.step())
    assert shop.journal.acknowledged == 1


def test_an_unknown_device_is_told_to_people_and_not_tried_hot():
    service = Service()
    service.answer = 401, {"code": "unknown-device", "detail": "enrol it"}
    service.forged = True  # who is not known here shares no key with us
    shop = Shop(service)
    shop.sells(1)
    shop.steps()
    shop.clock.forward(seconds=120)
    shop.steps()
    assert shop.trouble() == "unknown-device"
    assert len([path for path, _ in service.requests if path == "/v1/events"]) == 1


def conflict(sequence):
    told = {"history": "h1", "acknowledged": 5, "quarantined": []}
    return 409, {"code": "identity-conflict", "conflicts": [sequence], **told}


def test_after_a_conflict_everything_from_there_on_goes_under_a_new_epoch():
    service = Service()
    service.lines = [record(1), record(2), b"another history", b"of this till"]
    service.answer = conflict(3)
    shop = Shop(service)
    shop.sells(4)
    asyncio.run(shop.sync.step())
    asyncio.run(shop.sync.step())
    assert shop.trouble() == "identity-conflict"
    service.answer = None
    shop.clock.forward(seconds=2)
    shop.steps()
    assert (shop.identity["epoch"], shop.identity["key"]) == (3, service.keys[3].hex())
    assert service.lines == [record(number) for number in (1, 2, 3, 4)]
    assert shop.trouble() is None


@pytest.mark.parametrize("told", [None, conflict(2)], ids=["it has more", "a conflict"])
def test_where_two_histories_fork_is_agreed_on_no_more_by_a_service_that_is_set_back(told):
    service = Service()
    service.lines = [record(1), record(2), record(3)]
    service.answer = told
    shop = Shop(service)
    shop.sells(2)
    asyncio.run(shop.sync.step())
    asyncio.run(shop.sync.step())
    service.answer, service.history, service.lines = None, "h2", []
    shop.clock.forward(seconds=2)
    shop.steps()
    assert service.lines == [record(1), record(2)]
    assert shop.journal.health()["depth"] == 0


def test_a_conflict_that_our_service_did_not_sign_changes_nothing():
    service = Service()
    service.answer = conflict(1)
    service.forged = True
    shop = Shop(service)
    shop.sells(2)
    shop.steps()
    assert shop.trouble() == "service-status-409"
    assert shop.identity["epoch"] == 2


def test_a_renewed_till_remembers_its_epoch_and_its_old_snapshot():
    service = Service()
    service.publish(3)
    shop = Shop(service)
    shop.steps()
    service.answer = conflict(1)
    shop.sells(1)
    shop.clock.forward(seconds=1)
    shop.steps()
    service.answer = None
    shop.clock.forward(seconds=2)
    shop.steps(most=1)
    again = Shop(service, shop.storage.restarted())
    assert (again.identity["epoch"], again.snapshots.current.version) == (3, 3)
    again.steps()
    assert service.lines == [record(1)]


def test_a_power_cut_anywhere_in_a_renewal_loses_nothing():
    for operation in range(1, 12):
        service = Service()
        service.lines = [record(1), b"another history"]
        shop = Shop(service)
        shop.sells(3)
        shop.steps(most=1)
        service.answer = conflict(2)
        shop.steps(most=1)
        service.answer = None
        shop.clock.forward(seconds=2)
        shop.storage.operations, shop.storage.fail_at = 0, operation
        with contextlib.suppress(PowerCut):
            shop.steps()
        again = Shop(service, shop.storage.restarted())
        again.steps()
        assert service.lines == [record(1), record(2), record(3)], operation
        assert again.journal.health()["depth"] == 0


def test_a_till_with_a_dead_clock_learns_the_time_from_the_refusal_and_goes_on():
    service = Service()
    shop = Shop(service)
    shop.clock._now = None
    shop.sells(1)
    shop.steps(most=1)
    assert service.times[-1] == 0
    service.answer = 401, {"code": "clock-off", "now": 1_800_000_000}
    shop.steps(most=1)
    service.answer = None
    shop.clock.forward(seconds=7)
    shop.steps()
    assert service.times[-1] == 1_800_000_007
    assert service.lines == [record(1)]


def test_a_till_goes_on_with_the_counter_it_is_told():
    service = Service()
    shop = Shop(service)
    shop.sells(1)
    shop.steps(most=1)
    service.answer = 401, {"code": "counter-used", "next": 1_048_577}
    shop.steps(most=1)
    service.answer = None
    shop.steps()
    assert service.counters[-1] == 1_048_577
    assert service.lines == [record(1)]
    assert service.counters == sorted(set(service.counters))


@pytest.mark.parametrize("told", [{"now": 1}, {"next": 5}, {}])
def test_a_service_that_corrects_for_ever_is_not_asked_hot(told):
    service = Service()
    service.answer = 401, {"code": "clock-off" if "now" in told else "counter-used", **told}
    shop = Shop(service)
    shop.sells(1)
    assert shop.steps() < 15
    assert shop.trouble() is not None


def test_what_is_too_large_for_the_service_is_tried_alone_and_then_told_as_damaged():
    large = seal({"kind": "checkout", "device": "till-1", "epoch": 2, "sequence": 2, "x": "x" * (1 << 20)})

    class Small(Service):
        async def exchange(self, host, port, method, path, headers, body, deadline_ms, most_bytes):
            if large in body:
                self.answer = 413, {"code": "body-too-large"}
            try:
                return await super().exchange(
                    host, port, method, path, headers, body, deadline_ms, most_bytes
                )
            finally:
                self.answer = None

    service = Small()
    shop = Shop(service)
    shop.sells(1)
    shop.journal.append(large)
    shop.sells(1)
    for _ in range(10):
        shop.steps()
        shop.clock.forward(seconds=120)
    assert (service.lines[0], service.lines[2]) == (record(1), record(3))
    assert opened(service.lines[1])["kind"] == "damaged"


def test_a_small_machine_does_not_even_read_what_is_too_large_for_any_service():
    service = Service()
    shop = Shop(service, batch_bytes=1)
    shop.sells(1)
    shop.journal.append(seal({"kind": "checkout", "sequence": 2, "x": "x" * (1 << 20)}))
    shop.sells(1)
    shop.steps()
    assert (service.lines[0], service.lines[2]) == (record(1), record(3))
    assert opened(service.lines[1])["kind"] == "damaged"


def test_a_record_of_a_tills_own_is_never_given_up_because_somebody_says_that_it_is_too_large():
    service = Service()
    service.answer = 413, {"code": "body-too-large"}
    shop = Shop(service)
    shop.sells(2)
    for _ in range(10):
        shop.steps()
        shop.clock.forward(seconds=120)
    service.answer = None
    shop.steps()
    assert service.lines == [record(1), record(2)]


@pytest.mark.parametrize(
    "poison", [b"two\nlines", record(9), b"{}"], ids=["a line break", "another number", "no record"]
)
def test_what_cannot_stand_in_a_batch_is_told_as_damaged_and_holds_up_none_of_the_others(poison):
    service = Service()
    shop = Shop(service)
    shop.sells(1)
    shop.journal.append(poison)
    shop.sells(1)
    shop.steps()
    assert (service.lines[0], service.lines[2]) == (record(1), record(3))
    assert opened(service.lines[1])["kind"] == "damaged"


def test_a_service_restored_from_a_backup_is_sent_again_what_it_forgot():
    service = Service()
    shop = Shop(service)
    shop.sells(10)
    shop.steps()
    service.history, service.lines = "h2", service.lines[:4]
    shop.sells(1)
    shop.clock.forward(seconds=5)
    for _ in range(3):
        shop.steps()
        shop.clock.forward(seconds=5)
    assert service.lines == [record(number) for number in range(1, 12)]


def test_a_snapshot_of_a_new_history_is_enough_to_send_again_without_any_new_sale():
    service = Service()
    service.publish(1, through={"till-1/2": 0})
    shop = Shop(service)
    shop.sells(6)
    shop.steps()
    service.history, service.lines = "h2", service.lines[:2]
    service.publish(1, built=9000, through={"till-1/2": 2})
    shop.clock.forward(seconds=30)
    shop.steps()
    assert service.lines == [record(number) for number in range(1, 7)]


def test_a_record_that_rotted_is_told_as_damaged_and_holds_up_none_of_the_others():
    service = Service()
    shop = Shop(service)
    shop.sells(3)
    name = next(name for name in shop.storage.files if name.startswith("journal-"))
    at = shop.storage.files[name].index(b'"sequence":2')
    shop.storage.files[name][at + 2] ^= 1
    again = Shop(service, shop.storage.restarted())
    again.steps()
    assert service.lines[0] == record(1) and service.lines[2] == record(3)
    assert opened(service.lines[1]) == {
        "device": "till-1",
        "epoch": 2,
        "kind": "damaged",
        "sequence": 2,
        "hash": json.loads(service.lines[1])["hash"],
    }


def test_a_new_snapshot_reaches_the_till_once_and_is_then_unchanged():
    service = Service()
    service.publish(3)
    shop = Shop(service)
    shop.steps()
    shop.clock.forward(seconds=60)
    shop.steps()
    assert [snapshot.version for snapshot in shop.used] == [3]
    assert len(service.requests) == 2
    service.publish(4)
    shop.clock.forward(seconds=60)
    shop.steps()
    assert [snapshot.version for snapshot in shop.used] == [3, 4]


class Between(Service):
    """Somebody on the way who hears every answer about snapshots, and gives ``instead`` of the next ones."""

    def __init__(self):
        super().__init__()
        self.heard, self.instead = [], None

    async def download(self, host, port, path, headers, into, deadline_ms, most_bytes):
        body = io.BytesIO()
        told = await super().download(host, port, path, headers, body, deadline_ms, most_bytes)
        self.heard.append((body.getvalue(), told))
        content, answer = self.instead or self.heard[-1]
        if content:
            into.write(content)
        return answer


HOLD = {
    "with the snapshot the till has": (0, "snapshot-in-use"),
    "with one it had before": (1, "snapshot-not-newer"),
    "with an earlier word that there is none": (
        2,
        "service-unreachable: the answer is not signed by our service",
    ),
}


@pytest.mark.parametrize("how", HOLD)
def test_nobody_on_the_way_holds_a_till_on_an_old_snapshot_unseen(how):
    place, trouble = HOLD[how]
    service = Between()
    service.publish(3)
    shop = Shop(service)
    for version in (4, 4, 5):
        shop.steps()
        shop.clock.forward(seconds=60)
        service.publish(version)
    old, current, nothing = service.heard
    assert shop.snapshots.current.version == 4 and nothing[1][0] == 204
    service.instead = (current, old, nothing)[place]
    for _ in range(3):
        contact = shop.sync.health()["seconds_since_contact"]
        shop.clock.forward(seconds=60)
        shop.steps()
        assert shop.sync.health()["snapshot_trouble"] == trouble
        assert shop.sync.health()["seconds_since_contact"] == contact + 60
    service.instead = None
    shop.clock.forward(seconds=60)
    shop.steps()
    assert (shop.sync.health()["snapshot_trouble"], shop.snapshots.current.version) == (None, 5)


def test_what_a_till_has_is_part_of_what_it_signs():
    service = Between()
    service.publish(3)
    shop = Shop(service)
    asked = []
    service.download, download = (lambda *all: asked.append(all[2]) or download(*all)), service.download
    shop.steps()
    shop.clock.forward(seconds=60)
    shop.steps()
    assert asked == ["/v1/snapshots/latest?has=", "/v1/snapshots/latest?has=h1-3"]


def test_a_small_till_says_which_layout_it_reads():
    service = Between()
    service.publish(3)
    shop = Shop(service)
    shop.sync.reads = "&reads=3"
    asked = []
    service.download, download = (lambda *all: asked.append(all[2]) or download(*all)), service.download
    shop.steps()
    assert asked == ["/v1/snapshots/latest?has=&reads=3"]


def test_records_go_before_a_snapshot_that_is_to_count_them_unless_there_is_none_at_all():
    service = Service()
    service.publish(3)
    shop = Shop(service)
    shop.sells(1)
    shop.steps()
    shop.sells(1)
    shop.clock.forward(seconds=20)
    shop.steps()
    snapshot, events = "/v1/snapshots/latest", "/v1/events"
    assert [path for path, _ in service.requests] == [snapshot, events, events, snapshot]


def test_a_till_that_never_stops_selling_gets_its_rules_all_the_same():
    service = Service()
    service.publish(3)
    shop = Shop(service)
    for _ in range(120):
        shop.sells(1)
        shop.clock.forward(seconds=1)
        shop.steps(most=1)
    fetched = [path for path, _ in service.requests].count("/v1/snapshots/latest")
    assert 3 <= fetched <= 5


def test_a_snapshot_nobody_signed_is_shown_as_trouble_and_the_old_one_stays():
    service = Service()
    service.publish(3)
    shop = Shop(service)
    shop.steps()
    service.snapshot = service.snapshot[0].replace(b'"version":3', b'"version":4'), "forged"
    shop.clock.forward(seconds=60)
    shop.steps()
    assert shop.snapshots.current.version == 3
    assert shop.sync.health()["snapshot_trouble"] == "snapshot-signature"


def fetches(service):
    return [path for path, _ in service.requests].count("/v1/snapshots/latest")


def test_a_snapshot_without_room_is_refused_by_its_length_and_nothing_of_it_is_written():
    service = Service()
    service.publish(3)
    shop = Shop(service)
    shop.steps()
    service.publish(4, disclosures="d" * 30000)
    shop.storage.room = 36000
    written = shop.storage.operations
    for _ in range(3):
        shop.clock.forward(seconds=300)
        shop.steps()
    assert shop.storage.operations == written
    assert shop.sync.health()["snapshot_trouble"] == "snapshot-too-large"
    assert (shop.snapshots.current.version, fetches(service)) == (3, 4)
    shop.storage.room = 60000
    shop.clock.forward(seconds=300)
    shop.steps()
    assert (shop.sync.health()["snapshot_trouble"], shop.snapshots.current.version) == (None, 4)


def test_a_till_without_room_for_a_snapshot_hears_what_the_service_says():
    service = Service()
    shop = Shop(service)
    shop.storage.room = 0
    service.answer = (503, {"code": "disk-full"})
    shop.steps()
    assert shop.sync.health()["snapshot_trouble"] == "disk-full"


def test_a_snapshot_that_the_till_cannot_use_is_fetched_once_until_there_is_another_one():
    service = Service()
    service.publish(3)
    shop = Shop(service)
    shop.steps()
    brought = []
    service.download, download = (lambda *all: brought.append(all[2]) or download(*all)), service.download
    service.publish(4, format=2)
    for _ in range(5):
        shop.clock.forward(seconds=300)
        shop.steps()
    assert [path.rpartition("=")[2] for path in brought] == ["h1-3"] + 4 * ["h1-4"]
    assert shop.sync.health()["snapshot_trouble"] == "snapshot-format"
    assert (shop.snapshots.current.version, list(shop.storage.files)) == (3, ["snapshot"])
    service.publish(5)
    shop.clock.forward(seconds=300)
    shop.steps()
    assert (shop.sync.health()["snapshot_trouble"], shop.snapshots.current.version) == (None, 5)


def test_flash_is_not_worn_by_a_snapshot_that_comes_damaged_again_and_again():
    service = Service()
    service.publish(3)
    service.snapshot = service.snapshot[0][:-1], "h1-3"
    shop = Shop(service)
    shop.sync.every = 3600_000
    for _ in range(24 * 60):
        shop.clock.forward(seconds=60)
        shop.steps()
    assert 24 <= fetches(service) <= 60


def test_records_leave_although_there_is_no_snapshot_to_be_had():
    service = Service()
    shop = Shop(service)
    shop.sells(2)
    shop.steps()
    assert len(service.lines) == 2
    assert shop.sync.health()["snapshot_trouble"] == "service-status-404"


def test_a_change_of_trouble_is_told_once_and_so_is_its_end():
    service, told = Service(), []
    shop = Shop(service)
    shop.sync.tell = lambda what, trouble: told.append((what, trouble))
    shop.sells(1)
    service.down = True
    for _ in range(5):
        shop.steps()
        shop.clock.forward(seconds=120)
    assert sorted(told) == [(what, "service-unreachable: unplugged") for what in ("records", "snapshot")]
    told.clear()
    service.down = False
    service.publish(1)
    shop.clock.forward(seconds=600)
    shop.steps()
    assert sorted(told) == [("records", None), ("snapshot", None)]


def test_a_till_nobody_enrolled_says_so():
    identity = {**IDENTITY, "epoch": 0, "service": ""}
    assert Shop(Service(), identity=identity).sync.health()["trouble"] == "not-enrolled"
    assert Shop(Service(), identity={**IDENTITY, "service": ""}).sync.health()["trouble"] == "no-service"


@pytest.mark.parametrize("service", ["", "ftp://x", "http://", "http://host:port"])
def test_a_till_without_a_service_is_quiet(service):
    nobody = Service()
    shop = Shop(nobody, identity={**IDENTITY, "service": service})
    shop.sells(1)
    assert shop.steps() == 0
    assert nobody.requests == []
    assert shop.sync.health()["service"] is None


def test_running_goes_on_after_a_fault_nobody_foresaw():
    class Broken(Service):
        faults = 0

        async def exchange(self, *request):
            if not self.faults:
                self.faults = 1
                raise RuntimeError("unforeseen")
            return await super().exchange(*request)

    async def scene(shop):
        running = asyncio.create_task(shop.sync.run())
        while shop.journal.health()["depth"]:  # for ever, where it does not go on
            await asyncio.sleep(0.02)
            shop.clock.forward(seconds=30)
        running.cancel()

    service = Broken()
    service.publish(1)
    shop = Shop(service)
    shop.sells(2)

    asyncio.run(scene(shop))
    assert (service.faults, len(service.lines)) == (1, 2)


def test_a_snapshot_that_has_no_room_holds_up_no_record():
    class Large(Service):
        async def download(self, *request):
            raise MemoryError

    service = Large()
    shop = Shop(service, batch_bytes=1)
    for _ in range(4):
        shop.sells(1)
        shop.steps()
        shop.clock.forward(seconds=120)
    assert [opened(line)["sequence"] for line in service.lines] == [1, 2, 3, 4]
    assert shop.sync.health()["trouble"] is None
    assert shop.sync.health()["snapshot_trouble"] == "out-of-memory"


def test_what_a_report_found_out_about_the_link_is_part_of_its_health():
    """A board that looks for rules once an hour and sells nothing knows of its service by its reports alone."""
    shop = Shop(Service())
    shop.steps()
    assert shop.sync.health()["trouble"] is None
    shop.sync.service.down = "service-unreachable: unplugged"
    assert shop.sync.health()["trouble"] == "service-unreachable: unplugged"


def test_a_record_that_is_sent_in_pieces_arrives_as_it_was_stored():
    service = Service()
    shop = Shop(service, batch_bytes=1)
    for pad in range(200, 330):
        shop.journal.append(seal({"a": "x" * pad, "sequence": shop.journal.next_sequence}))
    kept = [line for _, line in shop.journal.since(0)]
    shop.steps(400)
    assert service.lines == kept
