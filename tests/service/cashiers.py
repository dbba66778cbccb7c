"""A shop floor: simulated customers at real decisions, keyed by cashiers of whom some key what they like."""

import random
from collections.abc import Callable
from typing import Any

from models.release import HAND_MADE
from models.simulate import Visit, shopper
from pos_client.core import basket, checkout, checkout_record, event, shop
from pricing_service.security import customer_token
from tests.service.places import BASKET, Pen

NOON = 1_795_000_000
Manner = Callable[[random.Random, Visit, checkout.Decision, checkout.Progress], str]


def honest(_: random.Random, visit: Visit, decision: checkout.Decision, progress: checkout.Progress) -> str:
    """What the customer says."""
    number, rung = len(progress.offers), checkout.on_offer(decision, progress)
    ladder = decision.ladder
    last = rung == len(ladder) - 1 or rung == decision.plan[-1]
    return visit.answer(number, ladder[rung].depth, rung == len(ladder) - 1, last)


def asks_for_more(*_: Any) -> str:
    return "asked_more"


def takes_it(*_: Any) -> str:
    return "accepted"


class Floor:
    """``cards`` customers, visits at random, at tills of ``pens``; everything follows from ``seed``."""

    def __init__(self, *pens: Pen, seed: int = 1, cards: int = 60) -> None:
        self.pens, self.chance = pens, random.Random(seed)
        self.people = [shopper(HAND_MADE, random.Random(f"{seed}/{card}")) for card in range(cards)]
        self.clock, self.monotonic = NOON, 0

    def ring(
        self, cashier: str | None, manner: Manner = honest, pen: Pen | None = None, **more: Any
    ) -> bytes:
        """One sealed record. ``card``: whose card is read, if not the customer's; ``fast``: keyed by a machine;
        ``training``; ``goodwill`` in minor units."""
        pen = pen or self.chance.choice(self.pens)
        who = self.chance.randrange(len(self.people))
        card = more.pop("card", f"card-{who}")
        fast = more.pop("fast", False)
        lines = [{**BASKET["lines"][0], "quantity": self.chance.randrange(3, 9)}]
        goods = basket.read({**BASKET, "customer": card, "cashier": cashier, "lines": lines, **more})
        token = customer_token(pen.settings.tenant_key, card) if card else None
        at = f"{pen.device}-{pen.sequence + 1}"
        seen = shop.visit(pen.shop, self.clock, {} if token else None, {}, token, at)
        decision = checkout.Decision(pen.shop, goods, seen)
        progress = checkout.begin(decision)
        visit = self.people[who].visit(self.chance)
        while progress.state == "offering":
            said = manner(self.chance, visit, decision, progress)
            ms = 40 if fast else round(1000 * self.chance.lognormvariate(0.9, 0.5))
            progress = checkout.react(decision, progress, checkout.on_offer(decision, progress), said, ms)
        return self._sealed(pen, at, token, decision, progress)

    def _sealed(
        self, pen: Pen, at: str, token: str | None, decision: checkout.Decision, progress: checkout.Progress
    ) -> bytes:
        self.clock += 60
        self.monotonic += self.chance.randrange(20_000, 60_000)
        pen.sequence += 1
        stamp = checkout_record.Stamp(
            pen.device, pen.epoch, pen.sequence, "sample", 1, self.monotonic, self.clock
        )
        outcome = "lost" if progress.state == "lost" else "sold"
        return event.seal(checkout_record.of_checkout(stamp, at, token, decision, progress, outcome))

    def day(self, cashiers: dict[str, Manner], each: int, **more: Any) -> list[bytes]:
        """``each`` checkouts of every cashier, in turn, at the first till."""
        turns = [name for _ in range(each) for name in cashiers]
        return [self.ring(name, cashiers[name], self.pens[0], **more) for name in turns]
