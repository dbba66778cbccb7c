"""The till: open checkouts around the core, the journal behind them.

Synchronous, never touches the network, raises only `Refused`. What it decides depends on the snapshot, the basket,
the day and what this till itself sold since; the same basket gets the same answer online and offline.
"""

from pos_client import sales
from pos_client.checkouts import MOST_CLOSED, MOST_OPEN, Checkouts, Open
from pos_client.core import answer, basket, checkout, checkout_record, event, goodwill, returning
from pos_client.core.record import OutOfTurn, choice, fields, integer, text
from pos_client.ledger import MOST_SALES
from pos_client.ports import StorageFailed
from pos_client.present import ODD, Present

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
        self._clock = clock
        self._journal = journal
        self.boot = boot
        self._checkouts = Checkouts(most_open, most_closed)
        self._most_closed = most_closed
        self.link = None  # what the sync tells about itself, for `health`
        self._present = Present(identity, clock, journal, most_sales)
        self.forgets = True  # until the journal told what was sold before this start
        if snapshot is not None:
            self._present.begin(snapshot)
        self._recall()

    def adopt(self, snapshot) -> None:
        """Decide from this snapshot from now on; open checkouts keep what was decided. Raises `Refused`."""
        self._present.adopt(snapshot)

    def holds(self) -> str:
        """The query that tells the service by which snapshot alone this till goes; see `Present.holds`."""
        return self._present.holds(self._checkouts.beside(None))

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
        is_journaled = self._journaled(record)
        if not is_journaled:
            told["record"] = None
        self._present.sold(record, is_journaled)
        self._checkouts.end(known.checkout_id, told)
        return told

    def give_back(self, checkout_id: str, body: dict) -> dict:
        """Refund goods of a closed checkout by the shares stored at its sale.

        A repeated call with the ``return_id`` of an earlier one refunds nothing and gives that one's answer.
        """
        wish = returning.read(body)
        if self._checkouts.opened(checkout_id):
            raise OutOfTurn("not-closed", "close the checkout first")
        sale = sales.find(self._journal, checkout_id)
        earlier = sales.returned(self._journal, sale)
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
            self._journal.append(back[0])
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

    def rehearse(self) -> dict:
        """The answer to a basket that nobody brought: what a new version tries before it is trusted."""
        given = {"currency": "EUR", "lines": [{"sku": "0", "quantity": 1, "unit_price": 10000}]}
        return self._told(self._decided("rehearsal", basket.read(given), b"", None))

    def shown_ms(self) -> int:
        """When what is on offer now was put on the table, on the till's clock; 0 where nothing is."""
        latest = self._checkouts.latest
        known = latest and self._checkouts.opened(latest)
        return known.shown_ms if known else 0

    def health(self) -> dict:
        """What the lamp on the page and retail IT's monitoring show."""
        now = self._clock.now()
        health = {
            "device": self._identity["device"],
            "journal": self._journal.health(),
            "snapshot": self._present.health(now),
            "open_checkouts": len(self._checkouts),
            "clock_known": now is not None,
        }
        health["link"] = self.link.health() if self.link else None
        return health

    def _decided(self, checkout_id: str, given: basket.Basket, digest: bytes, before) -> Open:
        """A basket decided about; the gesture made on ``before``, the same checkout with another basket, is kept."""
        now, monotonic = self._clock.now(), self._clock.monotonic_ms()
        others = self._checkouts.beside(checkout_id)
        visit = self._present.visit(given, checkout_id, others, now, monotonic)
        decision = checkout.Decision(self._present.shop, given, visit)
        visit.belief = None  # half a kilobyte for each open checkout is more than a device has
        known = Open(checkout_id, digest, visit.token, decision, monotonic)
        if before is not None and before.progress.goodwill:
            still = min(before.progress.goodwill, goodwill.left(decision))
            known.progress = goodwill.give(decision, known.progress, still)
        return known

    def _found(self, checkout_id: str) -> Open:
        """The open checkout of this id, with the budgets as they are by now. Raises `OutOfTurn`, `Unknown`."""
        known = self._checkouts.find(checkout_id)
        known.decision.visit.spent = self._present.spent(self._checkouts.beside(checkout_id))
        return known

    def _told(self, known: Open) -> dict:
        told = answer.of_checkout(known.checkout_id, known.decision, known.progress, self.language)
        if known.progress.state == "settled":
            rung = checkout.taken(known.decision, known.progress, "sold")
            told["discount"] = answer.discount(known.decision, rung)
        return told

    def _closed(self, checkout_id: str, outcome: str) -> dict:
        """The answer to closing a checkout again, however long ago it was. Raises `OutOfTurn`, `Unknown`."""
        told = self._checkouts.closed(checkout_id) or checkout_record.closed(
            sales.find(self._journal, checkout_id)
        )
        if told["outcome"] != outcome:
            raise OutOfTurn(
                "checkout-closed", "it was closed as " + told["outcome"] + "; goods come back by a return"
            )
        return told

    def _journaled(self, record: dict) -> bool:
        """Whether the record is kept; a full or broken medium stops learning, never selling."""
        try:
            self._journal.append(record)
        except StorageFailed:
            return False
        return True

    def _recall(self) -> None:
        """What happened before this start. Where the journal cannot be read the till sells on without, and looks again
        before each record."""
        try:
            self._present.recall()
            self._remember()
            self.forgets = False
        except (OSError, StorageFailed):
            pass

    def _remember(self) -> None:
        """After a start: the answers to what was closed last."""
        for record in sales.after(self._journal, max(0, self._journal.next_sequence - 1 - self._most_closed)):
            try:
                self._checkouts.remember(record["checkout_id"], checkout_record.closed(record))
            except ODD:
                continue

    def _stamp(self) -> checkout_record.Stamp:
        if self.forgets:
            self._recall()
        sequence = self._journal.next_sequence
        now, monotonic = self._clock.now(), self._clock.monotonic_ms()
        device, epoch = self._identity["device"], self._identity["epoch"]
        return checkout_record.Stamp(device, epoch, sequence, self._store, self.boot, monotonic, now)
