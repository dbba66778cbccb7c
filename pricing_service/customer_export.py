"""Everything that is held of one customer, as the pieces of one JSON document; records are read some at a time.

A table that is not named here is exported as it stands: whatever is added later is in the export by itself.
"""

from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Row, text

from pos_client.core.calendar import rfc3339
from pricing_service import consent_store, customer_store, erasing, log_days, release_store
from pricing_service.database import Database

PAGE = 500  # records; some 700 kB
RECORDS = text(
    "SELECT position, received, line FROM events WHERE customer = :token AND position > :after"
    " ORDER BY position LIMIT :most"
)
ASIDE = text("SELECT code, detail, received, line FROM quarantine WHERE customer = :token ORDER BY id")
OTHERS = ("cashier",)  # members of a record that are about somebody else
SPELLED = ("facts", "consents", "beliefs", "holding", "usage")  # tables that are told in words, below


def pieces(database: Database, token: str, day: int) -> Iterator[bytes]:
    """The document, some bytes at a time; ``day`` is the local day beliefs are told as of."""
    with database.reading() as connection:
        told = _told(connection, token, day)
    yield to_json(told)[:-1] + b',"records":['
    shown: list[str] = []
    first = True
    for record in _records(database, token):
        yield (b"" if first else b",") + to_json(record)
        first = False
        if record.get("disclosure") and record["disclosure"] not in shown:
            shown.append(record["disclosure"])
    yield b'],"disclosures_shown":' + to_json(shown) + b"}"


def _told(connection: Connection, token: str, day: int) -> dict[str, Any]:
    model = release_store.in_force(connection).model
    known = customer_store.known(connection, model.release, token)
    held = known.held if known else None
    return {
        "customer": token,
        "facts": _rows(connection, "facts", token),
        "consents": [
            {**one._asdict(), "at": rfc3339(one.at), "received": rfc3339(one.received)}
            for one in consent_store.answers(connection, token)
        ],
        "believed": held
        and {
            "release": model.release,
            "visits": held.visits,
            "last_visit": rfc3339(held.day * 86400)[:10],
            "cohort": held.cohort,
            "types": customer_store.types(customer_store.weights_on(model, held, day)),
            "acceptance": customer_store.acceptance(model, customer_store.weights_on(model, held, day)),
        },
        "beliefs": _rows(connection, "beliefs", token),
        "holding": _rows(connection, "holding", token),
        "usage": _rows(connection, "usage", token),
        "other": {name: _rows(connection, name, token) for name in erasing.owned() if name not in SPELLED},
        "set_aside": [_aside(row) for row in connection.execute(ASIDE, {"token": token})],
    }


def _rows(connection: Connection, table: str, token: str) -> list[dict[str, Any]]:
    """All columns but the token; numbers that are stored as bytes, as hex."""
    rows = connection.execute(text(f"SELECT * FROM {table} WHERE customer = :token"), {"token": token})
    return [
        {
            name: value.hex() if isinstance(value, bytes) else value
            for name, value in row._mapping.items()
            if name != "customer"
        }
        for row in rows
    ]


def _records(database: Database, token: str) -> Iterator[dict[str, Any]]:
    after, rows = 0, [()]
    while rows:
        with database.reading() as connection:
            rows = connection.execute(RECORDS, {"token": token, "after": after, "most": PAGE}).all()
        for row in rows:
            record = log_days.opened(row.line)
            told = {"unreadable": row.line.decode("utf-8", "replace")} if record is None else record
            yield {name: value for name, value in told.items() if name not in OTHERS} | {
                "received": rfc3339(row.received)
            }
        after = rows[-1].position if rows else after


def _aside(row: Row) -> dict[str, Any]:
    """A line that the log could not take, as it came."""
    return {
        "code": row.code,
        "detail": row.detail,
        "received": rfc3339(row.received),
        "line": row.line.decode("utf-8", "replace"),
    }
