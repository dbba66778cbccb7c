"""What open checkouts may still take of the budgets: a till does not promise the same money twice."""

from pos_client.core import checkout, shop


def counted(spent: dict, others: list) -> dict:
    """``spent`` (see `shop.spend`) with the most that ``others``, open checkouts of this till, can come to."""
    for known in others:
        for rule, amount in _most(known.decision, known.progress):
            spent = dict(spent)
            shop.spend(spent, rule, amount, known.decision.visit.day)
    return spent


def _most(decision, progress) -> list:
    """(rule, amount) of all with a budget that this checkout can end with."""
    most = []
    if progress.goodwill:
        most.append((decision.shop.goodwill, progress.goodwill))
    if decision.visit.limits:
        rungs = decision.ladder
        if progress.state != "offering":
            rungs = [checkout.taken(decision, progress, "sold")]
        largest = {}
        for given in [decision.automatic] + [rung.given for rung in rungs if rung]:
            for one in given:
                if one.amount > largest.get(one.discount.id, (None, 0))[1]:
                    largest[one.discount.id] = (one.discount, one.amount)
        most += largest.values()
    return most
