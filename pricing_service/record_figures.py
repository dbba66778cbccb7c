"""Figures of a stored record, read so that no record can stop a report: the log also holds what today's checks refuse.

What is no figure counts as left out, and what is larger than a till can write counts as the largest.
"""

from typing import Any

from pos_client.core.record import LARGEST

LONGEST = 3_600_000  # ms; who comes back after an hour has not been reading


def amount(value: Any) -> int:
    """Minor units from -`LARGEST` to `LARGEST`, which is what a basket can be worth; 0 for what is no whole number."""
    return max(-LARGEST, min(value, LARGEST)) if type(value) is int else 0


def milliseconds(offer: dict[str, Any]) -> int | None:
    """From prompt to key, an hour at most; None where it was not taken."""
    told = offer.get("milliseconds")
    return min(told, LONGEST) if type(told) is int and told >= 0 else None


def currency(record: dict[str, Any]) -> str:
    """The code, as sent; empty where none was."""
    told = record.get("currency")
    return told if isinstance(told, str) else ""


def money(record: dict[str, Any], margin: int) -> dict[str, int]:
    """What a checkout paid, kept and gave, minor units; nothing of it where nothing was sold.

    ``margin``: basis points at which a till that does not say what the shop kept is taken to sell.
    """
    gross, sold = amount(record["gross"]), record["outcome"] == "sold"
    automatic = amount(sum(given["amount"] for given in record["automatic"]))
    asked = amount(sum(given["amount"] for given in (record["discount"], record["goodwill"]) if given))
    kept = amount(record.get("margin", gross * margin // 10_000 - automatic - asked))
    return {
        "gross": gross,
        "turnover": max(gross - automatic - asked, 0) if sold else 0,
        "margin": kept if sold else 0,
        "discount": asked if sold else 0,
    }
