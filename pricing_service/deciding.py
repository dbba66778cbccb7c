"""Decisions from memory, by the till's own code on the till's own snapshot."""

import hashlib
from typing import Any

from pos_client.core import answer, basket, checkout, explanation, shop
from pos_client.core.snapshot import Snapshot, sign
from pricing_service.security import customer_token
from pricing_service.snapshot_store import Built


class Decider:
    """Answers baskets of one store from one snapshot."""

    def __init__(self, built: Built, tenant_key: bytes) -> None:
        signed = sign(built.body, b"")  # the reader expects a trailer; nobody else sees this one
        self.version = built.version
        self._snapshot = Snapshot(lambda offset, length: signed[offset : offset + length], len(signed))
        self._shop = shop.read(self._snapshot.meta, self._snapshot.column)
        self._tenant_key = tenant_key

    def decide(self, checkout_id: str, body: Any, now: int, language: str) -> dict[str, Any]:
        """The till's answer to ``PUT /v1/checkouts/{checkout_id}``. Raises `Refused`."""
        decision = self._decision(checkout_id, body, now)
        return answer.of_checkout(checkout_id, decision, checkout.begin(decision), language)

    def explain(self, checkout_id: str, body: Any, now: int) -> dict[str, Any]:
        """Why the same basket gets the plan it gets. Raises `Refused`."""
        return explanation.explain(self._decision(checkout_id, body, now))

    def _decision(self, checkout_id: str, body: Any, now: int) -> checkout.Decision:
        goods = basket.read(body)
        token, facts, held, redeemer = self._customer(goods)
        visit = shop.visit(self._shop, now, facts, self._shop.spent, token, checkout_id, held)
        visit.redeemer = redeemer
        return checkout.Decision(self._shop, goods, visit)

    def _customer(self, goods: basket.Basket) -> tuple:
        """(token, facts, belief, None) of the customer, None each for one without a card; (None, facts, None, token) of
        who refuses to be profiled."""
        if goods.customer is None or not goods.profile:
            return None, None, None, None
        token = customer_token(self._tenant_key, goods.customer)
        weights, since, facts = self._snapshot.customer(token) or (None, 0, {})
        if facts.get("refused"):
            return None, shop.unprofiled(facts), None, token
        return token, facts, (weights, since) if weights else None, None


def number(raw: bytes) -> str:
    """The checkout's id where the caller gave none: the same basket, the same answer."""
    return hashlib.sha256(raw).hexdigest()[:32]
