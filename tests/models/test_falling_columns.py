"""What the core's bisection needs of a release's table: chances fall from one sensitive state to the next."""

from models import tables
from models.release import HAND_MADE
from pos_client.core.model import TYPES


def test_chances_fall_from_state_to_state_and_rise_from_bin_to_bin():
    model = tables.held(HAND_MADE)
    for number in range(len(model.depths)):
        lower, upper, certain, end = model.around(number << 16)
        low, high = list(lower[TYPES : model.states]), list(upper[TYPES:])
        assert low == sorted(low, reverse=True)
        assert high == sorted(high, reverse=True)
        assert all(below <= above for below, above in zip(low, high, strict=True))
        assert (certain, end) == (TYPES + low.count(65535), max(certain, model.states - high.count(0)))
