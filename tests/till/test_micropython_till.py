"""The whole till (server, journal, sync) on MicroPython in 190 KB of heap, against a live service over loopback."""

import json

import pytest

from pos_client.core.event import opened
from tests.till.processes import Cashier, Service, Till, asked, copied, waited

CHECKOUTS = 1000
MOMENT = "1795000000"


def worked(folder, shop, flash, checkouts):
    """(cashier, records in the service's log) after `checkouts` at a till that keeps its first snapshot."""
    data, identity = shop
    service = Service(copied(data, folder / "service"))
    identity = {**identity, "service": f"http://127.0.0.1:{service.port}"}
    till = Till(folder / "shop", identity, flash, RUNG_REHEARSAL=MOMENT, RUNG_SNAPSHOT_SECONDS="86400")
    try:
        service.start()
        waited(service.ready)
        till.start()
        waited(till.has_a_snapshot, 60, till.health)
        cashier = Cashier(till.port, seed=7)
        cashier.work(checkouts)
        waited(till.has_sent_everything, 300, till.health)
        health = till.health()
    finally:
        till.kill()
        service.kill()
    assert health["link"]["trouble"] is None and health["link"]["quarantined"] == 0
    return cashier, service.records()


@pytest.mark.timeout(900)
def test_a_thousand_checkouts_on_a_device_leave_the_same_records_as_on_a_pc(tmp_path, shop, flash):
    device, device_records = worked(tmp_path / "device", shop, flash, CHECKOUTS)
    pc, pc_records = worked(tmp_path / "pc", shop, None, CHECKOUTS)
    assert len(device_records) == CHECKOUTS
    assert device_records == pc_records
    assert device.answers == pc.answers
    outcomes = {opened(line)["outcome"] for line in pc_records}
    assert outcomes == {"sold", "lost"}


def test_a_device_nobody_enrolled_serves_and_says_so(tmp_path, shop, flash):
    till = Till(tmp_path / "shop", {}, flash)
    (tmp_path / "shop" / "till" / "till.json").unlink()
    try:
        till.start()
        waited(till.ready)
        Cashier(till.port, seed=1).work(3)
        health = till.health()
        unknown = asked(till.port, "POST", "/v1/checkouts/nobody/close", {"outcome": "sold"})
    finally:
        till.kill()
    assert health["device"] == "unenrolled"
    assert (unknown[0], unknown[1]["code"]) == (404, "unknown-checkout")
    assert health["journal"]["depth"] == 3


def test_a_device_goes_on_numbering_after_its_power_was_cut(tmp_path, shop, flash):
    identity = {**shop[1], "service": "http://127.0.0.1:9"}
    till = Till(tmp_path / "shop", identity, flash)
    closed = {}
    try:
        for seed in range(3):
            till.start()
            waited(till.ready)
            cashier = Cashier(till.port, seed)
            cashier.work(4)
            closed.update(cashier.closed)
            till.kill()
    finally:
        till.kill()
    assert sorted(closed.values()) == list(range(1, 13))
    assert json.loads((tmp_path / "shop" / "till" / "till.json").read_text())["device"] == "till-1"
