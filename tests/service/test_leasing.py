"""How a budget is divided, whatever state its leases are in."""

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from pricing_service.leasing import Budget, Lease, Name, Purse, divide, free

KEY = 700
money = st.integers(0, 3000)
purses = st.builds(lambda left, part: Purse(left, left * part // 4), money, st.integers(0, 4))
budgets = st.builds(
    Budget,
    st.just("x"),
    st.sampled_from(["day", "ever"]),
    st.integers(1, 30_000),
    st.sampled_from([0, 40, 900]),
)


@st.composite
def fields(draw: st.DrawFn) -> list[Lease]:
    """Leases as they may be after anything: half called back, of two periods, unused or very busy."""
    leases = []
    for number in range(draw(st.integers(1, 7))):
        lease = Lease(Name(f"till-{number}", 1), "x", "day", KEY + draw(st.integers(0, 1)))
        lease.now, lease.later, lease.past = draw(purses), draw(purses), draw(money)
        lease.given, lease.before, lease.gift = (
            draw(money),
            draw(money),
            draw(st.sampled_from([0, 0, 30, 700])),
        )
        lease.fading = draw(st.integers(0, 4)) == 0
        leases.append(lease)
    return leases


spendings = st.dictionaries(st.integers(KEY, KEY + 2), money, max_size=3)


@settings(max_examples=150, deadline=None)
@given(budgets, spendings, fields())
def test_dividing_gives_nobody_what_is_not_free(budget: Budget, spent: dict, leases: list[Lease]) -> None:
    keys = range(KEY - 1, KEY + 4)
    before = {key: free(budget, spent, leases, key) for key in keys}
    held = [(lease.now.left, lease.later.left) for lease in leases]
    divide(budget, spent, leases, 9, 1000)
    for key in keys:
        assert free(budget, spent, leases, key) >= min(0, before[key])
    for lease, (now, later) in zip(leases, held, strict=True):
        assert lease.now.left >= now and lease.later.left >= later  # what is in the field stays so
        for purse in (lease.now, lease.later):
            assert 0 <= purse.recalled <= purse.left


@settings(max_examples=150, deadline=None)
@given(budgets, spendings, fields())
def test_dividing_twice_is_dividing_once(budget: Budget, spent: dict, leases: list[Lease]) -> None:
    divide(budget, spent, leases, 9, 1000)
    once = deepcopy(leases)
    divide(budget, spent, leases, 10, 2000)
    assert leases == once


@settings(max_examples=100, deadline=None)
@given(budgets, spendings, fields())
def test_once_all_have_obeyed_what_is_told_is_within_the_budget(
    budget: Budget, spent: dict, leases: list[Lease]
) -> None:
    for lease in leases:
        lease.key, lease.past = KEY, 0
    for version in range(3):
        divide(budget, spent, leases, version, 1000)
        for lease in leases:
            lease.obey()
    left = max(0, budget.most - spent.get(KEY, 0))
    assert sum(lease.now.told for lease in leases) <= left
    assert budget.period == "ever" or sum(lease.later.told for lease in leases) <= budget.most


def test_a_busy_till_gets_most_and_an_idle_one_something() -> None:
    leases = [Lease(Name("busy", 1), "x", "day", KEY, given=900), Lease(Name("idle", 1), "x", "day", KEY)]
    divide(Budget("x", "day", 10_000, 50), {}, leases, 1, 0)
    busy, idle = (lease.now.told for lease in leases)
    assert busy > 4 * idle > 400 and busy + idle <= 7500


def test_where_there_is_too_little_for_all_those_who_give_most_have_it() -> None:
    leases = [Lease(Name(f"till-{n}", 1), "x", "day", KEY, given=10 * n) for n in range(9)]
    divide(Budget("x", "day", 1000, 100), {}, leases, 1, 0)
    told = [lease.now.told for lease in leases]
    assert told[-1] == 300 and told[-2] >= 200 and sum(told) <= 1000
    assert 0 in told and all(amount == 0 or amount >= 100 for amount in told)  # less than a gift is of no use


def test_the_size_of_a_gift_follows_what_is_given() -> None:
    lease = Lease(Name("till", 1), "x", "day", KEY)
    lease.report(KEY, 3000)
    for _ in range(400):
        lease.report(KEY, 100)
    assert 100 <= lease.gift < 200
