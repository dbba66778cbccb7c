"""Thousands of requests that no till meant: forged, altered, repeated, out of order. None is accepted."""

import base64
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import text

from pos_client.core import signature
from pricing_service.database import Database
from tests.service.places import Client, Pen

HOW_MANY = 10_000 if os.environ.get("RUNG_SOAK") else 1_000
EVENTS, SNAPSHOT, RENEWALS = "/v1/events", "/v1/snapshots/latest", "/v1/enrolments/renewals"


class Sent(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Forger:
    """Changes what a till would send; every change is one that its own key did not sign."""

    def __init__(self, pen: Pen, line: bytes) -> None:
        self.chance = random.Random(5)
        self.pen, self.line = pen, line
        self.counter = time.time_ns() // 10

    def genuine(self) -> Sent:
        """A request that would be accepted."""
        self.counter += 1
        wishes = [
            ("POST", EVENTS, self.line + b"\n"),
            ("GET", SNAPSHOT, b""),
            ("POST", RENEWALS, b'{"resume":0,"store":"sample"}'),
        ]
        return self.signed(*self.chance.choice(wishes))

    def signed(self, method: str, target: str, body: bytes, **changed: Any) -> Sent:
        told = {"key": self.pen.key, "created": int(time.time()), "name": "till-1/1", "counter": self.counter}
        told.update(changed)
        headers = signature.request(
            told["key"], method, target, body, told["created"], told["name"], told["counter"]
        )
        return Sent(method, target, headers, body)

    def forgeries(self) -> Iterator[tuple[str, Sent]]:
        kinds: list[Callable[[Sent], Sent]] = [
            self.another_key,
            self.another_name,
            self.another_body,
            self.another_target,
            self.another_method,
            self.a_flipped_bit,
            self.another_parameter,
            self.a_missing_header,
            self.fewer_components,
            self.a_sloppy_signature,
            self.an_old_time,
        ]
        while True:
            kind = self.chance.choice(kinds)
            yield kind.__name__, kind(self.genuine())

    def another_key(self, sent: Sent) -> Sent:
        key = self.chance.choice([b"", bytes(32), self.chance.randbytes(32), self.pen.key[1:]])
        return self.signed(sent.method, sent.target, sent.body, key=key)

    def another_name(self, sent: Sent) -> Sent:
        name = self.chance.choice(
            ["till-2/1", "till-1/2", "till-1/0", "till-1/01", "till-1/+1", "0123456789/0", "till-9/1"]
        )
        return self.signed(sent.method, sent.target, sent.body, name=name)

    def another_body(self, sent: Sent) -> Sent:
        at = self.chance.randrange(len(sent.body) + 1)
        more = self.chance.choice([b"\n", b" ", self.line, bytes([self.chance.randrange(256)])])
        return sent._replace(body=sent.body[:at] + more + sent.body[at:])

    def another_target(self, sent: Sent) -> Sent:
        other = self.chance.choice([EVENTS, SNAPSHOT, RENEWALS, sent.target + "?", sent.target + "?holds=x"])
        other = other if other.rstrip("?") != sent.target else sent.target + "?first=1"
        return sent._replace(target=other)

    def another_method(self, sent: Sent) -> Sent:
        return sent._replace(method={"GET": "HEAD", "POST": "PUT"}[sent.method])

    def a_flipped_bit(self, sent: Sent) -> Sent:
        name = self.chance.choice([*sent.headers])
        value = bytearray(sent.headers[name].encode())
        at = self.chance.randrange(len(value))
        value[at] ^= 1 << self.chance.randrange(6)
        if not 32 < value[at] < 127:
            value[at] = 63
        return self._with(sent, name, value.decode())

    def another_parameter(self, sent: Sent) -> Sent:
        told = sent.headers["Signature-Input"]
        changes = [
            (f'nonce="{self.counter}"', f'nonce="{self.counter + 1 + self.chance.randrange(9)}"'),
            ("created=1", "created=2"),
            ('keyid="till-1/1"', 'keyid="till-1/2"'),
            ('alg="hmac-sha256"', 'alg="none"'),
            (";alg=", ";tag=;alg="),
            ("rung=", "rung1="),
        ]
        return self._with(sent, "Signature-Input", told.replace(*self.chance.choice(changes)))

    def a_missing_header(self, sent: Sent) -> Sent:
        name = self.chance.choice([*sent.headers])
        return sent._replace(headers={one: value for one, value in sent.headers.items() if one != name})

    def fewer_components(self, sent: Sent) -> Sent:
        """Signed rightly, but over less than all."""
        gone = self.chance.choice(['"@method" ', '"@path" ', '"@query" ', ' "content-digest"'])
        told = sent.headers["Signature-Input"][5:].replace(gone, "", 1)
        base = "\n".join(
            line
            for line in signature.request_base(sent.method, sent.target, sent.headers["Content-Digest"], told)
            .decode()
            .split("\n")
            if not line.startswith(gone.strip())
        )
        headers = {
            "Signature-Input": "rung=" + told,
            "Signature": signature.signature_of(self.pen.key, base.encode()),
        }
        return sent._replace(headers={**sent.headers, **headers})

    def a_sloppy_signature(self, sent: Sent) -> Sent:
        raw = base64.b64decode(sent.headers["Signature"][6:-1])
        sloppy = self.chance.choice(
            [
                "rung=:" + base64.b64encode(raw[:16]).decode() + ":",
                "rung=:" + raw.hex() + ":",
                "rung=::",
                sent.headers["Signature"] + ",rung2=::",
                sent.headers["Signature"].swapcase(),
                sent.headers["Signature"].replace("=:", ":", 1),
            ]
        )
        return self._with(sent, "Signature", sloppy)

    def an_old_time(self, sent: Sent) -> Sent:
        off = self.chance.choice([-301, -86400, 302, 10**6, -(10**9)])
        return self.signed(sent.method, sent.target, sent.body, created=int(time.time()) + off)

    def _with(self, sent: Sent, name: str, value: str) -> Sent:
        return (
            sent._replace(headers={**sent.headers, name: value})
            if value != sent.headers[name]
            else self._with(sent, name, value + "x")
        )


def test_no_forged_request_is_accepted(client: Client, pen: Pen, database: Database) -> None:
    first = pen.write()
    assert pen.send(client, [first]).status == 200
    before = state(database)
    seen: Counter[tuple[str, int]] = Counter()
    forger = Forger(pen, pen.write())
    for (kind, sent), _ in zip(forger.forgeries(), range(HOW_MANY * 3 // 4), strict=False):
        seen[kind, asked(client, sent)] += 1
    for kind, sent in repeats(client, forger, HOW_MANY // 4):
        seen[kind, asked(client, sent)] += 1
    assert sum(seen.values()) >= HOW_MANY - 3
    assert {status for _, status in seen} <= {401, 404, 405, 409, 422}, seen
    assert all(status != 409 or kind == "another_name" for kind, status in seen), seen
    assert state(database) == before
    assert len({kind for kind, _ in seen}) == 13


def repeats(client: Client, forger: Forger, count: int) -> Iterator[tuple[str, Sent]]:
    """Requests that were accepted once, and ones overtaken by a later one; harmless ones, so that nothing changes."""
    for _ in range(count // 2):
        forger.counter += 2
        late = forger.signed("GET", SNAPSHOT, b"", counter=forger.counter - 1)
        genuine = forger.signed("GET", SNAPSHOT, b"")
        assert asked(client, genuine) == 200
        yield "repeated", genuine
        yield "overtaken", late


def asked(client: Client, sent: Sent) -> int:
    named = {name.replace("-", "_"): value for name, value in sent.headers.items()}
    return client.ask(
        sent.method, sent.target, sent.body or None, content_type="application/x-ndjson", **named
    ).status


def state(database: Database) -> list[Any]:
    """All that a till can change, but for when it was seen."""
    with database.reading() as connection:
        tables = ("events", "quarantine", "beliefs", "usage", "budgets")
        rows = [connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables]
        return [*rows, connection.execute(text("SELECT device, epoch, acknowledged FROM devices")).all()]
