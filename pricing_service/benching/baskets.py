"""What the benchmarks put on the counter, always the same."""

import json

CONTRACT = {
    "currency": "EUR",
    "customer": "2400000012345",
    "cashier": "c7",
    "queue": 0,
    "lines": [{"sku": "4006000", "quantity": 2, "unit_price": 1299, "category": "care", "brand": "Lumi"}],
}
BRANDS = ("Lumi", "Noct", "Veld", "Pigmento", "Brindle")
CATEGORIES = ("care", "fragrance", "hair", "makeup", "body")


def ten_lines() -> dict:
    """Ten lines over all brands and categories, one to three units each."""
    lines = [
        {
            "sku": str(4006000 + number),
            "quantity": 1 + number % 3,
            "unit_price": 799 + 350 * number,
            "category": CATEGORIES[number % 5],
            "brand": BRANDS[number * 3 % 5],
        }
        for number in range(10)
    ]
    return {**CONTRACT, "lines": lines}


def thirty_rules() -> list[dict]:
    """Thirty rules that all apply to `ten_lines`: percentages, amounts, volumes, brands, free units, bundles."""
    rules = []
    for number, brand in enumerate(BRANDS):
        free = {"buy": 2, "get": 1, "categories": [CATEGORIES[number]]}
        mine = {"brands": [brand]}
        rules += [
            {"id": f"line-{number}", "kind": "percent", "rate": 300 + 100 * number, "level": "line", **mine},
            {"id": f"volume-{number}", "kind": "volume", "bands": [[2, 400], [4, 900]], "stack": "v", **mine},
            {"id": f"unit-{number}", "kind": "per_unit", "amount": 30 + number, "stack": "u", **mine},
            {"id": f"free-{number}", "kind": "free", **free},
            {"id": f"order-{number}", "kind": "percent", "rate": 200 + 150 * number, "minimum_spend": 1000},
            {"id": f"amount-{number}", "kind": "amount", "amount": 150 + 210 * number, "minimum_quantity": 2},
        ]
    return [{**rule, "label": rule["id"]} for rule in rules]


def body(basket: dict) -> str:
    return json.dumps(basket)
