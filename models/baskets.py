"""Baskets to play: real ones from a file, generated ones of the sample cosmetics shop."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

TIERS = (None, "silver", "gold")
TIER_SHARES = (0.7, 0.2, 0.1)
COUPON_SHARE = 0.1

# Brands and categories that the sample shop's discounts ask about; prices in euro cents.
COSMETICS = (
    ("4006000", 1299, "care", "Lumi"),
    ("4006017", 2450, "care", "Lumi"),
    ("4006024", 3890, "makeup", "Lumi"),
    ("4006031", 5900, "fragrance", "Noct"),
    ("4006048", 8900, "fragrance", "Noct"),
    ("4006055", 1150, "hair", "Veld"),
    ("4006062", 1690, "hair", "Veld"),
    ("4006079", 890, "makeup", "Pigmento"),
    ("4006086", 1490, "makeup", "Pigmento"),
    ("4006093", 790, "body", "Brindle"),
    ("4006109", 1090, "body", "Brindle"),
    ("4006116", 1950, "body", "Veld"),
)


class BadFile(Exception):
    """The file cannot be played; the message says where it goes wrong."""


def count(path: Path) -> int:
    """How many baskets a file has: one JSON object a line, gzip or plain."""
    with _opened(path) as lines:
        return sum(1 for line in lines if line.strip())


def read(path: Path) -> Iterator[dict]:
    """The baskets of a file, one after the other; `BadFile` where a line is not one."""
    with _opened(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _basket(line, f"{path}, line {number}")


def _opened(path: Path):
    with path.open("rb") as start:
        packed = start.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8")


def _basket(line: str, where: str) -> dict:
    try:
        basket = json.loads(line)
        return {name: basket[name] for name in ("basket_id", "customer", "currency", "lines")}
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile(f"{where}: not a basket ({error!r})") from error


def body(basket: dict, seed: int, coupon: str) -> dict:
    """The till's request body. Cards have a tier, some customers bring the coupon: by chance, the same every time."""
    tier = Random(f"{seed}/tier/{basket['customer']}").choices(TIERS, TIER_SHARES)[0]
    brings = Random(f"{seed}/coupon/{basket['basket_id']}").random() < COUPON_SHARE
    return {
        "currency": basket["currency"],
        "customer": basket["customer"],
        "tier": tier,
        "lines": basket["lines"],
        "coupons": [coupon] if brings else [],
    }


def cosmetics(number: int, customers: int, seed: int) -> dict:
    """The ``number``-th generated basket of the sample shop, by one of ``customers`` cards."""
    chance = Random(f"{seed}/basket/{number}")
    articles = chance.sample(COSMETICS, chance.choices((1, 2, 3, 4, 5), (25, 30, 25, 13, 7))[0])
    lines = [
        {
            "sku": sku,
            "quantity": chance.choices((1, 2, 3), (75, 19, 6))[0],
            "unit_price": price,
            "category": category,
            "brand": brand,
        }
        for sku, price, category, brand in articles
    ]
    card = f"29{seed % 10**4:04}{chance.randrange(customers):07}"
    return {"basket_id": str(number), "customer": card, "currency": "EUR", "lines": lines}
