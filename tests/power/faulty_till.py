"""A whole till in one process on a storage that may fail: its start, its sales, its link to a service, over its API."""

import asyncio
from typing import Any

from microdot.test_client import TestClient

from pos_client import starting
from tests.fakes import HandClock
from tests.till.counter import BASKET, RULES
from tests.till.signed_service import KEY, Service

IDENTITY = {
    "device": "till-1",
    "epoch": 2,
    "store": "sample",
    "key": KEY.hex(),
    "tenant_key": "22" * 32,
    "service": "http://127.0.0.1:8000",
}
LIMITS = starting.Limits(65536, 2, 4, 4, 512, 4000, 3000, 6000, 1 << 20)


class Day:
    """What a shop does between two mornings. ``told`` has the record of every close that was answered, by checkout."""

    def __init__(self, storage: Any, service: Service, monkeypatch: Any) -> None:
        self.storage, self.service = storage, service
        self.clock = HandClock()
        self.told: dict[str, dict | None] = {}
        monkeypatch.setattr(starting, "link", service)

    def start(self) -> None:
        self._server, self._sync = starting.assembled(
            IDENTITY, self.storage, self.clock, lambda most: 0, LIMITS
        )

    def sell(self, checkout: str) -> None:
        """A customer takes the first offer, where there is one; the till must never fail here."""
        path = "/v1/checkouts/" + checkout
        body = {**BASKET, "customer": "2400000012345"}
        put = self._ask("put", path, body)
        assert put.status_code == 200, put.text
        if put.json["offer"]:
            reaction = {"rung": put.json["offer"]["rung"], "reaction": "accepted"}
            assert self._ask("post", path + "/reactions", reaction).status_code == 200
        closed = self._ask("post", path + "/close", {"outcome": "sold"})
        assert closed.status_code == 200, closed.text
        self.told[checkout] = closed.json["record"]

    def give_back(self, checkout: str) -> None:
        """Goods come back; a till that cannot look the sale up or keep the refund says so and gives nothing."""
        wish = {"lines": [{"line": 0, "quantity": 1}], "return_id": "back-" + checkout}
        answer = self._ask("post", f"/v1/checkouts/{checkout}/return", wish)
        assert answer.status_code in (200, 404, 507), answer.text
        if answer.status_code == 200:
            self.told["back-" + checkout] = answer.json["record"]

    def publish(self, version: int) -> None:
        more = {
            "discounts": RULES,
            "policy": {"most_stacked": 1},
            "model": None,
            "through": {},
            "budgets": {},
        }
        self.service.publish(version, **more)

    def sync(self) -> None:
        """Some minutes in which the till may send and fetch, whatever it waits for after a failure."""
        asyncio.run(self._steps())

    async def _steps(self) -> None:
        for _ in range(3):
            self.clock.forward(seconds=400)
            for _ in range(30):
                if not await self._sync.step():
                    break

    def health(self) -> dict:
        return self._ask("get", "/v1/health").json

    def _ask(self, method: str, path: str, body: dict | None = None) -> Any:
        call = getattr(TestClient(self._server), method)
        return asyncio.run(call(path) if body is None else call(path, body=body))

    def work(self) -> None:
        """Two lives of the till, with everything in them that touches the storage."""
        self.publish(1)
        self.start()
        self.sync()
        for checkout in ("a", "b", "c"):
            self.sell(checkout)
        self.sync()
        self.publish(2)
        self.sync()
        self.sell("d")
        self.start()
        self.sell("e")
        self.give_back("a")
        self.sync()
