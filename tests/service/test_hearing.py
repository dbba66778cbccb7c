"""A service that was deaf itself calls no till silent."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from pricing_service import hearing
from pricing_service.hearing import ALONE, GAP, GRACE, Hearing, may_judge

NOW, DAY = 1_795_000_000, 86_400
STARTED = Hearing(NOW, NOW)


@given(st.lists(st.integers(0, GAP), min_size=1, max_size=200), st.integers(600, 14 * DAY))
def test_it_judges_once_it_has_heard_tills_for_three_hours_or_a_deadline_on_end(
    spans: list[int], deadline: int
) -> None:
    now, heard = NOW, STARTED
    for now in accumulate(spans, initial=NOW):
        heard = hearing.heard(heard, now)
        assert may_judge(heard, deadline, now) == (now - NOW >= min(deadline, GRACE))


@given(st.integers(GAP + 1, 30 * DAY), st.integers(600, 14 * DAY), st.integers(0, GRACE))
def test_after_a_gap_everybody_has_as_long_again_to_be_heard(gap: int, deadline: int, later: int) -> None:
    heard = hearing.heard(Hearing(NOW - 30 * DAY, NOW), NOW + gap)
    assert heard == Hearing(NOW + gap, NOW + gap)
    busy = heard._replace(last=NOW + gap + later)
    assert may_judge(busy, deadline, NOW + gap + later) == (later >= min(deadline, GRACE))


@given(st.integers(600, 14 * DAY), st.integers(GAP + 1, 60 * DAY))
def test_while_nobody_at_all_is_heard_silence_takes_three_deadlines(deadline: int, silent: int) -> None:
    heard = Hearing(NOW - 30 * DAY, NOW)
    assert may_judge(heard, deadline, NOW + silent) == (silent >= ALONE * deadline)


def test_a_night_and_a_sunday_are_no_deadline_of_a_day() -> None:
    saturday = Hearing(NOW - 10 * DAY, NOW)  # the last shop closes
    for hours in (12, 24, 36):
        assert not may_judge(saturday, DAY, NOW + hours * 3600)
    monday = hearing.heard(saturday, NOW + 36 * 3600)
    assert not may_judge(monday, DAY, NOW + 36 * 3600)


def test_a_clock_that_was_set_back_is_a_gap() -> None:
    assert hearing.heard(STARTED, NOW - DAY) == Hearing(NOW - DAY, NOW - DAY)
    assert not may_judge(hearing.heard(STARTED, NOW - DAY), 600, NOW - DAY)
