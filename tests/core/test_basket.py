"""Bad baskets get a named error."""

from pos_client.core import basket
from pos_client.core.record import LARGEST, Invalid
from tests.core.expect import raises
from tests.core.shops import body, line


def expect_refused(given, code):
    with raises(Invalid, code):
        basket.read(given)


def test_a_basket_is_worth_its_units():
    given = basket.read(body([line("a", 2, 1299), line("b", 1, 1)]))
    assert given.gross == 2599


def test_a_basket_may_be_empty():
    assert basket.read(body([])).gross == 0


def test_a_quantity_of_zero_or_less_is_refused():
    expect_refused(body([line(quantity=0)]), "quantity-not-positive")
    expect_refused(body([line(quantity=-1)]), "quantity-not-positive")


def test_more_than_500_lines_are_refused():
    assert len(basket.read(body([line()] * 500)).lines) == 500
    expect_refused(body([line()] * 501), "too-many-lines")


def test_an_unknown_currency_is_refused():
    expect_refused(body([line()], {"currency": "ZZZ"}), "unknown-currency")


def test_more_money_than_there_is_is_refused():
    expect_refused(body([line(quantity=2, unit_price=LARGEST)]), "overflow")
    expect_refused(body([line(unit_price=LARGEST + 1)]), "out-of-range")


def test_nan_infinity_and_wrong_types_are_refused():
    for price in (float("nan"), float("inf"), 12.99, "1299", None, True):
        expect_refused(body([line(unit_price=price)]), "not-an-integer")
    expect_refused([], "not-an-object")
    expect_refused(body("lines"), "not-a-list")
    expect_refused(body([[]]), "not-an-object")


def test_a_stated_amount_above_gross_or_below_one_is_refused():
    expect_refused(body([line()], {"discounts": [{"id": "x", "amount": 1001}]}), "amount-above-gross")
    expect_refused(body([line()], {"discounts": [{"id": "x", "amount": 0}]}), "out-of-range")


def test_two_stated_discounts_of_one_id_are_refused():
    expect_refused(
        body([line()], {"discounts": [{"id": "x", "amount": 1}, {"id": "x", "amount": 2}]}),
        "duplicate-discount",
    )


def test_fields_nobody_knows_are_refused_also_age_and_sex():
    for name in ("age", "sex", "postcode", "colour"):
        expect_refused(body([line()], {name: "x"}), "unknown-field")


def test_a_floor_above_the_price_is_refused():
    expect_refused(body([line(more={"floor": 1001})]), "floor-above-price")
