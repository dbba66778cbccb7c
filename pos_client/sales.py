"""What was sold and brought back at this till, read back from its journal. All raise `StorageFailed` or `OSError`."""

from pos_client.core import event
from pos_client.core.record import Refused, Unknown
from pos_client.packing import told

_CHECKOUT = b'"kind":"checkout"'
_RETURN = b'"kind":"return"'


def find(journal, checkout_id: str) -> dict:
    """The record of a closed checkout. Raises `Unknown`, and `Damaged` where it rotted."""
    line = journal.find(_about(_CHECKOUT, checkout_id), [told(checkout_id)])
    if line is None:
        raise Unknown("unknown-checkout", "this till does not know that checkout; send its basket first")
    return event.opened(line)


def returned(journal, sale: dict) -> list:
    """The records of what came back of a sale. Raises `Damaged` where one rotted."""
    checkout_id = sale["checkout_id"]
    matches = _about(_RETURN, checkout_id)
    entries = journal.entries(sale["sequence"], [told(checkout_id)])
    lines = [line for line in [entry.line() for _, entry in entries] if matches(line)]
    return [event.opened(line) for line in lines]


def after(journal, sequence: int, only=()):
    """Yields the checkout records after a number, or those members of them; a damaged one is left out."""
    for _, entry in journal.entries(sequence, (), only):
        try:
            record = entry.fields()
        except Refused:
            continue
        if record.get("kind") == "checkout":
            yield record


def _about(kind: bytes, checkout_id: str):
    """Whether a record line is of this kind and checkout, without parsing every line of a journal."""
    mark = b'"checkout_id":' + event.canonical(checkout_id)

    def matches(line: bytes) -> bool:
        return mark in line and kind in line

    return matches
