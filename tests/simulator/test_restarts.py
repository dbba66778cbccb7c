"""What was answered once is never answered again, however often the service is started in between."""

import json

import pytest

from pos_client import renewal
from pos_client.core import signature
from tests.simulator import pretending
from tests.simulator.campaign import stage
from tests.simulator.faults import CALM
from tests.simulator.service import Backend
from tests.simulator.web import Answer, Asked
from tests.simulator.world import World

FETCH = ("GET", "/v1/snapshots/latest", b"")


class Counter:
    """Somebody who asks with the key of till-1, each time with a counter of his choice."""

    def __init__(self) -> None:
        self.world = World(1, CALM)
        pretending.enter(self.world)
        self.backend = Backend(self.world)
        self.identity = self.backend.prepared.identities["till-1"]

    def asked(self, what: tuple[str, str, bytes], counter: int) -> Asked:
        method, path, body = what
        key, name = bytes.fromhex(self.identity["key"]), signature.keyid("till-1", 1)
        headers = signature.request(key, method, path, body, self.world.seconds, name, counter)
        kind = "application/x-ndjson" if path.startswith("/v1/events") else "application/json"
        return Asked(method, path, {**headers, "Content-Type": kind}, body)

    def ask(self, asked: Asked) -> Answer:
        told: list[Answer] = []
        self.backend.serve(asked, told.append)
        self.world.loop.run(self.world.loop.now + 100)
        return told[0]

    def good(self, what: tuple[str, str, bytes], status: int) -> Asked:
        """A request with the next counter that the service will take; it is made, and answered with ``status``."""
        asked = self.asked(what, json.loads(self.ask(self.asked(FETCH, 1))[2])["next"])
        assert self.ask(asked)[0] == status
        return asked

    def restart(self) -> None:
        self.backend.kill("to be started again")
        self.backend.start()

    def forget(self) -> None:
        """The database is one from before the till was enrolled."""
        self.backend.database.raw.execute("DELETE FROM devices WHERE device = 'till-1'")
        self.backend.database.raw.commit()

    def wish(self) -> tuple[str, str, bytes]:
        (history,) = self.backend.database.raw.execute("SELECT history FROM service").fetchone()
        return "POST", renewal.PATH, renewal.wish(self.identity, 0, history)


@pytest.mark.parametrize("what", ["a fetch", "a renewal", "records of another history", "no records"])
def test_a_request_is_not_answered_again_after_two_restarts(what):
    with stage():
        till = Counter()
        assert till.ask(till.asked(FETCH, 1))[0] == 200
        till.restart()
        asked = till.good(
            *{
                "a fetch": (FETCH, 200),
                "a renewal": (till.wish(), 200),
                "records of another history": (("POST", "/v1/events?first=1&history=h", b"x"), 409),
                "no records": (("POST", "/v1/events?first=1", b""), 400),
            }[what]
        )
        assert till.ask(asked)[0] == 401
        till.restart()
        assert till.ask(asked)[0] == 401


@pytest.mark.parametrize("counter", [1, 1 << 40])
def test_a_set_back_service_does_not_answer_an_enrolment_it_forgot_again_after_a_restart(counter):
    with stage():
        till = Counter()
        till.forget()
        asked = till.asked(FETCH, counter)
        told = till.ask(asked)
        assert (told[0], json.loads(told[2])["code"]) == (409, "enrolment-unknown")
        till.restart()
        assert till.ask(asked)[0] == 401
        renewal = till.good(till.wish(), 200)
        till.restart()
        assert till.ask(asked)[0] == till.ask(renewal)[0] == 401


def test_the_first_request_of_a_till_is_not_answered_again_though_it_was_refused():
    with stage():
        till = Counter()
        asked = till.asked(("POST", "/v1/events?first=1&history=h", b"x"), 1)
        assert till.ask(asked)[0] == 409
        till.restart()
        assert till.ask(asked)[0] == 401
