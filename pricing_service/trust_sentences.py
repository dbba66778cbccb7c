"""Why a cashier or a till is distrusted, in sentences and figures: what records look like, not what anybody meant."""

from typing import Any

from pricing_service.trust_intervals import DEVICE
from pricing_service.trust_store import Entry

NOUNS = {"cashier": "cashier", "device": "till"}
# What was found, then what honest records would show. {hits} of {trials}, {expected} expected.
_BY_BOTH = "by what their customers did elsewhere, and by the other {others}, it would be {expected}."
_THERE = "at the other {others} it would be {expected}."
FOUND = {
    "refused": "{hits} of {trials} offers were refused; " + _BY_BOTH,
    "topped": "{hits} of {trials} reactions lead straight to the last offer of the plan; " + _BY_BOTH,
    "accepted": "{hits} of {trials} first offers were accepted; " + _BY_BOTH,
    "random": "{hits} of {trials} offers went the way that was unlikely for their customer, as if any key had been"
    " pressed; " + _BY_BOTH,
    "left": "After {hits} of {trials} refusals the customer is said to have left; " + _THERE,
    "fast": "{hits} of {trials} answers came within a quarter of a second of the prompt, before anybody can have read"
    " it; " + _THERE,
    "same-time": "{hits} of {trials} answers took exactly as long as the one before; " + _THERE,
    "rushed": "{hits} of {trials} checkouts with an offer ended within three seconds of the one before; "
    + _THERE,
    "same-card": "{hits} of {trials} checkouts are of a card that was there a few checkouts before on the same day; "
    + _THERE,
    "goodwill": "{hits} of {trials} sales were given goodwill; " + _THERE,
    "practice": "{hits} of {trials} checkouts are marked as training and carry the card of a customer who buys here; "
    + _THERE,
}


def who(entry: Entry) -> str:
    """As a person calls the source."""
    return f"{NOUNS[entry.kind]} {entry.name} in {entry.store}"


def why(entry: Entry) -> str:
    """What its records look like; of a source that a person set, that person's note."""
    if entry.reason not in FOUND:
        return f"{entry.set_by} says: {entry.note}"
    figures = {name: entry.detail[name] for name in ("hits", "trials")}
    others = "tills" if entry.kind == DEVICE else "cashiers"
    return FOUND[entry.reason].format(**figures, expected=round(entry.detail["expected"]), others=others)


def how_sure(entry: Entry) -> str:
    """The bound on a false alarm; empty for what a person set."""
    bound = entry.detail.get("bound")
    if bound is None:
        return ""
    chance = f"1 in {round(1 / max(bound, 1e-12)):,}" if bound < 0.1 else f"{100 * bound:.0f} %"
    return (
        f"An honest one raises such an alarm in a year of 20,000 checkouts with a chance of at most {chance}."
    )


def what_follows(entry: Entry) -> str:
    """What is done with the records, and what is not."""
    if entry.cleared:
        return "All its records teach again, as if nothing had been."
    told = (
        f"{_records(entry.taken_back)} that had been learnt {_were(entry.taken_back)} taken back,"
        f" {_records(entry.left_out)} came in since and {'teaches' if entry.left_out == 1 else 'teach'} nothing."
    )
    if entry.last is not None:
        told += " What came after that teaches as ever."
    if entry.swept < entry.until:
        told += " Beliefs are being learnt anew; that is not finished yet."
    return told + " Sales, budgets and allowances count all of them."


def _records(many: int) -> str:
    return f"{many:,} record{'' if many == 1 else 's'}"


def _were(many: int) -> str:
    return "was" if many == 1 else "were"


def figures(entry: Entry) -> dict[str, Any]:
    """The figures, for programs; None where a person set it."""
    names = ("hits", "trials", "expected", "bound")
    return {name: entry.detail.get(name) for name in names}
