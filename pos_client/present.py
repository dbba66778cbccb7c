"""What a till goes by at present: its snapshot, and what it sold since that was made."""

import binascii

from pos_client import promises, sales
from pos_client.core import shop
from pos_client.core.basket import Basket
from pos_client.core.calendar import unix_seconds
from pos_client.core.mac import hmac_sha256
from pos_client.core.record import Damaged
from pos_client.core.signature import keyid
from pos_client.ledger import Ledger

# What a record, and what it gave, must tell to be counted.
COUNTED = set(
    "amount,automatic,clock,customer,discount,goodwill,id,kind,outcome,parts,redeemer,stated,training".split(
        ","
    )
)
ODD = (KeyError, TypeError)  # what a record of another version may lead to: no till fails to start over one


class Present:
    """``shop`` is what the snapshot says; `recall` counts what was sold before this start. ``others`` are this till's
    other open checkouts."""

    def __init__(self, identity: dict, clock, journal, most_sales: int):
        self._identity = identity  # whose epoch the sync may renew
        self._tenant_key = binascii.unhexlify(identity["tenant_key"])
        self._clock = clock
        self._journal = journal
        self._most_sales = most_sales
        self._unkept = {}  # what was given in sales that the journal could not take: (discount, day) -> amount
        self._adopted = 0
        self._after = None  # the ledger has all records after this one, once they could be read
        self._snapshot = None
        self.shop = shop.without_snapshot()
        self._ledger = Ledger(self.shop, 0)

    def begin(self, snapshot) -> None:
        """Go by this snapshot, before anything is known of the journal. Raises `Refused`."""
        self.shop, self._snapshot = self._read(snapshot), snapshot
        self._ledger = Ledger(self.shop, self._most_sales)
        self._adopted = self._clock.monotonic_ms()

    def adopt(self, snapshot) -> None:
        """Go by this snapshot from now on. Raises `Refused` or `OSError`, and has then changed nothing."""
        present = self._read(snapshot)
        ledger = self._counted(present, snapshot)
        self.shop, self._snapshot, self._ledger = present, snapshot, ledger
        self._after = self._through(snapshot)
        self._adopted = self._clock.monotonic_ms()
        if self._journal.sums:
            self._journal.sums.forget()

    def recall(self) -> None:
        """Count what was sold before this start. Raises `StorageFailed` or `OSError`."""
        if self._snapshot:
            self._ledger = self._counted(self.shop, self._snapshot, self._journal.sums)
            self._after = self._through(self._snapshot)

    def holds(self, others: list) -> str:
        """The query that tells the service which snapshot alone this till goes by, and its last record; none while an
        open checkout has offers from an older one, or sales were made that no record will tell of."""
        for known in others:
            if known.decision.shop is not self.shop and known.decision.visit.limits:
                return ""
        if self._snapshot is None or self._unkept:
            return ""
        name = self._snapshot.meta["history"][:8] + "-" + str(self.shop.version)
        return "&holds=" + name + "&last=" + str(self._journal.next_sequence - 1)

    def visit(self, given: Basket, checkout_id: str, others: list, now, monotonic: int):
        """What is known of the visit in which somebody brings this basket."""
        token, facts, held, redeemer = self._customer(given)
        age = max(0 if now is None else now - self.shop.built, (monotonic - self._adopted) // 1000)
        visit = shop.visit(self.shop, now, facts, self.spent(others), token, checkout_id, held, age)
        visit.redeemer = redeemer
        return visit

    def spent(self, others: list) -> dict:
        """What this till may not give of the budgets any more: what it gave, and what it offers on other checkouts."""
        return promises.counted(self._ledger.spent(), others)

    def sold(self, record: dict, is_journaled: bool) -> None:
        """Count a sale made just now; one without a place in the journal nobody else will ever count."""
        day = _day(self.shop, record)
        if not is_journaled:
            for name, amount in shop.used(record):
                self._unkept[name, day] = self._unkept.get((name, day), 0) + amount
        else:
            self._sum_up(record["sequence"] - 1)
        self._ledger.add(record, day)

    def health(self, now) -> dict:
        built = self.shop.built
        age = max(0, now - built) if now is not None and built else None
        return {"version": self.shop.version, "age_seconds": age}

    def _customer(self, given: Basket) -> tuple:
        """(token, facts, belief, None) of the customer, None each for an anonymous one; (None, facts, None, token) of
        who refuses to be profiled."""
        if given.customer is None or not given.profile:
            return None, None, None, None
        token = binascii.hexlify(hmac_sha256(self._tenant_key, given.customer.encode())).decode()
        weights, since, facts = self._known(token)
        facts, refused = self._ledger.facts(token, facts), facts.get("refused")
        if refused:
            return None, shop.unprofiled(facts), None, token
        return token, facts, (weights, since) if weights else None, None

    def _known(self, token: str) -> tuple:
        try:
            known = self._snapshot.customer(token) if self._snapshot else None
        except (Damaged, OSError):  # a till sells on without its memory of the customer
            known = None
        return known or (None, 0, {})

    def _name(self) -> str:
        return keyid(self._identity["device"], self._identity["epoch"])

    def _read(self, snapshot) -> shop.Shop:
        return shop.read(snapshot.meta, snapshot.column, self._name())

    def _through(self, snapshot) -> int:
        """The last record of this till that the snapshot counts."""
        return snapshot.meta.get("through", {}).get(self._name(), 0)

    def _sum_up(self, through: int) -> None:
        """Keep what the ledger came to at a record, if that one has just come to stay. Not while it has sales that no
        record tells of."""
        journal, last = self._journal, self._journal.newest
        if not (self._snapshot and journal.sums and last) or self._unkept:
            return
        if last[2] == through and self._after is not None:
            if journal.sums.is_due(through, self._after, journal.brought):
                try:
                    journal.sums.keep(self._snapshot.signature(), self._after, last, self._ledger)
                except OSError:  # of the snapshot's file; a start counts the records then
                    pass

    def _counted(self, present: shop.Shop, snapshot, sums=None) -> Ledger:
        """What was sold here that the snapshot does not know yet; what ``sums`` have of it is not read again. Raises
        `StorageFailed` or `OSError`."""
        ledger = Ledger(present, self._most_sales)
        through = self._through(snapshot)
        summed = sums.recall(snapshot.signature(), through, ledger, self._journal.resumes) if sums else 0
        if summed:
            through = summed
        elif sums:
            ledger = Ledger(present, self._most_sales)
        for record in sales.after(self._journal, through, COUNTED):
            try:
                ledger.add(record, _day(present, record))
            except ODD:
                continue
        for name, day in self._unkept:
            ledger.spend(name, self._unkept[name, day], day)
        return ledger


def _day(present: shop.Shop, record: dict) -> int:
    """The shop's local day a record was made on."""
    return shop.local_day(present, None if record["clock"] is None else unix_seconds(record["clock"]))
