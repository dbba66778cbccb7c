"""A till and a service in one process: random rules, baskets and customers, through the till's own code."""

from pathlib import Path

from sqlalchemy import Connection

from pos_client.core.record import Refused
from pos_client.core.snapshot import Snapshot, sign
from pos_client.journal import Journal
from pos_client.till import Till
from pricing_service import (
    consent_store,
    customer_store,
    event_store,
    rule_store,
    trust_relearning,
    trust_store,
)
from pricing_service.intake import Batch
from pricing_service.records import read
from pricing_service.rule_store import DISCOUNTS, POLICIES
from pricing_service.security import customer_token
from pricing_service.service import Service
from tests.core import worlds
from tests.core.expect import Chance
from tests.fakes import HandClock, MemoryStorage
from tests.service.places import prepared

CARDS = ["24000" + str(number) for number in range(20)]


class Shop:
    """One till that is sometimes online; rules, policies and facts change every now and then."""

    def __init__(self, data: Path, seed: int) -> None:
        self.settings = prepared(data)
        self.service = Service(self.settings)
        self.chance = Chance(seed)
        self.clock = HandClock(now=1_795_000_000)
        self.journal = Journal(MemoryStorage(), self.clock)
        identity = {"device": "till-1", "epoch": 1, "store": "sample"}
        self.till = Till(
            {
                **identity,
                "tenant_key": self.settings.tenant_key.hex(),
                "language": self.chance.pick(["en", "ru"]),
            },
            self.clock,
            self.journal,
            1,
        )
        self._sent = 0
        self.closed = 0

    def token(self, card: str) -> str:
        return customer_token(self.settings.tenant_key, card)

    def sell(self, number: int) -> None:
        """One checkout from basket to record; the next is begun before some of them end."""
        body = worlds.basket_body(self.chance)
        if "customer" in body and not self.chance.below(9):
            body["profile"] = False
        if not self.chance.below(15):
            body["training"] = True
        name = f"checkout {number}"
        told = self.till.put(name, body)
        self.clock.forward(seconds=self.chance.between(20, 7200))
        for _ in range(self.chance.below(5)):
            told = self._react(name, told)
        if not self.chance.below(5):
            available = self.till.show(name)["goodwill"]["available"]
            if available and told.get("state") != "lost":
                self.till.goodwill(name, {"amount": self.chance.between(1, available)})
        outcome = self.chance.pick(["sold", "sold", "sold", "lost", "cancelled"])
        self.till.close(name, {"outcome": outcome})
        self.closed += 1

    def _react(self, name: str, told: dict) -> dict:
        offer = told.get("offer")
        if offer is None:
            return told
        reaction = self.chance.pick(["accepted", "asked_more", "asked_more", "left", "skipped"])
        try:
            return self.till.react(name, {"rung": offer["rung"], "reaction": reaction})
        except Refused:
            return told

    def online(self) -> None:
        """The till sends what it has and takes the newest snapshot."""
        lines = [bytes(line) for _, line in self.journal.since(self._sent)]
        if lines:
            batch = Batch("till-1", 1, [read(line, "till-1", 1) for line in lines])
            receipt = self.service.write(event_store.accept(batch, self.service.forgetting))
            assert not receipt.quarantined, receipt.quarantined
            self._sent = receipt.acknowledged
            trust_relearning.work(self.service.database, self.service.writer)  # as `Service.relearn` does
        body = self.service.snapshots.latest("sample").body
        whole = sign(body, b"")
        self.till.adopt(Snapshot(lambda at, length: whole[at : at + length], len(whole)))

    def change(self) -> None:
        """Another assortment of rules, another policy, something told of a customer, somebody who refuses."""
        self.service.write(self._change)
        self.service.snapshots._rest_until = 0.0

    def _change(self, connection: Connection) -> None:
        for rule in DISCOUNTS.in_force(connection):
            DISCOUNTS.retire(connection, rule.id, rule.version)
        for rule in worlds.rules(self.chance):
            if not self.chance.below(8) and rule["kind"] != "goodwill":
                rule["visit"] = self.chance.between(1, 4)
            if DISCOUNTS.has(connection, rule["id"]):
                version = DISCOUNTS.get(connection, rule["id"]).version
                DISCOUNTS.replace(connection, rule["id"], version, rule)
            else:
                DISCOUNTS.create(connection, rule)
        law = {**worlds.policy(self.chance), "jurisdiction": self.chance.pick([None, "us-ny"])}
        law = {name: value for name, value in law.items() if value is not None}
        present = POLICIES.get(connection, rule_store.DEFAULT)
        POLICIES.replace(connection, rule_store.DEFAULT, present.version, law)
        token = self.token(self.chance.pick(CARDS))
        customer_store.tell(
            connection, token, self.chance.pick([None, "gold"]), self.chance.pick([None, "11-08"])
        )
        self._ask(connection, self.token(self.chance.pick(CARDS)), bool(self.chance.below(3)))

    def _ask(self, connection: Connection, token: str, agrees: bool) -> None:
        """An answer about being profiled, as the route takes it."""
        told = consent_store.record(connection, token, agrees, "1", int(self.clock.now()))
        if told.profiling:
            trust_relearning.relearn(connection, trust_store.read(connection), {token})
