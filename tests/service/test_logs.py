"""What is logged helps who must repair it, and gives nothing away."""

import json
import time
from collections.abc import Callable

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import LogCapture

from pricing_service import errors, logs
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.service.places import CARD, Answer, Client


def logged(trouble: Exception) -> str:
    """The line that the service's own processors make of an error."""
    logs.configure()
    line: object = {"event": "unforeseen", "exc_info": trouble}
    for processor in structlog.get_config()["processors"]:
        line = processor(None, "error", line)
    return str(line)


def breaks(tenant_key: str, card: str) -> None:
    raise ZeroDivisionError(len(tenant_key) + len(card))


def test_a_traceback_names_the_place_and_no_values() -> None:
    key, card = (
        "the-" + "tenant-key",
        "24" + "0" * 11,
    )  # a traceback quotes the source, so it must not be there
    try:
        breaks(key, card)
    except ZeroDivisionError as trouble:
        line = logged(trouble)
    told = json.loads(line)
    assert "in breaks" in told["exception"] and told["level"] == "error"
    assert key not in line and card not in line


def test_an_error_of_the_database_names_no_customer(settings: Settings) -> None:
    database, token = Database(settings.database), "0123" + "abcd"
    with pytest.raises(OperationalError) as caught, database.reading() as connection:
        connection.execute(text("SELECT * FROM nowhere WHERE customer = :customer"), {"customer": token})
    assert token not in logged(caught.value)
    database.close()


ASKED: list[tuple[str, str, str, Callable[[Client], Answer]]] = [
    (
        "unknown-customer",
        "GET",
        "/v1/customers/{token}",
        lambda client: client.ask("GET", "/v1/customers/" + "0123" * 16),
    ),
    (
        "not-json",
        "POST",
        "/v1/decisions",
        lambda client: client.ask("POST", "/v1/decisions", f'{{"customer": "{CARD}"'.encode()),
    ),
    ("not-found", "GET", "unmatched", lambda client: client.ask("GET", f"/{CARD}")),
]


@pytest.mark.parametrize(("code", "method", "route", "ask"), ASKED, ids=[asked[0] for asked in ASKED])
def test_a_refusal_is_logged_under_its_id_and_names_no_customer(
    code: str,
    method: str,
    route: str,
    ask: Callable[[Client], Answer],
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = LogCapture()
    monkeypatch.setattr(errors, "log", structlog.wrap_logger(None, processors=[kept]))
    answer = ask(client)
    lines, until = kept.entries, time.monotonic() + 120
    while not lines and time.monotonic() < until:  # the line is written after the answer
        time.sleep(0.01)
    assert answer.json["code"] == code
    line = lines[0]
    assert (line["status"], line["code"]) == (answer.status, code)
    assert (line["method"], line["route"]) == (method, route)
    assert line["request_id"] == answer.headers["x-request-id"] == answer.json["request_id"]
    assert CARD not in str(lines) and "0123" * 16 not in str(lines)
