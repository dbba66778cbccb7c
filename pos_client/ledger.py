"""What this till sold since its snapshot was made, as far as allowances, budgets and visits count it.

A device sells thousands of times before it is online again, so a sale is 19 bytes, not objects.
"""

from binascii import unhexlify

from pos_client.core import shop

MOST_SALES = 20000  # to known customers; of more, the oldest count against no allowance until the till syncs

_WIDTH = 19  # token 8, rule 1, day 2, amount 8
_BLOCK = 32 * _WIDTH
_VISIT = 255  # in the place of a rule: the visit itself


class Ledger:
    """Sales of one till that the snapshot of ``present`` does not know yet."""

    def __init__(self, present: shop.Shop, most_sales: int = MOST_SALES):
        self._shop = present
        self._most_blocks = max(1, most_sales // 32)
        self._places = {rule.id: place for place, rule in enumerate(present.discounts)}
        self.blocks = []  # of sales to known customers, an entry each
        self.grown = 0  # bytes of all entries that ever were
        self._spent = {}
        self._counts_visits = any(["visit" in rule.given for rule in present.discounts])
        for name, entry in present.spent.items():
            self._spent[name] = entry

    def resume(self, spent: dict) -> None:
        """Go on from what `spent` was, of a ledger under the same snapshot; its entries came by `extend`."""
        self._spent = spent

    def extend(self, entries: bytes) -> None:
        """Have entries as this class makes them; of more than there may be, the newest ones."""
        self.grown += len(entries)
        while entries:
            if not self.blocks or len(self.blocks[-1]) == _BLOCK:
                self.blocks = self.blocks[1 - self._most_blocks :] if self._most_blocks > 1 else []
                self.blocks.append(b"")
            room = self.room()
            self.blocks[-1] += entries if len(entries) <= room else entries[:room]
            entries = entries[room:]

    def room(self) -> int:
        """Bytes of entries that go into the newest block still, or into another one: read in such pieces they are not
        copied more than once."""
        left = _BLOCK - len(self.blocks[-1]) if self.blocks else 0
        return left or _BLOCK

    def lately(self, size: int):
        """The last ``size`` bytes of entries, in pieces, or None where they are not all here any more."""
        out = []
        for block in reversed(self.blocks):
            if size > 0:
                out.append(block[-size:])
                size -= len(block)
        out.reverse()
        return out if size <= 0 else None

    def add(self, record: dict, day: int) -> None:
        """Count what the checkout of a record gave on a local day."""
        token = record["customer"] or record.get("redeemer")
        for name, amount in shop.used(record):
            if name in self._places:
                rule = self._shop.discounts[self._places[name]]
                self.spend(name, amount, day)
                if token and "per_customer" in rule.given:
                    self._note(token, self._places[name], day, amount)
        if record["customer"] and self._counts_visits and shop.is_sale(record):
            self._note(record["customer"], _VISIT, day, 0)

    def spend(self, name: str, amount: int, day: int) -> None:
        """Take what the discount ``name`` gave from its budget, if it has one still."""
        if name in self._places:
            shop.spend(self._spent, self._shop.discounts[self._places[name]], amount, day)

    def spent(self) -> dict:
        """What this till may not give of the budgets any more, its own sales counted in (see `shop.spend`)."""
        return self._spent

    def facts(self, token: str, facts: dict) -> dict:
        """The customer's facts with this till's own sales counted in."""
        sales = self._of(token)
        if not sales:
            return facts
        facts = dict(facts)
        facts["counted"] = facts.get("usage", {})
        facts["usage"] = usage = dict(facts["counted"])
        for place, day, amount in sales:
            if place == _VISIT:
                facts["visits"] = facts.get("visits", 0) + 1
            else:
                shop.charge(usage, self._shop.discounts[place], amount, day)
        return facts

    def _note(self, token: str, place: int, day: int, amount: int) -> None:
        self.extend(unhexlify(token[:16]) + bytes([place]) + _number(day, 2) + _number(amount, 8))

    def _of(self, token: str) -> list:
        """(rule, day, amount) of this customer's sales, oldest first."""
        wanted = unhexlify(token[:16])
        sales = []
        for block in self.blocks:
            at = block.find(wanted)
            while at >= 0:
                if at % _WIDTH == 0:
                    rest = block[at + 8 : at + _WIDTH]
                    day, amount = int.from_bytes(rest[1:3], "little"), int.from_bytes(rest[3:], "little")
                    sales.append((rest[0], day, amount))
                at = block.find(wanted, at + 1)
        return sales


def _number(value: int, length: int) -> bytes:
    return value.to_bytes(length, "little")
