"""What a till journals of a finished checkout and of a return: plain fields for `event.seal`."""

from pos_client.core import answer, goodwill, margin
from pos_client.core.calendar import rfc3339
from pos_client.core.checkout import OUTCOMES, Decision, Progress, on_offer, taken
from pos_client.core.ladder import Given
from pos_client.core.record import Invalid

YEAR_10000 = 253402300800  # in Unix seconds: no clock that says so is right


class Stamp:
    """Who writes a record, and when: identity of the till, its ``boot`` number, clocks (``now`` may be None)."""

    def __init__(self, device: str, epoch: int, sequence: int, store: str, boot: int, monotonic_ms: int, now):
        self.fields = {
            "device": device,
            "epoch": epoch,
            "sequence": sequence,
            "store": store,
            "boot": boot,
            "monotonic_ms": monotonic_ms,
            "clock": rfc3339(now) if now is not None and 0 <= now < YEAR_10000 else None,
        }


def of_checkout(
    stamp: Stamp,
    checkout_id: str,
    token,
    decision: Decision,
    progress: Progress,
    outcome: str,
    waited=None,
    language="en",
) -> dict:
    """The record of a checkout that ended with ``outcome``. ``token`` is the customer's or None. Raises `Invalid`.

    ``waited``: milliseconds that an offer nobody answered lay on the table, where the till knows. ``language`` is the
    till's, in which what the law asks for was shown.
    """
    if outcome not in OUTCOMES:
        raise Invalid("unknown-outcome", "an outcome is one of " + ", ".join(OUTCOMES))
    rung = taken(decision, progress, outcome)
    gesture = goodwill.given(decision, progress, rung) if outcome == "sold" else None
    shown = _shown(decision, progress, language)
    record = {
        "kind": "checkout",
        "checkout_id": checkout_id,
        "customer": token,
        "goodwill": _given(gesture) if gesture else None,
        "offers": _offers(decision, progress, waited),
        "state": progress.state,
        "outcome": outcome,
        "margin": _margin(decision, rung, gesture) if outcome == "sold" else 0,
        "discount": _discount(decision, rung),
        "disclosure": shown,
        "notice": decision.notice() if shown else None,
    }
    if outcome == "sold" and _redeems(decision, rung, gesture):
        record["redeemer"] = decision.visit.redeemer
    record.update(_brought(decision.basket))
    record.update(_decided(decision))
    record.update(stamp.fields)
    return record


def _redeems(decision: Decision, rung, gesture) -> bool:
    """Whether something was given that is counted by customer to one who refuses to be profiled."""
    given = decision.automatic + (rung.given if rung else []) + ([gesture] if gesture else [])
    limited = [one for one in given if "per_customer" in one.discount.given]
    return decision.visit.redeemer is not None and bool(limited)


def _brought(basket) -> dict:
    """What the point of sale told; what it rarely tells, only where it did."""
    told = {
        "cashier": basket.cashier,
        "currency": basket.currency,
        "gross": basket.gross,
        "queue": basket.queue,
        "lines": [_line(line) for line in basket.lines],
        "profile": basket.profile,
        "training": basket.training,
    }
    if basket.stated is not None:
        told["stated"] = basket.stated
    if basket.coupons:
        told["coupons"] = basket.coupons
    if basket.tier:
        told["tier"] = basket.tier
    if basket.birthday:
        told["birthday"] = basket.birthday
    return told


def _decided(decision: Decision) -> dict:
    """What was decided once for the basket, and by which branch."""
    return {
        "automatic": [_given(one) for one in decision.automatic],
        "ladder": [
            {"discounts": one.ids, "amount": one.amount, "depth": one.depth} for one in decision.ladder
        ],
        "plan": decision.plan,
        "arm": decision.branch.arm,
        "policy": decision.branch.plan,
        "experiment": decision.branch.experiment,
        "held": decision.is_held(),
        "propensity": decision.propensity(),
        "release": decision.shop.release,
        "snapshot": decision.shop.version,
        "day": decision.visit.day,
        "limits": decision.visit.limits,
    }


def of_return(stamp: Stamp, checkout_id: str, return_id, lines: list, refund: int, token=None) -> dict:
    """The record of goods brought back: ``lines`` as `returning.give_back` lists them, ``token`` that of the sale."""
    record = {
        "kind": "return",
        "customer": token,
        "checkout_id": checkout_id,
        "return_id": return_id,
        "lines": lines,
        "refund": refund,
    }
    record.update(stamp.fields)
    return record


def closed(record: dict) -> dict:
    """The answer to closing the checkout of a record; the same whenever it is asked for again."""
    told = {"state": "closed", "offer": None, "record": identity(record), "pay": _paid(record)}
    for name in ("checkout_id", "currency", "gross", "arm", "release", "snapshot", "plan", "training"):
        told[name] = record[name]
    told["ladder"] = [_numbered(position, rung) for position, rung in enumerate(record["ladder"])]
    told["automatic"] = [{"id": one["id"], "amount": one["amount"]} for one in record["automatic"]]
    told["goodwill"] = {"available": 0, "given": record["goodwill"]["amount"] if record["goodwill"] else 0}
    for name in ("outcome", "discount", "disclosure"):
        told[name] = record[name]
    return told


def identity(record: dict) -> dict:
    """What a record is known by."""
    return {"device": record["device"], "epoch": record["epoch"], "sequence": record["sequence"]}


def _numbered(position: int, rung: dict) -> dict:
    told = dict(rung)
    told["rung"] = position
    return told


def _paid(record: dict) -> int:
    """What the customer paid, in minor units: nothing unless the goods were sold."""
    if record["outcome"] != "sold":
        return 0
    given = record["automatic"] + [one for one in (record["discount"], record["goodwill"]) if one]
    return record["gross"] - sum([one["amount"] for one in given])


def _line(line) -> dict:
    told = {
        "sku": line.sku,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "category": line.category,
        "brand": line.brand,
    }
    if line.tax:
        told["tax"] = line.tax
    if line.floor:
        told["floor"] = line.floor
    if line.cost is not None:
        told["cost"] = line.cost
    if line.pack != 1:
        told["pack"] = line.pack
    if line.tags:
        told["tags"] = line.tags
    if line.excluded:
        told["excluded"] = True
    return told


def _given(one: Given) -> dict:
    given = _part(one)
    given["shares"] = one.shares()
    return given


def _part(one: Given) -> dict:
    """A discount that was given. One that the point of sale computed is marked: no rule of ours counts it."""
    part = {"id": one.discount.id, "amount": one.amount}
    if one.discount.kind == "stated":
        part["stated"] = True
    return part


def _margin(decision: Decision, rung, gesture) -> int:
    """What the shop keeps of a sale, in minor units."""
    given = [one.shares() for one in decision.automatic] + ([gesture.shares()] if gesture else [])
    return margin.kept(decision.basket, given + ([rung.shares()] if rung else []), decision.branch.policy)


def _offers(decision: Decision, progress: Progress, waited=None) -> list:
    made = [
        {"rung": rung, "reaction": reaction, "milliseconds": ms} for rung, reaction, ms in progress.offers
    ]
    if progress.state == "offering":
        made.append({"rung": on_offer(decision, progress), "reaction": None, "milliseconds": waited})
    return made


def _discount(decision: Decision, rung):
    given = answer.discount(decision, rung)
    if given:
        given["parts"] = [_part(one) for one in rung.given]
    return given


def _shown(decision: Decision, progress: Progress, language: str):
    """The disclosure texts of the offers that were made, each once, in order; a skipped offer was never made."""
    shown = []
    for made in _offers(decision, progress):
        text = answer.disclosure(decision, decision.ladder[made["rung"]], language)
        if text and text not in shown and made["reaction"] != "skipped":
            shown.append(text)
    return " ".join(shown) if shown else None
