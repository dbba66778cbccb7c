"""What a till sends is taken once, in order, whole, and nothing else is."""

import json

import pytest
from sqlalchemy import text

from pos_client.core import checkout_record, event
from pricing_service import releases, replaying
from pricing_service.database import Database
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import CARD, Client, Pen


def kept(database: Database) -> list[bytes]:
    with database.reading() as connection:
        return [row.line for row in connection.execute(text("SELECT line FROM events ORDER BY position"))]


def set_aside(database: Database) -> list[tuple[int, str]]:
    with database.reading() as connection:
        rows = connection.execute(text("SELECT sequence, code FROM quarantine ORDER BY id"))
        return [(row.sequence, row.code) for row in rows]


def derived_and_replayed(database: Database) -> tuple[replaying.Derived, replaying.Derived]:
    with database.reading() as connection:
        return replaying.stored(connection), replaying.replay(connection, releases.hand_made().model)


def test_a_batch_is_acknowledged_up_to_its_last_record_and_kept_byte_for_byte(
    client: Client, pen: Pen, database: Database
) -> None:
    lines = [pen.write(), pen.write(("asked_more", "accepted")), pen.write(("asked_more", "left"), "lost")]
    answer = pen.send(client, lines)
    assert answer.status == 200, answer.body
    assert answer.json["acknowledged"] == 3
    assert answer.json["quarantined"] == []
    assert kept(database) == lines


def test_a_batch_sent_again_changes_nothing(client: Client, pen: Pen, database: Database) -> None:
    lines = [pen.write(), pen.write()]
    pen.send(client, lines)
    before = derived_and_replayed(database)[0]
    again = pen.send(client, lines)
    assert (again.status, again.json["acknowledged"]) == (200, 2)
    assert kept(database) == lines
    assert derived_and_replayed(database)[0] == before


def test_nothing_behind_a_gap_is_taken(client: Client, pen: Pen, database: Database) -> None:
    lines = [pen.write() for _ in range(5)]
    answer = pen.send(client, [lines[0], lines[1], lines[3], lines[4]])
    assert (answer.status, answer.json["acknowledged"]) == (200, 2)
    assert kept(database) == lines[:2]
    answer = pen.send(client, lines[2:])
    assert answer.json["acknowledged"] == 5
    assert kept(database) == lines


def test_a_batch_that_overlaps_what_is_known_goes_on_where_it_ends(
    client: Client, pen: Pen, database: Database
) -> None:
    lines = [pen.write() for _ in range(4)]
    pen.send(client, lines[:3])
    assert pen.send(client, lines[1:]).json["acknowledged"] == 4
    assert kept(database) == lines


def test_another_record_under_a_known_identity_is_a_conflict(
    client: Client, pen: Pen, database: Database
) -> None:
    first = pen.write()
    pen.send(client, [first])
    pen.sequence = 0
    answer = pen.send(client, [pen.write(("left",), "lost")])
    assert (answer.status, answer.json["code"]) == (409, "identity-conflict")
    assert answer.json["conflicts"] == [1]
    assert kept(database) == [first]
    assert set_aside(database) == [(1, "identity-conflict")]


def damaged(line: bytes) -> bytes:
    return line.replace(b'"gross":2598', b'"gross":9999')


def of_unknown_kind(line: bytes) -> bytes:
    return resealed(line, kind="horoscope")


def without_ladder(line: bytes) -> bytes:
    return resealed(line, ladder=[])


def of_a_stranger(line: bytes) -> bytes:
    return resealed(line, device="till-9")


def with_a_fraction(line: bytes) -> bytes:
    body = line[: -len(',"hash":""}') - 64].replace(b'"gross":2598', b'"gross":25.98') + b"}"
    return body[:-1] + b',"hash":"' + event.digest(body) + b'"}'


def resealed(line: bytes, **changes: object) -> bytes:
    fields = event.opened(line)
    del fields["hash"]
    return event.seal({**fields, **changes})


UNFIT = {
    damaged: "record-hash",
    of_unknown_kind: "record-form",
    without_ladder: "unknown-rung",
    of_a_stranger: "foreign-record",
    with_a_fraction: "record-form",
    lambda line: b"\x00\xff garbage": "record-hash",
}


@pytest.mark.parametrize("spoil", UNFIT)
def test_a_record_that_cannot_be_taken_is_set_aside_and_blocks_nothing(
    client: Client, pen: Pen, database: Database, spoil: object
) -> None:
    lines = [pen.write() for _ in range(3)]
    sent = [lines[0], spoil(lines[1]), lines[2]]  # type: ignore[operator]
    answer = pen.send(client, sent)
    assert (answer.status, answer.json["acknowledged"]) == (200, 3)
    assert [one["sequence"] for one in answer.json["quarantined"]] == [2]
    assert kept(database) == [lines[0], lines[2]]
    assert set_aside(database) == [(2, UNFIT[spoil])]  # type: ignore[index]
    again = pen.send(client, sent)
    assert (again.status, again.json["acknowledged"]) == (200, 3)
    assert len(set_aside(database)) == 1


def test_a_batch_of_nothing_but_unreadable_lines_is_placed_once(
    client: Client, pen: Pen, database: Database
) -> None:
    pen.send(client, [pen.write()])
    for _ in range(3):
        assert pen.send(client, [b"noise", b"more noise"]).json["acknowledged"] == 3
    assert [sequence for sequence, _ in set_aside(database)] == [2, 3]


def test_an_unreadable_first_line_gets_its_number_from_the_lines_behind_it(
    client: Client, pen: Pen, database: Database
) -> None:
    lines = [pen.write() for _ in range(3)]
    sent = [b"noise", *lines[1:]]
    assert pen.send(client, sent).json["acknowledged"] == 3
    assert pen.send(client, sent).json["acknowledged"] == 3
    assert [sequence for sequence, _ in set_aside(database)] == [1]


@pytest.mark.parametrize(
    ("reactions", "outcome", "more"),
    [
        (("accepted",), "sold", {"training": True}),
        (("skipped",), "sold", {}),
        (("asked_more",), "cancelled", {}),
        ((), "sold", {}),
    ],
    ids=["training", "skipped", "cancelled", "unanswered"],
)
def test_a_record_that_tells_nothing_is_stored_and_moves_no_belief(
    client: Client,
    pen: Pen,
    settings: Settings,
    database: Database,
    reactions: tuple,
    outcome: str,
    more: dict,
) -> None:
    pen.send(client, [pen.write(("asked_more", "accepted"))])
    token = customer_token(settings.tenant_key, CARD)
    before = derived_and_replayed(database)[0].beliefs[token].weights
    assert pen.send(client, [pen.write(reactions, outcome, **more)]).json["acknowledged"] == 2
    assert derived_and_replayed(database)[0].beliefs[token].weights == before


@pytest.mark.parametrize(
    "who", [{"card": None}, {"profile": False}], ids=["anonymous", "refuses to be known"]
)
def test_a_visit_without_a_customer_is_stored_under_nobody(
    client: Client, pen: Pen, database: Database, who: dict
) -> None:
    assert pen.send(client, [pen.write(**who)]).json["acknowledged"] == 1
    derived, _ = derived_and_replayed(database)
    assert derived.beliefs == {} and derived.usage == {}
    assert derived.budgets != {}


def test_the_belief_moves_with_what_the_customer_did(
    client: Client, pen: Pen, settings: Settings, database: Database
) -> None:
    pen.send(client, [pen.write(("accepted",))])
    derived, replayed = derived_and_replayed(database)
    held = derived.beliefs[customer_token(settings.tenant_key, CARD)]
    population = releases.hand_made().model.population
    assert sum(held.weights) == 1 << 30
    assert held.weights[0] > population[0] << 14  # who takes the smallest offer is more likely indifferent
    assert held.visits == 1
    assert derived == replayed


def test_a_stranger_is_not_heard(client: Client, pen: Pen) -> None:
    pen.key = b"a key of one's own making, 32 b."
    answer = pen.send(client, [pen.write()])
    assert (answer.status, answer.json["code"]) == (401, "unknown-device")
    assert "signature" not in answer.headers


def test_a_batch_that_was_changed_on_the_way_is_not_heard(client: Client, pen: Pen) -> None:
    body = pen.write() + b"\n"
    headers = pen.signed("POST", "/v1/events", body)
    answer = client.ask("POST", "/v1/events", body + b"\n", content_type="application/x-ndjson", **headers)
    assert answer.status == 401


def test_a_plausible_clock_places_the_record_and_a_wrong_one_does_not(
    client: Client, pen: Pen, database: Database
) -> None:
    now = 1_700_000_000
    pen.send(client, [pen.write(clock=10), pen.write(clock=now + 10**9), pen.write(clock=None)])
    with database.reading() as connection:
        rows = connection.execute(text("SELECT occurred, received FROM events")).all()
    assert all(row.occurred == row.received for row in rows)


def test_a_record_told_late_counts_for_the_day_it_happened(
    client: Client, pen: Pen, database: Database
) -> None:
    with database.reading() as connection:
        now = connection.execute(text("SELECT enrolled FROM devices")).scalars().first()
    assert now is not None
    pen.send(client, [pen.write(clock=now - 3 * 86400)])
    with database.reading() as connection:
        row = connection.execute(text("SELECT occurred, received, day FROM events")).one()
    assert row.occurred == now - 3 * 86400
    assert row.day == (row.occurred + 3600) // 86400  # the sample shop's day begins an hour before UTC's


def test_metrics_count_records_and_name_no_customer(client: Client, pen: Pen, settings: Settings) -> None:
    pen.send(client, [pen.write(), b"noise"])
    told = client.ask("GET", "/metrics").body.decode()
    assert 'rung_events_total{fate="taken"}' in told
    assert 'rung_quarantined_total{code="record-hash"}' in told
    assert customer_token(settings.tenant_key, CARD) not in told and CARD not in told


def test_an_acknowledgement_names_the_history_it_belongs_to(
    client: Client, pen: Pen, database: Database
) -> None:
    answer = pen.send(client, [pen.write()])
    with database.reading() as connection:
        assert answer.json["history"] == connection.execute(text("SELECT history FROM service")).scalar()
    assert json.loads(answer.body)["acknowledged"] == 1


def test_a_return_is_kept_and_gives_no_use_back(
    client: Client, pen: Pen, settings: Settings, database: Database
) -> None:
    pen.send(client, [pen.write()])
    before, _ = derived_and_replayed(database)
    pen.sequence += 1
    stamp = checkout_record.Stamp("till-1", 1, pen.sequence, "sample", 1, 5, None)
    back = event.seal(
        checkout_record.of_return(
            stamp, "till-1-1", "back-1", [{"line": 0, "quantity": 1, "refund": 1260}], 1260
        )
    )
    assert pen.send(client, [back]).json == {
        **pen.send(client, [back]).json,
        "acknowledged": 2,
        "quarantined": [],
    }
    after, replayed = derived_and_replayed(database)
    assert after == before == replayed
    assert kept(database)[1] == back
