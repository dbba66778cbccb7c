"""Priors: written down in words or numbers, looked at, published by one person or by two."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from jsonschema import Draft202012Validator
from sqlalchemy import text

from models import prior_sentences, priors
from pos_client.core.belief import Model, initial, predict
from pos_client.core.event import opened, seal
from pricing_service import prior_preview, prior_schema, prior_store
from pricing_service.database import Database
from pricing_service.prior_examples import EXAMPLES
from pricing_service.routes.priors import plan_maker
from pricing_service.settings import Settings
from tests.models.test_priors import any_priors
from tests.service.people import added, asks_in, bearer
from tests.service.places import Answer, Client, Pen, listening, prepared

WORDS = EXAMPLES["words"]
NEEDY = {  # customers who need four times what the release in force says
    "id": "needy",
    "prior": {
        "declaration": "rung-1",
        "name": "Needy",
        "words": {"need": {"half_need_more_than": 24, "sure_between": [16, 36]}},
    },
}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A service for requests that are all refused."""
    settings = prepared(tmp_path_factory.mktemp("untouched"))
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        yield client
        client.close()


def create(client: Client, body: dict = WORDS) -> Answer:
    return client.ask("POST", "/v1/priors", body, **client.admin)


def publish(client: Client, prior: str, version: int = 1, **headers: str) -> Answer:
    headers = {**client.admin, **headers, "If_Match": f'"{version}"'}
    return client.ask("POST", f"/v1/priors/{prior}/publish", **headers)


def test_a_shop_begins_with_the_default_in_force(client: Client) -> None:
    page = client.ask("GET", "/v1/priors").json
    assert [(each["id"], each["number"], each["in_force"]) for each in page["items"]] == [
        ("default-1", 1, True)
    ]
    default = client.ask("GET", "/v1/priors/default-1")
    assert priors.read(default.json["prior"]) == priors.DEFAULT
    assert default.headers["etag"] == '"1"'
    assert default.json["says"]["mu"].startswith("Half of the sensitive customers need more than 6 %")
    assert default.json["strength"]["shares"] == {
        "amount": 10.0,
        "unit": "customers",
        "formula": "sum of alpha",
    }


def test_words_become_densities_and_are_kept_as_they_were_sent(client: Client) -> None:
    created = create(client)
    assert (created.status, created.headers["etag"]) == (201, '"1"')
    told = created.json
    assert (told["state"], told["in_force"], told["created_by"], told["number"]) == (
        "draft",
        False,
        "admin",
        2,
    )
    assert told["sent"] == WORDS["prior"]
    assert priors.read(told["prior"]) == priors.read(WORDS["prior"])
    assert told["strength"]["delta"]["amount"] is None
    assert client.ask("GET", "/v1/priors/spring-1").json == told


def test_a_prior_sent_twice_is_one_and_another_under_its_id_is_refused(client: Client) -> None:
    first = create(client)
    again = create(client)
    assert (again.status, again.json) == (200, first.json)
    other = create(client, {**WORDS, "note": "Another note."})
    assert (other.status, other.json["code"]) == (409, "prior-exists")
    assert create(client, {**WORDS, "id": "default-1"}).status == 409


@pytest.mark.parametrize(
    ("body", "code", "begins"),
    [
        ({**WORDS, "id": "with space"}, "prior-id", "`id` needs"),
        ({"id": "x"}, "prior-unreadable", "`prior` must be an object"),
        ({**WORDS, "note": 3}, "prior-note", "`note` is a text"),
        ({**WORDS, "nmae": 3}, "unknown-field", "A prior is sent with"),
        (
            {"id": "x", "prior": {"declaration": "rung-1", "name": "x", "mu": 3}},
            "prior-unreadable",
            "mu needs a",
        ),
        (
            {"id": "x", "prior": {"declaration": "rung-1", "name": "x", "words": {"need": 3}}},
            "prior-unreadable",
            "need",
        ),
    ],
)
def test_what_is_no_prior_is_refused_with_what_to_send(
    untouched: Client, body: dict, code: str, begins: str
) -> None:
    refused = create(untouched, body)
    assert (refused.status, refused.json["code"]) == (400, code)
    assert refused.json["detail"].startswith(begins), refused.json["detail"]
    assert len(untouched.ask("GET", "/v1/priors").json["items"]) == 1


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"1e999", b"-1e999", b"1" + 400 * b"0"])
def test_numbers_that_are_none_are_refused(untouched: Client, word: bytes) -> None:
    density = b'{"density":"normal","mean":' + word + b',"sd":1}'
    raw = b'{"id":"x","prior":{"declaration":"rung-1","name":"x","mu":' + density + b"}}"
    refused = untouched.ask("POST", "/v1/priors", raw, **untouched.admin)
    assert (refused.status, refused.headers["content-type"]) == (400, "application/problem+json")
    assert "mu: mean is" in refused.json["detail"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id":"x","note":"\\ud800","prior":{"declaration":"rung-1","name":"x"}}',
        b'{"id":"x","note":"\xed\xa0\x80","prior":{"declaration":"rung-1","name":"x"}}',
        b'{"id":"x","\\uDFFF":1}',
        b'{"id":"x","prior":{"declaration":"rung-1","name":"x","\\ud800":1}}',
    ],
)
def test_half_a_character_is_refused(untouched: Client, raw: bytes) -> None:
    refused = untouched.ask("POST", "/v1/priors", raw, **untouched.admin)
    assert (refused.status, refused.headers["content-type"]) == (400, "application/problem+json")
    assert refused.json["code"] in ("lone-surrogate", "not-json")


def test_whole_characters_may_be_written_as_two_escapes(client: Client) -> None:
    raw = b'{"id":"x","note":"\\ud83d\\ude00","prior":{"declaration":"rung-1","name":"x"}}'
    assert client.ask("POST", "/v1/priors", raw, **client.admin).json["note"] == "\U0001f600"


def test_a_record_that_does_not_tell_its_arm_keeps_nobody_from_looking(client: Client, pen: Pen) -> None:
    """The log takes records of other versions; what a preview needs may be missing."""
    record = opened(pen.write())
    told = {name: value for name, value in record.items() if name not in ("arm", "plan", "hash")}
    assert pen.send(client, [seal(told)]).json["quarantined"] == []
    plans = client.ask("GET", "/v1/priors/default-1/preview").json["plans"]
    assert (plans["checkouts"], plans["changed"]) == (1, 0)


def test_a_page_goes_on_where_the_one_before_ended(client: Client) -> None:
    for number in range(5):
        create(client, {**WORDS, "id": f"p{number}"})
    whole = client.ask("GET", "/v1/priors?limit=200").json["items"]
    assert [each["number"] for each in whole] == [6, 5, 4, 3, 2, 1]
    seen, query = [], ""
    while query is not None:
        page = client.ask("GET", f"/v1/priors?limit=2{query}").json
        seen, query = seen + page["items"], page["next"] and f"&before={page['next']}"
    assert seen == whole


def test_a_prior_under_which_tills_would_plan_otherwise_waits_for_a_second_person(
    client: Client, pen: Pen
) -> None:
    pen.send(client, [pen.write() for _ in range(5)])
    create(client)
    asked = publish(client, "spring-1").json
    assert (asked["state"], asked["plans"]["checkouts"], asked["plans"]["changed"]) == ("waiting", 5, 5)


def test_publishing_makes_it_what_the_next_fit_starts_from(client: Client, database: Database) -> None:
    create(client)
    done = publish(client, "spring-1")
    assert (done.status, done.headers["etag"]) == (200, '"2"')
    assert done.json["state"] == "published" and done.json["in_force"]
    assert done.json["published_by"] == "admin" and done.json["asked_by"] is None
    with database.reading() as connection:
        assert prior_store.in_force(connection).id == "spring-1"
    assert not client.ask("GET", "/v1/priors/default-1").json["in_force"]
    back = publish(client, "default-1")  # an earlier one comes back the same way
    assert back.json["in_force"] and not client.ask("GET", "/v1/priors/spring-1").json["in_force"]
    again = publish(client, "default-1", 2)
    assert (again.status, again.headers["etag"]) == (200, '"2"')  # it is in force already: nothing happens


def test_it_is_published_only_by_who_has_read_it(client: Client) -> None:
    create(client)
    assert client.ask("POST", "/v1/priors/spring-1/publish", **client.admin).status == 428
    stale = publish(client, "spring-1", 7)
    assert (stale.status, stale.json["code"]) == (412, "prior-changed")
    assert publish(client, "none").status == 404
    for path in ("/v1/priors", "/v1/priors/spring-1/publish"):
        refused = client.ask("POST", path, WORDS, authorization="Bearer wrong", If_Match='"1"')
        assert (refused.status, refused.json["code"]) == (401, "token-needed")


def opens_where_a_third_accept(checkout: dict, model: Model) -> list[int]:
    """A plan that weighs the belief: it skips rungs that fewer than a third of all strangers would take."""
    ladder = checkout["ladder"]
    chances = [predict(model, initial(model), rung["depth"], False) for rung in ladder]
    first = next((at for at, chance in enumerate(chances) if chance >= 21845), len(ladder) - 1)
    return list(range(first, len(ladder)))


@pytest.fixture
def weighing(settings: Settings) -> Iterator[Client]:
    """A service whose plans weigh the belief, with a second person called maria."""
    added(settings, "maria", "analyst")

    def prepare(app) -> None:
        app.dependency_overrides[plan_maker] = lambda: opens_where_a_third_accept

    with listening(settings, prepare) as port:
        client = Client(port, settings.admin_token)
        yield client
        client.close()


def test_a_prior_that_changes_many_plans_needs_two_people(
    weighing: Client, pen: Pen, database: Database
) -> None:
    pen.send(weighing, [pen.write() for _ in range(20)])
    create(weighing, NEEDY)
    told = weighing.ask("GET", "/v1/priors/needy/preview").json["plans"]
    assert (told["checkouts"], told["changed"], told["share"]) == (20, 20, 10_000)
    assert told["needs_second_person"] and told["examples"][0]["after"] != told["examples"][0]["before"]

    asked = publish(weighing, "needy")
    assert (asked.status, asked.json["state"], asked.json["asked_by"]) == (200, "waiting", "admin")
    assert not asked.json["in_force"]
    twice = publish(weighing, "needy", 2)
    assert (twice.status, twice.json["code"]) == (409, "second-person-needed")
    maria = bearer(asks_in(weighing, "maria"))
    assert publish(weighing, "needy", 1, **maria).status == 412
    done = publish(weighing, "needy", 2, **maria)
    assert (done.json["state"], done.json["asked_by"], done.json["published_by"]) == (
        "published",
        "admin",
        "maria",
    )
    with database.reading() as connection:
        assert prior_store.in_force(connection).id == "needy"


def test_one_person_may_change_a_tenth_of_the_plans_and_not_more(client: Client, database: Database) -> None:
    create(client)
    create(client, {**WORDS, "id": "spring-3"})
    with database.writing() as connection:
        assert prior_store.publish(connection, "spring-1", 1, "ann", 1000).state == "published"
        assert prior_store.publish(connection, "spring-3", 1, "ann", 1001).state == "waiting"
    few = prior_preview.Plans(0, False, 30_000, [prior_preview.Changed("c", [0], [1])] * 3001)
    assert few.share == 1001  # 10.003 % is more than a tenth


def test_the_preview_says_what_the_prior_means_at_the_till(client: Client) -> None:
    create(client)
    told, again = (client.ask(method, "/v1/priors/spring-1/preview").json for method in ("GET", "POST"))
    assert again["plans"].pop("since") >= told["plans"].pop("since")  # a month before it was asked
    assert again == told
    rising = [point["accepted"]["mean"] for point in told["acceptance"]]
    assert rising == sorted(rising) and rising[-1] > rising[0] + 3000
    for point in told["acceptance"]:
        assert point["at_the_top"]["mean"] > point["accepted"]["mean"]
        band = point["accepted"]
        assert band["most"][0] <= band["half"][0] <= band["half"][1] <= band["most"][1]
    assert sum(each["mean"] for each in told["types"].values()) == pytest.approx(10_000, abs=3)
    assert told["leave"]["sensitive"]["mean"] == pytest.approx(1000, abs=50)  # one refusal in ten
    assert told["plans"]["checkouts"] == 0 and told["plans"]["share"] == 0


def test_only_the_last_thirty_days_count_and_of_very_many_checkouts_a_part(
    client: Client, pen: Pen, database: Database
) -> None:
    now = int(time.time())
    pen.send(client, [pen.write(clock=now - 86400 * (10 if number % 2 else 40)) for number in range(40)])
    with database.writing() as connection:  # ten were also received long ago
        connection.execute(text("UPDATE events SET received = received - 40 * 86400 WHERE position <= 10"))
    with database.reading() as connection:
        every = prior_preview.plans(connection, priors.DEFAULT, opens_where_a_third_accept)
        assert (every.looked_at, every.sampled) == (15, False)
        some = prior_preview.plans(connection, priors.DEFAULT, opens_where_a_third_accept, most=10)
        assert some.sampled and 0 < some.looked_at <= 10


def test_twenty_thousand_checkouts_are_looked_at_within_a_second_of_work(
    client: Client, pen: Pen, database: Database
) -> None:
    pen.send(client, [pen.write() for _ in range(20)])
    rest = "sequence, hash, kind, checkout_id, customer, occurred, day, received, line"
    many = text(
        "WITH RECURSIVE numbers(number) AS (SELECT 2 UNION ALL SELECT number + 1 FROM numbers WHERE number < 1000)"
        f" INSERT INTO events (device, epoch, {rest}) SELECT device, number, {rest} FROM numbers JOIN events ON true"
    )
    with database.writing() as connection:
        connection.execute(many)
    create(client)
    began = time.process_time()
    told = client.ask("GET", "/v1/priors/spring-1/preview").json
    assert time.process_time() - began < 1
    assert (told["plans"]["checkouts"], told["plans"]["sampled"]) == (20_000, False)


def described() -> Draft202012Validator:
    return Draft202012Validator({**prior_schema.sent(), "components": {"schemas": prior_schema.components()}})


@settings_of_hypothesis(max_examples=25, deadline=None)
@given(any_priors())
def test_whatever_can_be_believed_is_described(given_priors: priors.Priors) -> None:
    described().validate({"id": "x", "prior": priors.as_json(given_priors)})


def test_the_schema_takes_the_examples_and_refuses_what_the_reader_refuses() -> None:
    whole = {
        "id": "x",
        "prior": {**priors.as_json(priors.DEFAULT), "cohorts": {"feature": "lines", "cuts": [3]}},
    }
    for body in (*EXAMPLES.values(), whole, NEEDY):
        described().validate(body)
        prior_store.read(body["prior"])
    short, other = {"density": "normal", "mean": -2}, {"density": "beta", "a": 1, "b": 1}
    for wrong in (short, other, {"density": "fixed", "value": 1}, 3):
        assert not described().is_valid({"id": "x", "prior": {**whole["prior"], "mu": wrong}})
        with pytest.raises(prior_store.Invalid):
            prior_store.read({**whole["prior"], "mu": wrong})


def test_the_examples_of_the_page_for_analysts_are_taken_and_say_what_it_quotes() -> None:
    page = (Path(__file__).parents[2] / "docs/priors.md").read_text()
    bodies = [json.loads(body) for body in re.findall(r"-d '(\{.*?\n\})'", page, re.DOTALL)]
    quoted = re.findall(r"^> (.*)$", page, re.MULTILINE)
    assert (len(bodies), len(quoted)) == (2, 3)
    for body in bodies:
        described().validate(body)
    said = prior_sentences.says(prior_store.read(bodies[0]["prior"])).values()
    assert set(quoted) <= set(said)
    words = re.findall(r"^\| (`.*?`) \|", page.partition("## Or in numbers")[0], re.MULTILINE)
    listed = {word.strip("`") for row in words for word in row.split(", ")}
    assert listed == prior_schema.components()["PriorWords"]["properties"].keys()
