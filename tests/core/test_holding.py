"""The till's part against hold-outs: who is left alone, where it stops, and how often."""

from pos_client.core import arms, checkout, holding, policy
from pos_client.core.eligibility import Visit
from tests.core.shops import DAY, amount, line
from tests.core.shops import decide as decided

DEPTHS = [200, 300, 500, 700, 1000, 1500]
RULES = [amount("r%d" % cents, cents) for cents in (20, 50, 100, 200)]


def branch(plan="smallest_first"):
    return arms.Branch(plan, policy.read({}), plan, None, 10000)


def visit(facts, checkout_id="c1", day=DAY, since=DAY - 7):
    return Visit(day, facts, True, {}, "00" * 32, checkout_id, ([65536], since))


def firm(fact, checkout_id="c1", plan="smallest_first"):
    return holding.of(visit({holding.FACT: fact}, checkout_id), branch(plan))


def test_whoever_is_not_suspected_is_treated_like_everybody():
    assert holding.of(visit({}), branch()) is None
    assert holding.of(visit({"tier": "gold", "visits": 40}), branch()) is None
    assert decided(RULES, [line()], facts={"visits": 9}).plan == decided(RULES, [line()], facts={}).plan


def test_controls_that_do_not_climb_stay_what_they_are():
    assert firm([10000, 700], plan="best_first") is None
    assert firm([10000, 700], plan="hold_firm") is None
    for plan in arms.CLIMBING:
        assert firm([10000, 700], plan=plan).deepest == 700


def test_the_till_goes_from_the_smallest_rung_to_the_deepest_allowed_one_and_no_further():
    told = {699: [0, 2], 700: [0, 3], 9999: [0, 5], 200: [0], 1: [0]}
    for deepest in sorted(told):
        assert holding.Firmness(deepest, 9500).plan(DEPTHS, 3) == told[deepest], deepest
    assert holding.Firmness(700, 9500).plan(DEPTHS, 1) == [0], "the till's time is held"
    assert holding.Firmness(700, 9500).plan(DEPTHS, 0) == []
    assert holding.Firmness(700, 9500).plan([], 3) == []


def test_a_decision_offers_no_more_than_that_and_says_so():
    decision = decided(RULES, [line()], facts={holding.FACT: [10000, 1000]})
    assert [decision.ladder[rung].depth for rung in decision.plan] == [200, 1000]
    assert decision.is_held() is True and decision.propensity() == 10000
    progress = checkout.begin(decision)
    for rung in decision.plan:
        progress = checkout.react(decision, progress, rung, "asked_more", 900)
    assert progress.state == "top_reached"
    assert checkout.taken(decision, progress, "sold").depth == 1000


def test_the_share_of_firm_visits_is_the_one_that_was_told_and_both_ways_know_their_chance():
    drawn = [firm([7000, 500], "checkout %d" % number) for number in range(4000)]
    held = [one for one in drawn if one.deepest is not None]
    assert abs(len(held) - 2800) < 4 * (4000 * 0.7 * 0.3) ** 0.5
    assert sorted(set([(one.deepest or 0, one.propensity) for one in drawn])) == [(0, 3000), (500, 7000)]
    assert [one.part(5000) for one in (drawn[0], holding.Firmness(None, 1))][1] == 1
    assert held[0].part(5000) == 3500


def test_two_tills_draw_the_same_for_the_same_checkout():
    for number in range(50):
        name = "checkout %d" % number
        assert firm([5000, 500], name).deepest == firm([5000, 500], name).deepest


def test_after_a_year_without_a_visit_nothing_is_held_against_anybody():
    fact = {holding.FACT: [10000, 700]}
    assert holding.of(visit(fact, since=DAY - 365), branch()).deepest == 700
    assert holding.of(visit(fact, since=DAY - 366), branch()) is None
