"""Baskets that move what a visit needs and cohorts that differ, on both interpreters."""

from pos_client.core import belief
from pos_client.core.belief import ONE, PRECISE, Model
from pos_client.core.record import Damaged
from tests.core.expect import raises
from tests.core.test_belief import DEPTHS, columns, tables

BIN = 1 << 16
LOW = [30000, 15536, 18000, 1000, 1000]
HIGH = [10000, 15536, 1000, 19000, 20000]
# One more line raises what is needed by half a bin, one more unit lowers it by a quarter.
LINES = {"feature": "lines", "centre": 2 << 16, "bins": BIN // 2}
UNITS = {"feature": "units", "centre": 3 << 16, "bins": -BIN // 4}


def model(covariates=(LINES, UNITS), cohorts=True):
    given = tables()
    given["population"] = [20000, 15536, 9500, 10000, 10500]  # half of each
    given["covariates"] = list(covariates)
    if cohorts:
        given["cohorts"] = {"feature": "lines", "cuts": [3 << 16], "populations": [LOW, HIGH]}
    return Model(given, columns)


def bought(*quantities):
    return {"lines": [{"quantity": each} for each in quantities], "gross": 1000, "currency": "EUR"}


def test_a_basket_at_the_centre_moves_nothing():
    assert belief.offset(model(), bought(1, 2)) == 0


def test_every_covariate_adds_its_part():
    assert belief.offset(model(), bought(1, 1, 1, 1)) == 2 * BIN // 2 - BIN // 4
    assert belief.offset(model(), bought(7)) == -BIN // 2 - BIN


def test_what_a_record_does_not_tell_counts_as_the_centre():
    assert belief.offset(model(), {"lines": None, "gross": 1, "currency": "EUR"}) == 0


def test_the_sum_is_rounded_once():
    third = {"feature": "lines", "centre": 0, "bins": 1}
    same = {"feature": "units", "centre": 0, "bins": 1}
    half = 1 << 15
    assert belief.offset_at(model([third, same]), [half - 1, half - 1]) == 1
    assert belief.offset_at(model([third]), [half - 1]) == 0
    assert belief.offset_at(model([third]), [-half]) == 0


def test_a_visit_that_needs_a_bin_more_sees_every_depth_a_bin_lower():
    seen = belief.satisfied(model(), 800, False, False, BIN)
    assert seen == belief.satisfied(model(), 400, False)
    assert belief.satisfied(model(), 400, False, True, -BIN) == belief.satisfied(model(), 400, False)
    refused = [(200, False, False, "asked_more")]
    assert belief.likelihood(model(), refused, "sold", -BIN) == belief.likelihood(
        model(), [(400, False, False, "asked_more")], "sold"
    )


def test_depths_moved_beyond_the_table_count_as_its_ends():
    ends = (
        belief.satisfied(model(), DEPTHS[0] // 256, False),
        belief.satisfied(model(), DEPTHS[-1] // 256, False),
    )
    for far in (9 * BIN, 1 << 40):
        assert belief.satisfied(model(), 400, False, False, far) == ends[0]
        assert belief.satisfied(model(), 400, False, True, -far) == ends[1]


def test_predictions_are_the_likelihood_of_the_longer_visit_over_the_shorter():
    weights = [1 << 20, 3 << 18, 5 << 17, 1 << 19, 7 << 16]
    refused = [(100, False, False, "asked_more"), (200, False, False, "asked_more")]
    for moved in (BIN // 3, -BIN):
        longer = belief.likelihood(model(), refused + [(800, False, False, "accepted")], "sold", moved)
        shorter = belief.likelihood(model(), refused, "sold", moved)
        mass = [sum([w * chance for w, chance in zip(weights, row)]) for row in (longer, shorter)]
        said = belief.predict(model(), weights, 800, False, True, refused, moved)
        assert abs(said * mass[1] - mass[0] * ONE) <= mass[1]


def test_who_took_an_offer_on_a_visit_that_needed_more_needs_less():
    weights = belief.initial(model())
    plain = belief.update(model(), weights, [(400, False, False, "accepted")], "sold")
    harder = belief.update(model(), weights, [(400, False, False, "accepted")], "sold", BIN)
    assert harder[2] > plain[2]
    assert sum(harder) == sum(plain) == ONE


def test_a_value_at_a_cut_belongs_above_it():
    assert belief.cohort_of(model(), bought(1, 1)) == 0
    assert belief.cohort_of(model(), bought(1, 1, 1)) == 1
    assert belief.cohort_at(model(), (3 << 16) - 1) == 0


def test_without_cohorts_or_a_basket_there_is_no_cohort():
    assert belief.cohort_of(model(cohorts=False), bought(1)) is None
    assert belief.cohort_of(model(), {"lines": None}) is None
    assert belief.cohort_at(model(), None) is None


def test_nobody_has_met_a_customer_of_a_cohort_or_of_any():
    assert belief.initial(model(), ONE, 0) == LOW
    assert belief.initial(model(), ONE, 1) == HIGH
    assert belief.initial(model()) == [20000, 15536, 9500, 10000, 10500]
    assert belief.initial(model(cohorts=False), ONE, 1) == belief.initial(model(cohorts=False))


def test_a_belief_drifts_back_to_the_population_of_its_cohort():
    weights = [PRECISE - 4, 1, 1, 1, 1]
    for cohort, population in ((0, LOW), (1, HIGH)):
        later = belief.drift(model(), weights, 100000, cohort)
        most = [(w * 100 + PRECISE // 2) // PRECISE for w in later]
        expected = [(w * 100 + ONE // 2) // ONE for w in population]
        assert sum(later) == PRECISE
        assert (
            max([abs(a - b) for a, b in zip(most[2:], expected[2:])]) <= 7
        )  # 1/64 of the old belief is left
    assert belief.drift(model(), weights, 0, 1) == weights


def test_tables_whose_features_are_not_allowed_are_damaged():
    with raises(Damaged, "model-tables"):
        model([{"feature": "age", "centre": 0, "bins": 1}])
    given = tables()
    for wrong in (
        {"feature": "postcode", "cuts": [1], "populations": [LOW, HIGH]},
        {"feature": "lines", "cuts": [1, 2], "populations": [LOW, HIGH]},
        {"feature": "lines", "cuts": [1], "populations": [LOW, [1, 2, 3, 4, 5]]},
    ):
        given["cohorts"] = wrong
        with raises(Damaged, "model-tables"):
            Model(given, columns)
