"""`rung bench plan`: the exact plan of eight rungs, and the core's whole decision around it.

The decision goes from the parsed body to the answer, ten lines and thirty rules, for a customer nobody has met.
"""

import time
from statistics import median, quantiles

from models import tables
from models.release import HAND_MADE
from pos_client.core import answer, basket, checkout, shop
from pricing_service.benching import baskets, weighing

DAY = 20_000 * 86_400


def measure(seconds: float) -> dict:
    """Milliseconds of one plan, and of one decision: median and 99th percentile."""
    meta = {"discounts": baskets.thirty_rules(), "policy": {}, "version": 1, "built": DAY}
    market, body, took = shop.read(meta), baskets.ten_lines(), []
    market.model = tables.held(HAND_MADE)
    rungs = len(_decide(market, body)["ladder"])
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        _decide(market, body)
        took.append((time.perf_counter() - began) * 1000)
    return {
        **weighing.measure(),
        "median_ms": round(median(took), 3),
        "p99_ms": round(quantiles(took, n=100)[98], 3),
        "decisions": len(took),
        "lines": len(body["lines"]),
        "rules": len(market.discounts),
        "rungs_of_decision": rungs,
    }


def _decide(market: shop.Shop, body: dict) -> dict:
    goods = basket.read(body)
    decision = checkout.Decision(market, goods, shop.visit(market, DAY, {}, {}))
    return answer.of_checkout("bench", decision, checkout.begin(decision), "en")
