"""What of a basket the model may know: an allow-list, in whole numbers, the same on every interpreter.

Customers are told apart by what they did at the till, so nothing else has a name here. Values are Q16 (65536 is one):
``lines`` and ``units`` are counts, ``log_gross`` is the natural logarithm of gross in major units of the currency.
"""

from pos_client.core import money
from pos_client.core.record import Invalid

ALLOWED = ("lines", "units", "log_gross")
MOST = 65535  # lines or units: more count as so many, and every sum the model makes of them fits 64 bits

_LN_2 = 11629080  # Q24
_LN_10 = 648120085424803  # Q48


def value(name: str, visit):
    """A feature, Q16, of a `Basket` or of a checkout record; None where a record does not tell it.

    Less than 0.01 of the currency's major unit counts as 0.01. Raises `Invalid` for a name that is not allowed.
    """
    if name not in ALLOWED:
        raise Invalid("unknown-feature", "a feature is one of " + ", ".join(ALLOWED))
    if name == "log_gross":
        return _log_gross(visit)
    quantities = _quantities(visit)
    if None in quantities:
        return None
    counted = len(quantities) if name == "lines" else sum(quantities)
    return min(max(counted, 0), MOST) << 16


def natural_log(number: int, digits: int = 0) -> int:
    """ln(``number`` / 10^``digits``), Q16, of a whole number from 1 on. The error is below 0.6 / 65536.

    Binary digits of the logarithm come one by one from squaring the mantissa, kept in Q30: no table, and every
    product fits 64 bits.
    """
    power = 0
    while number >> power + 1:
        power += 1
    mantissa = (number << 30) >> power
    logarithm = power
    for _ in range(24):
        mantissa = mantissa * mantissa >> 30
        digit = mantissa >> 31
        mantissa >>= digit
        logarithm = logarithm << 1 | digit
    return (logarithm * _LN_2 - digits * _LN_10 + (1 << 31)) >> 32


def _log_gross(visit):
    gross, currency = _told(visit, "gross"), _told(visit, "currency")
    if type(gross) is not int or type(currency) is not str:
        return None
    try:
        digits = money.exponent(currency)
    except Invalid:
        return None
    return natural_log(max(gross * 100, 10**digits), digits + 2)


def _quantities(visit) -> list:
    lines = _told(visit, "lines")
    if type(lines) is not list:
        return [None]
    quantities = [_told(line, "quantity") for line in lines]
    return [quantity if type(quantity) is int else None for quantity in quantities]


def _told(thing, name: str):
    """A member of a record or of what is in a basket. A log holds what any till wrote: nothing of it is trusted."""
    return thing.get(name) if type(thing) is dict else getattr(thing, name, None)
