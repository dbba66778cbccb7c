"""What a simulated till sells: real decisions of the core from the service's snapshot, sealed as records."""

import random
from typing import Any

from pos_client.core import basket, checkout, checkout_record, event, shop
from pos_client.core.snapshot import Snapshot, sign

GOODS = (("4006000", 1299, "care"), ("4006001", 2450, "scent"), ("4006002", 899, "hair"))
STORE = "sample"


class Counter:
    """``wrong``: offers the largest discount first, whatever the shop's policy says."""

    def __init__(self, body: bytes, wrong: bool = False) -> None:
        signed = sign(body, b"")  # the reader expects a trailer
        snapshot = Snapshot(lambda offset, length: signed[offset : offset + length], len(signed))
        meta = snapshot.meta
        if wrong:
            meta = {**meta, "policy": {**meta["policy"], "plan": "best_first"}}
        self._shop = shop.read(meta, snapshot.column)

    def record(self, device: str, sequence: int, boot: int, now: int, chance: random.Random) -> bytes:
        """One checkout from basket to sealed record."""
        number = f"{device}-{sequence}"
        goods = basket.read(basket_of(chance))
        visit = shop.visit(self._shop, now, {}, self._shop.spent, None, number)
        decision = checkout.Decision(self._shop, goods, visit)
        progress = checkout.begin(decision)
        offered = checkout.on_offer(decision, progress)
        if offered is not None:
            progress = checkout.react(decision, progress, offered, "accepted", 900)
        stamp = checkout_record.Stamp(device, 1, sequence, STORE, boot, 1000 * sequence, now)
        return event.seal(checkout_record.of_checkout(stamp, number, None, decision, progress, "sold"))


def basket_of(chance: random.Random) -> dict[str, Any]:
    """What a customer brings, as a point of sale sends it."""
    chosen = chance.sample(GOODS, chance.randint(1, len(GOODS)))
    lines = [
        {
            "sku": sku,
            "quantity": chance.randint(1, 3),
            "unit_price": price,
            "category": category,
            "brand": "Lumi",
        }
        for sku, price, category in chosen
    ]
    return {"currency": "EUR", "cashier": "c1", "queue": 0, "lines": lines}
