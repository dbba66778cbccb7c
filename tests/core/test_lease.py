"""What is dealt to tills: budgets by lease, and a customer's uses by number once the snapshot is old."""

from pos_client.core import discount, lease, policy, shop
from pos_client.core.calendar import period_key
from pos_client.core.eligibility import amount_left
from tests.core import worlds
from tests.core.expect import Chance
from tests.core.shops import DAY, amount, amounts, decide, line

TOKEN = "ab" * 32
DAILY = {"budget": {"period": "day", "amount": 5000}}


def meta(rules, budgets=None, leases=None, law=None):
    """A snapshot's meta of a shop without a model."""
    out = {"discounts": rules, "policy": law or {}, "version": 1, "built": DAY * 86400}
    if budgets:
        out["budgets"] = budgets
    if leases:
        out["leases"] = leases
    return out


def left(present, day=DAY, facts=None, age=0, rule=0, token=TOKEN):
    """What the first discount of a shop may still give."""
    visit = shop.visit(
        present, day * 86400, facts, present.spent, token if facts is not None else None, age=age
    )
    return amount_left(present.discounts[rule], visit)


def dealt(budgets, place=0, tills=3):
    return {"of": tills, "tills": {"till-1/1": [place, budgets]}}


def test_a_till_gives_no_more_of_a_budget_than_its_lease():
    given = meta([amount("ten", 1000, DAILY)], {"ten": [DAY, 1000]}, dealt({"ten": [DAY, 1500, 700]}))
    assert left(shop.read(given)) == 4000
    assert left(shop.read(given, None, "till-1/1")) == 1500
    assert left(shop.read(given, None, "till-2/1")) == 0


def test_a_lease_is_never_more_than_what_the_shop_has_left():
    given = meta([amount("ten", 1000, DAILY)], {"ten": [DAY, 4800]}, dealt({"ten": [DAY, 1500, 700]}))
    assert left(shop.read(given, None, "till-1/1")) == 200


def test_a_later_period_begins_with_its_own_lease_and_an_earlier_one_gets_nothing():
    given = meta([amount("ten", 1000, DAILY)], {}, dealt({"ten": [DAY, 1500, 700]}))
    present = shop.read(given, None, "till-1/1")
    assert [left(present, day) for day in (DAY - 1, DAY, DAY + 1, DAY + 9)] == [0, 1500, 700, 700]


def test_a_tills_own_sales_come_off_its_lease_in_their_period():
    given = meta([amount("ten", 1000, DAILY)], {"ten": [DAY, 2000]}, dealt({"ten": [DAY, 1500, 700]}))
    present = shop.read(given, None, "till-1/1")
    spent = dict(present.spent)
    rule = present.discounts[0]
    shop.spend(spent, rule, 400, DAY)
    visit = shop.visit(present, DAY * 86400, None, spent)
    assert amount_left(rule, visit) == 1100
    shop.spend(spent, rule, 500, DAY + 1)
    later = shop.visit(present, (DAY + 1) * 86400, None, spent)
    assert amount_left(rule, later) == 200
    shop.spend(spent, rule, 100, DAY)  # a sale of the day before that comes late
    assert amount_left(rule, later) == 200
    assert amount_left(rule, shop.visit(present, (DAY + 2) * 86400, None, spent)) == 700


def test_a_service_that_knows_no_leases_gives_the_whole_budget_to_every_till():
    assert left(shop.read(meta([amount("ten", 1000, DAILY)], {"ten": [DAY, 1000]}), None, "till-1/1")) == 4000


def test_every_use_is_one_tills_whatever_was_counted():
    chance = Chance(5)
    for _ in range(300):
        tills, most = chance.between(1, 9), chance.between(1, 12)
        counted, token = chance.below(most + 3), "%064x" % chance.below(1 << 30)
        mine = [lease.uses(place, tills, token, "x", counted, most) for place in range(tills)]
        assert min(mine) >= 0 and sum(mine) == max(0, most - counted)
        before = [lease.uses(place, tills, token, "x", 0, counted) for place in range(tills)]
        whole = [lease.uses(place, tills, token, "x", 0, max(most, counted)) for place in range(tills)]
        assert whole == [a + b for a, b in zip(before, mine)]  # a number's till does not depend on the count


def test_uses_are_dealt_evenly_over_tills():
    counts = [0] * 4
    for number in range(4000):
        for place in range(4):
            counts[place] += lease.uses(place, 4, "%064x" % number, "x", 0, 1)
    assert sum(counts) == 4000 and min(counts) > 880 and max(counts) < 1120


def once(more=None):
    """A discount a customer gets twice a month."""
    return amount("twice", 500, {"per_customer": more or {"period": "month", "uses": 2}})


def shops_of(tills, rule, law=None):
    """The same shop as each of its tills reads it."""
    names = ["till-%d/1" % number for number in range(tills)]
    leases = {"of": tills, "tills": {name: [place, {}] for place, name in enumerate(names)}}
    return [shop.read(meta([rule], None, leases, law), None, name) for name in names]


def test_a_young_snapshot_lets_every_till_give_what_is_left():
    month = period_key("month", DAY)
    for present in shops_of(3, once()):
        assert left(present, facts={}, age=86399) >= 500
        assert left(present, facts={"usage": {"twice": [month, 1, 500]}}, age=86399) >= 500
        assert left(present, facts={"usage": {"twice": [month, 2, 1000]}}, age=86399) == 0


def test_from_an_old_snapshot_all_tills_together_give_what_is_left():
    month = period_key("month", DAY)
    for counted in (0, 1, 2):
        for number in range(60):
            given, token = 0, "%064x" % number
            for present in shops_of(3, once()):
                told = {"twice": [month, counted, 500 * counted]}
                facts = {"usage": told}
                while left(present, facts=facts, age=86400, token=token) >= 500 and given < 9:
                    given += 1
                    usage = dict(facts["usage"])
                    shop.charge(usage, present.discounts[0], 500, DAY)
                    facts = {"usage": usage, "counted": told}
            assert given == 2 - counted


def test_an_amount_without_uses_is_one_tills_as_a_whole():
    rule = once({"period": "month", "amount": 3000})
    told = {"twice": [period_key("month", DAY), 4, 1000]}
    for number in range(40):
        lefts = [
            left(present, facts={"usage": told}, age=90000, token="%064x" % number)
            for present in shops_of(3, rule)
        ]
        assert sorted(lefts) == [0, 0, 2000]


def test_an_amount_is_dealt_with_the_uses():
    rule = once({"period": "month", "uses": 4, "amount": 4000})
    for number in range(40):
        lefts = [left(one, facts={}, age=90000, token="%064x" % number) for one in shops_of(2, rule)]
        assert lefts == [2000, 2000]


def test_the_only_till_of_a_shop_has_every_use_however_old_its_snapshot():
    assert left(shops_of(1, once())[0], facts={}, age=9 * 86400) >= 500


def test_the_policy_says_how_old_is_old():
    one_use = once({"period": "month", "uses": 1})
    strict, patient = [shops_of(2, one_use, {"trust_hours": hours}) for hours in (0, 100)]
    tokens = ["%064x" % number for number in range(200)]
    for token in tokens:
        assert [left(one, facts={}, token=token) > 0 for one in strict].count(True) == 1
    assert all([left(one, facts={}, token=token, age=359999) for one in patient for token in tokens])


def test_a_gesture_to_nobody_known_needs_no_share_of_an_allowance():
    gesture = {"id": "g", "label": "G", "kind": "goodwill", "amount": 300}
    gesture["per_customer"] = {"period": "year", "amount": 700}
    for present in shops_of(3, gesture):
        assert left(present, facts=None, age=99 * 86400) >= 300


def test_a_decision_says_what_limited_its_ladder_and_goes_by_it_again():
    rules = [
        amount("a", 300, DAILY),
        amount("b", 900, {"budget": {"period": "day", "amount": 700}}),
        amount("c", 50),
    ]
    made = decide(rules, [line(unit_price=2000)])
    assert amounts(made) == [50, 300]
    assert made.visit.limits == {"a": 2000, "b": 700}


def test_any_share_of_any_rules_is_read():
    chance = Chance(11)
    for _ in range(200):
        rules = discount.read_all(worlds.rules(chance))
        spent = {rule.id: [chance.below(30000), chance.below(9000)] for rule in rules if chance.below(2)}
        leases = {rule.id: [chance.below(30000), chance.below(900), chance.below(90)] for rule in rules}
        for name, entry in lease.within(rules, spent, leases).items():
            most = next(rule.given["budget"]["amount"] for rule in rules if rule.id == name)
            assert most - entry[1] <= max(0, leases[name][1]) and entry[2] == most - leases[name][2]


def test_a_policy_may_trust_for_a_year_at_most():
    assert policy.read({}).trust_hours == 24
    assert policy.read({"trust_hours": 8760}).trust_hours == 8760
