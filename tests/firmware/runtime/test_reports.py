"""What a device tells of itself, when it tells it again, and what it makes of the answer."""

import asyncio
import json

import pytest

from firmware.runtime.diary import Diary
from firmware.runtime.reporting import Reports
from pos_client.link import LinkDown
from tests.fakes import HandClock, MemoryStorage


class Service:
    """The signed link: it keeps what it was told and answers ``answer``, or is down."""

    host = "rung"
    down: str | None = None

    def __init__(self):
        self.told: list[dict] = []
        self.sizes: list[int] = []
        self.answer: tuple[int, dict] | None = (200, {"target": "", "after": 600})

    async def post(self, target, body, room, content=""):
        assert (target, content) == ("/v1/firmware/reports", "application/json")
        if self.answer is None:
            raise LinkDown("unplugged")
        self.told.append(json.loads(body))
        self.sizes.append(len(body))
        return *self.answer, "signature"

    def corrects(self, told):
        return told.get("code") == "clock-off"


class Desk:
    def __init__(self, chance=lambda below: 0):
        self.clock, self.service = HandClock(), Service()
        self.diary = Diary(MemoryStorage(), lambda line: None)
        facts = {"hardware": "host", "version": 6}
        self.reports = Reports(self.service, self.clock, chance, self.diary, lambda: dict(facts), 10000)

    def step(self) -> bool:
        return asyncio.run(self.reports.step())

    def wait(self) -> int:
        """Seconds until the next one."""
        for second in range(4000):
            if self.step():
                return second
            self.clock.forward(seconds=1)
        raise AssertionError("none comes")


def test_the_first_comes_soon_and_the_next_when_the_service_says():
    desk = Desk()
    assert [desk.wait(), desk.wait(), desk.wait()] == [10, 600, 600]
    assert desk.service.told[0] == {
        "hardware": "host",
        "version": 6,
        "refused": "",
        "crash": "",
        "log": [],
    }


@pytest.mark.parametrize(
    ("after", "seconds"),
    [(1, 10), (10, 10), (60, 60), (3600, 3600), (10**9, 3600), ("soon", 3600), (None, 3600)],
)
def test_the_service_says_when_within_ten_seconds_and_an_hour(after, seconds):
    desk = Desk()
    desk.service.answer = (200, {"target": "", "after": after})
    desk.wait()
    assert desk.wait() == seconds


def test_a_thousand_tills_do_not_report_in_the_same_second():
    waits = set()
    for number in range(100):
        desk = Desk(lambda below, number=number: below * number // 100)
        desk.wait()
        waits.add(desk.wait())
    assert min(waits) >= 600 * 7 // 8 and max(waits) <= 600 and len(waits) > 50


def test_without_an_answer_it_asks_less_and_less_often_and_comes_back():
    desk = Desk()
    desk.service.answer = None
    desk.wait()
    waits = [desk.wait() for _ in range(9)]
    assert waits == sorted(waits) and waits[-1] == 30 and waits[0] <= 1
    assert desk.reports.answers == 0 and desk.service.down == "service-unreachable: unplugged"
    desk.service.answer = (200, {"target": "rung-host-7.romfs", "after": 600})
    desk.wait()
    assert desk.service.down is None
    assert (desk.reports.target, desk.reports.answers) == ("rung-host-7.romfs", 1)


def test_a_service_from_before_there_were_reports_is_asked_once_an_hour():
    desk = Desk()
    desk.service.answer = (404, {"code": "unknown-path"})
    desk.wait()
    assert desk.wait() == 3600
    assert desk.reports.answers == 0


def test_a_refusal_changes_nothing_and_a_correction_is_tried_at_once():
    desk = Desk()
    desk.service.answer = (200, {"target": "rung-host-7.romfs", "after": 60})
    desk.wait()
    desk.service.answer = (422, {"code": "report-form"})
    desk.wait()
    assert desk.reports.target == "rung-host-7.romfs"
    desk.service.answer = (401, {"code": "clock-off"})
    desk.wait()
    assert desk.wait() == 0


@pytest.mark.parametrize("target", [7, None, ["x"], {}])
def test_what_is_no_name_is_no_target(target):
    desk = Desk()
    desk.service.answer = (200, {"target": target, "after": 60})
    desk.wait()
    assert desk.reports.target == ""


def test_a_crash_is_told_until_it_is_heard():
    desk = Desk()
    desk.diary.crashed("display", OSError(5))
    desk.service.answer = (503, {})
    desk.wait()
    desk.service.answer = (200, {"target": "", "after": 60})
    desk.wait()
    desk.wait()
    assert ["OSError" in told["crash"] for told in desk.service.told] == [True, True, False]


def test_of_too_much_log_the_newest_lines_are_told():
    desk = Desk()
    desk.diary.crashed("link", ValueError('"' * 2000))
    for number in range(20):
        desk.diary.note(str(number) + '"' * 199)
    noted = desk.diary.lines
    desk.wait()
    lines = desk.service.told[0]["log"]
    assert max(desk.service.sizes) <= 4096
    assert lines == noted[-len(lines) :] and len(lines) >= 4


def test_a_line_of_the_log_is_told_once_it_was_heard():
    desk = Desk()
    desk.diary.note("one")
    desk.service.answer = (503, {})
    desk.wait()
    desk.service.answer = (200, {"target": "", "after": 60})
    desk.wait()
    desk.diary.note("two\nlines")
    desk.wait()
    assert [told["log"][-1:] for told in desk.service.told[1:]] == [
        ["reports: report-refused-503"],
        ["two lines"],
    ]
    assert desk.service.told[0]["log"] == ["one"]


def test_a_till_without_a_service_reports_to_nobody():
    desk = Desk()
    desk.service.host = None
    with pytest.raises(AssertionError, match="none comes"):
        desk.wait()
