"""What this till sold since its snapshot was made, as far as allowances and budgets count it."""

from pos_client.core import shop


class Ledger:
    """Sales that the snapshot does not know yet: (sequence, token, uses, local day)."""

    def __init__(self):
        self._sales = []

    def add(self, sequence: int, record: dict, present: shop.Shop, day: int) -> None:
        """Note what a checkout record gave; sales that no limit counts are not kept."""
        limited = [(rule, amount) for rule, amount in _uses(present, record) if rule.counts()]
        if limited:
            self._sales.append((sequence, record["customer"], limited, day))

    def forget(self, through: int) -> None:
        """A new snapshot counts everything up to sequence ``through`` itself."""
        self._sales = [sale for sale in self._sales if sale[0] > through]

    def facts(self, token: str, facts: dict) -> dict:
        """The customer's facts with this till's own sales counted in."""
        sales = [sale for sale in self._sales if sale[1] == token]
        if not sales:
            return facts
        facts = dict(facts)
        facts["visits"] = facts.get("visits", 0) + len(sales)
        facts["usage"] = usage = dict(facts.get("usage", {}))
        for _, _, uses, day in sales:
            for rule, amount in uses:
                shop.charge(usage, rule, amount, day)
        return facts

    def spent(self, spent: dict) -> dict:
        """The shop's budgets with this till's own sales taken from them."""
        if not self._sales:
            return spent
        spent = dict(spent)
        for _, _, uses, day in self._sales:
            for rule, amount in uses:
                shop.spend(spent, rule, amount, day)
        return spent


def _uses(present: shop.Shop, record: dict) -> list:
    rules = {rule.id: rule for rule in present.discounts}
    return [(rules[name], amount) for name, amount in shop.used(record) if name in rules]
