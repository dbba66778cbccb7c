"""Who may do what: roles, stores, whoever gives them, and the commands that make the first administrator."""

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import text

from pos_client.core.record import Invalid
from pricing_service import authority, cli, passwords, people_store, person_command
from pricing_service.authority import OF_A_STORE, ROLES, SCOPES
from pricing_service.database import Database
from pricing_service.problem import Problem
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.people import PASSWORD, added, asks_in, bearer, person
from tests.service.places import BASKET, CARD, Client, Pen, listening, prepared

DOCS = Path(__file__).parents[2] / "docs"
NEW = {"name": "maria", "role": "analyst", "password": PASSWORD}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, int]]:
    settings = prepared(tmp_path_factory.mktemp("people") / "data")
    with listening(settings) as port:
        yield settings, port


@pytest.fixture
def boss(place: tuple[Settings, int]) -> Iterator[Client]:
    """The holder of the admin_token."""
    with closing(Client(place[1], place[0].admin_token)) as client:
        yield client


def test_every_role_holds_known_scopes_and_only_the_administrator_all() -> None:
    assert all(scopes <= SCOPES.keys() for scopes in ROLES.values())
    assert ROLES["admin"] == SCOPES.keys()
    assert all("people:manage" not in ROLES[role] for role in ROLES if role != "admin")
    assert SCOPES.keys() >= OF_A_STORE
    assert authority.scopes("analyst", "s1") == {"reports:read", "turnover:write"}


def test_the_page_about_people_shows_the_table_of_roles() -> None:
    page = (DOCS / "people.md").read_text()
    assert authority.table() in page, "python -m pricing_service.authority prints it"


def test_every_scope_is_asked_for_by_an_operation_or_stands_for_one_to_come() -> None:
    told = (DOCS / "openapi.json").read_text()
    asked = {scope for scope in SCOPES if f'"{scope}"' in told}
    assert SCOPES.keys() - asked <= {"holding:read"}


def test_somebody_is_added_chooses_a_password_and_may_then_do_what_the_role_says(boss: Client) -> None:
    made = boss.ask("POST", "/v1/people", NEW)
    assert (made.status, made.json["temporary"], made.json["created_by"]) == (201, True, "admin")
    mine = bearer(asks_in(boss, "maria"))
    refused = boss.ask("GET", "/v1/discounts", **mine)
    assert (refused.status, refused.json["code"]) == (403, "password-temporary")
    chosen = {"old": PASSWORD, "new": "eleven snails on the motorway"}
    elsewhere = bearer(asks_in(boss, "maria"))
    assert boss.ask("PUT", "/v1/people/me/password", chosen, **mine).status == 204
    assert boss.ask("GET", "/v1/discounts", **mine).status == 200
    assert boss.ask("GET", "/v1/people/me", **elsewhere).status == 401, "all other sessions end"
    assert asks_in(boss, "maria").status == 401
    assert asks_in(boss, "MARIA ", chosen["new"]).status == 201
    again = boss.ask("POST", "/v1/people", NEW)
    assert (again.status, again.json["code"]) == (409, "person-exists")


def test_choosing_a_password_needs_the_present_one_and_another(place: tuple[Settings, int]) -> None:
    client = person(*place, "it")
    for old, new, status, code in (
        ("not this one", "eleven snails on the motorway", 403, "password-wrong"),
        (PASSWORD, PASSWORD, 400, "password-same"),
        (PASSWORD, "password1234", 400, "password-common"),
        (PASSWORD, "short", 422, "invalid-request"),
        (PASSWORD, "x" * 129, 422, "invalid-request"),
    ):
        refused = client.ask("PUT", "/v1/people/me/password", {"old": old, "new": new})
        assert (refused.status, refused.json["code"]) == (status, code)
        assert new not in refused.body.decode()


@pytest.mark.parametrize(
    "common",
    [
        "password1234",
        "123456789012",
        "qwertyuiop12",
        "aaaaaaaaaaaa",
        "iloveyou1234",
        "passwordpassword",
        "maria1234567",
    ],
)
def test_common_passwords_cannot_be_chosen(common: str) -> None:
    with pytest.raises(Invalid):
        passwords.check_new(common, "maria")


@pytest.mark.parametrize(
    "good",
    [
        "correct horse battery staple",
        "Ж" * 3 + " вечерний чай с мёдом",
        "x7!kQ2#vLm9p",
        " " + "q8Zr" * 3 + " ",
    ],
)
def test_no_rule_says_which_characters_a_password_needs(good: str) -> None:
    passwords.check_new(good, "maria")
    assert passwords.is_right(good, passwords.hashed(good))
    assert not passwords.is_right(good.strip() + "x", passwords.hashed(good))


@pytest.mark.parametrize(
    "name", ["admin", "me", "Maria", "a b", "", "-a", "a" * 65, "a:b", "a/b", "a\n", "ä"]
)
def test_what_could_be_mistaken_for_somebody_is_no_name(name: str) -> None:
    with pytest.raises(Invalid):
        people_store.check_name(name)


@pytest.mark.parametrize("role", sorted(ROLES.keys() - {"admin"}))
def test_nobody_but_an_administrator_manages_people(place: tuple[Settings, int], role: str) -> None:
    client = person(*place, role)
    for method, path, body in (
        ("GET", "/v1/people", None),
        ("POST", "/v1/people", NEW),
        ("PATCH", "/v1/people/maria", {"role": "admin"}),
    ):
        refused = client.ask(method, path, body)
        assert (refused.status, refused.json["scope"]) == (403, "people:manage")


def test_nobody_gives_a_role_that_holds_more_than_their_own() -> None:
    holder = authority.scopes("analyst")
    people_store.check_grant(holder, "analyst", None)
    people_store.check_grant(holder | {"decide:write", "privacy:consent"}, "cashier", "s1")
    for role in ("it", "auditor", "admin", "cashier"):
        with pytest.raises(Problem, match="more-than-yours"):
            people_store.check_grant(holder, role, None)


def test_an_administrator_of_few_scopes_cannot_help_themselves_to_more(place: tuple[Settings, int]) -> None:
    settings, port = place
    added(settings, "narrow", "admin")
    with closing(Client(port)) as client:
        client.admin = bearer(asks_in(client, "narrow", scopes=["people:manage"]))
        for body in (
            {**NEW, "name": "puppet", "role": "admin"},
            {**NEW, "name": "puppet", "role": "cashier"},
        ):
            refused = client.ask("POST", "/v1/people", body)
            assert (refused.status, refused.json["code"]) == (403, "more-than-yours")
        for body in ({"password": "nineteen pears in a drawer"}, {"disabled": True}):
            assert client.ask("PATCH", "/v1/people/narrow", body).status == 403


def test_the_last_administrator_cannot_be_taken_away(tmp_path: Path) -> None:
    settings = prepared(tmp_path / "data")
    with listening(settings) as port:
        client = person(settings, port, "admin", "ada")
        for change in ({"disabled": True}, {"role": "it"}, {"store": "s1"}):
            refused = client.ask("PATCH", "/v1/people/ada", change)
            assert (refused.status, refused.json["code"]) == (409, "last-admin"), change
        added(settings, "elsewhere", "admin", store="s1")  # may manage nobody
        assert client.ask("PATCH", "/v1/people/ada", {"disabled": True}).json["code"] == "last-admin"
        added(settings, "grace", "admin")
        assert client.ask("PATCH", "/v1/people/ada", {"disabled": True}).json["disabled"]
        assert client.ask("GET", "/v1/people").status == 401, "from the next request on"
        assert asks_in(client, "ada").status == 401


def test_a_role_nobody_knows_and_a_member_nobody_knows_are_refused(boss: Client) -> None:
    assert (
        boss.ask("POST", "/v1/people", {**NEW, "name": "eve", "role": "root"}).json["code"] == "unknown-role"
    )
    assert boss.ask("POST", "/v1/people", {**NEW, "name": "eve", "scopes": ["*"]}).status == 422
    assert boss.ask("PATCH", "/v1/people/nobody.there", {"role": "it"}).status == 404


def test_people_are_listed_page_by_page(boss: Client) -> None:
    whole = [one["name"] for one in boss.ask("GET", "/v1/people?limit=200").json["items"]]
    seen, after = [], ""
    while after is not None:
        page = boss.ask("GET", f"/v1/people?limit=2&after={after}").json
        seen, after = seen + [one["name"] for one in page["items"]], page["next"]
    assert seen == whole == sorted(whole)
    assert "argon2" not in boss.ask("GET", "/v1/people").body.decode()


def test_who_belongs_to_a_store_decides_for_it_and_for_no_other(place: tuple[Settings, int]) -> None:
    assert place[0].store == "sample"
    assert person(*place, "cashier", store="sample").ask("POST", "/v1/decisions", BASKET).status == 200
    assert person(*place, "cashier").ask("POST", "/v1/decisions", BASKET).status == 200
    refused = person(*place, "cashier", store="other").ask("POST", "/v1/decisions", BASKET)
    assert (refused.status, refused.json["code"]) == (403, "other-store")
    assert person(*place, "auditor").ask("POST", "/v1/decisions", BASKET).json["scope"] == "decide:write"


def test_who_belongs_to_a_store_reads_of_it_and_of_no_other(place: tuple[Settings, int]) -> None:
    mine = person(*place, "analyst", store="sample")
    for path in (
        "/v1/turnover/sample",
        "/v1/attention",
        "/v1/attention?store=sample",
        "/v1/standing",
        "/attention",
    ):
        assert mine.ask("GET", path).status == 200, path
    assert mine.ask("GET", "/v1/attention").json["store"] == "sample"
    for path in (
        "/v1/turnover/other",
        "/v1/attention?store=other",
        "/v1/standing?store=other",
        "/v1/segments",
        "/segments",
    ):
        refused = mine.ask("GET", path)
        assert refused.status == 403, path
    days = {"days": {"2026-11-01": 1}}
    assert mine.ask("PUT", "/v1/turnover/sample", days).status == 200
    assert mine.ask("PUT", "/v1/turnover/other", days).status == 403
    for path in ("/v1/discounts", "/v1/experiments", "/v1/devices", "/v1/customers/" + "0" * 64):
        assert mine.ask("GET", path).json["code"] == "scope-needed", path


def test_whether_tills_stand_firm_is_its_own_scope(place: tuple[Settings, int]) -> None:
    settings, port = place
    pen = Pen(settings)
    added(settings, "reader", "analyst")
    path = "/v1/customers/" + customer_token(settings.tenant_key, CARD)
    with closing(Client(port)) as client:
        assert pen.send(client, [pen.write()]).status == 200
        whole = bearer(asks_in(client, "reader"))
        less = bearer(asks_in(client, "reader", scopes=["customers:read"]))
        told = client.ask("GET", path, **whole).json
        assert told["holding"] is not None
        assert client.ask("GET", path, **less).json == {**told, "holding": None}


@pytest.fixture
def command(
    place: tuple[Settings, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> Callable[..., tuple[int, str, str]]:
    """`rung person` as it is run where the service's folder is; gives exit status, output, and what was complained."""
    monkeypatch.setenv("RUNG_DATA", str(place[0].data))

    def run(*argv: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capsys.readouterr()
        monkeypatch.setattr(person_command, "out", Console(file=sys.stdout, width=200))
        status = cli.person(list(argv))
        return status, *capsys.readouterr()

    return run


def test_the_first_administrator_is_made_by_a_command_and_whoever_leaves_is_out(
    place: tuple[Settings, int], command: Callable
) -> None:
    settings, port = place
    made = command("add", "first", "--role", "admin", typed=PASSWORD + "\n")
    assert made[:2] == (0, "first may sign in as admin.\n"), made
    with closing(Client(port)) as client:
        mine = bearer(asks_in(client, "first"))
        assert client.ask("GET", "/v1/people", **mine).status == 200
        assert "first" in command("list")[1]
        assert command("disable", "first")[0] == 0
        until = time.monotonic() + 120
        while client.ask("GET", "/v1/people", **mine).status != 401:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert asks_in(client, "first").status == 401
    with closing(Database(settings.database)) as database, database.reading() as connection:
        rows = connection.execute(
            text("SELECT actor, action, detail FROM audit WHERE subject = 'first' ORDER BY position")
        )
        told = [(row.actor[:3], row.action, row.detail) for row in rows if row.action.startswith("person")]
    assert told == [("cli", "person-added", "admin"), ("cli", "person-changed", "admin -> admin, disabled")]


def test_a_command_that_cannot_do_it_says_why_and_shows_no_password(command: Callable) -> None:
    for argv, typed, words in (
        (("add", "weak", "--role", "it"), "password1234\n", "easily guessed"),
        (("add", "Weak", "--role", "it"), PASSWORD, "A name has"),
        (("add", "weak", "--role", "king"), PASSWORD, "king"),
        (("disable", "nobody.there"), "", "nobody called"),
        (("reset", "nobody.there"), PASSWORD, "nobody called"),
    ):
        status, said, complained = command(*argv, typed=typed)
        assert status != 0 and words in complained, argv
        assert not typed or typed.strip() not in complained + said
