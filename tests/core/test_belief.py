"""The belief on both interpreters, against figures worked out by hand from DESIGN section 4."""

from pos_client.core import belief
from pos_client.core.belief import CERTAIN, ONE, PRECISE, Model
from pos_client.core.record import Damaged, Invalid
from tests.core.expect import Chance, raises

# Five bins, each twice as deep as the one before; delta is one bin. Sensitive customers who need 2 %, 4 % and 8 %,
# always exactly that: their F steps from 0 to 1 (stored as 65535) where their depth is reached.
DEPTHS = [100 * 256, 200 * 256, 400 * 256, 800 * 256, 1600 * 256]
STEPS = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1]]
HALF = 1 << 29


def columns(number, count):
    values = []
    for steps in STEPS[number : number + count]:
        values += [65535, 0] + [step * 65535 for step in steps]
    return b"".join([value.to_bytes(2, "little") for value in values])


def tables():
    return {
        "release": "test-1",
        "states": 5,
        "depths": DEPTHS,
        "shift": 1,
        "eps": 6554,
        "leave": [0, 16384, 32768],
        "leave_end": [0, 32768, 49152],
        "population": [20000, 15536, 10000, 10000, 10000],
        "drift": [HALF, HALF // 2, HALF // 8],
    }


def model():
    return Model(tables(), columns)


SURE = 58982 * 65536  # (1 - eps) in Q32


def slip(count):
    return 6554 * 65536 >> count


def test_an_offer_satisfies_those_who_need_no_more():
    assert belief.satisfied(model(), 400, False) == [ONE, 0, ONE, ONE, 0]


def test_only_the_top_rung_satisfies_a_hunter():
    assert belief.satisfied(model(), 100, True) == [ONE, ONE, 0, 0, 0]


def test_from_the_second_offer_on_a_depth_counts_as_whole_bins_less():
    assert belief.satisfied(model(), 400, False, True) == belief.satisfied(model(), 200, False)


def test_between_two_bins_the_chance_lies_on_the_straight_line():
    assert belief.satisfied(model(), 500, False) == [ONE, 0, ONE, ONE, ONE // 4]


def test_depths_beyond_the_table_count_as_its_ends():
    assert belief.satisfied(model(), 0, False) == belief.satisfied(model(), 100, False)
    assert belief.satisfied(model(), 10000, False) == belief.satisfied(model(), 1600, False)
    assert belief.satisfied(model(), 100, False, True) == belief.satisfied(model(), 100, False)


def test_an_acceptance_at_once_is_likely_for_those_it_satisfies():
    seen = belief.likelihood(model(), [(200, False, False, "accepted")], "sold")
    assert seen == [SURE + slip(1), slip(1), SURE + slip(1), slip(1), slip(1)]


def test_a_refusal_and_a_stay_weigh_the_hazard_of_each_type():
    seen = belief.likelihood(
        model(), [(200, False, False, "asked_more"), (1600, True, True, "accepted")], "sold"
    )
    both = SURE + slip(2)
    assert seen == [slip(2), both * 3 // 4, slip(2) // 2, both // 2, both // 2]


def test_a_later_offer_below_what_was_refused_meets_no_requirement():
    seen = belief.likelihood(
        model(), [(400, False, False, "asked_more"), (500, False, False, "accepted")], "sold"
    )
    assert seen[2:] == [slip(2) // 2] * 3


def test_leaving_weighs_the_hazard_of_leaving():
    seen = belief.likelihood(model(), [(200, False, False, "left")], "lost")
    gone = SURE + slip(1)
    assert seen == [0, gone // 4, slip(1) // 2, gone // 2, gone // 2]


def test_after_the_top_the_outcome_says_whether_the_customer_stayed():
    offers = [(800, True, True, "asked_more")]
    assert belief.likelihood(model(), offers, "sold")[2] == slip(1) // 4
    assert belief.likelihood(model(), offers, "lost")[2] == slip(1) * 3 // 4


def test_asking_for_more_at_the_end_of_a_short_plan_and_losing_the_sale_is_leaving():
    lost = belief.likelihood(model(), [(200, False, True, "asked_more")], "lost")
    assert lost == belief.likelihood(model(), [(200, False, True, "left")], "lost")


def test_who_refuses_the_last_offer_of_a_plan_below_the_top_stays_or_leaves_like_at_the_top():
    end = [(200, False, True, "asked_more")]
    stays, leaves = belief.likelihood(model(), end, "sold"), belief.likelihood(model(), end, "lost")
    refused = SURE + slip(
        1
    )  # a hunter refuses what is not the top, the last sensitive ones need more than 2 %
    assert stays == [slip(1), refused // 2, slip(1) // 4, refused // 4, refused // 4]
    assert leaves == [0, refused // 2, slip(1) * 3 // 4, refused * 3 // 4, refused * 3 // 4]


def test_only_the_last_refusal_of_a_plan_weighs_the_hazard_of_its_end():
    seen = belief.likelihood(model(), [(200, False, False, "asked_more"), (400, False, True, "left")], "lost")
    assert seen[4] == (SURE + slip(2)) // 2 * 3 // 4  # stays with 1/2, leaves at the end with 3/4


def test_taking_the_last_after_refusing_it_adds_nothing():
    for last in ((800, True, True), (400, False, True)):
        refused = [(200, False, False, "asked_more"), last + ("asked_more",)]
        taken = refused + [last + ("accepted",)]
        assert belief.likelihood(model(), taken, "sold") == belief.likelihood(model(), refused, "sold")


def test_an_offer_nobody_answered_is_not_counted():
    waiting = [(200, False, False, "asked_more"), (800, True, True, None)]
    seen = belief.likelihood(model(), waiting, "lost")
    assert seen == belief.likelihood(model(), [(200, False, False, "asked_more")], "sold")


def test_a_skipped_or_cancelled_or_silent_checkout_teaches_nothing():
    weights = [9, 8, 7, 6, 5]
    for offers, outcome in (
        ([(200, False, False, "skipped")], "sold"),
        ([(200, False, False, "asked_more"), (800, True, True, "skipped")], "sold"),
        ([(800, True, True, "asked_more"), (800, True, True, "skipped")], "sold"),
        ([(200, False, False, "accepted")], "cancelled"),
        ([(200, False, False, None)], "sold"),
        ([], "sold"),
    ):
        assert belief.likelihood(model(), offers, outcome) == [CERTAIN] * 5
        assert belief.update(model(), weights, offers, outcome) == weights


def test_the_chance_to_accept_is_the_weight_of_those_it_satisfies():
    # indifferent 20000 and the first sensitive 10000 of 65536, nine times in ten; a slip accepts half of the time
    chance = belief.predict(model(), belief.initial(model()), 200, False)
    assert chance == (30000 * (58982 + 3277) + 35536 * 3277 + ONE // 2) // ONE


def test_what_was_refused_lowers_the_chance_of_those_it_would_have_satisfied():
    weights = belief.initial(model())
    refused = [(200, False, False, "asked_more")]
    fresh = belief.predict(model(), weights, 400, False, True)
    known = belief.predict(model(), weights, 400, False, True, refused)
    assert known < fresh


def test_predictions_are_the_likelihood_of_the_longer_visit_over_the_shorter():
    weights = [1 << 20, 3 << 18, 5 << 17, 1 << 19, 7 << 16]
    refused = [(100, False, False, "asked_more"), (200, False, False, "asked_more")]
    longer = belief.likelihood(model(), refused + [(800, False, False, "accepted")], "sold")
    shorter = belief.likelihood(model(), refused, "sold")
    mass = [sum([w * chance for w, chance in zip(weights, row)]) for row in (longer, shorter)]
    assert (
        abs(belief.predict(model(), weights, 800, False, True, refused) * mass[1] - mass[0] * ONE) <= mass[1]
    )


def test_an_update_keeps_the_total_and_follows_bayes():
    weights = belief.update(model(), [1 << 28] * 5, [(200, False, False, "accepted")], "sold")
    assert sum(weights) == 5 << 28
    assert weights[0] == weights[2]
    assert abs(weights[0] * slip(1) - weights[1] * (SURE + slip(1))) < 1 << 33


def test_no_state_of_the_population_ever_dies():
    weights = belief.initial(model())
    for _ in range(200):
        weights = belief.update(model(), weights, [(200, False, False, "accepted")], "sold")
        assert sum(weights) == ONE
        assert min(weights) >= 1


def test_a_state_the_population_lacks_stays_empty():
    lacking = tables()
    lacking["population"] = [30000, 0, 15536, 10000, 10000]
    without = Model(lacking, columns)
    seen = belief.update(without, belief.initial(without), [(200, False, False, "accepted")], "sold")
    assert seen[1] == 0


def test_a_visit_no_state_can_explain_teaches_nothing():
    assert belief.update(model(), [1, 0, 0, 0, 0], [(200, False, False, "left")], "lost") == [1, 0, 0, 0, 0]


def test_half_a_life_later_half_of_the_belief_is_the_population_again():
    weights = [ONE, 0, 0, 0, 0]
    assert belief.drift(model(), weights, 1) == [42768, 7768, 5000, 5000, 5000]


def test_days_multiply_by_binary_powers():
    weights = [4 * ONE, 0, 0, 0, 0]
    once_and_twice = belief.drift(model(), belief.drift(model(), weights, 1), 2)
    assert belief.drift(model(), weights, 3) == once_and_twice
    assert belief.drift(model(), weights, 7) == belief.drift(model(), weights, 100000)


def test_no_time_and_a_clock_that_went_back_leave_the_belief_alone():
    assert belief.drift(model(), [5, 4, 3, 2, 1], 0) == [5, 4, 3, 2, 1]
    assert belief.drift(model(), [5, 4, 3, 2, 1], -3) == [5, 4, 3, 2, 1]


def test_another_total_keeps_the_proportions():
    assert belief.rescale([10, 20, 30, 40, 0], 10) == [1, 2, 3, 4, 0]
    assert belief.rescale([1, 2, 0, 1, 0], 1 << 30) == [1 << 28, 1 << 29, 0, 1 << 28, 0]


def test_a_published_belief_never_gives_all_to_one_state():
    assert belief.rescale([PRECISE - 4, 1, 1, 1, 1], ONE) == [ONE - 1, 1, 0, 0, 0]
    assert belief.rescale([1, 1, 1, 1, PRECISE - 4], ONE) == [1, 1, 0, 0, ONE - 2]


def test_an_update_revives_what_was_rounded_away():
    weights = belief.rescale([PRECISE - 4, 1, 1, 1, 1], ONE)
    assert min(belief.update(model(), weights, [(200, False, False, "accepted")], "sold")) == 1


def test_ties_of_the_remainder_go_to_the_earlier_state():
    assert belief.rescale([1, 1, 1, 1, 1], 7) == [2, 2, 1, 1, 1]


def test_a_total_below_one_per_state_is_refused():
    with raises(Invalid, "belief-total"):
        belief.rescale([1, 1, 1, 1, 1], 4)


def record():
    return {
        "training": False,
        "ladder": [{"depth": 200}, {"depth": 800}],
        "offers": [{"rung": 0, "reaction": "asked_more"}, {"rung": 1, "reaction": "accepted"}],
    }


def test_offers_are_read_from_a_checkout_record():
    assert belief.offers_of(record()) == [(200, False, False, "asked_more"), (800, True, True, "accepted")]


def test_the_last_rung_of_the_plan_is_the_last_offer_even_below_the_top():
    stopped = record()
    stopped["ladder"].append({"depth": 900})
    for plan, last in (([0, 1], True), ([0, 1, 2], False), ([], False), (None, False), ("10", False)):
        stopped["plan"] = plan
        assert belief.offers_of(stopped)[1] == (800, False, last, "accepted")


def test_training_teaches_nothing():
    practice = record()
    practice["training"] = True
    assert belief.offers_of(practice) == []


def test_a_record_that_offers_a_rung_it_does_not_have_is_refused():
    for rung in (2, -1):
        wrong = record()
        wrong["offers"][0]["rung"] = rung
        with raises(Invalid, "unknown-rung"):
            belief.offers_of(wrong)


def test_tables_that_do_not_fit_together_are_refused():
    for name, value in (("states", 6), ("population", [1, 2, 3, 4, 5]), ("depths", [256]), ("eps", 0)):
        broken = tables()
        broken[name] = value
        with raises(Damaged, "model-tables"):
            Model(broken, columns)


def test_a_column_of_the_wrong_length_is_refused():
    with raises(Damaged, "model-column"):
        belief.satisfied(Model(tables(), lambda number, count: b"12"), 200, False)


def test_any_history_keeps_total_and_states():
    chance = Chance(7)
    weights = belief.initial(model(), 1 << 30)
    for _ in range(300):
        size = chance.between(1, 4)
        depths = sorted([chance.between(1, 10000) for _ in range(size)])
        end = chance.below(size)
        last = chance.pick(["accepted", "asked_more", "left", "skipped", None])
        stop = chance.between(end, size - 1)
        offers = [
            (depths[at], at == size - 1, at == stop, "asked_more" if at < end else last)
            for at in range(end + 1)
        ]
        weights = belief.update(model(), weights, offers, chance.pick(["sold", "lost", "cancelled"]))
        weights = belief.drift(model(), weights, chance.below(3))
        assert sum(weights) == 1 << 30
        assert min(weights) >= 1
        assert 0 <= belief.predict(model(), weights, depths[0], size == 1) <= ONE


def test_a_faded_belief_is_the_drifted_one_but_for_rounding():
    held = [0, 5536, 50000, 10000, 0]
    for days in (0, 1, 30, 400):
        drifted, faded = belief.drift(model(), held, days), belief.faded(model(), held, days)
        assert max([abs(one - other) for one, other in zip(drifted, faded)]) <= 4
    assert belief.faded(model(), held, 0) == held
