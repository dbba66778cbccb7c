"""What of a basket the model may know, on both interpreters."""

import math

from pos_client.core import basket, feature
from pos_client.core.record import Invalid
from tests.core.expect import Chance, raises

HUNDREDTH = -301804  # ln(0.01) in Q16


def record(quantities=(1, 2), gross=2598, currency="EUR"):
    return {
        "lines": [{"quantity": quantity} for quantity in quantities],
        "gross": gross,
        "currency": currency,
    }


def test_lines_and_units_are_counted():
    assert feature.value("lines", record((1, 2, 4))) == 3 << 16
    assert feature.value("units", record((1, 2, 4))) == 7 << 16


def test_log_gross_is_the_logarithm_of_major_units():
    for gross, currency, major in ((2598, "EUR", 25.98), (2598, "JPY", 2598.0), (2598, "KWD", 2.598)):
        got = feature.value("log_gross", record(gross=gross, currency=currency))
        assert abs(got - math.log(major) * 65536) < 0.6, (got, currency)


def test_the_integer_logarithm_is_exact_to_the_last_bit_and_a_little():
    chance = Chance(4)
    numbers = (
        list(range(1, 2000))
        + [1 << power for power in range(63)]
        + [(1 << power) - 1 for power in range(1, 63)]
    )
    for _ in range(2000):
        numbers.append(chance.between(1, 1 << 30) << chance.below(33) | 1)
    for number in numbers:
        assert abs(feature.natural_log(number) - math.log(number) * 65536) < 0.6, number


def test_next_to_nothing_counts_as_a_hundredth():
    for gross, currency in ((0, "EUR"), (1, "EUR"), (0, "JPY"), (10, "KWD"), (3, "KWD")):
        assert feature.value("log_gross", record(gross=gross, currency=currency)) == HUNDREDTH


def test_a_basket_and_the_record_of_it_tell_the_same():
    body = {
        "currency": "EUR",
        "lines": [
            {"sku": "a", "quantity": 3, "unit_price": 1299},
            {"sku": "b", "quantity": 1, "unit_price": 50},
        ],
    }
    given = basket.read(body)
    written = record((3, 1), given.gross)
    for name in feature.ALLOWED:
        assert feature.value(name, given) == feature.value(name, written)


def test_nothing_else_about_a_customer_or_a_basket_can_be_asked_for():
    for name in ("age", "postcode", "queue", "birthday", "customer", "gross", "Lines", ""):
        with raises(Invalid, "unknown-feature"):
            feature.value(name, record())


def test_what_a_record_does_not_tell_is_none():
    for lines in (None, 7, [5], [{}], [{"quantity": "2"}], [{"quantity": True}], [{"quantity": 1.5}]):
        odd = {"lines": lines, "gross": 100, "currency": "EUR"}
        assert feature.value("units", odd) is None
        assert feature.value("lines", odd) is None
        assert feature.value("log_gross", odd) == 0
    for currency in (None, "XXX", 5, "eur"):
        assert feature.value("log_gross", record(currency=currency)) is None
    assert feature.value("log_gross", {"gross": 100}) is None


def test_more_than_anybody_buys_counts_as_the_most():
    assert feature.value("units", record((10**12,))) == feature.MOST << 16
    assert feature.value("units", record((-5,))) == 0
