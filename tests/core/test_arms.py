"""Who is drawn into which arm: evenly, independently, the same everywhere, and nobody moves."""

from pos_client.core import arms, experiment, policy
from pos_client.core.record import Invalid
from tests.core.expect import raises
from tests.core.shops import DAY

LAW = {"most_climbs": 3, "margin": 3000}
USUAL = {"plan": "best_first"}


def arm(name, share, more=None):
    given = {"name": name, "share": share}
    given.update(more or {})
    return given


def given(name="climbing", shares=(5000, 5000), more=None):
    """An experiment with arms a, b, c ... of these shares."""
    body = {"id": name, "unit": "customer", "from": "2026-11-01", "until": "2026-11-30"}
    body["arms"] = [arm("abcdefgh"[at], share) for at, share in enumerate(shares)]
    body.update(more or {})
    return body


def holdout(share=500):
    return given("holdout", more={"arms": [arm("usual", share, {"holdout": True, "policy": USUAL})]})


class Place:
    """What `arms.of` asks of a shop."""

    def __init__(self, experiments, law=None):
        self.policy = policy.read(law or LAW)
        self.experiments = experiment.read_all(experiments, law or LAW)


class Visit:
    def __init__(self, token=None, checkout_id="c1", day=DAY):
        self.token = token
        self.checkout_id = checkout_id
        self.day = day
        self.expired = False


def token(number):
    return "%064x" % (number * 2654435761 + 12345)


def branch(place, number, checkout_id="c1", day=DAY):
    return arms.of(place, Visit(token(number), checkout_id, day))


def distance(counts, expected):
    """Pearson's chi-square."""
    return sum([(count - mean) * (count - mean) / mean for count, mean in zip(counts, expected)])


def refused(code, body):
    with raises(Invalid, code) as told:
        experiment.read(body, LAW)
    return told.error.detail


def test_the_draw_is_what_it_was_when_the_first_till_was_sold():
    # computed by openssl: sha256 of "climbing", a line feed and the unit; 6 bytes each, times 10000 (or 2) over 2^48
    assert experiment.drawn("climbing", "00" * 32, 2) == (3183, 1)
    assert experiment.drawn("climbing", "receipt 17", 3) == (2707, 1)


def test_arms_get_their_shares_of_customers():
    one = experiment.read(given(shares=(4000, 2000, 1000)), LAW)
    counts = [0, 0, 0, 0]
    for number in range(20000):
        found = one.arm(token(number), "")
        counts["abc".index(found.name) if found else 3] += 1
    assert distance(counts, [8000, 4000, 2000, 6000]) < 16.3  # 3 degrees of freedom, one chance in a thousand


def test_draws_are_even_in_every_tenth_and_not_tied_to_the_arm():
    cells = [0] * 20
    for number in range(20000):
        inside, place = experiment.drawn("evenly", token(number), 2)
        cells[inside // 1000 * 2 + place] += 1
    assert distance(cells, [1000] * 20) < 43.8  # 19 degrees of freedom, one chance in a thousand


def test_two_experiments_draw_independently():
    pair = [experiment.read(given(name), LAW) for name in ("one", "two")]
    cells = [0] * 4
    for number in range(20000):
        found = [one.arm(token(number), "").name for one in pair]
        cells["ab".index(found[0]) * 2 + "ab".index(found[1])] += 1
    assert distance(cells, [5000] * 4) < 16.3


def test_a_customer_has_one_arm_whatever_the_checkout_and_the_till():
    place, again = Place([given()]), Place([given()])
    for number in range(200):
        names = [branch(place, number, "c" + str(visit)).arm for visit in range(3)]
        names.append(branch(again, number, "elsewhere").arm)
        assert names == [names[0]] * 4


def test_an_experiment_of_checkouts_draws_every_visit_anew():
    place = Place([given(more={"unit": "checkout"})])
    found = [branch(place, 1, "c" + str(visit)).arm for visit in range(2000)]
    assert 900 < found.count("a") < 1100
    assert branch(place, 1, "c7").arm == branch(place, 2, "c7").arm


def test_who_is_not_known_is_drawn_by_the_checkout():
    place = Place([given()])
    found = [arms.of(place, Visit(None, "c" + str(visit))).arm for visit in range(2000)]
    assert 900 < found.count("a") < 1100


def test_a_ramp_up_adds_customers_and_moves_none():
    before, after = [experiment.read(given(shares=shares), LAW) for shares in ((300, 200), (3000, 2000))]
    joined = 0
    for number in range(5000):
        was, is_now = before.arm(token(number), ""), after.arm(token(number), "")
        assert was is None or was.name == is_now.name
        joined += was is None and is_now is not None
    assert 2100 < joined < 2400


def test_the_holdout_is_drawn_first_and_everybody_is_in_one_experiment_at_most():
    place = Place([holdout(1000), given("one", (2500, 2500)), given("two", (4000,) * 2)])
    counts = {}
    for number in range(20000):
        found = branch(place, number)
        key = found.experiment, found.arm, found.propensity
        counts[key] = counts.get(key, 0) + 1
    assert sorted([propensity for _, _, propensity in counts]) == [900, 1000, 1800, 1800, 2250, 2250]
    expected = [2 * propensity for _, _, propensity in counts]
    assert distance(counts.values(), expected) < 20.6  # 5 degrees of freedom, one chance in a thousand
    assert (None, "smallest_first", 900) in counts


def test_propensities_are_how_often_a_branch_is_drawn_also_where_the_till_holds_firm():
    firm = {"hold_firm": 1000}
    body = given("one", more={"arms": [arm("a", 3000, {"policy": firm}), arm("b", 3000, {"policy": USUAL})]})
    place = Place([body], {"hold_firm": 2500})
    counts = {}
    for number in range(20000):
        found = branch(place, number, "c" + str(number))
        key = found.arm, found.plan, found.propensity
        counts[key] = counts.get(key, 0) + 1
    names = sorted(counts)
    assert names == [
        ("a", "hold_firm", 300),
        ("a", "smallest_first", 2700),
        ("b", "best_first", 3000),
        ("hold_firm", "hold_firm", 1000),
        ("smallest_first", "smallest_first", 3000),
    ]
    assert distance([counts[key] for key in names], [2 * key[2] for key in names]) < 18.5  # 4 degrees


def test_an_arm_is_the_shops_policy_but_for_what_it_overrides():
    body = given(more={"arms": [arm("a", 5000, {"policy": {"most_climbs": 1}}), arm("b", 5000)]})
    one = experiment.read(body, LAW)
    assert [(each.policy.most_climbs, each.policy.margin) for each in one.arms] == [(1, 3000), (3, 3000)]


def test_it_runs_from_its_first_to_its_last_day():
    place = Place([given(more={"from": "2026-11-21", "until": "2026-11-22"})])
    found = [branch(place, 1, day=day).experiment for day in range(DAY - 1, DAY + 3)]
    assert found == [None, "climbing", "climbing", None]


def test_without_experiments_nothing_is_drawn():
    found = branch(Place([]), 1)
    assert (found.arm, found.plan, found.experiment, found.propensity) == (
        "smallest_first",
        "smallest_first",
        None,
        10000,
    )


def test_what_cannot_be_an_experiment_is_refused_in_words():
    assert refused("shares", given(shares=(6000, 6000))) == "shares add up to 12000: at most 10000"
    refused("out-of-range", given(shares=(0, 5000)))
    refused("ends-before-it-begins", given(more={"until": "2026-10-31"}))
    refused("too-long", given(more={"until": "2029-10-31"}))
    refused("one-arm", given(shares=(5000,)))
    refused("duplicate-arm", given(more={"arms": [arm("a", 1), arm("a", 2)]}))
    refused("unknown-choice", given(more={"unit": "household"}))
    both = [arm("a", 1, {"holdout": True, "policy": USUAL}), arm("b", 2, {"holdout": True, "policy": USUAL})]
    refused("two-holdouts", given(more={"arms": both}))


def test_a_holdout_that_is_not_business_as_usual_is_refused():
    told = refused("holdout-policy", given(more={"arms": [arm("a", 500, {"holdout": True})]}))
    assert "best_first" in told
    silent = [arm("a", 500, {"holdout": True, "policy": {"till_seconds": 0}})]
    assert experiment.read(given(more={"arms": silent}), LAW).is_holdout()


def test_what_holds_for_everybody_does_not_differ_between_arms():
    for name, value in (("price_floor", 5000), ("utc_offset", 60), ("margin", 4000), ("disclosure", "x")):
        refused("not-by-arm", given(more={"arms": [arm("a", 1, {"policy": {name: value}}), arm("b", 1)]}))


def test_a_till_refuses_experiments_that_do_not_go_together():
    with raises(Invalid, "holdout-first"):
        experiment.read_all([given(), holdout()], LAW)
    with raises(Invalid, "duplicate-experiment"):
        experiment.read_all([given(), given()], LAW)
    with raises(Invalid, "too-many-experiments"):
        experiment.read_all([given("e" + str(at)) for at in range(9)], LAW)
