"""A till of the benchmarks: it writes sealed records of the contract's basket, and hands them in signed, over HTTP."""

import http.client
import json
import time

from pos_client.core import basket, checkout, checkout_record, event, shop
from pricing_service.benching import baskets
from pricing_service.security import customer_token, device_key, signed_now
from pricing_service.settings import Settings

DEVICE, EPOCH, EVENTS = "till-1", 1, "/v1/events"
REACTIONS = (("accepted",), ("asked_more", "accepted"), ("asked_more", "left"), ("asked_more", "asked_more"))
STEP = 7919  # a prime: customers come in no order, each as often as the others


class Till:
    """Sells to ``customers`` in turn; ``handed_in`` and ``reactions`` count what was acknowledged."""

    def __init__(self, settings: Settings, port: int, customers: int) -> None:
        self._settings, self._customers = settings, customers
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._key = device_key(settings.master_key, DEVICE, EPOCH)
        market = shop.read({"discounts": baskets.thirty_rules(), "policy": {}, "version": 1, "built": 0})
        goods = basket.read(baskets.CONTRACT)
        self._decision = checkout.Decision(market, goods, shop.visit(market, None, {}, {}))
        self.handed_in = self.reactions = 0

    def sell(self, records: int) -> float:
        """Hand in so many new records at once; the seconds until they were acknowledged."""
        first = self.handed_in + 1
        heard = [REACTIONS[number % len(REACTIONS)] for number in range(first, first + records)]
        body = b"\n".join([self._record(first + at, reactions) for at, reactions in enumerate(heard)])
        began = time.perf_counter()
        told = json.loads(self.ask("POST", EVENTS, body))
        seconds = time.perf_counter() - began
        self.handed_in = told["acknowledged"]
        self.reactions += sum(map(len, heard))
        return seconds

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of the answer to a signed request. Raises RuntimeError where it is no success."""
        headers = signed_now(self._key, DEVICE, EPOCH, method, path, body)
        self._http.request(method, path, body, {**headers, "Content-Type": "application/x-ndjson"})
        answer = self._http.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise RuntimeError(told.decode())
        return told

    def _record(self, sequence: int, heard: tuple[str, ...]) -> bytes:
        token = customer_token(self._settings.tenant_key, str(sequence * STEP % self._customers))
        progress = checkout.begin(self._decision)
        for rung, reaction in zip(self._decision.plan, heard, strict=False):
            progress = checkout.react(self._decision, progress, rung, reaction, 900)
        outcome = "lost" if heard[-1] == "left" else "sold"
        stamp = checkout_record.Stamp(DEVICE, EPOCH, sequence, self._settings.store, 1, sequence, None)
        record = checkout_record.of_checkout(stamp, f"b{sequence}", token, self._decision, progress, outcome)
        return event.seal(record)
