"""What one till may give of what all tills share: money budgets, and the allowances of customers.

Tills do not hear of each other while they are offline, so a snapshot divides. Of a budget every till of the shop has a
lease: an amount for the present period and one for each later period, beyond what the snapshot counts of its sales;
what all leases and all counted sales come to never exceeds the budget. A customer's uses are numbered, and the number
says which till may give it; a young snapshot does not ask, for its tills hear of each other soon enough.
"""

from pos_client.core.experiment import drawn

_SALT = "/lease"  # no experiment's id has a slash


def of(meta: dict, till):
    """(place, number of tills, budgets) that a snapshot's ``meta`` deals to the till of this name.

    None where nothing is dealt: to nobody (the service's own decisions, which give nothing away), and by a service
    that knows no leases.
    """
    leases = meta.get("leases")
    if till is None or leases is None:
        return None
    place, budgets = leases["tills"].get(till, (-1, {}))
    return place, leases["of"], budgets


def within(rules: list, spent: dict, budgets: dict) -> dict:
    """The budgets of ``rules`` with all as spent that is not leased to this till.

    ``spent``: id -> [period key, amount]; ``budgets``: id -> [period key, left, left in each later period]. Gives
    id -> [period key, amount used, amount used when a later period begins].
    """
    out = {}
    for rule in rules:
        if "budget" in rule.given:
            most = rule.given["budget"]["amount"]
            key, left, later = budgets.get(rule.id, (0, 0, 0))
            counted = spent.get(rule.id, (key, 0))
            used = max(most - left, counted[1] if counted[0] == key else 0)
            out[rule.id] = [key, used, most - later]
    return out


def uses(place: int, tills: int, token: str, name: str, counted: int, most: int) -> int:
    """How many of a customer's uses ``counted`` + 1 to ``most`` of the discount ``name`` are this till's to give."""
    if place < 0:
        return 0
    first = (place - drawn(_SALT + name, token, tills)[1]) % tills  # the smallest number that is this till's
    return max(0, (most - first + tills) // tills - (counted - first + tills) // tills)
