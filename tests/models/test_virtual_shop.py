"""The vectorised shop against the float reference, against the one-by-one simulation, and against textbook curves."""

import math
from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from scipy import stats

from models import replies, simulate
from models.checkout_table import ACCEPTED, FEATURES, LEFT, STAYED, features
from models.densities import Fixed, Normal
from models.posterior import init, step
from models.priors import DEFAULT, Cohorts, Covariate
from models.release import HAND_MADE
from models.virtual_shop import MIXED, WORLDS, YARDSTICK, Design, from_priors, play, truth_of

SHARP = replace(
    HAND_MADE, shares=(0.2, 0.2, 0.6), leave=(0.05, 0.1, 0.2), leave_end=(0.1, 0.3, 0.5), eps=0.05
)
ONE_RUNG = (Design((500,), (0,)),)
UNLIKELY = 1e-4  # of a p value; seeds are fixed, so a test fails always or never


def shop(truth, seed=1, **others):
    return play(truth, **{"visits": 1, "ladders": YARDSTICK, **others}, chance=np.random.default_rng(seed))


def visit(design, heard, ending):
    """The record of a visit with this design that ended so."""
    last = {ACCEPTED: "accepted", LEFT: "left", STAYED: "asked_more"}[ending]
    words = ["asked_more"] * (heard - 1) + [last]
    return {
        "customer": "c",
        "training": False,
        "ladder": [{"depth": depth} for depth in design.depths],
        "plan": list(design.plan),
        "offers": [{"rung": rung, "reaction": word} for rung, word in zip(design.plan, words, strict=False)],
        "outcome": "lost" if ending == LEFT else "sold",
    }


def endings(design):
    """All ways a visit can end: (heard, ending)."""
    some = [(heard, ending) for heard in range(1, len(design.plan) + 1) for ending in (ACCEPTED, LEFT)]
    return [*some, (len(design.plan), STAYED)]


def exact(release, design, visits=1):
    """The chance of every way these visits can end, by quadrature."""
    chances, states = {(): 1.0}, {(): init(release, 512)}
    for _ in range(visits):
        longer = [(before, end) for before in chances for end in endings(design)]
        stepped = {(*before, end): step(states[before], visit(design, *end)) for before, end in longer}
        chances = {key: chances[key[:-1]] * math.exp(info.evidence) for key, (_, info) in stepped.items()}
        states = {key: state for key, (state, _) in stepped.items()}
    return chances


def surprise(observed, chances):
    """p value of Pearson's chi-square; rare cells go together."""
    total = sum(observed.values())
    rare = [key for key, chance in chances.items() if chance * total < 5]
    pairs = [(observed[key], chance * total) for key, chance in chances.items() if key not in rare]
    pairs.append((sum(observed[key] for key in rare), sum(chances[key] for key in rare) * total))
    seen, expected = np.array([pair for pair in pairs if pair[1] > 0]).T
    return stats.chi2.sf(((seen - expected) ** 2 / expected).sum(), len(seen) - 1)


def of_design(dataset, design):
    """Counts of (heard, ending) among the visits that met this design."""
    depth = np.array([design.depths[rung] for rung in design.plan])
    met = dataset["planned"].values == len(depth)
    met &= (dataset["depth"].values[:, : len(depth)] == depth).all(axis=1)
    return Counter(zip(*[dataset[name].values[met].tolist() for name in ("heard", "ending")], strict=True))


@pytest.mark.parametrize("release", [HAND_MADE, SHARP])
def test_visits_of_every_design_end_as_often_as_quadrature_says(release):
    played = shop(truth_of(release), customers=200_000, ladders=MIXED)
    for design in MIXED:
        chances = {end: chance for (end,), chance in exact(release, design).items()}
        assert sum(chances.values()) == pytest.approx(1, abs=1e-9)
        assert surprise(of_design(played, design), chances) > UNLIKELY


def test_the_visits_of_one_customer_hang_together_as_quadrature_says():
    design = Design((500, 1000), (0, 1))
    played = shop(truth_of(SHARP), customers=100_000, visits=2, ladders=(design,))
    order = np.argsort(played["customer"].values, kind="stable")
    ends = [played[name].values[order].reshape(-1, 2).tolist() for name in ("heard", "ending")]
    pairs = Counter(tuple(zip(heard, ending, strict=True)) for heard, ending in zip(*ends, strict=True))
    assert surprise(pairs, exact(SHARP, design, visits=2)) > UNLIKELY


def test_the_one_by_one_simulation_ends_the_same_way():
    design, chance = MIXED[1], Random(1)
    ends = Counter()
    for _ in range(20_000):
        offers, outcome = simulate.climb(
            simulate.shopper(SHARP, chance).visit(chance), list(design.depths), list(design.plan)
        )
        last = "left" if outcome == "lost" else offers[-1]["reaction"]
        ends[len(offers), {"accepted": ACCEPTED, "left": LEFT}.get(last, STAYED)] += 1
    assert surprise(ends, {end: chance for (end,), chance in exact(SHARP, design).items()}) > UNLIKELY


def test_a_hazard_twice_as_large_would_be_noticed():
    wrong = replace(truth_of(SHARP), leave=(0.05, 0.1, 0.22))
    played = shop(wrong, customers=200_000, ladders=MIXED)
    chances = {end: chance for (end,), chance in exact(SHARP, MIXED[0]).items()}
    assert surprise(of_design(played, MIXED[0]), chances) < UNLIKELY


def accepted_at_once(truth, depth, customers=100_000, **others):
    """Share of visits in which a single offer of this depth is taken."""
    played = shop(truth, customers=customers, ladders=(Design((depth,), (0,)),), **others)
    return (played["ending"].values == ACCEPTED).mean()


ALL_SENSITIVE = replace(truth_of(HAND_MADE), shares=(0.0, 0.0, 1.0), tau=0.0, eps=0.0)


@pytest.mark.parametrize("depth", [200, 500, 2000])
def test_heavy_tails_are_those_of_student(depth):
    heavy = WORLDS["heavy tails"](ALL_SENSITIVE)
    wanted = stats.t(heavy.freedom).cdf((math.log(depth / 10000) - heavy.mu) / heavy.sigma)
    assert accepted_at_once(heavy, depth) == pytest.approx(wanted, abs=0.006)


@pytest.mark.parametrize("depth", [200, 500, 2000])
def test_two_humps_are_a_mixture_of_two_populations(depth):
    truth = WORLDS["two humps"](replace(ALL_SENSITIVE, tau=0.7))
    at = math.log(depth / 10000)
    wanted = sum(
        share * stats.norm(truth.mu + centre * truth.tau, math.hypot(spread * truth.tau, truth.sigma)).cdf(at)
        for share, centre, spread in truth.humps
    )
    assert accepted_at_once(truth, depth) == pytest.approx(wanted, abs=0.006)


def test_without_hunters_nobody_is_one_and_the_others_keep_their_proportion():
    truth = WORLDS["no hunters"](truth_of(HAND_MADE))
    kinds = shop(truth, customers=50_000)["true_kind"].values
    assert not (kinds == replies.HUNTER).any()
    assert (kinds == replies.INDIFFERENT).mean() == pytest.approx(0.27 / 0.84, abs=0.01)


def test_each_cashier_mis_keys_as_often_as_the_truth_says():
    truth = replace(truth_of(HAND_MADE), shares=(1.0, 0.0, 0.0), cashier_eps=(0.0, 0.1, 0.6))
    played = shop(truth, customers=100_000, ladders=ONE_RUNG)
    for cashier, eps in enumerate(truth.cashier_eps):
        mine = played["ending"].values[played["cashier"].values == cashier]
        assert (mine != ACCEPTED).mean() == pytest.approx(eps / 2, abs=0.006)


def test_a_covariate_moves_the_requirement_by_beta():
    truth = replace(ALL_SENSITIVE, covariates=(("log_gross", 3.0, 0.5), ("lines", 4.0, -0.1)))
    played = shop(truth, customers=100_000, ladders=ONE_RUNG)
    need = truth.mu + 0.5 * (np.log(played["gross"].values / 100) - 3) - 0.1 * (played["lines"].values - 4)
    chance = stats.norm.cdf((math.log(0.05) - need) / truth.sigma)
    taken = played["ending"].values == ACCEPTED
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1)):
        here = (chance >= low) & (chance < high)
        spread = math.sqrt((chance * (1 - chance))[here].sum())
        assert abs(taken[here].sum() - chance[here].sum()) < 4 * spread


def test_the_first_basket_decides_the_cohort():
    truth = replace(ALL_SENSITIVE, tau=0.01, cohorts=Cohorts("lines", (2, 5)), cohort_mu=(-4.0, -3.0, -2.0))
    played = shop(truth, customers=3000, visits=3)
    customer, lines = played["customer"].values, played["lines"].values
    for one in range(0, 3000, 50):
        first = lines[customer == one][0]
        cohort = int(first >= 2) + int(first >= 5)
        assert played["true_theta"].values[one] == pytest.approx(truth.cohort_mu[cohort], abs=0.05)
        assert played["first"].values[one, FEATURES.index("lines")] == first


def test_customers_stay_who_they_are_unless_the_truth_says_otherwise():
    """Bought at once at 5 % in two visits: certain to agree where nothing changes, and by chance where all does."""
    sharp = replace(ALL_SENSITIVE, tau=1.0, sigma=1e-6, mu=math.log(0.05))

    def agreeing(half_life):
        played = shop(
            replace(sharp, half_life=half_life), customers=20_000, visits=2, ladders=ONE_RUNG, days=365
        )
        taken = (played["ending"].values == ACCEPTED)[np.argsort(played["customer"].values, kind="stable")]
        return (taken[::2] == taken[1::2]).mean()

    assert agreeing(math.inf) == 1
    assert agreeing(0.001) == pytest.approx(0.5, abs=0.02)
    # Two days of 365 are 122 days apart on average; the mean of 2^(-gap / 365) is 0.804
    assert agreeing(365.0) == pytest.approx(0.5 + 0.5 * 0.8040, abs=0.02)


def test_the_same_seed_plays_the_same_shop_and_another_does_not():
    one, again, other = [shop(truth_of(HAND_MADE), seed, customers=500, visits=3) for seed in (7, 7, 8)]
    assert one.identical(again) and not one.identical(other)


def test_every_customer_comes_as_often_as_asked_and_days_follow_the_log():
    visits = np.arange(1, 101) % 4 + 1
    played = shop(truth_of(HAND_MADE), customers=100, visits=visits, days=30)
    assert (np.bincount(played["customer"].values) == visits).all()
    days = played["day"].values
    assert (np.diff(days) >= 0).all() and days[-1] - days[0] == 29


def test_plans_that_skip_rungs_keep_the_ladders_top_and_their_own_length():
    designs = (Design((400, 800, 1600), (0, 2)), Design((500, 900), (0,)))
    played = shop(truth_of(HAND_MADE), customers=1000, ladders=designs)
    short = played["planned"].values == 1
    assert (played["depth"].values[~short] == [400, 1600]).all() and (
        played["top"].values[~short] == [0, 1]
    ).all()
    assert (played["depth"].values[short] == [500, 0]).all() and not played["top"].values[short].any()
    assert (played["heard"].values <= played["planned"].values).all() and 0.3 < short.mean() < 0.7


def test_a_shop_drawn_from_priors_has_what_the_priors_name():
    priors = replace(
        DEFAULT,
        shares=Fixed((0.2, 0.1, 0.7)),
        delta=Fixed(0.25),
        cohorts=Cohorts("lines", (2, 5)),
        covariates=(Covariate("log_gross", 3.0),),
        beta=(("log_gross", Normal(0.0, 0.2)),),
    )
    truths = [from_priors(priors, np.random.default_rng(seed), cashiers=4) for seed in range(400)]
    assert all(truth.shares == (0.2, 0.1, 0.7) and truth.delta == 0.25 for truth in truths)
    assert all(len(truth.cohort_mu) == 3 and len(truth.cashier_eps) == 4 for truth in truths)
    assert np.median([truth.tau for truth in truths]) == pytest.approx(0.7, rel=0.1)
    assert np.std([truth.covariates[0][2] for truth in truths]) == pytest.approx(0.2, rel=0.15)
    far = [(truth.cohort_mu[0] - truth.mu) / truth.eta for truth in truths]
    assert np.std(far) == pytest.approx(1, rel=0.15)
    shop(truths[0], customers=100)


def test_only_features_on_the_list_are_read():
    played = shop(truth_of(HAND_MADE), customers=10)
    with pytest.raises(KeyError):
        features(played, "age")


def test_nothing_planned_hears_nothing():
    heard, ending = replies.draw(
        np.random.default_rng(1),
        kind=np.zeros(3, np.int8),
        need=0.0,
        delta=0.2,
        eps=0.0,
        leave=(0.1, 0.1, 0.1),
        leave_end=(0.1, 0.1, 0.1),
        depth=np.full((3, 2), 500),
        top=np.zeros((3, 2), bool),
        planned=np.array([0, 1, 2]),
    )
    assert heard.tolist() == [0, 1, 1] and ending.tolist() == [STAYED, ACCEPTED, ACCEPTED]


def test_a_rung_too_small_to_have_a_depth_satisfies_only_the_indifferent():
    played = shop(replace(truth_of(HAND_MADE), eps=0.0), customers=2000, ladders=(Design((0, 500), (0,)),))
    accepted = played["ending"].values == ACCEPTED
    kinds = played["true_kind"].values[played["customer"].values]
    assert (accepted == (kinds == replies.INDIFFERENT)).all()


def test_baskets_may_be_given():
    given = {
        "gross": np.full(20, 500),
        "gross_major": np.full(20, 5.0),
        "lines": np.arange(20) % 2,
        "units": np.ones(20),
    }
    played = shop(truth_of(HAND_MADE), customers=10, visits=2, baskets=given)
    assert (played["lines"].values == given["lines"]).all() and (played["gross"].values == 500).all()
