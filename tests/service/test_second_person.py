"""What needs two people is done when the second one makes the same call, and not a moment before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.service.people import person
from tests.service.places import Answer, Client, listening, prepared
from tests.service.test_priors import WORDS
from tests.service.test_publishing import passed, released

POLICY = {"id": "north", "utc_offset": 60}


class Shop:
    """Two analysts and the administrator of a shop that wants two for everything."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.settings, self.port = settings, port
        self.admin = Client(port, settings.admin_token)
        self.ada, self.grace = self.somebody("ada"), self.somebody("grace")

    def somebody(self, name: str, role: str = "analyst") -> Client:
        return person(self.settings, self.port, role, name)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    settings = prepared(tmp_path / "data").model_copy(update={"second_person": "priors,policies,releases"})
    with listening(settings) as port:
        yield Shop(settings, port)


@pytest.fixture
def database(shop: Shop) -> Iterator[Database]:
    database = Database(shop.settings.database)
    yield database
    database.close()


def policy(client: Client, body: dict | None = None) -> Answer:
    return client.ask("POST", "/v1/policies", body or POLICY)


def waits(answer: Answer, by: str) -> str:
    """The digest of what waits."""
    assert answer.status == 202, answer.body
    assert (answer.json["state"], answer.json["asked_by"]) == ("second_person_needed", by)
    return answer.json["digest"]


def exists(shop: Shop) -> bool:
    return shop.admin.ask("GET", "/v1/policies/north").status == 200


def test_a_policy_is_there_once_a_second_person_makes_the_same_call(shop: Shop) -> None:
    digest = waits(policy(shop.ada), "ada")
    assert not exists(shop)
    (listed,) = shop.grace.ask("GET", "/v1/asked").json["items"]
    assert (listed["digest"], listed["sent"], listed["operation"]) == (
        digest,
        {"body": POLICY},
        "create-policy",
    )
    made = policy(shop.grace)
    assert (made.status, made.json["rule"]) == (201, {"utc_offset": 60})
    assert shop.grace.ask("GET", "/v1/asked").json == {"items": []}


def test_who_asked_cannot_confirm_however_often_they_ask(shop: Shop) -> None:
    first = policy(shop.ada)
    assert policy(shop.ada).json == first.json
    waits(policy(shop.ada), "ada")
    assert not exists(shop)


def test_what_is_confirmed_is_exactly_what_was_asked(shop: Shop) -> None:
    asked = waits(policy(shop.ada), "ada")
    other = waits(policy(shop.grace, {**POLICY, "utc_offset": 120}), "grace")
    assert asked != other and not exists(shop)
    assert policy(shop.ada, {**POLICY, "utc_offset": 120}).json["rule"] == {"utc_offset": 120}
    late = policy(shop.grace)
    assert (late.status, late.json["code"]) == (409, "policy-exists"), "the first ask has no place any more"


def test_a_replaced_and_a_retired_policy_need_two_as_well(shop: Shop) -> None:
    policy(shop.ada), policy(shop.grace)
    better, path = {"utc_offset": 0}, "/v1/policies/north"
    for client, status in ((shop.ada, 202), (shop.grace, 200)):
        assert client.ask("PUT", path, {"id": "north", **better}, if_match='"1"').status == status
    assert shop.ada.ask("DELETE", path, if_match='"1"').status == 412
    assert shop.ada.ask("DELETE", path, if_match='"2"').status == 202
    assert shop.admin.ask("GET", path).json["retired"] is None
    assert shop.admin.ask("DELETE", path, if_match='"2"').json["retired"] is not None


def test_discounts_need_one_person(shop: Shop) -> None:
    rule = {"id": "spring", "label": "Spring 4 %", "kind": "percent", "rate": 400}
    assert shop.ada.ask("POST", "/v1/discounts", rule).status == 201


def test_what_would_be_refused_is_not_kept_as_asked(shop: Shop) -> None:
    assert policy(shop.ada, {"id": "north", "utc_ofset": 60}).status == 400
    assert policy(shop.somebody("eve", "auditor")).status == 403
    assert shop.ada.ask("GET", "/v1/asked").json == {"items": []}


def test_after_a_day_it_has_to_be_asked_for_again(shop: Shop, database: Database) -> None:
    waits(policy(shop.ada), "ada")
    with database.writing() as connection:
        connection.execute(text("UPDATE asks SET asked = asked - 86400"))
    assert shop.grace.ask("GET", "/v1/asked").json == {"items": []}
    waits(policy(shop.grace), "grace")
    assert not exists(shop)
    assert policy(shop.ada).status == 201


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "auditor"}])
def test_who_may_not_do_it_any_more_has_asked_for_nothing(shop: Shop, change: dict) -> None:
    waits(policy(shop.ada), "ada")
    assert shop.admin.ask("PATCH", "/v1/people/ada", change).status == 200
    assert shop.grace.ask("GET", "/v1/asked").json == {"items": []}
    waits(policy(shop.grace), "grace")
    assert not exists(shop)


def test_what_others_asked_for_is_shown_to_who_could_confirm_it(shop: Shop) -> None:
    waits(policy(shop.ada), "ada")
    assert shop.somebody("ida", "it").ask("GET", "/v1/asked").json == {"items": []}


def test_the_audit_trail_knows_both(shop: Shop) -> None:
    digest = waits(policy(shop.ada), "ada")
    policy(shop.grace)
    entries = shop.admin.ask("GET", "/v1/audit").json["items"]
    told = {each["action"]: each for each in entries}
    asked, made = told["second-person-asked"], told["create-policy"]
    assert (asked["actor"], asked["detail"]) == ("ada", f"create-policy sha256={digest}")
    assert made["actor"] == "grace" and made["detail"].endswith(f"asked by ada sha256={digest}")
    assert len([each for each in entries if each["action"] == "create-policy"]) == 1


def test_a_prior_needs_two_however_little_it_changes(shop: Shop) -> None:
    assert shop.ada.ask("POST", "/v1/priors", WORDS).status == 201
    path = "/v1/priors/spring-1/publish"
    assert shop.ada.ask("POST", path, if_match='"1"').status == 202
    assert shop.ada.ask("GET", "/v1/priors/spring-1").json["state"] == "draft"
    done = shop.grace.ask("POST", path, if_match='"1"')
    assert (done.status, done.json["state"], done.json["published_by"]) == (200, "published", "grace")
    again = shop.grace.ask("POST", path, if_match=done.headers["etag"])
    assert (again.status, again.json["state"]) == (200, "published"), "what changes nothing needs nobody"


def test_a_release_needs_two_and_so_does_the_way_back(shop: Shop, database: Database) -> None:
    passed(shop.admin, database)
    path = "/v1/fits/good/publish"
    waits(shop.ada.ask("POST", path, {"note": "good"}), "ada")
    assert shop.admin.ask("GET", "/v1/releases/1").status == 404
    made = shop.grace.ask("POST", path, {"note": "good"})
    assert (made.status, made.json["number"]) == (202, 1)
    assert made.headers["location"] == "/v1/releases/1"
    assert shop.ada.ask("POST", path, {"note": "good"}).json["number"] == 1, "asked again, it is the same"
    waits(shop.ada.ask("POST", "/v1/releases/0/rollback"), "ada")
    assert released(shop.admin, 0)["history"][-1]["action"] == "start"
    shop.grace.ask("POST", "/v1/releases/0/rollback")
    assert released(shop.admin, 0)["history"][-1]["action"] == "rollback"


def test_a_setting_that_names_something_else_stops_the_start() -> None:
    assert Settings(second_person="").second_person_for == frozenset()
    with pytest.raises(ValidationError):
        Settings(second_person="policies,tills")
