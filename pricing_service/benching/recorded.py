"""Sealed records of the contract's basket, as a till of the benchmarks writes them."""

from collections.abc import Iterator

from pos_client.core import basket, checkout, checkout_record, event, shop
from pricing_service.benching import baskets
from pricing_service.security import customer_token
from pricing_service.settings import Settings

REACTIONS = (("accepted",), ("asked_more", "accepted"), ("asked_more", "left"), ("asked_more", "asked_more"))
STEP = 7919  # a prime: customers come in no order, each as often as the others


class Recorder:
    """Writes the records of one till, which sells to ``customers`` of its own in turn."""

    def __init__(self, settings: Settings, device: str, epoch: int, customers: int) -> None:
        self._settings, self._device, self._epoch, self._customers = settings, device, epoch, customers
        market = shop.read({"discounts": baskets.thirty_rules(), "policy": {}, "version": 1, "built": 0})
        goods = basket.read(baskets.CONTRACT)
        self._decision = checkout.Decision(market, goods, shop.visit(market, None, {}, {}))

    def lines(self, first: int, count: int, clock: int | None = None) -> Iterator[tuple[bytes, int]]:
        """Records from number ``first`` on, each with how many reactions it has."""
        for sequence in range(first, first + count):
            heard = REACTIONS[sequence % len(REACTIONS)]
            yield self._line(sequence, heard, clock), len(heard)

    def _line(self, sequence: int, heard: tuple[str, ...], clock: int | None) -> bytes:
        token = customer_token(self._settings.tenant_key, self._card(sequence))
        progress = checkout.begin(self._decision)
        for rung, reaction in zip(self._decision.plan, heard, strict=False):
            progress = checkout.react(self._decision, progress, rung, reaction, 900)
        outcome = "lost" if heard[-1] == "left" else "sold"
        stamp = checkout_record.Stamp(
            self._device, self._epoch, sequence, self._settings.store, 1, sequence, clock
        )
        number = f"{self._device}-{sequence}"
        return event.seal(
            checkout_record.of_checkout(stamp, number, token, self._decision, progress, outcome)
        )

    def _card(self, sequence: int) -> str:
        return f"{self._device}/{sequence * STEP % self._customers}"
