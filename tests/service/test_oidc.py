"""Who signs in by a provider is who the provider says, in the browser that began it, and nobody else."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from pricing_service import oidc_signing, outgoing
from pricing_service.people_changes import OIDC
from pricing_service.settings import Settings
from tests.service import provider as providers
from tests.service.people import PASSWORD
from tests.service.places import Answer, Client, listening, prepared
from tests.service.provider import CLIENT, SECRET, FakeProvider, public_pem, signed


class Browser:
    """Keeps cookies, follows nobody by itself."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, {}

    def get(self, path: str) -> Answer:
        told = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as http:
            http.request("GET", path, headers={"cookie": told})
            answer = http.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            for each in answer.headers.get_all("set-cookie", []):
                name, _, value = each.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Answer(answer.status, headers, answer.read())

    def sets_out(self, wanted: str = "/trust") -> dict[str, str]:
        """What the provider is asked."""
        self.sent = self.get(f"/sign-in/oidc?next={wanted}")
        assert self.sent.status == 303, self.sent.body
        return dict(parse_qsl(urlsplit(self.sent.headers["location"]).query))

    def comes_back(self, state: str, code: str) -> Answer:
        return self.get(f"/sign-in/oidc/back?state={state}&code={code}")

    def signed_in(self) -> bool:
        return self.get("/account").status == 200


class Place:
    def __init__(self, settings: Settings, port: int, provider: FakeProvider) -> None:
        self.port, self.provider = port, provider
        self.admin = Client(port, settings.admin_token)

    def known(self, name: str) -> dict[str, Any]:
        """What people who manage people see."""
        return next(one for one in self.admin.ask("GET", "/v1/people").json["items"] if one["name"] == name)

    def way(self) -> tuple[Browser, Answer]:
        """The whole way, there and back."""
        browser = Browser(self.port)
        asked = browser.sets_out()
        return browser, browser.comes_back(asked["state"], self.provider.signs_in(asked))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("oidc")
    (folder / "secret").write_text(SECRET)
    with providers.at_work() as provider:
        more = {
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret_file": folder / "secret",
            "oidc_roles": "rung-it=it,rung-analysts=analyst",
        }
        settings = prepared(folder / "data").model_copy(update=more)
        with listening(settings) as port:
            yield Place(settings, port, provider)


@pytest.fixture
def place(running: Place) -> Place:
    running.provider.claims, running.provider.forge, running.provider.elsewhere = {}, signed, ""
    return running


def test_who_the_provider_knows_comes_in_with_the_role_of_their_group(place: Place) -> None:
    browser, answer = place.way()
    assert (answer.status, answer.headers["refresh"]) == (200, "0; url=/trust")
    assert browser.signed_in()
    entry = place.admin.ask("GET", "/v1/audit?action=sign-in").json["items"][0]
    assert entry["actor"].startswith("oidc-") and entry["detail"] == "oidc, page"
    person = place.known(entry["actor"])
    assert (person["role"], person["created_by"]) == ("analyst", OIDC)


def test_the_way_there_asks_for_what_binds_the_way_back(place: Place) -> None:
    browser = Browser(place.port)
    asked = browser.sets_out()
    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == (
        "code", CLIENT, "S256",
    )  # fmt: skip
    assert len(asked["state"]) == len(asked["nonce"]) == 64 and asked["state"] != asked["nonce"]
    cookie = browser.sent.headers["set-cookie"].lower()
    assert "samesite=lax" in cookie and "httponly" in cookie and "max-age=600" in cookie
    assert b"/sign-in/oidc" in browser.get("/sign-in").body


def test_nobody_is_led_elsewhere_afterwards(place: Place) -> None:
    browser = Browser(place.port)
    asked = browser.sets_out("//evil.example")
    answer = browser.comes_back(asked["state"], place.provider.signs_in(asked))
    assert answer.headers["refresh"] == "0; url=/account"


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_other_good_algorithms_are_good(place: Place, algorithm: str) -> None:
    place.provider.forge = lambda told: signed(told, algorithm)
    assert place.way()[0].signed_in()


OTHER_KEY = rsa.generate_private_key(65537, 2048)


def _unsigned(told: dict[str, Any]) -> str:
    parts = [{"alg": "none", "kid": "RS256"}, told]
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts)
        + "."
    )


def _keyed_with_the_public_key(told: dict[str, Any]) -> str:
    head, body, _ = _unsigned(told).split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"RS256"}').decode().rstrip("=")
    mac = hmac.digest(public_pem(), f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "of another key": lambda told: signed(told, key=OTHER_KEY),
    "of a key nobody knows": lambda told: signed(told, kid="other"),
    "under another key's name": lambda told: signed(told, kid="ES256"),
    "of no key": _unsigned,
    "keyed with the public key": _keyed_with_the_public_key,
    "of another algorithm": lambda told: signed(told, "RS512", KEY, "RS256"),
    "that is none": lambda told: "x.y.z",
}
KEY = providers.KEYS["RS256"][0]


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_id_token_opens_nothing(place: Place, what: str) -> None:
    place.provider.forge = FORGERIES[what]
    browser, answer = place.way()
    assert (answer.status, browser.signed_in()) == (403, False)


CLAIMS: dict[str, dict[str, Any]] = {
    "for another client": {"aud": "another"},
    "for several": {"aud": [CLIENT, "another"]},
    "given to another": {"azp": "another"},
    "of another issuer": {"iss": "http://127.0.0.1:1"},
    "of another sign-in": {"nonce": "0" * 64},
    "that has ended": {"exp": int(time.time()) - 3600},
    "of the future": {"iat": int(time.time()) + 3600},
    "of long ago": {"iat": int(time.time()) - 3600},
    "of a nonce that is no text": {"nonce": 7},
    "of a subject that is none": {"sub": ""},
    **{f"without {name}": {name: None} for name in ("aud", "iss", "nonce", "exp", "iat", "sub")},
}


@pytest.mark.parametrize("what", CLAIMS)
def test_an_id_token_that_is_not_for_this_sign_in_opens_nothing(place: Place, what: str) -> None:
    place.provider.claims = CLAIMS[what]
    browser, answer = place.way()
    assert (answer.status, browser.signed_in()) == (403, False)


def test_a_state_is_good_once_and_in_its_own_browser_alone(place: Place) -> None:
    mine, other = Browser(place.port), Browser(place.port)
    asked, theirs = mine.sets_out(), other.sets_out()
    assert other.comes_back(asked["state"], place.provider.signs_in(asked)).status == 403
    assert Browser(place.port).comes_back(theirs["state"], place.provider.signs_in(theirs)).status == 403
    kept = dict(mine.cookies)
    assert mine.comes_back(asked["state"], place.provider.signs_in(asked)).status == 200
    again = Browser(place.port)
    again.cookies = kept
    assert again.comes_back(asked["state"], place.provider.signs_in(asked)).status == 403
    assert not again.signed_in() and not other.signed_in()


def test_a_state_ends_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    trips, now = oidc_signing.Trips(b"k" * 32), time.time()
    trip = trips.begin()
    monkeypatch.setattr(oidc_signing.time, "time", lambda: now + 700)
    assert trips.end(trip.cookie, trip.state) is None
    monkeypatch.undo()
    assert trips.end(trip.cookie, trip.state) == trip


def test_many_who_came_back_keep_nobody_out_for_longer_than_ten_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(oidc_signing, "MOST_USED", 2)
    trips, now = oidc_signing.Trips(b"k" * 32), time.time()
    came = [trips.begin() for _ in range(3)]
    assert [trips.end(trip.cookie, trip.state) == trip for trip in came] == [True, True, False]
    monkeypatch.setattr(oidc_signing.time, "time", lambda: now + 700)
    late = trips.begin()
    assert trips.end(late.cookie, late.state) == late


def test_who_is_in_no_group_of_ours_stays_out_and_loses_what_they_had(place: Place) -> None:
    place.provider.claims = {"sub": "leaver"}
    before, _ = place.way()
    assert before.signed_in()
    for groups in (["all"], [], None, 3, {"rung-it": 1}):
        place.provider.claims = {"sub": "leaver", "groups": groups}
        after, answer = place.way()
        assert (answer.status, after.signed_in(), before.signed_in()) == (403, False, False)


def test_another_group_is_another_role_from_the_next_sign_in_on(place: Place) -> None:
    place.provider.claims = {"sub": "mover"}
    place.way()
    name = place.admin.ask("GET", "/v1/audit?action=sign-in").json["items"][0]["actor"]
    place.provider.claims = {"sub": "mover", "groups": "rung-it"}
    assert place.way()[0].signed_in()
    assert place.known(name)["role"] == "it"
    assert place.admin.ask("PATCH", f"/v1/people/{name}", {"disabled": True}).status == 200
    browser, answer = place.way()
    assert (answer.status, browser.signed_in()) == (403, False), "disabled here stays out"


def test_nobody_here_can_be_called_as_the_provider_s_people_are(place: Place) -> None:
    told = {"name": "oidc-" + "0" * 32, "role": "analyst", "password": PASSWORD}
    assert place.admin.ask("POST", "/v1/people", told).status == 400
    place.way()
    name = place.admin.ask("GET", "/v1/audit?action=sign-in").json["items"][0]["actor"]
    assert place.admin.ask("PATCH", f"/v1/people/{name}", {"password": PASSWORD}).status == 400


def test_a_token_of_the_provider_is_no_token_here(place: Place) -> None:
    now = int(time.time())
    token = signed(
        {"iss": place.provider.issuer, "aud": CLIENT, "sub": "248289", "exp": now + 300, "iat": now}
    )
    for each in (token, "x"):
        assert place.admin.ask("GET", "/v1/people/me", authorization=f"Bearer {each}").status == 401


def test_keys_are_not_asked_for_at_every_unknown_one(place: Place) -> None:
    place.way()
    place.provider.asked.clear()
    place.provider.forge = FORGERIES["of a key nobody knows"]
    for _ in range(3):
        place.way()
    assert place.provider.asked.count("/keys") <= 1


def test_a_document_of_another_issuer_or_from_elsewhere_is_not_believed(tmp_path: Path) -> None:
    with providers.at_work() as provider:
        more = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_roles": "a=it"}
        with listening(prepared(tmp_path / "data").model_copy(update=more)) as port:
            good = provider.document
            provider.document = {**good, "issuer": "https://other.example"}
            assert Browser(port).get("/sign-in/oidc").status == 503
            provider.document, provider.elsewhere = good, provider.issuer + "/other"
            assert Browser(port).get("/sign-in/oidc").status == 503
            provider.elsewhere = ""
            provider.document = {**good, "authorization_endpoint": "http://other.example/authorize"}
            assert Browser(port).get("/sign-in/oidc").status == 503


@pytest.mark.parametrize(
    "url", ["http://rung.example/x", "file:///etc/passwd", "https://a@b.example", "x", "", None]
)
def test_only_https_is_asked_beyond_this_machine(url: Any) -> None:
    with pytest.raises(outgoing.Unanswered):
        outgoing.check(url)


def test_a_shop_without_a_provider_has_no_such_way(client: Client) -> None:
    assert client.ask("GET", "/sign-in/oidc").status == 404
    assert b"/sign-in/oidc" not in client.ask("GET", "/sign-in").body


@pytest.mark.parametrize("setting", ["it", "=it", "rung-it=boss", "a=it,b"])
def test_roles_that_are_none_stop_the_start(setting: str) -> None:
    with pytest.raises(SystemExit):
        oidc_signing.roles(setting)
