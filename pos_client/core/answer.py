"""The JSON answer to a basket or a reaction, the same from a till and from the service."""

from pos_client.core import goodwill
from pos_client.core.checkout import Decision, Progress, on_offer, taken, to_pay
from pos_client.core.wording import say, spoken


def of_checkout(checkout_id: str, decision: Decision, progress: Progress, language: str) -> dict:
    """The whole checkout: what is given anyway, the ladder, the plan, and what to offer now."""
    return {
        "checkout_id": checkout_id,
        "gross": decision.basket.gross,
        "currency": decision.basket.currency,
        "arm": decision.branch.arm,
        "release": decision.shop.release,
        "snapshot": decision.shop.version,
        "automatic": [{"id": one.discount.id, "amount": one.amount} for one in decision.automatic],
        "ladder": [_rung(position, rung) for position, rung in enumerate(decision.ladder)],
        "plan": decision.plan,
        "state": progress.state,
        "offer": offer(decision, progress, language),
        "goodwill": _gesture(decision, progress),
        "pay": to_pay(decision, progress, taken(decision, progress, "sold")),
        "training": decision.basket.training,
        "profile": decision.basket.profile,
    }


def of_reaction(decision: Decision, progress: Progress, language: str) -> dict:
    """What a reaction led to: the next offer, or the discount that was agreed."""
    settled = progress.state == "settled"
    return {
        "state": progress.state,
        "offer": offer(decision, progress, language),
        "discount": discount(decision, taken(decision, progress, "sold") if settled else None),
        "currency": decision.basket.currency,
        "goodwill": _gesture(decision, progress),
        "pay": to_pay(decision, progress, taken(decision, progress, "sold")),
    }


def offer(decision: Decision, progress: Progress, language: str):
    """The rung on the table in words and figures, or None."""
    position = on_offer(decision, progress)
    if position is None:
        return None
    rung = decision.ladder[position]
    pay = to_pay(decision, progress, rung)
    return {
        "rung": position,
        "label": rung.label(),
        "amount": rung.amount,
        "depth": rung.depth,
        "pay": pay,
        "say": say(language, rung.label(), rung.amount, progress.goodwill, decision.basket.currency, pay),
        "disclosure": disclosure(decision, rung, language),
    }


def lines(decision: Decision, language: str) -> list:
    """What the cashier says at each offer of the plan, in its order, where no gesture is made."""
    currency = decision.basket.currency
    rungs = [decision.ladder[position] for position in decision.plan]
    untouched = Progress("offering", 0, (), 0)
    return [
        say(language, rung.label(), rung.amount, 0, currency, to_pay(decision, untouched, rung))
        for rung in rungs
    ]


def disclosure(decision: Decision, rung, language: str):
    """The text to show at the moment of the offer, or None: what the law asks for where the customer is known, because
    then the price is personalised, and the discount's own, else the shop's."""
    own = rung.disclosure() or decision.shop.policy.disclosure
    notice = decision.shop.notice
    if notice is None or decision.notice() is None:
        return own
    law = notice[spoken(language)]
    return law + " " + own if own else law


def discount(decision: Decision, rung):
    """What ``rung`` gives by line, or None without one."""
    if rung is None:
        return None
    lines = []
    for line, part in zip(decision.basket.lines, rung.shares()):
        lines.append({"sku": line.sku, "quantity": line.quantity, "share": part})
    return {"label": rung.label(), "amount": rung.amount, "lines": lines}


def _gesture(decision: Decision, progress: Progress) -> dict:
    return {"available": goodwill.left(decision), "given": progress.goodwill}


def _rung(position: int, rung) -> dict:
    return {
        "rung": position,
        "discounts": rung.ids,
        "label": rung.label(),
        "amount": rung.amount,
        "depth": rung.depth,
    }
