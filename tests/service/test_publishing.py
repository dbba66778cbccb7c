"""From a fit that passed to tills that decide by it, and back; nothing else ever comes to a till."""

import threading
from itertools import count

import pytest
from sqlalchemy import text

from models import release
from models.release import HAND_MADE
from pos_client.core.snapshot import Snapshot, may_replace
from pricing_service import fit_store, release_store, releases, replaying, switching
from pricing_service.database import Database
from pricing_service.fit_store import Ended
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.fake_fit import FAILS, REJECTED, proposed, verdict
from tests.service.places import BASKET, CARD, Client, Pen, listening
from tests.service.shifts import asked, at_work, ended, fit, in_force, until

UNREADABLE = text(
    "INSERT INTO events (device, epoch, sequence, hash, kind, checkout_id, customer, occurred, day, received, line)"
    " VALUES ('till-1', 1, 1, 'x', 'checkout', 'c', 'who', 1, 1, 1, X'00')"
)
REACTIONS = (("accepted",), ("asked_more", "accepted"), ("asked_more", "left"), ("asked_more",))


def published(client: Client, name: str, status: int = 202) -> dict:
    answer = client.ask("POST", f"/v1/fits/{name}/publish", {"note": "good"}, **client.admin)
    assert answer.status == status, answer.body
    return answer.json


def rolled_back(client: Client, number: int, status: int = 202) -> dict:
    answer = client.ask("POST", f"/v1/releases/{number}/rollback", **client.admin)
    assert answer.status == status, answer.body
    return answer.json


def released(client: Client, number: int) -> dict:
    return client.ask("GET", f"/v1/releases/{number}").json


def passed(client: Client, database: Database, name: str = "good", weak: bool = False) -> None:
    """A fit that passed, as the worker would have left it."""
    asked(client, id=name, weak=weak)
    model = proposed({"name": f"fit-{name}"})
    with database.writing() as connection:
        assert fit_store.start_next(connection, "me")
        summary = {"table_error": {"published": {"first": 0.0002}}}
        fit_store.end(connection, name, Ended("passed", summary, verdict(True), model))


def meta(body: bytes) -> dict:
    return Snapshot(lambda offset, length: body[offset : offset + length], len(body)).meta


def logged(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(text("SELECT COUNT(*) FROM events")).scalar_one()


def check_beliefs(database: Database) -> None:
    """What is stored is what one thread makes of the log under the release in force, and nothing else is left."""
    with database.reading() as connection:
        model = release_store.in_force(connection).model
        assert replaying.stored(connection) == replaying.replay(connection, model)
        names = set(connection.execute(text("SELECT DISTINCT release FROM beliefs")).scalars())
        assert names <= {model.release}


def test_a_new_shop_decides_by_the_release_made_by_hand(client: Client) -> None:
    told = released(client, 0)
    assert (told["state"], told["fit"], told["name"]) == ("in_force", None, release.identity(HAND_MADE))
    assert release.read(told["parameters"]) == HAND_MADE
    assert told["says"]["mu"] == "Half of the sensitive customers need more than 6 %."
    assert client.ask("GET", "/v1/releases/1").status == 404


def test_a_fit_that_passed_reaches_the_tills_and_a_rollback_takes_it_back(
    client: Client, pen: Pen, settings: Settings, database: Database
) -> None:
    pen.send(client, [pen.write(("asked_more", "accepted")), pen.write(card="another")])
    before = pen.fetch(client)
    path = "/v1/customers/" + customer_token(settings.tenant_key, CARD)
    known = client.ask("GET", path).json
    passed(client, database)
    told = published(client, "good")
    assert (told["number"], told["fit"], told["published_by"]) == (1, "good", "admin")
    assert pen.fetch(client).body == before.body, "nothing has changed yet"
    assert switching.switch(database)
    told = released(client, 1)
    assert (told["state"], told["history"][0]["customers"]) == ("in_force", 2)
    assert told["table_error"] == {"published": {"first": 0.0002}}
    assert fit(client, "good")["state"] == "published" and fit(client, "good")["release"] == 1
    check_beliefs(database)
    after = pen.fetch(client)
    may_replace(meta(after.body), meta(before.body))
    assert meta(after.body)["model"]["release"] == told["name"]
    assert client.ask("GET", path).json["belief"] != known["belief"]

    assert rolled_back(client, 0)["state"] == "publishing"
    assert switching.switch(database)
    assert [each["action"] for each in released(client, 0)["history"]] == ["start", "rollback"]
    assert (released(client, 0)["state"], released(client, 1)["state"]) == ("in_force", "past")
    check_beliefs(database)
    back = pen.fetch(client)
    may_replace(meta(back.body), meta(after.body))
    assert meta(back.body)["model"] == meta(before.body)["model"]
    assert client.ask("GET", path).json["belief"] == known["belief"]


def test_decisions_of_the_service_follow_the_release_in_force(client: Client, database: Database) -> None:
    passed(client, database)
    name = published(client, "good")["name"]
    assert client.ask("POST", "/v1/decisions", BASKET).json["release"] != name
    assert switching.switch(database)
    until(lambda: client.ask("POST", "/v1/decisions", BASKET).json["release"] == name)


@pytest.mark.parametrize(
    ("seed", "why"),
    [(REJECTED, "was rejected by the gate (rhat)"), (FAILS, "is failed"), (None, "is queued")],
)
def test_what_did_not_pass_is_never_published(
    seed: int | None, why: str, client: Client, settings: Settings
) -> None:
    asked(client, id="bad", seed=seed or 0)
    if seed is not None:
        with at_work(settings):
            ended(client, "bad")
    answer = client.ask("POST", "/v1/fits/bad/publish", **client.admin)
    assert (answer.status, answer.json["code"]) == (409, "fit-not-passed")
    assert why in answer.json["detail"]
    assert ("see GET /v1/fits/bad/report." in answer.json["detail"]) == (seed == REJECTED)
    assert [each["number"] for each in client.ask("GET", "/v1/releases").json["items"]] == [0]


def test_a_fit_from_weakened_priors_is_for_comparison_only(client: Client, database: Database) -> None:
    passed(client, database, "weak", weak=True)
    answer = client.ask("POST", "/v1/fits/weak/publish", **client.admin)
    assert answer.status == 409 and "weakened priors" in answer.json["detail"]


def test_publishing_twice_is_one_release_and_rolling_back_to_what_is_in_force_nothing(
    client: Client, database: Database
) -> None:
    passed(client, database)
    assert published(client, "good")["number"] == published(client, "good")["number"] == 1
    assert released(client, 1)["state"] == "publishing" and in_force(client) == 0
    assert switching.switch(database) and not switching.switch(database)
    assert published(client, "good", 200)["state"] == "in_force"
    assert len(rolled_back(client, 1, 200)["history"]) == 1
    assert [each["number"] for each in client.ask("GET", "/v1/releases").json["items"]] == [1, 0]


def test_publishing_again_undoes_no_rollback(client: Client, database: Database) -> None:
    """The fit was compared with release 0, which is in force again: what is repeated is refused all the same."""
    passed(client, database)
    published(client, "good")
    assert switching.switch(database)
    for _ in range(2):  # while release 0 is on the way, and when it is in force
        if in_force(client) == 1:
            rolled_back(client, 0)
        refused = client.ask("POST", "/v1/fits/good/publish", **client.admin)
        assert (refused.status, refused.json["code"]) == (409, "release-past")
        assert "use POST /v1/releases/1/rollback" in refused.json["detail"]
        switching.switch(database)
    assert in_force(client) == 0 and released(client, 1)["state"] == "past"
    assert len(released(client, 1)["history"]) == 1
    rolled_back(client, 1)
    assert switching.switch(database) and in_force(client) == 1


def test_a_rollback_asked_for_while_a_release_is_being_published_comes_after_it(
    client: Client, database: Database
) -> None:
    passed(client, database)
    published(client, "good")
    assert rolled_back(client, 0)["state"] == "in_force"
    assert switching.switch(database) and in_force(client) == 1
    assert switching.switch(database) and in_force(client) == 0
    assert not switching.switch(database)


def test_nobody_publishes_or_rolls_back_without_a_token(client: Client) -> None:
    for path in ("/v1/fits/any/publish", "/v1/releases/0/rollback", "/v1/fits/any/cancel"):
        assert client.ask("POST", path, authorization="").status == 401


def test_no_record_is_learnt_under_the_wrong_release_while_it_changes(
    client: Client, pen: Pen, database: Database
) -> None:
    """A till hands in records all the time; the release changes four times under it."""
    passed(client, database)
    over, failures = threading.Event(), []

    def sell() -> None:
        mine = Client(client.port)
        try:
            for number in count():
                if over.is_set():
                    return
                reactions = REACTIONS[number % 4]
                outcome = "lost" if reactions[-1] == "left" else "sold"
                lines = [pen.write(reactions, outcome, f"card{each}") for each in range(5)]
                assert pen.send(mine, lines).status == 200
        except BaseException as failure:
            failures.append(failure)
        finally:
            mine.close()

    seller = threading.Thread(target=sell)
    seller.start()
    published(client, "good")
    for number in (1, 0, 1, 0):
        if in_force(client) != number:
            rolled_back(client, number)
        before = logged(database)
        until(lambda before=before: logged(database) > before + 10)
        assert switching.switch(database) and in_force(client) == number
    over.set()
    seller.join()
    assert not failures, failures
    check_beliefs(database)


def test_a_switch_that_fails_leaves_what_was_in_force(
    client: Client, settings: Settings, database: Database
) -> None:
    passed(client, database)
    with database.writing() as connection:
        connection.execute(UNREADABLE)
    with at_work(settings):
        published(client, "good")
        told = until(lambda: (told := released(client, 1))["state"] == "failed" and told)
    assert told["history"][0]["error"] and in_force(client) == 0
    with database.writing() as connection:
        connection.execute(text("DELETE FROM events"))
    refused = client.ask("POST", "/v1/releases/1/rollback", **client.admin)
    assert (refused.status, refused.json["code"]) == (409, "never-in-force")
    assert published(client, "good")["state"] == "publishing", "a second try"
    assert switching.switch(database) and in_force(client) == 1


def test_beliefs_come_anew_when_a_new_version_makes_other_tables_of_the_release(
    settings: Settings, pen: Pen, database: Database
) -> None:
    with listening(settings) as port:
        client = Client(port)
        pen.send(client, [pen.write(("asked_more", "accepted"))])
        client.close()
    with database.writing() as connection:
        connection.execute(text("UPDATE releases SET identity = 'made-before'"))
        connection.execute(text("UPDATE beliefs SET release = 'made-before'"))
    with listening(settings):
        check_beliefs(database)
    with database.reading() as connection:
        assert release_store.present(connection).identity == releases.hand_made().model.release
