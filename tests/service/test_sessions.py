"""Tokens are good for who they were given to, as long as the session goes on, and not a moment longer."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import jwt
import pytest
from sqlalchemy import text

from pricing_service import access_tokens, passwords, provisioning, sessions
from pricing_service.database import Database
from pricing_service.settings import Settings
from pricing_service.signed_in import FOLLOW_SECONDS
from tests.service.people import PASSWORD, added, asks_in, bearer, person
from tests.service.places import Answer, Client, listening, prepared


class Place:
    def __init__(self, settings: Settings, port: int) -> None:
        self.settings, self.port, self.client = settings, port, Client(port)
        self._names = 0

    def somebody(self, role: str = "analyst", **more) -> str:
        """The name of somebody new who may sign in."""
        self._names += 1
        return added(self.settings, f"p{self._names}", role, **more).name

    def asked(self, headers: dict[str, str], path: str = "/v1/people/me") -> Answer:
        return self.client.ask("GET", path, **headers)

    def refreshed(self, token: str) -> Answer:
        return self.client.ask("POST", "/v1/sessions/refresh", {"refresh_token": token})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = prepared(tmp_path_factory.mktemp("sessions") / "data")
    with listening(settings) as port:
        found = Place(settings, port)
        yield found
        found.client.close()


def test_who_signs_in_may_do_what_the_role_says_and_no_more(place: Place) -> None:
    told = asks_in(place.client, place.somebody("auditor"))
    assert (told.status, told.json["role"], told.headers["cache-control"]) == (201, "auditor", "no-store")
    mine = bearer(told)
    assert place.asked(mine, "/v1/discounts").status == 200
    refused = place.client.ask("POST", "/v1/discounts", {}, **mine)
    assert (refused.status, refused.json["code"], refused.json["scope"]) == (
        403,
        "scope-needed",
        "rules:write",
    )
    assert 'scope="rules:write"' in refused.headers["www-authenticate"]


def test_what_strangers_send_is_small(place: Place) -> None:
    for path in ("/v1/sessions", "/v1/sessions/refresh"):
        answer = place.client.ask("POST", path, b'{"name": "' + b"x" * (1 << 16) + b'"}')
        assert (answer.status, answer.json["code"]) == (413, "body-too-large")


def test_a_program_asks_for_as_little_as_it_needs_and_for_nothing_it_has_not(place: Place) -> None:
    name = place.somebody()
    told = asks_in(place.client, name, scopes=["rules:read"])
    assert told.json["scopes"] == ["rules:read"]
    assert place.asked(bearer(told), "/v1/discounts").status == 200
    assert place.asked(bearer(told), "/v1/priors").status == 403
    again = place.refreshed(told.json["refresh_token"])
    assert again.json["scopes"] == ["rules:read"]
    assert place.asked(bearer(again), "/v1/priors").status == 403
    assert asks_in(place.client, name, scopes=["people:manage"]).status == 403
    assert asks_in(place.client, name, scopes=[]).status == 422


@pytest.mark.parametrize("name", ["nobody", "", "../../etc", "x" * 64, "admin"])
def test_a_stranger_hears_the_same_as_who_mistyped_the_password(place: Place, name: str) -> None:
    known = asks_in(place.client, place.somebody(), "wrong wrong wrong")
    assert (known.status, known.json["code"]) == (401, "sign-in-refused")
    other = asks_in(place.client, name or "-", "wrong wrong wrong")
    assert {**other.json, "request_id": ""} == {**known.json, "request_id": ""}


def forged(place: Place, **changes) -> str:
    """A token for the session of somebody who is signed in, with claims or the key changed."""
    session = asks_in(place.client, place.somebody("admin")).json["session"]
    now = int(time.time())
    claims = {
        "iss": "rung",
        "aud": "rung",
        "sub": "p1",
        "sid": session,
        "jti": "1",
        "iat": now,
        "exp": now + 60,
    }
    key, algorithm = changes.pop("key", place.settings.token_key), changes.pop("algorithm", "HS256")
    left_out = changes.pop("without", "")
    told = {name: value for name, value in {**claims, **changes}.items() if name != left_out}
    return jwt.encode(told, key, algorithm)


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_forged_token_is_good_only_where_nothing_is_wrong_with_it(place: Place) -> None:
    assert (
        place.asked({"authorization": "Bearer " + forged(place)}).status == 200
    )  # so the others fail for their fault
    now = int(time.time())
    tokens = {
        "of another key": forged(place, key=b"k" * 32),
        "signed with nothing": forged(place, key=None, algorithm="none"),
        "of another algorithm": forged(place, algorithm="HS384"),
        "ended": forged(place, exp=now - 1),
        "for somebody else": forged(place, aud="another"),
        "for several": forged(place, aud=["another"]),
        "of another issuer": forged(place, iss="another"),
        "of the future": forged(place, nbf=now + 1000),
        "of no session": forged(place, sid="0" * 32),
        "of a session that is no text": forged(place, sid=["0"]),
        "that is none": "x.y.z",
        **{f"without {name}": forged(place, without=name) for name in access_tokens.CLAIMS},
    }
    for what, token in tokens.items():
        assert place.asked({"authorization": "Bearer " + token}).status == 401, what


def test_no_byte_of_a_token_can_be_changed(place: Place) -> None:
    token = asks_in(place.client, place.somebody()).json["access_token"]
    head, body, signature = token.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    for other in (
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{body}.",
        token[:-4],
        "",
        ".",
        "a.b.c",
        token + ".",
    ):
        assert place.asked({"authorization": "Bearer " + other}).status == 401, other
    for at in range(0, len(body), 7):
        changed = body[:at] + ("A" if body[at] != "A" else "B") + body[at + 1 :]
        assert place.asked({"authorization": f"Bearer {head}.{changed}.{signature}"}).status == 401


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(place: Place) -> None:
    told = asks_in(place.client, place.somebody()).json
    assert place.asked({"authorization": "Bearer " + told["refresh_token"]}).status == 401
    assert place.refreshed(told["access_token"]).status == 401
    assert place.asked({"cookie": "rung=" + told["refresh_token"]}).status == 401


def test_a_refresh_token_is_good_once_and_its_second_use_ends_the_session(
    place: Place, database: Database
) -> None:
    first = asks_in(place.client, place.somebody())
    second = place.refreshed(first.json["refresh_token"])
    assert place.asked(bearer(first)).status == place.asked(bearer(second)).status == 200
    stolen = place.refreshed(first.json["refresh_token"])
    assert (stolen.status, stolen.json["code"]) == (401, "refresh-refused")
    assert place.asked(bearer(first)).status == place.asked(bearer(second)).status == 401
    assert place.refreshed(second.json["refresh_token"]).status == 401


def test_of_two_who_refresh_at_once_at_most_one_goes_on(place: Place) -> None:
    for _ in range(5):
        token = asks_in(place.client, place.somebody()).json["refresh_token"]
        answers: list[Answer] = []
        both = threading.Barrier(2)

        def refresh(
            token: str = token, both: threading.Barrier = both, answers: list[Answer] = answers
        ) -> None:
            with closing(Client(place.port)) as client:
                both.wait()
                answers.append(client.ask("POST", "/v1/sessions/refresh", {"refresh_token": token}))

        threads = [threading.Thread(target=refresh) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status for answer in answers) == [200, 401]
        winner = next(answer for answer in answers if answer.status == 200)
        assert place.asked(bearer(winner)).status == 401, "one of the two was a thief, so neither goes on"


def test_signing_out_takes_effect_before_it_is_answered(place: Place) -> None:
    name = place.somebody()
    here, there = asks_in(place.client, name), asks_in(place.client, name)
    assert place.client.ask("DELETE", "/v1/sessions/current", **bearer(here)).status == 204
    assert (place.asked(bearer(here)).status, place.asked(bearer(there)).status) == (401, 200)
    assert place.refreshed(here.json["refresh_token"]).status == 401
    assert place.client.ask("DELETE", "/v1/sessions", **bearer(there)).json == {"ended": 1}
    assert place.asked(bearer(there)).status == 401


def test_ones_own_sessions_are_listed_and_others_only_for_who_manages_people(place: Place) -> None:
    name = place.somebody()
    mine, other = bearer(asks_in(place.client, name)), bearer(asks_in(place.client, place.somebody()))
    (listed,) = place.asked(mine, "/v1/sessions").json["items"]
    assert (listed["kind"], listed["current"], listed["ended"]) == ("token", True, None)
    refused = place.asked(other, f"/v1/sessions?person={name}")
    assert (refused.status, refused.json["scope"]) == (403, "people:manage")
    assert place.client.ask("DELETE", f"/v1/sessions?person={name}", **other).status == 403
    boss = bearer(asks_in(place.client, place.somebody("admin")))
    assert len(place.asked(boss, f"/v1/sessions?person={name}").json["items"]) == 1
    assert place.asked(boss, "/v1/sessions?person=nobody.there").status == 404
    assert place.client.ask("DELETE", f"/v1/sessions?person={name}", **boss).json == {"ended": 1}
    assert place.asked(mine).status == 401


@pytest.mark.parametrize(
    "change", [{"disabled": True}, {"role": "it"}, {"store": "s1"}, {"password": "a goat on every balcony"}]
)
def test_who_is_changed_loses_every_session_at_once(place: Place, change: dict) -> None:
    name = place.somebody()
    theirs, boss = asks_in(place.client, name), bearer(asks_in(place.client, place.somebody("admin")))
    changed = place.client.ask("PATCH", f"/v1/people/{name}", change, **boss)
    assert changed.status == 200, changed.body
    assert place.asked(bearer(theirs)).status == 401
    assert place.refreshed(theirs.json["refresh_token"]).status == 401


def test_a_restart_ends_no_session_and_brings_none_back(tmp_path: Path) -> None:
    settings = prepared(tmp_path / "data")
    with listening(settings) as port:
        stays, goes = person(settings, port, "analyst"), person(settings, port, "it")
        assert goes.ask("DELETE", "/v1/sessions/current").status == 204
    with listening(settings) as port, closing(Client(port)) as client:
        assert client.ask("GET", "/v1/people/me", **stays.admin).status == 200
        assert client.ask("GET", "/v1/people/me", **goes.admin).status == 401
    provisioning.restored(settings)
    with listening(settings) as port, closing(Client(port)) as client:
        assert client.ask("GET", "/v1/people/me", **stays.admin).status == 401, (
            "a copy may hold what was ended"
        )


def test_what_another_process_ends_is_over_within_seconds(place: Place, database: Database) -> None:
    name = place.somebody()
    mine = bearer(asks_in(place.client, name))
    with closing(Database(place.settings.database)) as other, other.writing() as connection:
        sessions.end_all(connection, name, "elsewhere", int(time.time()))
    until = time.monotonic() + FOLLOW_SECONDS + 120
    while place.asked(mine).status != 401:
        assert time.monotonic() < until, "it was never noticed"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("column", "seconds"), [("used", sessions.IDLE_SECONDS), ("begun", sessions.LONGEST_SECONDS)]
)
def test_a_session_ends_when_it_is_idle_and_when_it_is_old(place: Place, column: str, seconds: int) -> None:
    name = place.somebody()
    told = asks_in(place.client, name)
    with closing(Database(place.settings.database)) as other, other.writing() as connection:
        asked = {"at": int(time.time()) - seconds - 1, "person": name}
        connection.execute(text(f"UPDATE sessions SET {column} = :at WHERE person = :person"), asked)
    assert place.refreshed(told.json["refresh_token"]).status == 401
    assert place.asked(bearer(told)).status == 401


def test_nobody_has_more_than_so_many_sessions(place: Place) -> None:
    name = place.somebody()
    first = asks_in(place.client, name)
    with closing(Database(place.settings.database)) as other, other.writing() as connection:
        for _ in range(sessions.MOST - 1):
            sessions.begin(connection, name, int(time.time()) + 1)
    assert place.asked(bearer(first)).status == 200
    last = asks_in(place.client, name)
    assert (place.asked(bearer(first)).status, place.asked(bearer(last)).status) == (401, 200)


def test_the_database_holds_no_token_and_no_password(place: Place) -> None:
    name = place.somebody()
    told = asks_in(place.client, name).json
    place.refreshed(told["refresh_token"])
    kept = b"".join(path.read_bytes() for path in place.settings.data.glob("rung.db*"))
    secret = told["refresh_token"].partition(".")[2]
    for one in (told["access_token"], secret, PASSWORD):
        assert one.encode() not in kept
    assert b"$argon2id$v=19$m=19456,t=2,p=1$" in kept


def test_the_trail_tells_of_sign_ins_and_not_what_strangers_typed(place: Place) -> None:
    name, typed = place.somebody(), "my-secret-in-the-name-field"
    asks_in(place.client, name)
    asks_in(place.client, name, "wrong wrong wrong")
    asks_in(place.client, typed, "wrong wrong wrong")
    with closing(Database(place.settings.database)) as other, other.reading() as connection:
        rows = connection.execute(
            text("SELECT actor, action, subject FROM audit ORDER BY position DESC LIMIT 3")
        ).all()
    assert [tuple(row) for row in rows[:2]] == [
        ("unknown", "sign-in-failed", "nobody of this name"),
        ("unknown", "sign-in-failed", name),
    ]
    assert (rows[2].actor, rows[2].action) == (name, "sign-in")
    assert typed.encode() not in b"".join(path.read_bytes() for path in place.settings.data.glob("rung.db*"))


class Counting:
    """An argon2 that counts how often it is asked."""

    def __init__(self) -> None:
        self.real, self.verified = passwords._argon2, 0

    def verify(self, password: str, kept: str) -> bool:
        self.verified += 1
        return self.real.verify(password, kept)


def test_unknown_and_disabled_people_cost_as_much_as_known_ones(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting()
    monkeypatch.setattr(passwords, "_argon2", counting)
    gone = place.somebody()
    with closing(Database(place.settings.database)) as other, other.writing() as connection:
        connection.execute(text("UPDATE people SET disabled = 1 WHERE name = :name"), {"name": gone})
    for name, password in (("nobody", PASSWORD), (gone, PASSWORD), (place.somebody(), "wrong wrong wrong")):
        before = counting.verified
        assert asks_in(place.client, name, password).status == 401
        assert counting.verified == before + 1, name


def test_a_thousand_who_sign_in_at_once_are_asked_to_come_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    working, most, lock, go = [0], [0], threading.Lock(), threading.Event()

    def slow(password: str, kept: str | None) -> bool:
        with lock:
            working[0] += 1
            most[0] = max(most[0], working[0])
        go.wait(120)
        with lock:
            working[0] -= 1
        return False

    monkeypatch.setattr(passwords, "is_right", slow)
    answers: list[Answer] = []

    def try_one(name: str) -> None:
        with closing(Client(place.port)) as client:
            answers.append(asks_in(client, name))

    threads = [
        threading.Thread(target=try_one, args=(f"nobody-{number}",))
        for number in range(passwords.AT_ONCE + passwords.MOST_WAITING + 6)
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 120
    while len(answers) < 6 and time.monotonic() < until:
        time.sleep(0.05)
    assert place.client.ask("GET", "/livez").status == 200, "everything else goes on"
    assert (
        place.asked({"authorization": f"Bearer {place.settings.admin_token}"}, "/v1/discounts").status == 200
    )
    go.set()
    for thread in threads:
        thread.join()
    busy = [answer for answer in answers if answer.status == 503]
    assert len(busy) == 6 and {answer.json["code"] for answer in busy} == {"sign-in-busy"}
    assert all(answer.headers["retry-after"] == "2" for answer in busy)
    assert most[0] == passwords.AT_ONCE
