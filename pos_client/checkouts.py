"""The checkouts a till has in hand: open ones, the answers to the last closed ones, and which was touched last."""

import json

from pos_client.core import checkout
from pos_client.core.checkout import Decision
from pos_client.core.record import OutOfTurn, Unknown

MOST_OPEN = (
    8  # at one till at a time; of more, the one not touched for longest is forgotten and can be sent again
)
MOST_CLOSED = 16  # answers kept so that a repeated call after the end is harmless


class Open:
    """An open checkout: what was decided for which body, how far it went, since when the present offer is shown."""

    def __init__(self, checkout_id: str, body_digest: bytes, token, decision: Decision, shown_ms: int):
        self.checkout_id = checkout_id
        self.body_digest = body_digest
        self.token = token
        self.decision = decision
        self.progress = checkout.begin(decision)
        self.shown_ms = shown_ms


class Checkouts:
    """Open and closed checkouts by id, both bounded. Answers are kept as JSON, a quarter of the room of objects."""

    def __init__(self, most_open: int, most_closed: int):
        self._most_open = most_open
        self._most_closed = most_closed
        self._open = []  # the last touched at the end: dicts have no order on every interpreter
        self._closed = []
        self.latest = None

    def __len__(self) -> int:
        return len(self._open)

    def keep(self, known: Open) -> None:
        """Hold an open checkout, in place of an earlier one of its id."""
        self._open = self.beside(known.checkout_id) + [known]
        self.latest = known.checkout_id

    def beside(self, checkout_id) -> list:
        """The other checkouts that stay open when the one of this id is kept; all of them beside None."""
        others = [known for known in self._open if known.checkout_id != checkout_id]
        if checkout_id is not None and len(others) >= self._most_open:
            unsettled = [other for other in others if other.progress.state != "settled"]
            others.remove(unsettled[0] if unsettled else others[0])  # an agreed price is kept longest
        return others

    def end(self, checkout_id: str, told: dict) -> None:
        """Close a checkout with the answer that a repeated call gets."""
        self._drop(checkout_id)
        self.remember(checkout_id, told)
        self.latest = checkout_id

    def remember(self, checkout_id: str, told: dict) -> None:
        """Keep the answer to a checkout that is closed."""
        self._closed = (self._closed + [(checkout_id, json.dumps(told))])[-self._most_closed :]

    def opened(self, checkout_id: str):
        """The open checkout of this id, or None."""
        for known in self._open:
            if known.checkout_id == checkout_id:
                return known
        return None

    def closed(self, checkout_id: str):
        """What was answered when this checkout was closed, or None."""
        for closed_id, told in self._closed:
            if closed_id == checkout_id:
                return json.loads(told)
        return None

    def check_not_closed(self, checkout_id: str) -> None:
        """Raise `OutOfTurn` for a checkout that is final."""
        if any([closed_id == checkout_id for closed_id, _ in self._closed]):
            raise OutOfTurn("checkout-closed", "this checkout is final; use a new checkout_id")

    def find(self, checkout_id: str) -> Open:
        """The open checkout of this id. Raises `OutOfTurn` or `Unknown`."""
        self.check_not_closed(checkout_id)
        known = self.opened(checkout_id)
        if known is None:
            raise Unknown("unknown-checkout", "send the basket of this checkout first")
        self.keep(known)
        return known

    def _drop(self, checkout_id: str) -> None:
        self._open = [known for known in self._open if known.checkout_id != checkout_id]
