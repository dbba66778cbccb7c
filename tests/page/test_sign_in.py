"""The way into the pages and out again: by keyboard, without a script, and against what other sites try."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Literal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from pricing_service.edge import CSP
from pricing_service.routes.sign_in_page import local
from tests.page.contrast import contrasts
from tests.page.visiting import Place, sign_in, tab_to
from tests.service.people import PASSWORD, added
from tests.service.places import listening, prepared


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = prepared(tmp_path_factory.mktemp("signing-in") / "data")
    with listening(settings) as port:
        added(settings, "grace", "analyst")
        added(settings, "zoe", "cashier")
        added(settings, "new", "auditor", temporary=True)
        yield Place(f"http://127.0.0.1:{port}", settings)


def test_who_asks_for_a_page_signs_in_by_keyboard_and_is_there(visitor: Page, service: Place) -> None:
    visitor.goto(service.url + "/standing?store=sample")
    expect(visitor).to_have_url(re.compile(r"/sign-in\?next=%2Fstanding%3Fstore%3Dsample$"))
    expect(visitor.get_by_label("Name")).to_be_focused()
    visitor.keyboard.type("grace")
    visitor.keyboard.press("Tab")
    visitor.keyboard.type("not the password")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("alert")).to_contain_text("do not belong together")
    expect(visitor.get_by_label("Password")).to_be_focused()
    visitor.keyboard.type(PASSWORD)
    visitor.keyboard.press("Enter")
    expect(visitor).to_have_url(service.url + "/standing?store=sample")
    expect(visitor.get_by_role("link", name="grace, analyst")).to_be_visible()
    (cookie,) = visitor.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (
        "rung",
        True,
        "Strict",
        "/",
    )
    tab_to(visitor, "button", "^Sign out$")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert visitor.context.cookies() == [] or visitor.context.cookies()[0]["name"] == "rung-form"
    visitor.goto(service.url + "/standing")
    expect(visitor).to_have_url(re.compile("/sign-in"))
    visitor.context.add_cookies([cookie])  # what a thief of the cookie would do
    visitor.goto(service.url + "/standing")
    expect(visitor).to_have_url(re.compile("/sign-in"))


def test_who_may_not_see_a_page_is_told_so_and_shown_no_way_to_it(visitor: Page, service: Place) -> None:
    visitor.goto(service.url + "/sign-in")
    sign_in(visitor, "zoe")
    expect(visitor).to_have_url(service.url + "/account")
    expect(visitor.get_by_text("decide:write")).to_be_visible()
    expect(visitor.get_by_role("link", name="Experiments")).to_have_count(0)
    answer = visitor.goto(service.url + "/experiments")
    assert answer is not None and answer.status == 403
    expect(visitor.get_by_role("alert")).to_contain_text("experiments:read")


def test_a_password_somebody_else_chose_opens_only_the_choice_of_another(
    visitor: Page, service: Place
) -> None:
    visitor.goto(service.url + "/experiments")
    sign_in(visitor, "new")
    expect(visitor).to_have_url(service.url + "/account")
    visitor.get_by_label("Present password").fill(PASSWORD)
    visitor.get_by_label("New password").fill("password1234")
    visitor.get_by_role("button", name="Change").click()
    expect(visitor.get_by_role("alert")).to_contain_text("easily guessed")
    visitor.get_by_label("Present password").fill(PASSWORD)
    visitor.get_by_label("New password").fill("twelve kettles on a barge")
    visitor.get_by_role("button", name="Change").click()
    expect(visitor.get_by_role("alert")).to_contain_text("is changed")
    visitor.goto(service.url + "/experiments")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Experiments")
    visitor.goto(service.url + "/account")
    since = visitor.get_by_role("table").get_by_role("cell").first
    expect(since).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d$"))
    visitor.get_by_role("button", name="Sign out everywhere").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_has_high_contrast_and_fits_a_phone(
    visitor: Page, service: Place, scheme: Literal["light", "dark"]
) -> None:
    visitor.emulate_media(color_scheme=scheme)
    visitor.set_viewport_size({"width": 380, "height": 700})
    visitor.goto(service.url + "/sign-in?next=/standing")
    for path in ("/standing", "/account"):
        ratios = contrasts(visitor)
        assert len(ratios) > 3 and min(ratios) >= (4.5,), (path, min(ratios))
        assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        if path == "/standing":
            sign_in(visitor, "grace")
            visitor.goto(service.url + "/account")


class Browserless:
    """What another site's page, or a program, can make of the forms: requests with cookies, and nothing followed."""

    def __init__(self, service: Place) -> None:
        self.port, self.cookies = int(service.url.rpartition(":")[2]), {}

    def ask(
        self, method: str, path: str, form: dict | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        told = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        if form is not None:
            told["content-type"] = "application/x-www-form-urlencoded"
        http = HTTPConnection("127.0.0.1", self.port, timeout=30)
        http.request(method, path, None if form is None else urlencode(form), told)
        answer = http.getresponse()
        text, heard = answer.read().decode(), {k.lower(): v for k, v in answer.getheaders()}
        heard["set-cookie"] = "\n".join(answer.headers.get_all("set-cookie") or [])
        for name, value in re.findall(r"^([\w-]+)=([^;]*);", heard["set-cookie"], re.MULTILINE):
            self.cookies[name] = value
        http.close()
        return answer.status, heard, text

    def token(self, path: str = "/sign-in") -> str:
        found = re.search('name="form" value="([0-9a-f]+)"', self.ask("GET", path)[2])
        assert found, path
        return found[1]

    def sign_in(self, name: str = "grace", **form: str) -> tuple[int, dict[str, str], str]:
        sent = {"name": name, "password": PASSWORD, "form": self.token(), **form}
        return self.ask("POST", "/sign-in", sent)


@pytest.fixture
def forms(service: Place) -> Browserless:
    return Browserless(service)


def test_a_form_that_was_not_written_for_this_browser_does_nothing(
    forms: Browserless, service: Place
) -> None:
    stranger = Browserless(service)
    for form in ("", "0" * 64, stranger.token()):
        status, _, text = forms.sign_in(form=form)
        assert status == 403 and "open for too long" in text and "rung" not in forms.cookies, form
    assert forms.sign_in()[0] == 303
    for path in ("/sign-out", "/account/sign-out-everywhere", "/account/password"):
        for form in ({}, {"form": ""}, {"form": "0" * 64}, {"form": stranger.token()}):
            assert forms.ask("POST", path, form)[0] == 403, path
    for path in ("/v1/discounts", "/v1/people", "/v1/releases/0/rollback"):
        status, _, _ = forms.ask("POST", path, {"form": forms.token("/account")})
        assert status == 403, "a cookie never writes through the API"
    assert forms.ask("GET", "/account")[0] == 200
    assert forms.ask("POST", "/sign-out", {"form": forms.token("/account")})[0] == 303


def test_signing_in_never_keeps_the_session_a_browser_came_with(forms: Browserless, service: Place) -> None:
    attacker = Browserless(service)
    assert attacker.sign_in("zoe")[0] == 303
    forms.cookies["rung"] = planted = attacker.cookies["rung"]
    assert forms.sign_in()[0] == 303
    assert forms.cookies["rung"] not in ("", planted)
    forms.cookies["rung"] = "f" * 32 + ".fixed-by-somebody-else"
    assert forms.ask("GET", "/account")[0] == 303


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/ok\r\nset-cookie: rung=fixed",
        "/ok\nlocation: https://evil.example",
        "/\t/evil.example",
        "evil.example",
        "",
        "/" + "a" * 600,
        "/ü",
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(forms: Browserless, wanted: str) -> None:
    assert local(wanted) == "/account"
    status, heard, _ = forms.sign_in(next=wanted)
    assert (status, heard["location"]) == (303, "/account")
    assert "fixed" not in heard["set-cookie"]
    status, heard, text = forms.ask("GET", "/sign-in?" + urlencode({"next": wanted}))
    assert status in (200, 422) and "evil" not in text
    assert local("/segments?from=2026-11-01&until=2026-11-20") == "/segments?from=2026-11-01&until=2026-11-20"


def test_over_https_cookies_cannot_be_planted_by_a_neighbour(forms: Browserless) -> None:
    _, heard, _ = forms.ask(
        "GET", "/sign-in", **{"x-forwarded-proto": "https"}
    )  # as a proxy on this machine says
    assert heard["set-cookie"].startswith("__Host-rung-form=") and "Secure" in heard["set-cookie"]
    assert "Domain" not in heard["set-cookie"] and "Path=/" in heard["set-cookie"]
    forms.sign_in()
    assert forms.ask("GET", "/account")[0] == 200
    status, heard, _ = forms.ask("GET", "/account", **{"x-forwarded-proto": "https"})
    assert status == 303, "the cookie without the prefix is not looked at"


def test_a_form_that_is_none_is_refused_before_it_is_read_into(forms: Browserless) -> None:
    assert forms.ask("POST", "/sign-in", {"name": "x" * (1 << 16)})[0] == 413
    assert forms.ask("POST", "/sign-in", {f"field{number}": "" for number in range(60)})[0] == 400


def test_pages_are_not_kept_and_say_what_they_may_load(forms: Browserless) -> None:
    for path in ("/sign-in", "/account"):
        status, heard, text = forms.ask("GET", path)
        assert heard["cache-control"] == "no-store" and heard["content-security-policy"] == CSP
        assert "<script" not in text
    status, _, text = forms.sign_in("<script>alert(1)</script>")
    assert status == 401 and "<script" not in text
