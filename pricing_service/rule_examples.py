"""One rule of every kind, and a policy: what the API's description shows."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "discount": {
        "percent": {
            "id": "spring",
            "label": "Spring, 4 %",
            "kind": "percent",
            "rate": 400,
            "minimum_spend": 2000,
        },
        "amount": {
            "id": "ten-off",
            "label": "10 euros off from 80",
            "kind": "amount",
            "amount": 1000,
            "minimum_spend": 8000,
            "budget": {"period": "month", "amount": 50_000},
        },
        "per_unit": {
            "id": "tea-20",
            "label": "20 cents off every tea",
            "kind": "per_unit",
            "amount": 20,
            "units": 6,
            "categories": ["tea"],
        },
        "volume": {
            "id": "lumi-3",
            "label": "3 Lumi, 15 % off",
            "kind": "volume",
            "bands": [[3, 1500], [5, 2000]],
            "brands": ["Lumi"],
        },
        "free": {
            "id": "two-plus-one",
            "label": "2 + 1 free",
            "kind": "free",
            "buy": 2,
            "get": 1,
            "tags": ["two-plus-one"],
        },
        "bundle": {
            "id": "breakfast",
            "label": "Coffee and roll",
            "kind": "bundle",
            "price": 400,
            "parts": [{"quantity": 1, "categories": ["coffee"]}, {"quantity": 1, "categories": ["bakery"]}],
        },
        "goodwill": {
            "id": "gesture",
            "label": "With our regards",
            "kind": "goodwill",
            "amount": 500,
            "budget": {"period": "day", "amount": 5000},
        },
    },
    "policy": {
        "default": {"id": "default", "plan": "smallest_first", "price_floor": 5000, "utc_offset": 60},
        "all members": {
            "id": "airport",
            "plan": "best_first",
            "margin": 4200,
            "lost_sale": 20000,
            "till_hour": 2800,
            "waiting_hour": 1500,
            "question_seconds": 8,
            "till_seconds": 24,
            "most_climbs": 1,
            "silent_above": 3,
            "hold_firm": 200,
            "stand_firm": 9000,
            "read_ms": 800,
            "price_floor": 6000,
            "minimum_margin": 500,
            "most_stacked": 2,
            "utc_offset": 120,
            "disclosure": "Discounts are worked out for your basket.",
        },
    },
}
