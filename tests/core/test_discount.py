"""What every kind of discount is worth, and when it applies. Figures worked out by hand."""

from pos_client.core import discount
from pos_client.core.calendar import day_number
from pos_client.core.record import Invalid
from tests.core.expect import raises
from tests.core.shops import DAY, amount, amounts, decide, line, rule

TWO_LINES = [
    line("a", 2, 1000, {"brand": "Lumi", "category": "care"}),
    line("b", 1, 500, {"brand": "Nord", "category": "hair"}),
]


def shares(one, lines=None):
    """What the only discount of a shop gives every line; [] where it gives nothing."""
    ladder = decide([one], lines or TWO_LINES).ladder
    return ladder[0].shares() if ladder else []


def test_a_percentage_of_the_order_is_rounded_once_and_shared():
    assert shares(rule("x", more={"rate": 333})) == [66, 17]  # 83.25 of 2500, 66.4 and 16.6


def test_a_percentage_by_line_is_rounded_on_every_line():
    lines = [line("a", 1, 104), line("b", 1, 204), line("c", 1, 304), line("d", 1, 404)]
    assert shares(rule("x", more={"rate": 1000, "level": "line"}), lines) == [10, 20, 30, 40]


def test_a_fixed_amount_is_never_more_than_the_goods():
    assert shares(amount("x", 300)) == [240, 60]
    assert shares(amount("x", 9999)) == [2000, 500]


def test_an_amount_per_unit_counts_units_the_cheapest_first():
    assert shares(rule("x", "per_unit", {"amount": 300})) == [600, 300]
    assert shares(rule("x", "per_unit", {"amount": 300, "units": 2})) == [300, 300]
    assert shares(rule("x", "per_unit", {"amount": 800, "units_per_line": 1})) == [800, 500]


def test_volume_gives_the_highest_band_that_is_reached():
    bands = {"bands": [[5, 2000], [3, 1000]]}
    assert shares(rule("x", "volume", bands)) == [200, 50]
    assert shares(rule("x", "volume", bands), [line("a", 2, 1000)]) == []
    assert shares(rule("x", "volume", bands), [line("a", 1, 1000, {"pack": 6})]) == [200]


def test_brand_and_category_narrow_a_discount_to_their_lines():
    assert shares(rule("x", more={"rate": 1000, "brands": ["Lumi"]})) == [200, 0]
    assert shares(rule("x", more={"rate": 1000, "categories": ["hair"]})) == [0, 50]
    assert shares(rule("x", more={"rate": 1000, "brands": ["Lumi"], "categories": ["hair"]})) == []


def test_the_cheapest_is_free():
    assert shares(rule("x", "free", {"get": 1})) == [0, 500]


def test_every_third_is_free():
    third = rule("x", "free", {"buy": 2, "get": 1, "times": 100})
    assert shares(third, [line("a", 7, 510)]) == [1020]
    assert shares(third, [line("a", 2, 510)]) == []


def test_a_bundle_has_a_price():
    assert shares(rule("x", "bundle", {"quantity": 3, "price": 2000})) == [400, 100]
    assert shares(rule("x", "bundle", {"quantity": 3, "price": 2500})) == []
    assert shares(rule("x", "bundle", {"quantity": 4, "price": 1})) == []


def test_a_bundle_of_different_things_needs_each_of_them():
    parts = [{"quantity": 1, "categories": ["care"]}, {"quantity": 1, "categories": ["hair"]}]
    bundle = rule("x", "bundle", {"parts": parts, "price": 1200})
    assert shares(bundle) == [200, 100]
    assert shares(bundle, [line("a", 3, 1000, {"category": "care"})]) == []


def test_the_parts_of_a_bundle_are_filled_whatever_their_order():
    parts = [{"quantity": 1, "categories": ["care"]}, {"quantity": 1, "brands": ["Lumi"]}]
    lines = [
        line("l", 1, 1500, {"brand": "Lumi", "category": "care"}),
        line("n", 1, 900, {"brand": "Nord", "category": "care"}),
    ]
    assert sum(shares(rule("set", "bundle", {"price": 1000, "parts": parts}), lines)) == 1400


def test_a_cap_per_order_holds_for_every_kind_in_proportion():
    for kind, more, capped in (
        ("percent", {"rate": 5000}, [80, 20]),
        ("percent", {"rate": 5000, "level": "line"}, [80, 20]),
        ("per_unit", {"amount": 300}, [67, 33]),
        ("volume", {"bands": [[1, 5000]]}, [80, 20]),
        ("free", {"get": 2}, [67, 33]),
        ("bundle", {"quantity": 3, "price": 1}, [80, 20]),
    ):
        more["most_per_order"] = 100
        assert shares(rule("x", kind, more)) == capped, kind


def test_excluded_goods_are_never_discounted():
    lines = [line("a", 1, 1000), line("gift card", 1, 5000, {"excluded": True})]
    assert shares(rule("x", more={"rate": 1000}), lines) == [100, 0]


def applies(conditions, **visit):
    more = {"rate": 1000}
    more.update(conditions)
    return bool(decide([rule("x", more=more)], TWO_LINES, **visit).ladder)


def test_a_validity_window_includes_its_first_and_its_last_day():
    window = {"from": "2026-11-20", "until": "2026-11-21"}
    assert [applies(window, day=DAY + shift) for shift in (-2, -1, 0, 1)] == [False, True, True, False]


def test_a_shop_ahead_of_utc_begins_its_day_earlier():
    evening = {"from": "2026-11-22"}
    assert not applies(evening)
    assert applies(evening, law={"utc_offset": 1440})


def test_weekdays_are_counted_from_monday():
    assert applies({"weekdays": [6]})
    assert not applies({"weekdays": [1, 2, 3, 4, 5, 7]})


def test_minimum_spend_and_quantity_are_reached_exactly():
    assert applies({"minimum_spend": 2500}) and not applies({"minimum_spend": 2501})
    assert applies({"minimum_quantity": 3}) and not applies({"minimum_quantity": 4})
    assert applies({"maximum_quantity": 3}) and not applies({"maximum_quantity": 2})


def test_what_must_be_in_the_basket_need_not_be_discounted():
    assert applies({"requires": {"brands": ["Nord"], "quantity": 1}, "brands": ["Lumi"]})
    assert not applies({"requires": {"brands": ["Nord"], "quantity": 2}, "brands": ["Lumi"]})


def test_a_birthday_counts_within_its_window_and_only_when_it_is_known():
    window = {"birthday": {"before": 3, "after": 1}}
    assert applies(window, more={"birthday": "11-24"})
    assert applies(window, facts={"birthday": "11-20"})
    assert not applies(window, more={"birthday": "11-25"})
    assert not applies(window)


def test_a_birthday_on_a_leap_day_comes_every_year():
    window = {"birthday": {"before": 0, "after": 0}}
    assert applies(window, more={"birthday": "02-29"}, day=day_number(2027, 3, 1))


def test_a_tier_comes_from_the_point_of_sale_or_from_the_snapshot():
    assert applies({"tiers": ["gold"]}, more={"tier": "gold"})
    assert applies({"tiers": ["gold"]}, facts={"tier": "gold"})
    assert not applies({"tiers": ["gold"]}, facts={"tier": "gold"}, more={"tier": "silver"})
    assert not applies({"tiers": ["gold"]})


def test_a_coupon_must_be_shown():
    assert applies({"coupon": "HELLO"}, more={"coupons": ["BYE", "HELLO"]})
    assert not applies({"coupon": "HELLO"})


def test_the_fifth_visit_is_the_fifth():
    assert applies({"visit": 5}, facts={"visits": 4})
    assert not applies({"visit": 5}, facts={"visits": 5})
    assert not applies({"visit": 1})


def test_a_customer_may_use_a_discount_as_often_as_the_allowance_says():
    monthly = {"per_customer": {"period": "month", "uses": 1}}
    this_month = 2026 * 12 + 10
    assert applies(monthly, facts={})
    assert not applies(monthly, facts={"usage": {"x": [this_month, 1, 250]}})
    assert applies(monthly, facts={"usage": {"x": [this_month - 1, 1, 250]}})
    assert not applies(monthly)


def test_an_allowance_of_money_is_not_cut_to_fit():
    yearly = {"per_customer": {"period": "year", "amount": 300}}
    assert applies(yearly, facts={"usage": {"x": [2026, 1, 50]}})
    assert not applies(yearly, facts={"usage": {"x": [2026, 1, 51]}})


def test_a_budget_ends():
    daily = {"budget": {"period": "day", "amount": 1000}}
    assert applies(daily, spent={"x": [DAY, 750]})
    assert not applies(daily, spent={"x": [DAY, 751]})
    assert applies(daily, spent={"x": [DAY - 1, 1000]})


def test_bad_rules_are_refused_by_name():
    bad = [
        ({"id": "x", "label": "X", "kind": "gift"}, "unknown-discount-kind"),
        ({"id": "x", "label": "X"}, "unknown-discount-kind"),
        ("rule", "unknown-discount-kind"),
        ({"id": "x", "label": "X", "kind": ["percent"]}, "unknown-discount-kind"),
        (rule("x"), "missing-field"),
        (rule("x", more={"rate": 10001}), "not-a-rate"),
        (rule("x", more={"rate": 10.5}), "not-a-rate"),
        (rule("x", more={"rate": 100, "amount": 5}), "unknown-field"),
        (rule("x", more={"rate": 100, "postcode": "1010"}), "unknown-field"),
        (rule("x", "bundle", {"price": 100}), "bundle-form"),
        (rule("x", "volume", {"bands": [[3]]}), "list-length"),
        (rule("x", "goodwill", {"amount": 1, "entitlement": "automatic"}), "unknown-field"),
        (rule("x", "goodwill", {"amount": 1, "until": "2020-01-01"}), "unknown-field"),
        (rule("x", more={"rate": 100, "from": "2026-02-30"}), "not-a-date"),
        (rule("x", more={"rate": 100, "from": "2026-12-24", "until": "2026-12-01"}), "empty-range"),
        (rule("x", more={"rate": 100, "minimum_quantity": 5, "maximum_quantity": 2}), "empty-range"),
        (rule("x", more={"rate": 100, "price_from": 500, "price_to": 100}), "empty-range"),
        (rule("x", "volume", {"bands": [[3, 1000], [5, 500]]}), "bands-fall"),
        (rule("x", "volume", {"bands": [[3, 1000], [3, 2000]]}), "bands-fall"),
    ]
    for given, code in bad:
        with raises(Invalid, code):
            discount.read(given)


def test_two_rules_of_one_id_are_refused():
    with raises(Invalid, "duplicate-discount"):
        discount.read_all([amount("x", 1), amount("x", 2)])


def test_rules_are_ordered_by_priority_then_by_id():
    rules = discount.read_all([amount("b", 1), amount("a", 2), amount("z", 3, {"priority": 5})])
    assert [one.id for one in rules] == ["z", "a", "b"]
    assert amounts(decide([amount("b", 1), amount("a", 2)], TWO_LINES)) == [1, 2]
