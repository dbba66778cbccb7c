"""The ladder: distinct amounts, smallest first; announced promises always kept; floors hold."""

from tests.core.shops import amount, amounts, decide, line, rule

BASKET = [line("a", 1, 6000), line("b", 1, 4000)]


def ids(decision):
    return [rung.ids for rung in decision.ladder]


def test_rungs_rise():
    assert amounts(decide([amount("x", 300), amount("y", 100), amount("z", 200)], BASKET)) == [100, 200, 300]


def test_of_equal_amounts_one_rung_remains_the_one_with_fewer_discounts_then_by_rank():
    rules = [
        amount("b", 200),
        amount("a", 200),
        amount("p", 100, {"stack": "one"}),
        amount("q", 100, {"stack": "two"}),
    ]
    decision = decide(rules, BASKET)
    assert amounts(decision) == [100, 200]
    assert ids(decision) == [["p"], ["a"]]
    assert ids(decide([amount("a", 200), amount("b", 200, {"priority": 1})], BASKET)) == [["b"]]


def test_discounts_of_different_groups_stack_and_of_one_group_do_not():
    rules = [
        amount("a", 100, {"stack": "one"}),
        amount("b", 250, {"stack": "one"}),
        amount("c", 30, {"stack": "two"}),
    ]
    assert amounts(decide(rules, BASKET)) == [30, 100, 130, 250, 280]


def test_a_discount_without_a_group_is_offered_alone():
    assert amounts(decide([amount("a", 100, {"stack": "one"}), amount("b", 30)], BASKET)) == [30, 100]


def test_an_exclusive_discount_is_offered_alone():
    rules = [amount("a", 100, {"stack": "one"}), amount("b", 30, {"stack": "two", "exclusive": True})]
    assert amounts(decide(rules, BASKET)) == [30, 100]


def test_the_shop_says_how_many_discounts_stack():
    rules = [amount(name, cents, {"stack": name}) for name, cents in (("a", 1), ("b", 10), ("c", 100))]
    assert amounts(decide(rules, BASKET, law={"most_stacked": 1})) == [1, 10, 100]
    assert amounts(decide(rules, BASKET, law={"most_stacked": 2})) == [1, 10, 11, 100, 101, 110]
    assert amounts(decide(rules, BASKET, law={"most_stacked": 3})) == [1, 10, 11, 100, 101, 110, 111]


def test_stacked_percentages_compound_in_order_of_priority():
    rules = [rule("a", more={"rate": 1000, "stack": "a"}), rule("b", more={"rate": 2000, "stack": "b"})]
    assert amounts(decide(rules, BASKET)) == [1000, 2000, 2800]
    original = dict(rules[1])
    original["basis"] = "original"
    assert amounts(decide([rules[0], original], BASKET)) == [1000, 2000, 3000]


def test_an_announced_discount_is_given_before_anything_is_offered():
    decision = decide(
        [amount("x", 500, {"entitlement": "automatic"}), rule("y", more={"rate": 1000})], BASKET
    )
    assert [given.amount for given in decision.automatic] == [500]
    assert amounts(decision) == [950]


def test_of_two_announced_discounts_that_conflict_the_higher_priority_wins_then_the_larger():
    rules = [
        amount("x", 500, {"entitlement": "automatic", "stack": "s"}),
        amount("y", 600, {"entitlement": "automatic", "stack": "s"}),
    ]
    assert [given.discount.id for given in decide(rules, BASKET).automatic] == ["y"]
    rules[0]["priority"] = 1
    assert [given.discount.id for given in decide(rules, BASKET).automatic] == ["x"]


def test_nothing_is_offered_on_top_of_an_announced_exclusive_discount():
    rules = [amount("x", 500, {"entitlement": "automatic", "exclusive": True}), amount("y", 700)]
    decision = decide(rules, BASKET)
    assert [given.discount.id for given in decision.automatic] == ["x"]
    assert amounts(decision) == []


def test_the_price_floor_of_the_shop_holds_for_stacks_too():
    rules = [rule(name, more={"rate": 4000, "stack": name}) for name in ("a", "b", "c")]
    assert max(amounts(decide(rules, BASKET, law={"price_floor": 5000, "most_stacked": 3}))) == 5000


def test_the_margin_floor_holds_where_the_cost_is_known():
    lines = [line("a", 1, 1000, {"cost": 600}), line("b", 1, 1000)]
    decision = decide([rule("x", more={"rate": 9000})], lines, law={"minimum_margin": 2500})
    assert decision.ladder[0].shares() == [200, 1000]  # 600 cents are 75 % of 800


def test_the_floor_of_a_line_moves_the_rest_to_the_others():
    lines = [line("shirt", 1, 5000, {"floor": 4500}), line("mug", 1, 2000)]
    assert decide([rule("x", more={"rate": 2000})], lines).ladder[0].shares() == [500, 900]


def test_amounts_of_the_point_of_sale_are_taken_as_they_are():
    stated = {
        "discounts": [{"id": "bday", "label": "Birthday 5%", "amount": 130}, {"id": "vol", "amount": 90}]
    }
    decision = decide([amount("own", 5)], BASKET, stated)
    assert ids(decision) == [["vol"], ["bday"]]
    assert decision.ladder[1].label() == "Birthday 5%"


def test_an_empty_list_of_the_point_of_sale_means_no_discounts():
    assert decide([amount("own", 5)], BASKET, {"discounts": []}).ladder == []


def test_a_stated_amount_that_a_floor_forbids_is_not_offered():
    lines = [line("a", 1, 1000, {"floor": 900})]
    stated = {"discounts": [{"id": "small", "amount": 100}, {"id": "large", "amount": 101}]}
    assert ids(decide([], lines, stated)) == [["small"]]


def test_a_stated_automatic_discount_is_given_at_once():
    stated = {
        "discounts": [
            {"id": "flyer", "amount": 100, "entitlement": "automatic"},
            {"id": "bday", "amount": 130},
        ]
    }
    decision = decide([], BASKET, stated)
    assert [given.discount.id for given in decision.automatic] == ["flyer"]
    assert amounts(decision) == [130]


def test_a_ladder_has_at_most_32_rungs_and_keeps_the_largest():
    rules = [amount("r%03d" % cents, cents) for cents in range(1, 101)]
    found = amounts(decide(rules, BASKET))
    assert found == list(range(1, 32)) + [100]


def test_however_many_discounts_stack_the_smallest_is_on_the_ladder():
    rules = [amount("r%03d" % number, 1000 + number * 7, {"stack": "s%d" % number}) for number in range(40)]
    rules.append(amount("zz", 1, {"stack": "zz"}))
    for most in (1, 2, 3, 4):
        assert amounts(decide(rules, [line("a", 1, 100000)], law={"most_stacked": most}))[0] == 1


def test_all_pairs_of_ordinary_rule_books_are_looked_at():
    rules = [amount("r%d" % number, 10 << number, {"stack": "s%d" % number}) for number in range(20)]
    assert amounts(decide(rules, [line("a", 1, 100000000)]))[-1] == (10 << 19) + (10 << 18)


def test_a_basket_with_nothing_left_to_give_costs_no_time():
    rules = [
        rule("r%d" % number, more={"rate": 1000 + number, "stack": "s%d" % number}) for number in range(100)
    ]
    decision = decide(rules, BASKET, law={"price_floor": 9000})
    assert [rung.amount for rung in decision.ladder] == [1000]


def test_an_announced_discount_is_given_when_what_it_really_gives_fits_its_budget():
    first = amount("a", 5000, {"entitlement": "automatic", "priority": 1})
    second = rule(
        "b", more={"rate": 1000, "entitlement": "automatic", "budget": {"period": "day", "amount": 600}}
    )
    assert [given.amount for given in decide([first, second], BASKET).automatic] == [5000, 500]


def test_the_loser_of_a_conflict_is_given_when_the_winner_gives_nothing():
    lines = [line("x", 1, 1000, {"brand": "X"}), line("y", 1, 1000, {"brand": "Y"})]
    rules = [
        amount("c", 1000, {"entitlement": "automatic", "priority": 9, "brands": ["X"]}),
        rule(
            "a", more={"rate": 5000, "entitlement": "automatic", "priority": 5, "stack": "g", "brands": ["X"]}
        ),
        rule("b", more={"rate": 1000, "entitlement": "automatic", "stack": "g", "brands": ["Y"]}),
    ]
    assert [given.discount.id for given in decide(rules, lines).automatic] == ["c", "b"]


def test_a_stated_announced_discount_is_given_as_far_as_the_floor_allows():
    stated = {"discounts": [{"id": "flyer", "amount": 600, "entitlement": "automatic"}]}
    assert [one.amount for one in decide([], [line("a", 1, 1000, {"floor": 500})], stated).automatic] == [500]


def test_the_margin_is_held_after_tax():
    lines = [line("a", 1, 1200, {"tax": 2000, "cost": 800})]
    decision = decide([rule("p", more={"rate": 5000})], lines, law={"minimum_margin": 1500})
    assert 1200 - decision.ladder[-1].amount == 1130  # 941.67 net, of which 800 are 85 %


def test_nothing_can_be_given_on_an_empty_basket():
    assert amounts(decide([amount("x", 5), rule("y", more={"rate": 100})], [])) == []
