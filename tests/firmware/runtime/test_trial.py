"""A new image confirms itself once device and service are content, and only then; nobody who pays is interrupted."""

import json

import pytest

from firmware.runtime.idle import Idle
from firmware.runtime.standing import Standing
from firmware.runtime.trial import Trial
from tests.fakes import HandClock, MemoryStorage
from tests.firmware.judge import Slots
from tests.firmware.peripherals.tills import basket, make_till

PATIENCE = 600


class Restarted(Exception):
    """The board starts anew."""


class Started:
    """One start of version 7 on trial in slot b; time is in seconds."""

    def __init__(self, storage=None, failing=()):
        self.kept = storage or MemoryStorage(
            {"pointer": bytearray(json.dumps({"confirmed": ["a", 6], "trial": ["b", 7]}).encode())}
        )
        self.clock, self.board, self.reports = HandClock(), self, self
        self.standing = Standing("host", "b", Slots())
        self.standing.read(self.kept)
        self.till = make_till()
        self.answers, self.target, self.told = 0, "", 0
        checks = [(name, lambda name=name: name not in failing) for name in ("keys", "journal", "offer")]
        idle = Idle(self.till, self.clock, 60000)
        self.trial = Trial(self, self, idle, checks, 1000 * PATIENCE)

    def restart(self):
        raise Restarted

    def soon(self):
        self.told += 1

    def answered(self, target):
        self.answers, self.target = self.answers + 1, target

    def passes(self, seconds):
        for _ in range(seconds):
            self.clock.forward(seconds=1)
            self.trial.step()

    def pointer(self):
        return json.loads(self.kept.read("pointer"))

    def fallback(self):
        return json.loads(self.kept.read("fallback"))["why"] if "fallback" in self.kept.files else ""


def test_the_service_that_is_content_confirms_it():
    start = Started()
    start.trial.begin()
    start.answered("")
    start.passes(100)
    assert start.standing.is_trial and start.pointer()["trial"]
    start.answered("rung-host-7.romfs")
    start.passes(1)
    assert start.pointer() == {"confirmed": ["b", 7], "trial": None}
    assert (start.standing.version, start.standing.confirmed, start.standing.is_trial) == (7, 7, False)
    assert start.told == 1, "and is told at once"
    start.passes(10 * PATIENCE)


@pytest.mark.parametrize("check", ["keys", "journal", "offer"])
def test_what_fails_on_the_device_itself_starts_it_anew_at_once(check):
    start = Started(failing=[check])
    with pytest.raises(Restarted):
        start.trial.begin()
    assert start.fallback() == "self-test: " + check
    assert start.pointer()["trial"] == ["b", 7], "two more starts may do better"


def test_what_breaks_until_the_service_is_content_is_not_confirmed():
    failing = []
    start = Started(failing=failing)
    start.trial.begin()
    failing.append("keys")
    start.answered("rung-host-7.romfs")
    with pytest.raises(Restarted):
        start.passes(1)
    assert start.pointer()["trial"] and start.fallback() == "self-test: keys"


@pytest.mark.parametrize("target", ["", "rung-host-8.romfs", "rung-rp2-pico-w-7.romfs"])
def test_a_service_that_is_not_content_has_the_patience_of_a_start(target):
    start = Started()
    start.answered(target)
    start.passes(PATIENCE)
    with pytest.raises(Restarted):
        start.passes(2)
    assert start.fallback() == "self-test: server" and start.pointer()["trial"]


def test_a_service_that_does_not_answer_has_twice_that():
    start = Started()
    start.passes(2 * PATIENCE)
    with pytest.raises(Restarted):
        start.passes(2)
    assert start.fallback() == "self-test: server"


def test_a_customer_who_pays_is_not_interrupted():
    start = Started()
    start.answered("")
    start.till.put("c1", basket())
    start.passes(PATIENCE + 10)
    assert start.standing.is_trial
    start.till.close("c1", {"outcome": "cancelled"})
    start.passes(59)
    with pytest.raises(Restarted):
        start.passes(3)


def test_a_checkout_that_was_left_behind_holds_up_nothing_for_ever():
    start = Started()
    start.answered("")
    start.till.put("c1", basket())
    with pytest.raises(Restarted):
        start.passes(31 * 60)


def test_a_failure_that_was_noted_is_forgotten_by_the_start_that_confirms():
    start = Started()
    start.answered("")
    with pytest.raises(Restarted):
        start.passes(PATIENCE + 70)
    again = Started(start.kept.restarted())
    again.answered("rung-host-7.romfs")
    again.passes(1)
    assert again.fallback() == "" and again.standing.failed is None


def test_what_is_confirmed_is_on_no_trial():
    start = Started(MemoryStorage({"pointer": bytearray(b'{"confirmed": ["b", 7], "trial": null}')}))
    start.trial.begin()
    start.passes(100)
    assert (start.standing.version, start.standing.is_trial) == (7, False)
