"""A till says where its batch begins and which history it settled under; the service takes nothing on a guess."""

import json

from sqlalchemy import text

from pricing_service.database import Database
from tests.service.places import Answer, Client, Pen

UNREADABLE = b'{"kind":"checkout","checkout_id":"\\ud800"}'


def hand_in(client: Client, pen: Pen, lines: list[bytes], first: int, history: str = "") -> Answer:
    target, body = f"/v1/events?first={first}&history={history}", b"\n".join(lines)
    headers = pen.signed("POST", target, body)
    return client.ask("POST", target, body, content_type="application/x-ndjson", **headers)


def renew(client: Client, pen: Pen, history: str) -> Answer:
    target, body = (
        "/v1/enrolments/renewals",
        json.dumps({"store": "sample", "resume": 0, "history": history}).encode(),
    )
    return client.ask(
        "POST", target, body, content_type="application/json", **pen.signed("POST", target, body)
    )


def rows(database: Database, query: str) -> list:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def aside(database: Database) -> list:
    return rows(database, "SELECT sequence, code FROM quarantine ORDER BY id")


def test_a_line_that_nobody_can_read_never_takes_the_place_of_a_record_that_was_forgotten(
    client: Client, pen: Pen, database: Database
) -> None:
    lines = [pen.write() for _ in range(3)]
    assert hand_in(client, pen, lines[:1], 1).json["acknowledged"] == 1
    refused = hand_in(client, pen, [UNREADABLE], 4)  # 2 and 3 were lost with the database's newer days
    assert (refused.status, refused.json["acknowledged"], aside(database)) == (200, 1, [])
    assert hand_in(client, pen, [*lines[1:], UNREADABLE], 2).json["acknowledged"] == 4
    assert aside(database) == [(4, "record-hash")]


def test_a_record_that_says_another_number_than_its_place_is_set_aside_there_and_blocks_nothing(
    client: Client, pen: Pen, database: Database
) -> None:
    lines = [pen.write() for _ in range(3)]
    answer = hand_in(client, pen, [lines[0], lines[0], lines[2]], 1)
    assert (answer.status, answer.json["acknowledged"]) == (200, 3)
    assert aside(database) == [(2, "wrong-number")]


def test_who_settled_under_another_history_is_told_the_present_one_and_nothing_is_taken(
    client: Client, pen: Pen, database: Database
) -> None:
    line = pen.write()
    refused = hand_in(client, pen, [line, UNREADABLE], 1, "another")
    present = rows(database, "SELECT history FROM service")[0][0]
    assert (refused.status, refused.json["code"], refused.json["history"]) == (
        409,
        "history-changed",
        present,
    )
    assert rows(database, "SELECT COUNT(*) FROM events") == [(0,)]
    assert aside(database) == []
    assert hand_in(client, pen, [line], 1, present).json["acknowledged"] == 1


def test_a_fork_that_was_agreed_on_under_another_history_is_no_fork(
    client: Client, pen: Pen, database: Database
) -> None:
    refused = renew(client, pen, "another")
    present = rows(database, "SELECT history FROM service")[0][0]
    assert (refused.status, refused.json["code"], refused.json["history"]) == (
        409,
        "history-changed",
        present,
    )
    assert rows(database, "SELECT COUNT(*) FROM devices WHERE device = 'till-1'") == [(1,)]
    assert renew(client, pen, present).status == 200


def test_a_conflict_stays_one_when_its_answer_was_lost_and_it_is_sent_again(client: Client, pen: Pen) -> None:
    pen.sequence = 1
    assert hand_in(client, pen, [UNREADABLE, pen.write(number="ours")], 1).status == 200
    pen.sequence = 0
    twin = [pen.write(number="a-twin-1"), pen.write(number="a-twin-2")]
    for _ in range(2):
        conflict = hand_in(client, pen, twin, 1)
        assert (conflict.status, conflict.json["conflicts"]) == (409, [1])
