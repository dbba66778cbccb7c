"""An experiment is drafted, started, ramped up and stopped; whoever is in it is never moved."""

import json

import pytest

from pos_client.core import event, experiment
from pos_client.core.record import OutOfTurn
from pos_client.core.snapshot import Snapshot
from pricing_service import experiment_store, standing
from pricing_service.database import Database
from pricing_service.service import Service
from pricing_service.settings import Settings
from tests.service.experiments import act, arm, create, day, given, holdout, started, today
from tests.service.places import Client, Pen


def told(client: Client, pen: Pen) -> list[dict]:
    """What the newest snapshot tells tills of experiments."""
    file = pen.fetch(client)
    assert file.status == 200, file.body
    meta = Snapshot(lambda offset, length: file.body[offset : offset + length], len(file.body)).meta
    return meta["experiments"]


def problem(answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def test_a_draft_is_kept_and_tells_tills_nothing(client: Client, pen: Pen) -> None:
    answer = create(client, given(note="Does climbing pay?"))
    assert (answer.status, answer.headers["etag"], answer.json["state"]) == (201, '"1"', "draft")
    assert answer.json["control"] == "usual"
    assert told(client, pen) == []
    assert client.ask("GET", "/v1/experiments/climbs", **client.admin).json["experiment"] == given(
        note="Does climbing pay?"
    )
    assert [each["id"] for each in client.ask("GET", "/v1/experiments", **client.admin).json["items"]] == [
        "climbs"
    ]


def test_nobody_writes_or_reads_without_a_token(client: Client) -> None:
    create(client, given())
    for method, path in (
        ("POST", "/v1/experiments"),
        ("PUT", "/v1/experiments/climbs"),
        ("POST", "/v1/experiments/climbs/start"),
        ("POST", "/v1/experiments/climbs/stop"),
        ("POST", "/v1/experiments/climbs/ramp"),
        ("GET", "/v1/experiments"),
        ("GET", "/v1/experiments/climbs"),
        ("GET", "/v1/experiments/climbs/readout"),
        ("GET", "/v1/experiments/climbs/readout.csv"),
    ):
        assert client.ask(method, path, {} if method != "GET" else None, authorization="").status == 401, path


REFUSALS = [
    ({"arms": [arm("a", 6000), arm("b", 6000)]}, "shares", "shares add up to 12000: at most 10000"),
    ({"arms": [arm("a", 6000)]}, "one-arm", "nothing to be compared with"),
    ({"arms": [arm("a", 1), arm("a", 1)]}, "duplicate-arm", "two arms have one name"),
    ({"arms": [arm("a", 1, holdout=True), arm("b", 1)]}, "holdout-policy", "best_first"),
    ({"arms": [arm("a", 1, policy={"price_floor": 1}), arm("b", 1)]}, "not-by-arm", "the whole shop"),
    ({"until": "2020-01-01"}, "ends-before-it-begins", "until must not be before from"),
    ({"unit": "household"}, "unknown-choice", "customer, checkout"),
    ({"id": "two words"}, "experiment-id", "dashes"),
    ({"control": "nobody"}, "unknown-arm", "none is called nobody"),
    ({"postcodes": ["1010"]}, "unknown-field", "postcodes"),
    ({"note": "x" * 401}, "text-length", "note"),
]


def test_what_cannot_be_an_experiment_is_refused_in_words(client: Client) -> None:
    for more, code, words in REFUSALS:
        answer = create(client, given(**more))
        assert problem(answer) == (400, code), more
        assert words in answer.json["detail"]
    assert client.ask("GET", "/v1/experiments", **client.admin).json["items"] == []


def test_an_id_is_taken_for_ever(client: Client) -> None:
    create(client, given())
    assert problem(create(client, given())) == (409, "experiment-exists")


def test_a_draft_is_replaced_by_who_has_read_it_last(client: Client) -> None:
    create(client, given())
    body = given(arms=[arm("climb", 1000), arm("firm", 1000, policy={"plan": "hold_firm"})])
    path = "/v1/experiments/climbs"
    answer = client.ask("PUT", path, body, if_match='"1"', **client.admin)
    assert (answer.status, answer.json["version"], answer.json["control"]) == (200, 2, "climb")
    assert problem(client.ask("PUT", path, body, if_match='"1"', **client.admin)) == (
        412,
        "experiment-changed",
    )
    assert problem(client.ask("PUT", path, body, **client.admin)) == (428, "if-match-needed")


def test_tills_are_told_when_it_starts_and_no_more_when_it_stops(client: Client, pen: Pen) -> None:
    answer = started(client, given(note="not for tills", control="climb"))
    assert (answer["state"], answer["started_by"]) == ("running", "admin")
    assert told(client, pen) == [given()]
    assert act(client, "climbs", "start").json["version"] == answer["version"], "started again it is the same"
    assert act(client, "climbs", "stop").json["state"] == "stopped"
    assert told(client, pen) == []
    assert problem(act(client, "climbs", "start")) == (409, "experiment-stopped")


def test_what_was_started_is_fixed(client: Client) -> None:
    version = started(client, given())["version"]
    answer = client.ask("PUT", "/v1/experiments/climbs", given(), if_match=f'"{version}"', **client.admin)
    assert problem(answer) == (409, "not-a-draft")


def test_it_never_begins_in_the_past_and_not_when_it_is_over(client: Client) -> None:
    answer = started(client, given(**{"from": day(-5)}))
    assert answer["experiment"]["from"] == day()
    create(client, given("late", **{"from": day(-9), "until": day(-1)}))
    assert problem(act(client, "late", "start")) == (409, "experiment-over")
    assert started(client, given("next", **{"from": day(3)}))["state"] == "scheduled"


def test_a_ramp_up_multiplies_all_shares(client: Client, pen: Pen) -> None:
    arms = [arm("a", 200), arm("b", 100)]
    started(client, given(arms=arms))
    answer = act(client, "climbs", "ramp", {"share": 9999})
    assert [each["share"] for each in answer.json["experiment"]["arms"]] == [6666, 3333]
    assert [(each["before"], each["after"]) for each in answer.json["ramps"]] == [(300, 9999)]
    assert [each["share"] for each in told(client, pen)[0]["arms"]] == [6666, 3333]


def test_a_ramp_up_that_would_move_somebody_is_refused(client: Client) -> None:
    started(client, given(arms=[arm("a", 200), arm("b", 100)]))
    for share in (299, 1000, 10000):
        answer = act(client, "climbs", "ramp", {"share": share})
        assert problem(answer) == (400, "share")
        assert "from 303 to 9999 in steps of 3" in answer.json["detail"]
    started(client, given("behind"))
    answer = act(client, "climbs", "ramp", {"share": 600})
    assert problem(answer) == (409, "others-behind")
    assert "behind" in answer.json["detail"]
    act(client, "behind", "stop")
    assert act(client, "climbs", "ramp", {"share": 600}).status == 200


def test_a_draft_or_a_stopped_one_is_not_ramped_up_or_stopped(client: Client) -> None:
    create(client, given())
    for what, body in (("ramp", {"share": 10000}), ("stop", None)):
        assert problem(act(client, "climbs", what, body)) == (409, "not-running")


def test_the_shops_holdout_is_drawn_first_and_cannot_come_late(client: Client, pen: Pen) -> None:
    started(client, holdout())
    started(client, given())
    assert [each["id"] for each in told(client, pen)] == ["holdout", "climbs"]
    create(client, {**holdout(), "id": "second"})
    assert problem(act(client, "second", "start")) == (409, "holdout-exists")
    act(client, "holdout", "stop")
    assert problem(act(client, "second", "start")) == (409, "others-behind"), "it would take from climbs"
    act(client, "climbs", "stop")
    assert act(client, "second", "start").status == 200


def test_nothing_begins_before_a_holdout_that_waits(client: Client) -> None:
    started(client, holdout(**{"from": day(5)}))
    create(client, given())
    assert problem(act(client, "climbs", "start")) == (409, "before-the-holdout")


def test_of_two_the_one_that_begins_earlier_is_drawn_first(client: Client, pen: Pen) -> None:
    started(client, given("later", **{"from": day(2)}))
    started(client, given("sooner"))
    assert [each["id"] for each in told(client, pen)] == ["sooner", "later"]


def test_no_more_run_at_a_time_than_a_till_can_draw(client: Client) -> None:
    for number in range(8):
        started(client, given(f"e{number}"))
    create(client, given("ninth"))
    assert problem(act(client, "ninth", "start")) == (400, "too-many-experiments")
    assert client.ask("GET", "/v1/experiments/ninth", **client.admin).json["state"] == "draft"


def began(database: Database, body: dict, later: int) -> None:
    """Create and start it ``later`` days from today."""
    with database.writing() as connection:
        experiment_store.create(connection, body, "admin")
        experiment_store.start(connection, body["id"], "admin", today() + later)


def test_a_holdout_follows_another_only_when_no_store_can_still_draw_the_old_one(
    client: Client, database: Database
) -> None:
    """The day of a store in Honolulu is behind that of one in Auckland."""
    began(database, {**holdout(), "id": "old", "from": day(-60), "until": day(-2)}, -60)
    create(client, {**holdout(), "id": "new"})
    assert problem(act(client, "new", "start")) == (409, "holdout-exists")
    with database.writing() as connection, pytest.raises(OutOfTurn):
        experiment_store.start(connection, "new", "admin", today() + 1)
    with database.writing() as connection:
        experiment_store.start(connection, "new", "admin", today() + 2)
        for local in range(today(), today() + 4):  # every store's day then, and a till's with a late clock
            experiment.read_all(experiment_store.for_tills(connection, local), {})


def test_a_ninth_waits_until_no_store_draws_one_that_is_over(client: Client, database: Database) -> None:
    for number in range(8):
        began(database, given(f"e{number}", **{"from": day(-9), "until": day(-2)}), -9)
    create(client, given("ninth"))
    assert problem(act(client, "ninth", "start")) == (400, "too-many-experiments")
    act(client, "e3", "stop")
    assert act(client, "ninth", "start").status == 200


def test_two_holdouts_and_a_ninth_in_the_database_leave_a_snapshot_that_tills_and_service_read(
    client: Client, pen: Pen, database: Database, settings: Settings
) -> None:
    """A service of before allowed it; tills go on with the newest holdout."""
    several = [{**holdout(), "id": "old"}, *(given(f"e{n}", until=day(20 - n)) for n in range(8))]
    with database.writing() as connection:
        for place, body in enumerate([*several, {**holdout(), "id": "new"}]):
            connection.exec_driver_sql(
                "INSERT INTO experiments (id, version, state, body, position, created, created_by, ramps)"
                " VALUES (?, 1, 'running', ?, ?, 1, 'admin', '[]')",
                (body["id"], json.dumps(body), place),
            )
        standing.touch(connection)
    assert [each["id"] for each in told(client, pen)] == ["new", *(f"e{number}" for number in range(7))]
    Service(settings).close()


def test_records_say_their_arm_and_wrong_ones_are_set_aside(client: Client, pen: Pen) -> None:
    def changed(**more) -> bytes:
        record = event.opened(pen.write())
        del record["hash"]
        return event.seal({**record, **more})

    good = [changed(experiment="climbs", arm="climb", policy="hold_firm", propensity=5000, queue=3)]
    old = event.opened(pen.write())
    for name in ("hash", "policy", "experiment", "arm", "propensity", "queue"):
        old.pop(name, None)
    wrong = [
        {"experiment": "two words"},
        {"experiment": 7},
        {"propensity": 0},
        {"propensity": 10_001},
        {"propensity": "5000"},
        {"arm": ""},
        {"policy": "x" * 65},
        {"queue": -1},
        {"profile": "no"},
    ]
    answer = pen.send(client, [*good, event.seal(old), *[changed(**each) for each in wrong]])
    assert answer.json["acknowledged"] == 2 + len(wrong)
    codes = [each["code"] for each in answer.json["quarantined"]]
    assert codes == ["record-form"] * len(wrong), json.dumps(answer.json)
