"""One odd record stops nothing: it is set aside, and where the log holds it already, reports go on."""

from typing import Any

import pytest

from pos_client.core import event
from pricing_service import log_days, prompts, readout_rows, segment_rows
from pricing_service.database import Database
from pricing_service.log_days import Entry
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.experiments import given, started
from tests.service.places import CARD, Client, Pen
from tests.service.test_readouts import changed, now

REPORTS = (
    "/v1/experiments/climbs/readout",
    "/v1/experiments/climbs/readout.csv",
    "/v1/segments",
    "/v1/attention",
)
MOST = 10**12  # minor units that a basket can be worth


def timed(line: bytes, milliseconds: Any) -> bytes:
    offers = [{**offer, "milliseconds": milliseconds} for offer in event.opened(line)["offers"]]
    return changed(line, offers=offers)


def reports(client: Client) -> dict[str, int]:
    return {path: client.ask("GET", path, **client.admin).status for path in REPORTS}


def test_a_record_with_an_odd_member_is_set_aside(client: Client, pen: Pen) -> None:
    started(client, given())
    lines = [timed(pen.write(card="c", clock=now()), odd) for odd in ("x", -5, 1 << 70, True, [1])]
    members = ({"currency": ["x"]}, {"currency": ""}, {"cashier": {"a": 1}}, {"note": "HALF"})
    lines += [changed(pen.write(card="c", clock=now()), **each) for each in members]
    lines[-1] = _half_a_character(lines[-1])
    answer = pen.send(client, lines)
    assert [each["code"] for each in answer.json["quarantined"]] == ["record-form"] * 9, answer.json
    assert reports(client) == dict.fromkeys(REPORTS, 200)


def _half_a_character(line: bytes) -> bytes:
    """Sealed again with an escape that no UTF-8 text can hold."""
    head = line[: -len(b',"hash":""}') - 64].replace(b"HALF", b"\\ud800")
    return head + b',"hash":"' + event.digest(head + b"}") + b'"}'


def test_a_till_whose_prompt_lay_on_the_table_for_days_is_heard(client: Client, pen: Pen) -> None:
    started(client, given())
    lines = [timed(pen.write(card="c", clock=now()), ms) for ms in (0, 40 * 86_400_000, None)]
    assert pen.send(client, lines).json["quarantined"] == []
    text = client.ask("GET", REPORTS[1], **client.admin).body.decode()
    head, *rows = [row.split(",") for row in text.split()]
    assert [row[head.index("handling_ms")] for row in rows] == ["0", "3600000", "-1"]


HUGE = (1 << 63) - 1
ODD = [
    {"currency": ["x"]},
    {"currency": None},
    {"cashier": {"a": 1}},
    {"offers": [{"rung": 0, "reaction": "accepted", "milliseconds": odd} for odd in ("x", -5, 1 << 70)]},
    {"gross": HUGE, "margin": -HUGE, "automatic": [{"id": "a", "amount": HUGE}] * 9},
    {"discount": {"amount": HUGE, "parts": []}, "goodwill": {"id": "g", "amount": HUGE}},
]


@pytest.mark.parametrize("odd", ODD)
def test_reports_go_on_where_the_log_holds_an_odd_record(pen: Pen, odd: dict[str, Any]) -> None:
    """Records that were taken before intake looked at these members stay in the log for ever."""
    good = [event.opened(pen.write(card="c", clock=now())) for _ in range(3)]
    back = {**good[0], "kind": "return", "refund": HUGE}
    log = [Entry(20_000, each, now()) for each in (*good, {**good[1], **odd}, back, back)]
    window = readout_rows.Window(20_000, 20_000, 3500)
    read = readout_rows.read(log, window, {})
    table = read.table
    assert read.counts["used"] == len(table) == 4 - read.counts.get("of another currency", 0)
    assert max(table.returned) == MOST and min(table.margin) >= -MOST and max(table.discount) <= MOST
    found = segment_rows.read(log, segment_rows.Periods(20_000, 20_000), lambda store: 3500)
    assert len(found.checkouts.gross) + found.others == 4
    assert [prompts.shown(entry.record, entry.occurred).store for entry in log[:4]] == ["sample"] * 4


def test_a_line_that_holds_half_a_character_counts_for_nothing(
    settings: Settings, client: Client, pen: Pen, database: Database
) -> None:
    started(client, given())
    pen.send(client, [changed(pen.write(card="c", clock=now()), note="HALF") for _ in range(2)])
    with database.writing() as connection:
        [line] = connection.exec_driver_sql("SELECT line FROM events WHERE position = 1").scalars()
        whole = line if isinstance(line, bytes) else line.encode()
        connection.exec_driver_sql(
            "UPDATE events SET line = ? WHERE position = 1", (_half_a_character(whole),)
        )
    assert len(list(log_days.read(database, 0))) == 1
    assert reports(client) == dict.fromkeys(REPORTS, 200)


@pytest.mark.parametrize("odd", ["x", [1], {"a": 1}, None, 1 << 70])
def test_an_odd_snapshot_number_of_who_came_back_keeps_no_journal_waiting(
    client: Client, pen: Pen, settings: Settings, odd: Any
) -> None:
    assert pen.send(client, [pen.write()]).status == 200
    customer = "/v1/customers/" + customer_token(settings.tenant_key, CARD)
    assert client.ask("DELETE", customer).status == 204
    said = {"profiling": True, "text_version": "1"}
    assert client.ask("PUT", customer + "/consent", said).status == 200
    assert pen.send(client, [changed(pen.write(clock=None), snapshot=odd)]).json["acknowledged"] == 2
