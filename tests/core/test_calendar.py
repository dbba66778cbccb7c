"""Days and periods against the calendar on the wall."""

from pos_client.core import calendar
from pos_client.core.record import Invalid
from tests.core.expect import raises


def test_days_are_counted_from_1970():
    assert calendar.day_number(1970, 1, 1) == 0
    assert calendar.day_number(2000, 2, 29) == 11016
    assert calendar.day_number(2026, 11, 21) == 20778
    assert calendar.civil(20778) == (2026, 11, 21)


def test_every_day_of_four_centuries_comes_back_from_its_date():
    for day in range(0, 146097, 97):
        assert calendar.day_number(*calendar.civil(day)) == day


def test_the_21st_of_november_2026_is_a_saturday():
    assert calendar.weekday(20778) == 6
    assert calendar.weekday(20780) == 1


def test_a_time_is_written_as_rfc_3339():
    assert calendar.rfc3339(1795291076) == "2026-11-21T19:57:56Z"
    assert calendar.rfc3339(0) == "1970-01-01T00:00:00Z"


def test_a_time_comes_back_from_its_stamp():
    for seconds in (0, 951782399, 1795291076, 4102444799):
        assert calendar.unix_seconds(calendar.rfc3339(seconds)) == seconds


def test_a_date_that_does_not_exist_is_refused():
    for value in (
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-1-001",
        "21.11.2026",
        "²026-01-01",
        "2026-11-2a",
        7,
    ):
        with raises(Invalid, "not-a-date"):
            calendar.date(value, "from")


def test_a_birthday_is_month_and_day():
    assert calendar.month_day("02-29", "birthday") == "02-29"
    for value in ("2026-11-21", "02-30", "1-1", 7, None):
        with raises(Invalid, "not-a-date") as refused:
            calendar.month_day(value, "birthday")
        assert "11-21" in refused.error.detail


def test_a_birthday_is_near_across_the_turn_of_the_year():
    new_year = calendar.day_number(2027, 1, 2)
    assert calendar.days_from("12-30", new_year) == 3
    assert calendar.days_from("01-05", new_year) == -3


def test_a_birthday_on_a_leap_day_is_kept_on_the_first_of_march():
    assert calendar.days_from("02-29", calendar.day_number(2027, 3, 1)) == 0
    assert calendar.days_from("02-29", calendar.day_number(2028, 2, 29)) == 0


def test_periods_change_with_the_day_the_monday_the_month_and_the_year():
    sunday = calendar.day_number(2026, 11, 22)
    for period, same in (("day", False), ("week", False), ("month", True), ("year", True), ("ever", True)):
        changed = calendar.period_key(period, sunday) == calendar.period_key(period, sunday + 1)
        assert changed is same, period
    turn = calendar.day_number(2026, 12, 31)
    assert calendar.period_key("year", turn) != calendar.period_key("year", turn + 1)
    assert calendar.period_key("month", turn) != calendar.period_key("month", turn + 1)
