"""Who may call what, for every operation of the description and everybody who could call: nobody gets further."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from pricing_service.authority import ROLES, SCOPES, scopes
from pricing_service.security import signed_now
from pricing_service.settings import Settings
from tests.service.people import person
from tests.service.places import Client, Pen, listening, prepared
from tests.service.test_description import DESCRIPTION

STRANGERS = ("nobody", "a made-up token", "a till")
PLACES = {
    "token": "0" * 64,
    "number": "77",
    "epoch": "1",
    "sequence": "1",
    "kind": "cashier",
    "store": "south",
}


class Operation(NamedTuple):
    method: str
    path: str
    security: list[dict[str, list[str]]]
    told: dict[str, Any]

    @property
    def target(self) -> str:
        """A path to something that is not there: who may ask is told that, and nothing is changed."""
        return re.sub(r"\{(\w+)\}", lambda found: PLACES.get(found[1], "nothing-here"), self.path)

    @property
    def needed(self) -> frozenset[str]:
        return frozenset(scope for either in self.security for scope in either.get("person", ()))

    def is_for(self, scheme: str) -> bool:
        return any(scheme in either for either in self.security)


OPERATIONS = [
    Operation(method.upper(), path, told["security"], told)
    for path, methods in DESCRIPTION["paths"].items()
    for method, told in methods.items()
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, int]]:
    settings = prepared(tmp_path_factory.mktemp("matrix"), devices=2)
    with listening(settings) as port:
        yield settings, port


def asked(client: Client, one: Operation, **headers: str) -> tuple[int, str]:
    """(status, code) of a call with an empty object for a body."""
    body = b"{}" if one.method in ("POST", "PUT", "PATCH") else None
    answer = client.ask(
        one.method, one.target, body, if_match='"1"', content_type="application/json", **headers
    )
    return answer.status, answer.json.get("code", "") if b'"code"' in answer.body else ""


def test_every_operation_says_whom_it_is_for_and_every_scope_it_needs_exists() -> None:
    for one in OPERATIONS:
        assert set(one.needed) <= SCOPES.keys(), one.path
        assert all(set(either) <= {"person", "device"} for either in one.security), one.path


def test_what_is_for_everybody_is_a_short_list() -> None:
    public = {one.path for one in OPERATIONS if not one.security}
    assert public == {"/livez", "/readyz", "/metrics", "/v1/sessions", "/v1/sessions/refresh"}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_gets_nothing(shop: tuple[Settings, int], stranger: str) -> None:
    settings, port = shop
    client = Client(port)
    for one in OPERATIONS:
        headers = {"authorization": "Bearer " + "x" * 64} if stranger == "a made-up token" else {}
        if stranger == "a till" and one.is_for("person"):
            key = Pen(settings).key
            told = signed_now(key, "till-1", 1, one.method, one.target, b"{}")
            headers = {name.replace("-", "_"): value for name, value in told.items()}
        if one.security and not (stranger == "a till" and one.is_for("device")):
            status, code = asked(client, one, **headers)
            assert status == 401, (one.method, one.path, status, code)


@pytest.mark.parametrize("store", [None, "north"])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_what_its_scopes_allow_and_nothing_else(
    shop: tuple[Settings, int], role: str, store: str | None
) -> None:
    settings, port = shop
    client = person(settings, port, role, store=store)
    held = scopes(role, store)
    for one in OPERATIONS:
        if not one.is_for("person"):
            continue
        status, code = asked(client, one)
        if one.method == "DELETE" and one.path.startswith("/v1/sessions"):
            client = person(settings, port, role, store=store)  # that was the end of the other one's session
        if one.needed <= held:
            assert status != 401 and code != "scope-needed", (one.method, one.path, status, code)
        else:
            assert (status, code) == (403, "scope-needed"), (one.method, one.path)


@pytest.mark.parametrize("role", ROLES)
def test_a_persons_token_is_no_tills_signature(shop: tuple[Settings, int], role: str) -> None:
    settings, port = shop
    client = person(settings, port, role)
    for one in OPERATIONS:
        if one.is_for("device") and not one.is_for("person"):
            assert asked(client, one)[0] == 401, one.path


def test_who_belongs_to_a_store_reads_and_writes_of_no_other(shop: tuple[Settings, int]) -> None:
    settings, port = shop
    client = person(settings, port, "admin", store="north")
    for one in OPERATIONS:
        if not one.needed or not one.needed <= scopes("admin", "north"):
            continue
        asks = {parameter["name"] for parameter in one.told.get("parameters", ())}
        target = one.target + ("?store=south" if "store" in asks and "{store}" not in one.path else "")
        if "store" in asks:
            answer = client.ask(one.method, target, b"{}" if one.method == "PUT" else None)
            assert (answer.status, answer.json["code"]) == (403, "other-store"), (one.method, target)


def test_a_till_hands_in_and_renews_for_itself_alone(shop: tuple[Settings, int]) -> None:
    settings, port = shop
    client, mine, other = Client(port), Pen(settings, "till-1"), Pen(settings, "till-2")
    answer = mine.send(client, [other.write()])
    assert [one["code"] for one in answer.json["quarantined"]] == ["foreign-record"]
    mine.device = "till-2"  # its name with my key
    assert mine.send(client, [other.write()]).status == 401
