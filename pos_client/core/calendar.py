"""Days and periods from whole numbers; neither interpreter's ``time`` module is asked.

A day is a number: days since 1970-01-01. Algorithms: H. Hinnant, "chrono-compatible low-level date algorithms".
"""

from pos_client.core.record import Invalid

PERIODS = ("day", "week", "month", "year", "ever")

_told = {}  # the day told last, by number and by text: records come day by day, and a board counts slowly


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01. February 29 of a common year is March 1."""
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def civil(day: int) -> tuple:
    """(year, month, day of month) of a day number."""
    day += 719468
    era = day // 146097
    left = day - era * 146097
    year_of_era = (left - left // 1460 + left // 36524 - left // 146096) // 365
    left -= 365 * year_of_era + year_of_era // 4 - year_of_era // 100
    month = (5 * left + 2) // 153
    day_of_month = left - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_month


def weekday(day: int) -> int:
    """1 for Monday to 7 for Sunday."""
    return (day + 3) % 7 + 1


def rfc3339(seconds: int) -> str:
    """UTC time stamp of Unix seconds, for instance ``2026-11-21T19:57:56Z``."""
    day, left = divmod(seconds, 86400)
    text = _told.get(day) or _remembered(day, "%04d-%02d-%02d" % civil(day))
    return "%sT%02d:%02d:%02dZ" % (text, left // 3600, left // 60 % 60, left % 60)


def unix_seconds(stamp: str) -> int:
    """Unix seconds of a time stamp as `rfc3339` writes it."""
    text = stamp[:10]
    day = _told.get(text) if type(text) is str else None
    if day is None:
        day = date(text, "clock")
        _remembered(day, text)
    return day * 86400 + int(stamp[11:13]) * 3600 + int(stamp[14:16]) * 60 + int(stamp[17:19])


def _remembered(day: int, text: str) -> str:
    _told.clear()
    _told[day] = text
    _told[text] = day
    return text


def date(value, where):
    """Reader of ``YYYY-MM-DD``; gives the day number."""
    if type(value) is str and len(value) == 10 and value[4] == value[7] == "-":
        digits = value[:4] + value[5:7] + value[8:]
        if all([digit in "0123456789" for digit in digits]):
            named = (int(digits[:4]), int(digits[4:6]), int(digits[6:]))
            day = day_number(*named)
            if named[0] >= 1970 and civil(day) == named:
                return day
    raise Invalid("not-a-date", where + " must be a day such as 2026-11-21")


def month_day(value, where):
    """Reader of ``MM-DD`` (a birthday without its year); gives it back as text."""
    try:
        date("2000-" + str(value), where)
    except Invalid:
        raise Invalid("not-a-date", where + " must be month and day such as 11-21")
    return value


def days_from(birthday: str, day: int) -> int:
    """Days from the nearest anniversary of ``birthday`` (MM-DD) to ``day``: negative before it, positive after."""
    month, day_of_month = int(birthday[:2]), int(birthday[3:])
    year = civil(day)[0]
    nearest = None
    for candidate in (year - 1, year, year + 1):
        distance = day - day_number(candidate, month, day_of_month)
        if nearest is None or abs(distance) < abs(nearest):
            nearest = distance
    return nearest


def period_key(period: str, day: int) -> int:
    """A number that is the same for all days of one day, ISO week, month, year, or for ever."""
    year, month, _ = civil(day)
    if period == "year":
        return year
    if period == "month":
        return year * 12 + month - 1
    return {"day": day, "week": (day + 3) // 7, "ever": 0}[period]
