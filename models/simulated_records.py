"""The checkouts of a simulated shop as records that a till could have sealed: a log to feed a service with."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import xarray as xr

from models.checkout_table import ACCEPTED, LEFT
from pos_client.core.event import seal

READ = ("customer", "cashier", "day", "gross", "lines", "units", "planned", "heard", "ending", "depth", "top")
WORDS = ("accepted", "left", "asked_more")


def lines(played: xr.Dataset, device: str, epoch: int, store: str, last_day: int) -> Iterator[bytes]:
    """Sealed records of ``device``, in the order of the dataset, whose last day becomes ``last_day``."""
    columns = [played[name].values.tolist() for name in READ]
    shift = last_day - int(played["day"].values[-1])
    for sequence, values in enumerate(zip(*columns, strict=True), 1):
        row: dict[str, Any] = dict(zip(READ, values, strict=True))
        identity = {
            "device": device,
            "epoch": epoch,
            "sequence": sequence,
            "boot": 1,
            "monotonic_ms": sequence,
        }
        clock = datetime.fromtimestamp((row["day"] + shift) * 86400, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield seal({**identity, "store": store, "clock": clock, **_checkout(row, f"{device}-{sequence}")})


def _checkout(row: dict[str, Any], checkout_id: str) -> dict[str, Any]:
    """What a till records of such a visit. The ladder ends with the plan, or one basis point above it."""
    depths = row["depth"][: row["planned"]]
    ladder = depths if row["top"][row["planned"] - 1] else [*depths, depths[-1] + 1]
    reactions = ["asked_more"] * (row["heard"] - 1) + [WORDS[row["ending"]]]
    sold = row["ending"] != LEFT
    taken = depths[row["heard"] - 1] if row["ending"] == ACCEPTED else 0
    return {
        "kind": "checkout",
        "checkout_id": checkout_id,
        "customer": None if row["customer"] < 0 else f"{row['customer']:064x}",
        "cashier": f"c{row['cashier']}",
        "currency": "EUR",
        "gross": row["gross"],
        "queue": 0,
        "lines": _lines(row["lines"], row["units"], row["gross"]),
        "automatic": [],
        "goodwill": None,
        "ladder": [_rung(depth, row["gross"]) for depth in ladder],
        "plan": list(range(len(depths))),
        "arm": "one_by_one",
        "propensity": 10000,
        "release": "hand-1",
        "snapshot": 1,
        "offers": [
            {"rung": rung, "reaction": word, "milliseconds": 3000} for rung, word in enumerate(reactions)
        ],
        "state": {"accepted": "settled", "left": "lost", "asked_more": "top_reached"}[reactions[-1]],
        "outcome": "sold" if sold else "lost",
        "discount": {"amount": _amount(taken, row["gross"]), "lines": [], "parts": []} if taken else None,
        "disclosure": None,
        "training": False,
    }


def _rung(depth: int, gross: int) -> dict[str, Any]:
    return {"discounts": [f"off-{depth}"], "amount": _amount(depth, gross), "depth": depth}


def _amount(depth: int, gross: int) -> int:
    return (gross * depth + 5000) // 10000


def _lines(lines: int, units: int, gross: int) -> list[dict[str, Any]]:
    """So many lines, all but the first of one unit; nobody looks at their prices."""
    quantities = [units - lines + 1, *[1] * (lines - 1)]
    return [
        {"sku": f"sku-{at}", "quantity": quantity, "unit_price": gross // units, "category": "", "brand": ""}
        for at, quantity in enumerate(quantities)
    ]
