"""Shops whose tills go on- and offline, crash, fill their disks, are lost, revoked and set back.

Real tills over the real leases, and a count of what was really given that neither of them sees.
"""

import random
from collections import Counter
from typing import Any

from sqlalchemy import Connection, text

from pos_client.core import event, shop
from pos_client.core.calendar import period_key, unix_seconds
from pos_client.core.record import Refused
from pos_client.journal import Journal
from pos_client.till import Till
from pricing_service import (
    fleet,
    lease_dealing,
    lease_rows,
    lease_store,
    lease_terms,
    rule_store,
    snapshot_store,
    standing,
)
from pricing_service.belief_store import SPEND
from tests.fakes import HandClock, MemoryStorage

DAY = 86400
AHEAD = 12  # periods for which a till that is lost may go on
START = 20_000 * DAY + 8 * 3600
BUDGETS = {"ten": ("day", 2000), "rate": ("week", 5000), "kind": ("day", 900)}
RULES: list[dict[str, Any]] = [
    {"id": "ten", "label": "Ten", "kind": "amount", "amount": 130},
    {"id": "rate", "label": "Rate", "kind": "percent", "rate": 900},
    {"id": "kind", "label": "Kind", "kind": "goodwill", "amount": 200},
]
for _rule in RULES:
    _rule["budget"] = dict(zip(("period", "amount"), BUDGETS[_rule["id"]], strict=True))


class Given:
    """A snapshot of no customers, as a till reads it."""

    def __init__(self, meta: dict[str, Any]) -> None:
        self.meta, self.version = meta, meta["version"]

    def column(self, _number: int) -> bytes:
        return b""

    def customer(self, _token: str) -> None:
        return None


class Machine:
    """One machine at a counter: its till, its storage, whether the network reaches it."""

    def __init__(self, device: str, store: str, offset: int, now: int) -> None:
        self.identity = {"device": device, "epoch": 1, "store": store, "tenant_key": "22" * 32}
        self.offset, self.online, self.revoked, self.lost = offset, True, False, False
        self.storage, self.clock = MemoryStorage(), HandClock(now)
        self.snapshot: Given | None = None
        self.opened: dict[str, int] = {}
        self.image: tuple | None = None
        self.start()

    def start(self) -> None:
        """Switched on, after a power cut or for the first time."""
        self.storage = MemoryStorage(self.storage.files)
        self.journal = Journal(self.storage)
        self.till = Till(self.identity, self.clock, self.journal, 1, self.snapshot)
        self.opened = {}

    def day(self) -> int:
        return (self.clock.now() + 60 * self.offset) // DAY

    def kept(self) -> tuple:
        """An image of the machine."""
        return {name: bytearray(data) for name, data in self.storage.files.items()}, self.snapshot

    def may_give(self) -> dict[tuple[str, int], int]:
        """What it might give of each budget and period from now on."""
        spent, out = self.till._present._ledger.spent(), {}
        for name, (period, most) in BUDGETS.items():
            entry = spent.get(name, [0, most, most])
            key = period_key(period, self.day())
            later = most - (entry[2] if len(entry) > 2 else 0)
            for ahead in range(AHEAD):
                left = most - entry[1] if key + ahead == entry[0] else later
                out[name, key + ahead] = max(0, left)
        return out


class Shop:
    """``given`` is the truth: (discount, period key) -> money. ``loose``: what was in the field of tills that were
    revoked, given up or set back, and what was sold on another day than it was offered."""

    def __init__(self, connection: Connection, chance: random.Random, tills: int, snapshot_days: int) -> None:
        self.connection, self.chance, self.now = connection, chance, START
        self.given: Counter = Counter()
        self.loose: Counter = Counter()
        self.refused, self.asked, self.version = 0, 0, 0
        connection.execute(text("DELETE FROM devices"))
        connection.execute(text("UPDATE discounts SET retired = 1"))
        for rule in RULES:
            rule_store.DISCOUNTS.create(connection, rule)
        for store, offset in (("west", 0), ("east", 540)):
            law = {"id": store, "utc_offset": offset, "snapshot_days": snapshot_days}
            rule_store.POLICIES.create(connection, law)
        self.tills = [self._enrolled(f"till-{number}") for number in range(tills)]

    def _enrolled(self, device: str) -> Machine:
        store, offset = self.chance.choice((("west", 0), ("west", 0), ("east", 540)))
        fleet.enrol(self.connection, device, store)
        enrolled = "UPDATE devices SET enrolled = :now WHERE device = :device"
        self.connection.execute(text(enrolled), {"now": self.now, "device": device})
        return Machine(device, store, offset, self.now)

    def passes(self, seconds: int) -> None:
        self.now += seconds
        for one in self.tills:
            one.clock.forward(seconds=seconds)

    def serves(self, one: Machine) -> None:
        """A customer: some walk away, some checkouts are left open, some cashiers are kind."""
        name = f"c{self.chance.getrandbits(40)}"
        lines = [{"sku": "1", "quantity": 1, "unit_price": self.chance.randrange(300, 6000)}]
        told = one.till.put(name, {"currency": "EUR", "lines": lines})
        one.opened[name] = one.day()
        while told.get("offer") and told["state"] == "offering":
            rung = told["offer"]["rung"]
            reaction = self.chance.choice(("accepted", "asked_more", "left"))
            told = one.till.react(name, {"rung": rung, "reaction": reaction})
        if self.chance.random() < 0.3:
            room = one.till.show(name)["goodwill"]["available"] if told["state"] != "lost" else 0
            one.till.goodwill(name, {"amount": self.chance.randint(0, room)})
        if self.chance.random() < 0.85:
            self.closes(one, name)

    def closes(self, one: Machine, name: str) -> None:
        begun = one.opened.pop(name)
        try:
            told = one.till.show(name)
            outcome = "lost" if told["state"] == "lost" else self.chance.choice(("sold", "sold", "cancelled"))
            told = one.till.close(name, {"outcome": outcome})
        except Refused:  # forgotten: others were opened since
            return
        parts = list(told["automatic"]) + ((told["discount"] or {}).get("parts") or [])
        parts.append({"id": "kind", "amount": told["goodwill"]["given"]})
        for part in parts:
            key = period_key(BUDGETS[part["id"]][0], one.day())
            self.given[part["id"], key] += part["amount"]
            if key != period_key(BUDGETS[part["id"]][0], begun):
                self.loose[part["id"], key] += part["amount"]

    def sends(self, one: Machine) -> None:
        """Some of its records arrive; what it set back is a fork, and it goes on under a new epoch."""
        device, epoch = one.identity["device"], one.identity["epoch"]
        here = self._acknowledged(device, epoch)
        if here >= one.journal.next_sequence:
            self.renews(one)
            return
        pending = [line for sequence, line in one.journal.since(here)][: self.chance.randint(1, 6)]
        records = [event.opened(line) for line in pending]
        days = [(unix_seconds(record["clock"]) + 60 * one.offset) // DAY for record in records]
        lease_store.charge(self.connection, device, epoch, zip(records, days, strict=True))
        for record, day in zip(records, days, strict=True):
            for name, amount in shop.used(record):
                self.connection.execute(SPEND, {"discount": name, "day": day, "amount": amount})
        if records:
            acknowledge = "UPDATE devices SET acknowledged = :last WHERE device = :device AND epoch = :epoch"
            values = {"last": records[-1]["sequence"], "device": device, "epoch": epoch}
            self.connection.execute(text(acknowledge), values)
            standing.touch(self.connection)

    def _acknowledged(self, device: str, epoch: int) -> int:
        device_row = fleet.get(self.connection, device, epoch)
        assert device_row is not None
        return device_row.acknowledged

    def renews(self, one: Machine) -> None:
        resume = one.journal.next_sequence - 1
        identity = one.identity
        fresh = fleet.renew(
            self.connection, identity["device"], identity["epoch"], identity["store"], resume, 0
        )
        identity["epoch"] = fresh.epoch
        self.connection.execute(
            text(
                "UPDATE devices SET enrolled = :now, fetched = :now WHERE device = :device AND epoch = :epoch"
            ),
            {"now": self.now, "device": fresh.device, "epoch": fresh.epoch},
        )

    def fetches(self, one: Machine) -> None:
        """It says what it goes by, the service deals, and it takes the new snapshot, if nothing is lost on the way."""
        device, epoch = one.identity["device"], one.identity["epoch"]
        if holds := one.till.holds():
            held, last = holds.removeprefix("&holds=").split("&last=")
            lease_store.obeyed(self.connection, device, epoch, held, int(last))
        self.gives_up()
        lease_dealing.deal(self.connection, self.now)
        stands = standing.read(self.connection)
        if stands.revision != stands.snapshot_revision:
            stands = stands.published(stands.revision, self.now)
            standing.publish(self.connection, stands)
        seen = fleet.get(self.connection, device, epoch)
        assert seen is not None
        fleet.fetched(self.connection, seen, stands.snapshot_version, stands.revision, self.now, 0)
        lease_store.heard(self.connection, seen.store, seen.enrolled, seen.fetched, self.now)
        if self.chance.random() < 0.9:
            one.snapshot = Given(self.meta(one, stands))
            one.till.adopt(one.snapshot)

    def meta(self, one: Machine, stands: standing.Standing) -> dict[str, Any]:
        store = one.identity["store"]
        return {
            "version": stands.snapshot_version,
            "built": stands.snapshot_built,
            "history": stands.history,
            "model": None,
            "discounts": RULES,
            "policy": rule_store.policy_of(self.connection, store),
            "through": fleet.through(self.connection, store),
            "budgets": snapshot_store._budgets(
                self.connection, RULES, (stands.snapshot_built + 60 * one.offset) // DAY
            ),
            "leases": lease_store.told(self.connection, store),
        }

    def gives_up(self) -> None:
        """What the service takes back without a word: of revoked tills, and of those silent for too long."""
        ends = {one.name: one.ends for one in lease_terms.enrolments(self.connection, self.now)}
        for lease in lease_rows.everywhere(self.connection):
            if ends.get(lease.till, 0) < self.now:
                self.loose[lease.discount, lease.key] += lease.now.left
                for ahead in range(1, AHEAD):
                    self.loose[lease.discount, lease.key + ahead] += lease.later.left

    def restarts(self, one: Machine) -> None:
        """A power cut. What a full disk could not keep, nobody remembers."""
        for (name, day), amount in one.till._present._unkept.items():
            self.loose[name, period_key(BUDGETS[name][0], day)] += amount
        one.start()

    def loosens(self, one: Machine) -> None:
        for place, amount in one.may_give().items():
            self.loose[place] += amount

    def is_within(self) -> bool:
        return all(
            amount <= BUDGETS[name][1] + self.loose[name, key] for (name, key), amount in self.given.items()
        )


def lived(world: Shop, steps: int, faults: bool) -> None:
    """So many things happen. Without ``faults``: tills go on- and offline and lose power, disks fill, days end.

    With them also what leases can only bound: tills are revoked or stay away, machines are set back, a checkout is left
    open over midnight, and a full disk loses power.
    """
    for _ in range(steps):
        one = world.chance.choice(world.tills)
        if not faults or world.chance.random() < 0.95:
            _ordinary(world, one, faults)
        elif world.chance.random() < 0.5:
            _set_back(world, one)
        elif len([till for till in world.tills if not till.revoked]) > 1:
            one.revoked = one.revoked or fleet.revoke(world.connection, one.identity["device"])


def _ordinary(world: Shop, one: Machine, faults: bool) -> None:
    chance, what = world.chance, world.chance.random()
    if what < 0.45:
        for _ in range(chance.randint(1, 6)):
            world.serves(one)
    elif what < 0.70 and one.online and not one.revoked:
        world.sends(one)
        world.fetches(one)
    elif what < 0.80:
        for till in world.tills if not faults else ():
            for name in list(till.opened):
                world.closes(till, name)
        world.passes(chance.choice((15, 60, 900, 900, 7200, 40_000)))
    elif what < 0.88:
        one.online = not one.online
    elif what < 0.92 and (faults or not one.till._present._unkept):
        world.restarts(one)
    elif what < 0.95:
        one.storage.room = chance.choice((0, 1 << 40))
    elif one.opened:
        world.closes(one, chance.choice(list(one.opened)))


def _set_back(world: Shop, one: Machine) -> None:
    """The machine is set back to an image that was taken earlier, or one is taken."""
    if one.image is None or one.revoked:
        one.image = one.kept()
        return
    files, one.snapshot = one.image
    one.storage = MemoryStorage({name: bytearray(data) for name, data in files.items()})
    one.image = None
    one.start()
    world.loosens(one)
