"""Random shops, baskets and customers for tests, the same on both interpreters for the same seed."""

from tests.core.expect import Chance

BRANDS = ["Lumi", "Nord", "Alba"]
CATEGORIES = ["care", "hair", "scent"]
PERIODS = ["day", "week", "month", "year", "ever"]
DAY = 20400
TOKEN = "5e" * 32


def basket_body(chance: Chance) -> dict:
    """A request body; many lines have the same price so that ties are common."""
    body = {
        "currency": chance.pick(["EUR", "JPY", "KWD"]),
        "lines": [_line(chance, index) for index in range(chance.between(1, 7))],
        "cashier": chance.pick(["c1", "c2"]),
        "queue": chance.below(4),
    }
    if chance.below(3):
        body["customer"] = "24000" + str(chance.below(20))
    if not chance.below(3):
        body["coupons"] = ["HELLO"]
    if not chance.below(4):
        body["tier"] = chance.pick(["gold", "silver"])
    if not chance.below(4):
        body["birthday"] = chance.pick(["11-08", "02-29", "12-31"])
    if not chance.below(8):
        body["discounts"] = _stated(
            chance, sum([line["quantity"] * line["unit_price"] for line in body["lines"]])
        )
    return body


def _line(chance: Chance, index: int) -> dict:
    line = {
        "sku": "s" + str(chance.below(12)),
        "quantity": chance.between(1, 4),
        "unit_price": chance.pick([1, 99, 100, 100, 100, 250, 333, 1299, chance.between(0, 5000)]),
        "brand": chance.pick(BRANDS),
        "category": chance.pick(CATEGORIES),
    }
    if not chance.below(5):
        line["floor"] = chance.between(0, line["unit_price"])
    if not chance.below(5):
        line["cost"] = chance.between(0, line["unit_price"] + 10)
    if not chance.below(9):
        line["excluded"] = True
    if not chance.below(9):
        line["pack"] = 6
    return line


def _stated(chance: Chance, gross: int) -> list:
    out = []
    for index in range(chance.between(0, 4) if gross else 0):
        given = {"id": "pos" + str(index), "label": "Given " + str(index), "amount": chance.between(1, gross)}
        if not chance.below(4):
            given["entitlement"] = "automatic"
        out.append(given)
    return out


def rules(chance: Chance) -> list:
    """Up to nine rules of all kinds, often with equal amounts and equal priorities."""
    out = [_rule(chance, index) for index in range(chance.between(0, 9))]
    if chance.below(2):
        gesture = {"id": "gesture", "label": "Goodwill", "kind": "goodwill", "amount": chance.between(1, 500)}
        gesture["per_customer"] = {"period": "year", "amount": 700}
        out.append(gesture)
    return out


def _rule(chance: Chance, index: int) -> dict:
    rule = _kind(chance)
    rule["id"] = "r" + str(index)
    rule["label"] = "Rule " + str(index)
    if not chance.below(4):
        rule["entitlement"] = "automatic"
    if chance.below(2):
        rule["stack"] = chance.pick(["a", "b", "c"])
    if not chance.below(10):
        rule["exclusive"] = True
    if not chance.below(3):
        rule["priority"] = chance.between(-1, 1)
    if not chance.below(8):
        rule["basis"] = "original"
    _narrow(chance, rule)
    _limit(chance, rule)
    return rule


def _kind(chance: Chance) -> dict:
    rate = chance.pick([100, 500, 500, 1000, 1000, 2500, 10000])
    amount = chance.pick([1, 50, 100, 100, 500, 2000])
    return chance.pick(
        [
            {"kind": "percent", "rate": rate},
            {"kind": "percent", "rate": rate, "level": "line"},
            {"kind": "amount", "amount": amount},
            {"kind": "per_unit", "amount": amount},
            {"kind": "per_unit", "amount": amount, "units": 2},
            {"kind": "volume", "bands": [[3, min(rate, 500)], [6, rate]]},
            {"kind": "free", "get": 1, "buy": chance.below(3), "rate": rate, "times": 2},
            {"kind": "bundle", "quantity": 3, "price": amount, "times": 2},
            {
                "kind": "bundle",
                "price": amount,
                "parts": [{"quantity": 1, "categories": ["care"]}, {"quantity": 1, "categories": ["hair"]}],
            },
        ]
    )


def _narrow(chance: Chance, rule: dict) -> None:
    narrowing = chance.below(12)
    if narrowing == 0:
        rule["brands"] = [chance.pick(BRANDS)]
    elif narrowing == 1:
        rule["categories"] = [chance.pick(CATEGORIES)]
    elif narrowing == 2:
        rule["minimum_spend"] = 1000
    elif narrowing == 3:
        rule["birthday"] = {"before": 7, "after": 7}
    elif narrowing == 4:
        rule["tiers"] = ["gold"]
    elif narrowing == 5:
        rule["coupon"] = "HELLO"
    elif narrowing == 6:
        rule["price_from"] = 100
    elif narrowing == 7:
        rule["from"] = "2025-01-01"
        rule["weekdays"] = [1, 2, 3, 4, 5]


def _limit(chance: Chance, rule: dict) -> None:
    limit = chance.below(10)
    if limit == 0:
        rule["most_per_order"] = chance.between(1, 500)
    elif limit == 1:
        rule["per_customer"] = {"period": chance.pick(PERIODS), "uses": 2}
    elif limit == 2:
        rule["budget"] = {"period": chance.pick(PERIODS), "amount": chance.between(1, 3000)}


def policy(chance: Chance) -> dict:
    return {
        "plan": chance.pick(
            ["smallest_first", "smallest_first", "one_by_one", "best_first", "adaptive_start"]
        ),
        "lost_sale": chance.pick([0, 10000, 60000]),
        "till_hour": chance.pick([0, 3000]),
        "waiting_hour": chance.pick([0, 1500]),
        "most_climbs": chance.pick([2, 2, 7]),
        "till_seconds": chance.pick([30, 120]),
        "hold_firm": chance.pick([0, 0, 1000]),
        "price_floor": chance.pick([0, 5000, 8000]),
        "minimum_margin": chance.pick([0, 1500]),
        "most_stacked": chance.between(1, 3),
        "utc_offset": chance.pick([0, 180, -300]),
    }


def experiments(chance: Chance) -> list:
    """A holdout or none, then up to two experiments."""
    usual = {"name": "usual", "share": 2000, "holdout": True, "policy": {"plan": "best_first"}}
    out = [_experiment("holdout", "customer", [usual])] if chance.below(2) else []
    for number in range(chance.below(3)):
        climbs = {"name": "climbs", "share": chance.between(1, 4000), "policy": {"most_climbs": 1}}
        firm = {"name": "firm", "share": chance.between(1, 4000), "policy": {"hold_firm": 3000}}
        out.append(_experiment("e" + str(number), chance.pick(["customer", "checkout"]), [climbs, firm]))
    return out


def _experiment(name: str, unit: str, arms: list) -> dict:
    return {"id": name, "unit": unit, "from": "2025-11-15", "until": "2025-12-10", "arms": arms}


def meta(chance: Chance, model, version: int) -> dict:
    """What a snapshot says of a random shop."""
    return {
        "format": 1,
        "version": version,
        "built": DAY * 86400,
        "history": "h",
        "store": "s1",
        "model": model,
        "discounts": rules(chance),
        "policy": policy(chance),
        "experiments": experiments(chance),
        "through": {},
        "budgets": {},
    }
