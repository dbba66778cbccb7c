"""What was sold and brought back at this till, read back from its journal. All raise `StorageFailed` or `OSError`."""

from pos_client.core import event
from pos_client.core.record import Refused, Unknown

_CHECKOUT = b'"kind":"checkout"'
_RETURN = b'"kind":"return"'


def find(journal, checkout_id: str) -> dict:
    """The record of a closed checkout. Raises `Unknown`, and `Damaged` where it rotted."""
    line = journal.find(_about(_CHECKOUT, checkout_id))
    if line is None:
        raise Unknown("unknown-checkout", "this till does not know that checkout; send its basket first")
    return event.opened(line)


def returned(journal, sale: dict) -> list:
    """The records of what came back of a sale. Raises `Damaged` where one rotted."""
    matches = _about(_RETURN, sale["checkout_id"])
    return [event.opened(line) for _, line in journal.since(sale["sequence"]) if matches(line)]


def after(journal, sequence: int):
    """Yields the checkout records after a number; a damaged one is left out."""
    for _, line in journal.since(sequence):
        if _CHECKOUT in line:
            try:
                yield event.opened(line)
            except Refused:
                continue


def _about(kind: bytes, checkout_id: str):
    """Whether a record line is of this kind and checkout, without parsing every line of a journal."""
    mark = b'"checkout_id":' + event.canonical(checkout_id)

    def matches(line: bytes) -> bool:
        return mark in line and kind in line

    return matches
