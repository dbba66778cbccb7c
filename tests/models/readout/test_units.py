"""Who counts as one: customers, anonymous checkouts, those who were seen in two arms."""

import numpy as np
import pytest

from models import readout_units
from models.readout_table import Checkouts, Design, Unreadable
from tests.models.readout.tables import DESIGN, HELD, NAMES, OTHER, TRIED, table


def test_visits_of_a_customer_are_one_unit_and_each_anonymous_checkout_is_one():
    units = readout_units.drawn(table([7, 7, -1, -1, 9], [0, 0, 1, 1, 1], [1, 2, 3, 4, 5]), DESIGN)
    assert units.counts(2).tolist() == [1, 3]
    assert units.checkouts(2).tolist() == [2, 3]
    assert sorted(units.sums(units.rows.margin).tolist()) == [3, 3, 4, 5]


def test_an_experiment_of_checkouts_counts_checkouts():
    design = Design("e", (HELD, TRIED), (1, 1), HELD, unit="checkout")
    assert readout_units.drawn(table([7, 7, 7], [0, 1, 1], [1, 2, 3]), design).counts(2).tolist() == [1, 2]


def test_a_customer_seen_in_two_arms_stays_where_they_were_drawn_first_and_is_counted_as_crossed():
    units = readout_units.drawn(table([7, 7, 9], [1, 0, 0], [1, 2, 3]), DESIGN)
    assert units.crossed == 1
    assert units.arm.tolist() == [1, 0]


def test_rows_of_other_experiments_and_days_are_not_read():
    design = Design("e", (HELD, TRIED), (1, 1), HELD, days=(3, 5))
    rows = table([1, 2, 3, 4], [0, 1, 2, 0], [1, 1, 1, 1], day=[3, 6, 4, 5])
    assert readout_units.drawn(rows, design).names.tolist() == [1, 4]


def test_margin_goes_back_with_the_goods():
    rows = table(
        [1, 2, 3], [0, 0, 0], [40, 40, 0], returned=[25, 100, 0], turnover=[100, 100, 0], sold=[1, 1, 0]
    )
    assert rows.kept().tolist() == [30, 0, 0]
    assert rows.paid().tolist() == [75, 0, 0]


@pytest.mark.parametrize(
    "columns,says",
    [
        ({"arm": [3]}, "arm"),
        ({"day": [0, 1]}, "shape"),
        ({"gross": [-1]}, "gross"),
        ({"cashier": [2]}, "cashier"),
        ({"sold": [False]}, "lost"),
        ({"propensity": [0]}, "propensity"),
        ({"basket": [1]}, "basket"),
    ],
)
def test_what_cannot_be_a_table_is_refused_with_the_column(columns, says):
    good = {
        name: getattr(table([1], [0], [5]), name)
        for name in ("customer", "arm", "margin", "checkout", "day", "gross")
    }
    good |= {"turnover": [100], "discount": [0], "sold": [True], "offers": [1], "refusals": [0]}
    with pytest.raises(Unreadable, match=says):
        Checkouts.of(names=NAMES, **{**good, **columns})


@pytest.mark.parametrize(
    "arms,shares,control",
    [((HELD,), (1,), HELD), ((HELD, TRIED), (1, 0), HELD), ((HELD, TRIED), (1, 1), OTHER)],
)
def test_what_cannot_be_a_design_is_refused(arms, shares, control):
    with pytest.raises(Unreadable):
        Design("e", arms, shares, control)


def test_nothing_is_a_table_too():
    empty = table([], [], [])
    assert readout_units.drawn(empty, DESIGN).counts(2).tolist() == [0, 0]
    assert np.size(empty.kept()) == 0
