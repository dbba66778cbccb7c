"""The columns of a model's table: where a customer is certain to be satisfied, and where never."""

from pos_client.core.model import TYPES, Model
from tests.core import small_model


def bins(model):
    """Of each: the chances of sensitive states below and above it, and where certainty and chances are said to end."""
    for number in range(len(model.depths)):
        lower, upper, certain, end = model.around(number << 16)
        yield list(lower[TYPES : model.states]), list(upper[TYPES:]), certain - TYPES, end - TYPES


def test_of_every_column_it_is_known_where_certainty_ends_and_where_chances_end():
    width = 2 * small_model.STATES
    model = Model(
        small_model.TABLES, lambda at, count: small_model.COLUMNS[at * width : (at + count) * width]
    )
    for below, above, certain, end in bins(model):
        assert certain == len([value for value in below if value == 65535])
        assert end == max(certain, len([value for value in above if value]))
        assert [low <= high for low, high in zip(below, above)] == [True] * len(below)
