"""What a snapshot says of many customers at once is what the core says of each."""

import numpy as np

from pos_client.core import belief
from pos_client.core.belief import ONE, PRECISE
from pricing_service import belief_store, published_beliefs, releases


def core(weights: list[int]) -> bytes:
    return b"".join(min(weight, 65535).to_bytes(2, "little") for weight in belief.rescale(weights, ONE))


def test_many_beliefs_are_published_as_the_core_publishes_each() -> None:
    chance = np.random.default_rng(5)
    states = releases.hand_made().model.states
    some = []
    for number in range(400):
        sharp = chance.random(states) ** (1 + number % 40)
        if number % 3 == 0:
            sharp[: number % 4] = 1e-12  # a type as good as excluded
        if number % 7 == 0:
            sharp[2:] = 1e-9
        if number % 11 == 0:
            sharp[:] = 1  # ties everywhere
        some.append(belief.apportion(PRECISE, [int(part * 1e12) + 1 for part in sharp], [1] * states))
    some.append([PRECISE - states + 1] + [1] * (states - 1))
    some.append([1] * (states - 1) + [PRECISE - states + 1])
    some.append([0, 0, PRECISE] + [0] * (states - 3))
    some.append([0, 1, PRECISE - 1] + [0] * (states - 3))
    assert published_beliefs.rows([belief_store.pack(weights) for weights in some]) == [
        core(one) for one in some
    ]


def test_of_nobody_nothing_is_published() -> None:
    assert published_beliefs.rows([]) == []
