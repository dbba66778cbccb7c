"""The next thousand histories, in a file of their own: the suite runs files beside each other."""

from tests.simulator.campaign import some, told


def test_in_another_thousand_histories_nothing_is_lost_doubled_reordered_or_stuck():
    tally = some(range(1001, 2001))
    assert not tally.failed, told(tally.failed[0])
    assert tally.histories == 1000
