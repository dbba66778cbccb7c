"""Integer money against figures worked out by hand."""

from pos_client.core.money import exponent, percent, ratio, share, share_within, unit_shares
from pos_client.core.record import Invalid
from tests.core.expect import raises


def test_currencies_have_two_no_or_three_decimals():
    assert [exponent(code) for code in ("EUR", "JPY", "KWD", "RUB", "CLP", "TND")] == [2, 0, 3, 2, 0, 3]


def test_an_unknown_currency_is_refused():
    for code in ("EURO", "eur", "XXX", "", "D A", "E U", "ÄÖÜ"):
        with raises(Invalid, "unknown-currency"):
            exponent(code)


def test_a_percentage_is_rounded_half_up_once():
    assert [percent(amount, 500) for amount in (10, 9, 30, 29, 2598)] == [1, 0, 2, 1, 130]


def test_depth_is_rounded_half_up_and_nothing_of_nothing_is_nothing():
    assert [ratio(130, 2598), ratio(1, 3), ratio(2, 3), ratio(0, 0)] == [500, 3333, 6667, 0]


def test_odd_units_go_to_the_largest_remainders_and_of_equal_ones_to_the_earlier_line():
    assert share(100, [1, 1, 1]) == [34, 33, 33]
    assert share(299, [4300, 1400, 2300]) == [161, 52, 86]
    assert share(1, [1, 2, 2]) == [0, 1, 0]


def test_nothing_is_shared_where_nothing_weighs():
    assert share(100, [0, 0]) == [0, 0]


def test_what_a_floor_keeps_from_a_line_moves_to_the_others():
    assert share_within(1400, [5000, 2000], [500, 2000]) == [500, 900]
    assert share_within(2000, [1000, 2000, 5000, 3000], [1000, 100, 0, 400]) == [1000, 100, 0, 400]


def test_units_of_a_line_carry_its_share_between_them():
    assert [unit_shares(2000, 3, unit, 1) for unit in range(3)] == [667, 667, 666]
    assert unit_shares(2000, 3, 1, 2) == 1333
    assert unit_shares(2000, 3, 0, 3) == 2000
