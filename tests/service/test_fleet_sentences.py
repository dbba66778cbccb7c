"""Whom somebody should look at: a till on a PC has no firmware to report, and is looked at when it falls silent."""

import pytest

from pricing_service.fleet_reports import Kept, Seen
from pricing_service.fleet_sentences import DAY, notes

NOW = 1_795_000_000


def without_report(last_seen: int | None, revoked: int | None = None) -> list[str]:
    return notes(Seen("till-1", "sample", NOW - 90 * DAY, revoked, 0, last_seen, None), NOW)


def test_a_pc_that_talks_to_the_service_needs_no_look() -> None:
    assert without_report(NOW - 60) == without_report(NOW - DAY) == []


def test_a_pc_that_fell_silent_is_looked_at_as_a_board_is() -> None:
    assert without_report(NOW - 3 * DAY) == ["Not heard of for 3 days."]


def test_who_was_enrolled_and_never_came_is_looked_at() -> None:
    assert "never reported" in without_report(None)[0]
    assert without_report(None, revoked=NOW) == []


@pytest.mark.parametrize(
    ("confirmed", "told"), [(6, ["Version 7 did not confirm itself: crashed."]), (8, [])]
)
def test_a_version_that_fell_back_is_looked_at_until_a_newer_one_is_confirmed(
    confirmed: int, told: list[str]
) -> None:
    empty = dict.fromkeys(Kept._fields, 0) | dict.fromkeys(("refused", "crash", "trouble"), "")
    report = Kept(**{**empty, "at": NOW, "confirmed": confirmed, "fallen": 7, "fallen_why": "crashed"})  # pyright: ignore[reportArgumentType]
    assert notes(Seen("till-1", "sample", NOW - DAY, None, 0, NOW, report), NOW) == told
