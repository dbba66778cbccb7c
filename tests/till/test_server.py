"""The till's HTTP API as a point of sale, a display and a careless client meet it, over real sockets."""

import asyncio
import json
import socket
import time
from typing import Any

import pytest

from pos_client.core.record import LARGEST
from pos_client.server import application
from tests.fakes import MemoryStorage
from tests.till.counter import BASKET, DISCLOSURE, RULES, Served, make_till, served


@pytest.fixture
def place():
    with served(make_till()) as at:
        yield at


def react(place: Served, rung: int, reaction: str, checkout: str = "a"):
    return place.ask("POST", f"/v1/checkouts/{checkout}/reactions", {"rung": rung, "reaction": reaction})


def is_problem(answer, status: int, code: str) -> bool:
    problem = answer.json
    return (
        answer.status == status == problem["status"]
        and problem["code"] == code
        and problem["type"] == "urn:rung:problem:" + code
        and bool(problem["title"] and problem["detail"])
        and answer.headers["Content-Type"] == "application/problem+json"
    )


def test_a_checkout_goes_from_the_smallest_offer_to_a_record(place: Served) -> None:
    put = place.ask("PUT", "/v1/checkouts/a", BASKET)
    assert put.status == 200
    assert put.json["offer"]["say"] == "Card 3% takes off €0.78: that makes €25.20."
    assert [rung["amount"] for rung in put.json["ladder"]] == [78, 130, 260]
    more = react(place, 0, "asked_more").json
    assert (more["state"], more["offer"]["rung"], more["offer"]["disclosure"]) == ("offering", 1, DISCLOSURE)
    settled = react(place, 1, "accepted").json
    assert settled["state"] == "settled"
    lines = [{"sku": "4006000", "quantity": 2, "share": 130}]
    assert settled["discount"] == {"label": "Spring 5%", "amount": 130, "lines": lines}
    closed = place.ask("POST", "/v1/checkouts/a/close", {"outcome": "sold"}).json
    assert closed["record"] == {"device": "till-1", "epoch": 1, "sequence": 1}
    assert place.ask("GET", "/v1/checkouts/a").json["state"] == "closed"
    back = place.ask("POST", "/v1/checkouts/a/return", {"lines": [{"line": 0, "quantity": 1}]}).json
    assert back["refund"] == 1299 - 65


def test_a_closed_checkout_answers_a_repeated_close_alike_and_writes_one_record(place: Served) -> None:
    place.ask("PUT", "/v1/checkouts/a", BASKET)
    first = place.ask("POST", "/v1/checkouts/a/close", {"outcome": "sold"})
    again = place.ask("POST", "/v1/checkouts/a/close", {"outcome": "sold"})
    assert first.json == again.json
    assert place.ask("GET", "/v1/health").json["journal"]["depth"] == 1


def test_goodwill_is_given_up_to_what_the_shop_allows(place: Served) -> None:
    assert place.ask("PUT", "/v1/checkouts/a", BASKET).json["goodwill"] == {"available": 200, "given": 0}
    given = place.ask("POST", "/v1/checkouts/a/goodwill", {"amount": 150})
    assert given.json["goodwill"]["given"] == 150
    assert is_problem(
        place.ask("POST", "/v1/checkouts/a/goodwill", {"amount": 201}), 400, "goodwill-exceeded"
    )


def test_a_reaction_to_a_rung_that_is_not_on_offer_is_a_conflict(place: Served) -> None:
    place.ask("PUT", "/v1/checkouts/a", BASKET)
    assert is_problem(react(place, 1, "accepted"), 409, "not-on-offer")
    assert is_problem(react(place, 9, "accepted"), 409, "unknown-rung")
    assert is_problem(react(place, 0, "accepted", "nobody"), 404, "unknown-checkout")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed-json"),
        (b"{", "malformed-json"),
        (b"\xff\xfe", "malformed-json"),
        (b"[" * 100000, "malformed-json"),
        (b'{"currency": "EUR", "lines": [], "queue": NaN}', None),
        (b'{"currency": "EUR", "lines": [], "queue": 1e999}', "not-an-integer"),
        (b'{"currency": "EUR", "lines": [], "queue": ' + b"9" * 5000 + b"}", None),
        (b'{"currency": "EUR", "lines": [], "queue": true}', "not-an-integer"),
        (b'{"currency": "EUR", "lines": [], "cashier": "\\ud800"}', "lone-surrogate"),
        (b"[]", "not-an-object"),
        (b"null", "not-an-object"),
        (b'{"currency": "EUR", "lines": [], "surprise": 1}', "unknown-field"),
        (b'{"currency": "XXX", "lines": []}', "unknown-currency"),
        (
            b'{"currency": "EUR", "lines": [{"sku": "1", "quantity": 0, "unit_price": 1}]}',
            "quantity-not-positive",
        ),
    ],
)
def test_a_bad_body_gets_a_named_400_and_changes_nothing(
    place: Served, body: bytes, code: str | None
) -> None:
    answer = place.ask("PUT", "/v1/checkouts/a", body)
    assert is_problem(answer, 400, code or answer.json["code"])
    assert place.ask("GET", "/v1/checkouts/a").status == 404


def test_five_hundred_lines_fit_and_a_body_beyond_the_limit_is_refused_readably(place: Served) -> None:
    line = {"sku": "s" * 64, "quantity": 1, "unit_price": 100, "category": "c" * 64, "brand": "b" * 64}
    assert place.ask("PUT", "/v1/checkouts/a", {"currency": "EUR", "lines": [line] * 500}).status == 200
    assert is_problem(place.ask("PUT", "/v1/checkouts/a", b" " * 300_000), 413, "body-too-large")


def test_unknown_paths_and_wrong_methods_are_problems_too(place: Served) -> None:
    assert is_problem(place.ask("GET", "/v2/checkouts"), 404, "unknown-path")
    wrong = place.ask("DELETE", "/v1/checkouts/a")
    assert is_problem(wrong, 405, "method-not-allowed")
    assert "PUT" in wrong.headers["Allow"] and "GET" in wrong.headers["Allow"]


@pytest.mark.parametrize(
    "request_bytes", [b"\x16\x03\x01\x02\r\n\r\n", b"PUT\r\n\r\n", b"GET / HTTP/1.1\r\nnonsense\r\n\r\n"]
)
def test_what_is_not_http_gets_a_400(place: Served, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", place.port), 5) as line:
        line.sendall(request_bytes)
        assert line.recv(100).startswith(b"HTTP/1.0 400 ")


def test_ids_are_percent_decoded_and_a_wrong_encoding_is_refused(place: Served) -> None:
    assert place.ask("PUT", "/v1/checkouts/kassa%201%2B%D1%8F", BASKET).json["checkout_id"] == "kassa 1+я"
    assert is_problem(place.ask("PUT", "/v1/checkouts/%ff", BASKET), 400, "malformed-path")
    assert is_problem(place.ask("PUT", "/v1/checkouts/%zz", BASKET), 400, "malformed-path")


def test_a_page_of_another_origin_changes_nothing_and_the_tills_own_page_may(place: Served) -> None:
    foreign = place.ask("PUT", "/v1/checkouts/a", BASKET, {"Origin": "http://evil.example"})
    assert is_problem(foreign, 403, "foreign-origin")
    assert place.ask("PUT", "/v1/checkouts/a", BASKET, {"Origin": place.url}).status == 200


def test_the_line_to_say_is_told_in_the_language_asked_for(place: Served) -> None:
    answer = place.ask("PUT", "/v1/checkouts/a?language=ru", BASKET).json
    assert answer["offer"]["say"] == "Card 3%: скидка 0,78\u00a0€, к оплате 25,20\u00a0€."
    assert "de moins" in place.ask("GET", "/v1/checkouts/a?language=fr-FR").json["offer"]["say"]


def test_a_till_that_cannot_write_still_sells_and_its_health_says_so() -> None:
    storage = MemoryStorage()
    with served(make_till(storage=storage)) as place:
        place.ask("PUT", "/v1/checkouts/a", BASKET)
        storage.room = 0
        closed = place.ask("POST", "/v1/checkouts/a/close", {"outcome": "sold"})
        assert closed.status == 200 and closed.json["record"] is None
        assert place.ask("GET", "/v1/health").json["journal"]["trouble"] == "journal-full"
        assert is_problem(place.ask("POST", "/v1/checkouts/a/return", {}), 404, "unknown-checkout")


def test_a_fault_of_the_till_is_a_problem_without_its_insides(capfd: pytest.CaptureFixture[str]) -> None:
    till = make_till()
    till.health = lambda: {"oops": 1 // 0}
    with served(till) as place:
        answer = place.ask("GET", "/v1/health")
        assert is_problem(answer, 500, "till-fault")
        assert b"ZeroDivision" not in answer.body
        assert "ZeroDivisionError" in capfd.readouterr().err


def test_the_receipt_is_printable_bytes_with_the_disclosure(place: Served) -> None:
    place.ask("PUT", "/v1/checkouts/a", BASKET)
    react(place, 0, "asked_more")
    react(place, 1, "accepted")
    place.ask("POST", "/v1/checkouts/a/close", {"outcome": "sold"})
    receipt = place.ask("GET", "/v1/checkouts/a/receipt?language=en&width=32")
    assert receipt.headers["Content-Type"] == "application/octet-stream"
    assert receipt.body.startswith(
        b"Spring 5%                 -\x1bt\x13\xd51.30\nThis price was personalised by\n"
    )
    assert is_problem(place.ask("GET", "/v1/checkouts/a/receipt?width=9999"), 400, "out-of-range")


def test_the_page_comes_with_a_strict_policy_and_is_not_sent_twice(place: Served) -> None:
    page = place.ask("GET", "/")
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-cache"
    assert place.ask("GET", "/", headers={"If-None-Match": page.headers["ETag"]}).status == 304
    head = place.ask("HEAD", "/")
    assert int(head.headers["Content-Length"]) == len(page.body) and head.body == b""


def test_the_whole_page_is_small_and_names_no_other_host(place: Served) -> None:
    paths = [
        "/",
        "/page.css",
        "/page.js",
        "/keys.js",
        "/own.js",
        "/sight.js",
        "/till.js",
        "/view.js",
        "/words.js",
    ]
    bodies = [place.ask("GET", path).body for path in paths]
    assert sum(len(body) for body in bodies) < 48 * 1024
    assert not any(b"://" in body for body in bodies)
    assert place.ask("GET", "/display").status == 200


def test_answers_about_checkouts_are_kept_by_no_cache(place: Served) -> None:
    for path in ("/v1/health", "/v1/checkouts/a"):
        assert place.ask("GET", path).headers["Cache-Control"] == "no-store"


class Listener:
    """A customer display at the other end of ``/v1/stream``."""

    def __init__(self, place: Served, query: str = "") -> None:
        self.line = socket.create_connection(("127.0.0.1", place.port), 5)
        self.line.sendall(f"GET /v1/stream{query} HTTP/1.1\r\nHost: till\r\n\r\n".encode())
        self.file = self.line.makefile("rb")
        while self.file.readline() not in (b"\r\n", b""):
            pass

    def next(self, wanted: str) -> Any:
        """The data of the next event of that name, or the string ``end``."""
        name = ""
        for line in self.file:
            if line.startswith(b"event: "):
                name = line[7:].strip().decode()
            elif line.startswith(b"data: ") and name == wanted:
                return json.loads(line[6:])
        return "end"

    def hang_up(self) -> None:
        self.file.close()
        self.line.close()


def test_a_display_is_told_at_once_and_on_every_change(place: Served) -> None:
    display = Listener(place)
    assert display.next("checkout") is None
    place.ask("PUT", "/v1/checkouts/a", BASKET)
    assert display.next("checkout")["offer"]["amount"] == 78
    react(place, 0, "asked_more")
    assert display.next("checkout")["offer"]["amount"] == 130
    react(place, 1, "accepted")
    assert display.next("checkout")["discount"]["amount"] == 130
    display.hang_up()


def test_a_customer_display_never_learns_what_else_could_be_asked_for(place: Served) -> None:
    place.ask("PUT", "/v1/checkouts/a", BASKET)
    customer, cashier = Listener(place), Listener(place, "?view=cashier&language=ru")
    shown = customer.next("checkout")
    assert not {"ladder", "plan", "arm", "rung"} & (set(shown) | set(shown["offer"]))
    told = cashier.next("checkout")
    assert len(told["ladder"]) == 3 and "скидка" in told["offer"]["say"]
    customer.hang_up()
    cashier.hang_up()


def test_a_newcomer_takes_the_place_of_the_oldest_display() -> None:
    with served(make_till(), most_displays=2) as place:
        displays = [Listener(place) for _ in range(3)]
        for display in displays:
            display.next("health")
        assert displays[0].next("checkout") == "end"
        place.ask("PUT", "/v1/checkouts/a", BASKET)
        assert all(display.next("checkout")["state"] == "offering" for display in displays[1:])
        for display in displays:
            display.hang_up()


class DeadEnd:
    """The connection of a tablet that shows the till's health once and goes away: nobody takes what comes then."""

    def __init__(self) -> None:
        self.is_told = self.is_full = self.is_closed = False

    async def awrite(self, data: bytes) -> None:
        if self.is_told:
            self.is_full = True
            await asyncio.Event().wait()
        self.is_told = b"event: health" in data

    async def aclose(self) -> None:
        self.is_closed = True


def test_a_display_that_reads_no_more_is_let_go_when_its_place_is_taken() -> None:
    app = application(make_till(), most_displays=2)

    async def connected(writer: DeadEnd) -> asyncio.Task:
        reader = asyncio.StreamReader()
        reader.feed_data(b"GET /v1/stream HTTP/1.1\r\nHost: till\r\n\r\n")
        task = asyncio.create_task(app._connected(reader, writer))
        while not writer.is_full:
            app.streams.changed()
            await asyncio.sleep(0)
        return task

    async def roaming() -> list[bool]:
        gone = [DeadEnd() for _ in range(5)]
        tasks = [await connected(one) for one in gone]
        await asyncio.wait(tasks[:3], timeout=60)
        closed = [one.is_closed for one in gone]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return closed

    assert asyncio.run(asyncio.wait_for(roaming(), 120)) == [True, True, True, False, False]


def test_a_display_that_went_away_gives_its_place_back(
    place: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos_client.stream.BEAT", 0.05)
    display = Listener(place)
    display.next("health")
    assert place.run(lambda: len(place.app.streams)) == 1
    display.hang_up()
    deadline = time.monotonic() + 120
    while place.run(lambda: len(place.app.streams)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert place.run(lambda: len(place.app.streams)) == 0


def test_a_head_request_takes_no_display_place(place: Served) -> None:
    place.ask("HEAD", "/v1/stream")
    assert place.run(lambda: len(place.app.streams)) == 0


def test_a_client_that_sends_half_a_request_is_dropped_and_others_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pos_client.web.PATIENCE", 0.2)
    with served(make_till()) as place, socket.create_connection(("127.0.0.1", place.port), 5) as slow:
        slow.sendall(b"PUT /v1/checkouts/a HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        assert place.ask("GET", "/v1/health").status == 200
        assert slow.recv(100) == b""


def test_amounts_up_to_the_largest_are_answered_exactly(place: Served) -> None:
    basket = {"currency": "JPY", "lines": [{"sku": "1", "quantity": 1, "unit_price": LARGEST}]}
    answer = place.ask("PUT", "/v1/checkouts/a", basket).json
    assert answer["gross"] == LARGEST and answer["offer"]["amount"] == LARGEST * 3 // 100
    assert answer["offer"]["say"].startswith("Card 3% takes off ¥30,000,000,000")


def test_a_till_without_rules_has_nothing_to_offer_and_says_so_politely() -> None:
    with served(make_till(rules=RULES[3:])) as place:
        answer = place.ask("PUT", "/v1/checkouts/a", BASKET).json
        assert (answer["state"], answer["offer"]) == ("nothing_to_offer", None)
