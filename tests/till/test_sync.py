"""What the till hands in arrives once, in order; what the service says is believed no further than it can be."""

import asyncio
import hashlib
import hmac
import json

import pytest

from pos_client.core.event import opened, seal
from pos_client.core.record import Damaged
from pos_client.core.snapshot import encode, sign
from pos_client.journal import Journal
from pos_client.link import LinkDown
from pos_client.snapshot_file import SnapshotFile
from pos_client.sync import Sync, Turn
from tests.fakes import HandClock, MemoryStorage

KEY = bytes(range(32))
IDENTITY = {
    "device": "till-1",
    "epoch": 2,
    "store": "sample",
    "key": KEY.hex(),
    "service": "http://127.0.0.1:8000",
}


def record(sequence):
    return seal({"kind": "checkout", "device": "till-1", "epoch": 2, "sequence": sequence})


class Service:
    """A service in memory that takes whole records in sequence; it checks signatures as the contract says."""

    def __init__(self, history="h1"):
        self.history = history
        self.lines = []
        self.snapshot = None
        self.requests = []
        self.answer = None
        self.down = False

    async def exchange(self, host, port, method, path, headers, body, deadline_ms, most_bytes):
        self._arrived(method, path, headers, body)
        if self.answer is not None:
            return self.answer
        for line in body.split(b"\n"):
            self._take(line)
        told = {"history": self.history, "acknowledged": len(self.lines), "quarantined": []}
        return 200, {}, json.dumps(told).encode()

    async def download(self, host, port, path, headers, into, deadline_ms, most_bytes):
        self._arrived("GET", path, headers, b"")
        if self.snapshot is None:
            return 404, {}
        content, etag = self.snapshot
        if headers.get("If-None-Match") == etag:
            return 304, {"etag": etag}
        into.write(content)
        return 200, {"etag": etag}

    def publish(self, version, **changed):
        meta = {
            "format": 1,
            "version": version,
            "built": 1000 + version,
            "history": self.history,
            "store": "sample",
        }
        meta.update(changed)
        self.snapshot = sign(encode(meta, b"", []), KEY), f'"{self.history}-{version}"'

    def _arrived(self, method, path, headers, body):
        assert (headers["Rung-Device"], headers["Rung-Epoch"]) == ("till-1", "2")
        text = "\n".join([method, path, hashlib.sha256(body).hexdigest(), "till-1", "2"])
        assert headers["Rung-Signature"] == hmac.new(KEY, text.encode(), "sha256").hexdigest()
        self.requests.append((path, body))
        if self.down:
            raise LinkDown("unplugged")

    def _take(self, line):
        try:
            sequence = opened(line)["sequence"]
        except Damaged:
            sequence = len(self.lines) + 1
        if sequence == len(self.lines) + 1:
            self.lines.append(line)


class Shop:
    """A till's journal and snapshot on a storage, with a sync to `service` that one steps by hand."""

    def __init__(self, service, storage=None, **options):
        self.storage = storage or MemoryStorage()
        self.clock = HandClock()
        self.journal = Journal(self.storage, self.clock, segment_bytes=600)
        self.snapshots = SnapshotFile(self.storage, IDENTITY)
        self.used = []
        chance = options.pop("chance", lambda limit: 0)
        self.sync = Sync(
            options.pop("identity", IDENTITY),
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
        turn, seen = Turn(chance), []
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
    service.answer = 200, {}, answer
    shop = Shop(service)
    shop.sells(2)
    assert shop.steps() <= 2
    assert shop.trouble() == "service-took-nothing"
    assert shop.journal.pending(10_000) == [(1, record(1)), (2, record(2))]


def told(acknowledged, history="h1"):
    return json.dumps({"history": history, "acknowledged": acknowledged, "quarantined": []}).encode()


def test_an_acknowledgement_of_records_never_written_lets_nothing_go():
    service = Service()
    service.answer = 200, {}, told(9)
    shop = Shop(service)
    shop.sells(2)
    shop.steps()
    assert shop.trouble() == "acknowledged-unwritten"
    assert shop.journal.acknowledged == 0


def test_an_acknowledgement_lets_go_only_what_the_batch_held():
    service = Service()
    service.answer = 200, {}, told(2)
    shop = Shop(service, batch_bytes=1)
    shop.sells(2)
    asyncio.run(shop.sync.step())
    asyncio.run(shop.sync.step())
    assert shop.journal.acknowledged == 1


def test_an_unknown_device_is_told_to_people_and_not_tried_hot():
    service = Service()
    service.answer = 401, {}, b'{"code": "unknown-device", "detail": "enrol it"}'
    shop = Shop(service)
    shop.sells(1)
    shop.steps()
    shop.clock.forward(seconds=120)
    shop.steps()
    assert shop.trouble() == "unknown-device"
    assert len([path for path, _ in service.requests if path == "/v1/events"]) == 1


def test_a_conflict_is_told_to_people_and_what_the_service_set_aside_is_let_go():
    service = Service()
    answer = {
        "code": "identity-conflict",
        "history": "h1",
        "acknowledged": 1,
        "quarantined": [{"sequence": 1}],
    }
    service.answer = 409, {}, json.dumps(answer).encode()
    shop = Shop(service)
    shop.sells(2)
    shop.steps()
    assert shop.trouble() == "identity-conflict"
    assert shop.journal.acknowledged == 1


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
    service.publish(1, through={"till-1": 0})
    shop = Shop(service)
    shop.sells(6)
    shop.steps()
    service.history, service.lines = "h2", service.lines[:2]
    service.publish(1, built=9000, through={"till-1": 2})
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
        async def exchange(self, *request):
            if not self.requests:
                self.requests.append(request)
                raise RuntimeError("unforeseen")
            return await super().exchange(*request)

    async def scene(shop):
        running = asyncio.create_task(shop.sync.run())
        for _ in range(100):
            await asyncio.sleep(0.02)
            shop.clock.forward(seconds=30)
            if shop.journal.health()["depth"] == 0:
                break
        running.cancel()

    service = Broken()
    service.publish(1)
    shop = Shop(service)
    shop.snapshots.etag = service.snapshot[1]
    service.requests.clear()
    shop.sells(2)

    async def quiet(*request):
        return 304, {}

    service.download = quiet
    asyncio.run(scene(shop))
    assert len(service.lines) == 2
