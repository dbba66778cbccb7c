"""The till: open checkouts around the core, the journal behind them.

Synchronous, never touches the network, raises only `Refused`. What it decides depends on the snapshot, the basket,
the day and what this till itself sold since; the same basket gets the same answer online and offline.
"""

import binascii

from pos_client import promises
from pos_client.checkouts import MOST_CLOSED, MOST_OPEN, Checkouts, Open
from pos_client.core import answer, basket, checkout, checkout_record, event, goodwill, returning, shop
from pos_client.core.calendar import unix_seconds
from pos_client.core.mac import hmac_sha256
from pos_client.core.record import Damaged, OutOfTurn, Refused, Unknown, choice, fields, integer, text
from pos_client.core.signature import keyid
from pos_client.ledger import MOST_SALES, Ledger
from pos_client.ports import StorageFailed

_CHECKOUT = b'"kind":"checkout"'
_ODD = (KeyError, TypeError)  # what a record of another version may lead to: no till fails to start over one
_checkout_id = text(128)
_reaction = fields(
    {"rung": integer(-1, 1000000), "reaction": choice(*checkout.REACTIONS)},
    {"milliseconds": integer(0)},
)
_close = fields({"outcome": choice(*checkout.OUTCOMES)})
_goodwill = fields({"amount": integer(0)})


class Till:
    """One till. ``identity`` is its `till.json`, ``boot`` counts its starts, ``snapshot`` may be None for now.

    A small machine holds fewer open checkouts, and answers to closed ones, than the defaults.
    """

    def __init__(
        self,
        identity: dict,
        clock,
        journal,
        boot: int,
        snapshot=None,
        most_open=MOST_OPEN,
        most_closed=MOST_CLOSED,
        most_sales=MOST_SALES,
    ):
        self.language = identity.get("language", "en")
        self._identity = identity  # whose epoch the sync may renew
        self._store = identity["store"]
        self._tenant_key = binascii.unhexlify(identity["tenant_key"])
        self._clock = clock
        self._journal = journal
        self._boot = boot
        self._checkouts = Checkouts(most_open, most_closed)
        self._most_closed = most_closed
        self._most_sales = most_sales
        self.link = None  # what the sync tells about itself, for `health`
        self._unkept = {}  # what was given in sales that the journal could not take: (discount, day) -> amount
        self._adopted = 0
        self._snapshot = None
        self._shop = shop.without_snapshot()
        self._ledger = Ledger(self._shop, 0)
        self._forgets = True  # until the journal told what was sold before this start
        if snapshot is not None:
            self._shop, self._snapshot = self._read(snapshot), snapshot
            self._ledger = Ledger(self._shop, most_sales)
            self._adopted = clock.monotonic_ms()
        self._recall()

    def adopt(self, snapshot) -> None:
        """Decide from this snapshot from now on; open checkouts keep what was decided. Raises `Refused`."""
        present = self._read(snapshot)
        ledger = self._counted(present, snapshot)
        self._shop, self._snapshot, self._ledger = present, snapshot, ledger
        self._adopted = self._clock.monotonic_ms()

    def holds(self) -> str:
        """The query that tells the service which snapshot alone this till goes by, and its last record; none while an
        open checkout has offers from an older one, or sales were made that no record will tell of."""
        for known in self._checkouts.beside(None):
            if known.decision.shop is not self._shop and known.decision.visit.limits:
                return ""
        if self._snapshot is None or self._unkept:
            return ""
        name = self._snapshot.meta["history"][:8] + "-" + str(self._shop.version)
        return "?holds=" + name + "&last=" + str(self._journal.next_sequence - 1)

    def put(self, checkout_id: str, body: dict) -> dict:
        """Decide about a basket; a changed basket starts the negotiation anew, the same one changes nothing."""
        checkout_id = _checkout_id(checkout_id, "checkout_id")
        self._checkouts.check_not_closed(checkout_id)
        given = basket.read(body)
        digest = event.digest(event.canonical(body))
        known = self._checkouts.opened(checkout_id)
        if known is None or known.body_digest != digest:
            known = self._decided(checkout_id, given, digest, known)
        self._checkouts.keep(known)
        return self._told(known)

    def react(self, checkout_id: str, body: dict) -> dict:
        """The customer's reaction to the rung on offer.

        ``milliseconds`` is how long it was in sight, by whoever showed it: less than passed here, never more.
        """
        known = self._found(checkout_id)
        heard = _reaction(body, "reaction")
        now = self._clock.monotonic_ms()
        waited = max(0, now - known.shown_ms)
        waited = min(waited, heard.get("milliseconds", waited))
        known.progress = checkout.react(
            known.decision, known.progress, heard["rung"], heard["reaction"], waited
        )
        known.shown_ms = now
        return answer.of_reaction(known.decision, known.progress, self.language)

    def goodwill(self, checkout_id: str, body: dict) -> dict:
        """The cashier's own gesture, in place of any given before on this checkout."""
        known = self._found(checkout_id)
        amount = _goodwill(body, "goodwill")["amount"]
        known.progress = goodwill.give(known.decision, known.progress, amount)
        return self._told(known)

    def close(self, checkout_id: str, body: dict) -> dict:
        """Journal the checkout; final once this returns. Closing twice gives the first answer again."""
        outcome = _close(body, "close")["outcome"]
        if self._checkouts.opened(checkout_id) is None:
            return self._closed(checkout_id, outcome)
        known = self._checkouts.find(checkout_id)
        waited = max(0, self._clock.monotonic_ms() - known.shown_ms)
        record = checkout_record.of_checkout(
            self._stamp(),
            known.checkout_id,
            known.token,
            known.decision,
            known.progress,
            outcome,
            waited,
            self.language,
        )
        told = checkout_record.closed(record)
        if not self._journaled(record):
            told["record"] = None
            self._keep_in_mind(record)
        self._count(self._ledger, self._shop, record)
        self._checkouts.end(known.checkout_id, told)
        return told

    def give_back(self, checkout_id: str, body: dict) -> dict:
        """Refund goods of a closed checkout by the shares stored at its sale.

        A repeated call with the ``return_id`` of an earlier one refunds nothing and gives that one's answer.
        """
        wish = returning.read(body)
        if self._checkouts.opened(checkout_id):
            raise OutOfTurn("not-closed", "close the checkout first")
        sale = self._sale(checkout_id)
        earlier = self._returns(sale)
        name = wish.get("return_id")
        back = [one for one in earlier if name is not None and one["return_id"] == name]
        if not back:
            lines, refund = returning.give_back(sale, returning.units_back(sale, earlier), wish)
            back = [
                checkout_record.of_return(
                    self._stamp(),
                    checkout_id,
                    name,
                    lines,
                    refund,
                    sale.get("customer") or sale.get("redeemer"),
                )
            ]
            self._journal.append(event.pieces(back[0]))
        told = {"refund": back[0]["refund"], "currency": sale["currency"], "lines": back[0]["lines"]}
        told["record"] = checkout_record.identity(back[0])
        return told

    def show(self, checkout_id: str) -> dict:
        """The checkout as it stands, open or just closed."""
        return self._checkouts.closed(checkout_id) or self._told(self._found(checkout_id))

    def current(self):
        """The checkout that was touched last, or None."""
        latest = self._checkouts.latest
        return None if latest is None else self.show(latest)

    def health(self) -> dict:
        """What the lamp on the page and retail IT's monitoring show."""
        now = self._clock.now()
        health = {
            "device": self._identity["device"],
            "journal": self._journal.health(),
            "snapshot": {
                "version": self._shop.version,
                "age_seconds": None
                if now is None or not self._shop.built
                else max(0, now - self._shop.built),
            },
            "open_checkouts": len(self._checkouts),
            "clock_known": now is not None,
        }
        health["link"] = self.link.health() if self.link else None
        return health

    def _decided(self, checkout_id: str, given: basket.Basket, digest: bytes, before) -> Open:
        """A basket decided about; the gesture made on ``before``, the same checkout with another basket, is kept."""
        token, facts, held, redeemer = self._customer(given)
        now, monotonic = self._clock.now(), self._clock.monotonic_ms()
        age = max(0 if now is None else now - self._shop.built, (monotonic - self._adopted) // 1000)
        spent = self._spent(checkout_id)
        visit = shop.visit(self._shop, now, facts, spent, token, checkout_id, held, age)
        visit.redeemer = redeemer
        decision = checkout.Decision(self._shop, given, visit)
        visit.belief = None  # half a kilobyte for each open checkout is more than a device has
        known = Open(checkout_id, digest, token, decision, monotonic)
        if before is not None and before.progress.goodwill:
            still = min(before.progress.goodwill, goodwill.left(decision))
            known.progress = goodwill.give(decision, known.progress, still)
        return known

    def _found(self, checkout_id: str) -> Open:
        """The open checkout of this id, with the budgets as they are by now. Raises `OutOfTurn`, `Unknown`."""
        known = self._checkouts.find(checkout_id)
        known.decision.visit.spent = self._spent(checkout_id)
        return known

    def _spent(self, checkout_id: str) -> dict:
        """What this till may not give of the budgets any more: what it gave, and what it offers on other checkouts."""
        return promises.counted(self._ledger.spent(), self._checkouts.beside(checkout_id))

    def _customer(self, given: basket.Basket) -> tuple:
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

    def _told(self, known: Open) -> dict:
        told = answer.of_checkout(known.checkout_id, known.decision, known.progress, self.language)
        if known.progress.state == "settled":
            rung = checkout.taken(known.decision, known.progress, "sold")
            told["discount"] = answer.discount(known.decision, rung)
        return told

    def _closed(self, checkout_id: str, outcome: str) -> dict:
        """The answer to closing a checkout again, however long ago it was. Raises `OutOfTurn`, `Unknown`."""
        told = self._checkouts.closed(checkout_id) or checkout_record.closed(self._sale(checkout_id))
        if told["outcome"] != outcome:
            raise OutOfTurn(
                "checkout-closed", "it was closed as " + told["outcome"] + "; goods come back by a return"
            )
        return told

    def _sale(self, checkout_id: str) -> dict:
        """The record of a closed checkout, from the journal. Raises `Unknown`."""
        line = self._journal.find(_about("checkout", checkout_id))
        if line is None:
            raise Unknown("unknown-checkout", "this till does not know that checkout; send its basket first")
        return event.opened(line)

    def _returns(self, sale: dict) -> list:
        """The records of what came back of a sale."""
        matches = _about("return", sale["checkout_id"])
        return [event.opened(line) for _, line in self._journal.since(sale["sequence"]) if matches(line)]

    def _journaled(self, record: dict) -> bool:
        """Whether the record is kept; a full or broken medium stops learning, never selling."""
        try:
            self._journal.append(event.pieces(record))
        except StorageFailed:
            return False
        return True

    def _name(self) -> str:
        return keyid(self._identity["device"], self._identity["epoch"])

    def _read(self, snapshot) -> shop.Shop:
        return shop.read(snapshot.meta, snapshot.column, self._name())

    def _counted(self, present: shop.Shop, snapshot) -> Ledger:
        """What was sold here that the snapshot does not know yet. Raises `StorageFailed` or `OSError`."""
        ledger = Ledger(present, self._most_sales)
        for record in self._records_after(snapshot.meta.get("through", {}).get(self._name(), 0)):
            try:
                self._count(ledger, present, record)
            except _ODD:
                continue
        for name, day in self._unkept:
            ledger.spend(name, self._unkept[name, day], day)
        return ledger

    def _recall(self) -> None:
        """What happened before this start. Where the journal cannot be read the till sells on without, and looks again
        before each record."""
        try:
            if self._snapshot:
                self._ledger = self._counted(self._shop, self._snapshot)
            self._remember()
            self._forgets = False
        except (OSError, StorageFailed):
            pass

    def _remember(self) -> None:
        """After a start: the answers to what was closed last."""
        for record in self._records_after(max(0, self._journal.next_sequence - 1 - self._most_closed)):
            try:
                self._checkouts.remember(record["checkout_id"], checkout_record.closed(record))
            except _ODD:
                continue

    def _records_after(self, sequence: int):
        """Checkout records in the journal; a damaged one is left out."""
        for _, line in self._journal.since(sequence):
            if _CHECKOUT in line:
                try:
                    yield event.opened(line)
                except Refused:
                    continue

    def _count(self, ledger: Ledger, present: shop.Shop, record: dict) -> None:
        """Note a sale against allowances and budgets, on the local day it was made."""
        ledger.add(record, _day(present, record))

    def _keep_in_mind(self, record: dict) -> None:
        """Nobody else will ever count this sale against the budgets."""
        day = _day(self._shop, record)
        for name, amount in shop.used(record):
            self._unkept[name, day] = self._unkept.get((name, day), 0) + amount

    def _stamp(self) -> checkout_record.Stamp:
        if self._forgets:
            self._recall()
        sequence = self._journal.next_sequence
        now, monotonic = self._clock.now(), self._clock.monotonic_ms()
        device, epoch = self._identity["device"], self._identity["epoch"]
        return checkout_record.Stamp(device, epoch, sequence, self._store, self._boot, monotonic, now)


def _day(present: shop.Shop, record: dict) -> int:
    """The shop's local day a record was made on."""
    return shop.local_day(present, None if record["clock"] is None else unix_seconds(record["clock"]))


def _about(kind: str, checkout_id: str):
    """Whether a record line is of this kind and checkout, without parsing every line of a journal."""
    wanted = event.canonical(checkout_id)
    mark = b'"checkout_id":' + wanted
    of_kind = _CHECKOUT if kind == "checkout" else b'"kind":"return"'

    def matches(line: bytes) -> bool:
        return mark in line and of_kind in line

    return matches
