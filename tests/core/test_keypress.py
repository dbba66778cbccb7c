"""Keys do what reactions do, and allocate nothing. Runs on both interpreters; only MicroPython can lock its heap."""

from pos_client.core import answer
from pos_client.core.checkout import begin, on_offer, react
from pos_client.core.keypress import ACCEPTED, ASKED_MORE, LEFT, OVER, SKIPPED, Keys
from tests.core.shops import decide, line, rule

try:
    from micropython import heap_lock, heap_unlock
except ImportError:

    def heap_lock():
        pass

    heap_unlock = heap_lock

BASKET = [line("a", 1, 10000)]
THREE = [rule("x", more={"rate": 300}), rule("y", more={"rate": 500}), rule("z", more={"rate": 900})]
NAMES = ("accepted", "asked_more", "left", "skipped")


def pressed(decision, keys):
    """What the display shows after each key, and the checkout that comes of them."""
    pad = Keys(decision, "en", 1000)
    shown = [pad.press(key, 1000 + 400 * (place + 1)) for place, key in enumerate(keys)]
    return shown, pad.heard(decision, begin(decision))


def reacted(decision, keys):
    progress = begin(decision)
    for key in keys:
        rung = on_offer(decision, progress)
        if rung is None or (progress.state == "top_reached" and key == ASKED_MORE):
            break
        progress = react(decision, progress, rung, NAMES[key], 400)
    return progress


def every_sequence(length):
    sequences = [[]]
    for _ in range(length):
        sequences = sequences + [keys + [key] for keys in sequences for key in range(4) if len(keys) < length]
    return sequences


def test_every_sequence_of_keys_says_what_the_same_reactions_say():
    decision = decide(THREE, BASKET, law={"most_climbs": 2})
    assert len(decision.plan) == 3
    for keys in every_sequence(4):
        if ASKED_MORE in keys[3:] or any([key != ASKED_MORE for key in keys[:-1]]):
            continue  # a key after the end: the next test
        _, progress = pressed(decision, keys)
        expected = reacted(decision, keys)
        assert (progress.state, progress.position, progress.offers) == (
            expected.state,
            expected.position,
            expected.offers,
        )


def test_keys_that_mean_nothing_change_nothing():
    decision = decide(THREE, BASKET)
    assert pressed(decision, [ACCEPTED, ASKED_MORE])[1].offers == pressed(decision, [ACCEPTED])[1].offers
    assert pressed(decision, [ASKED_MORE] * 5)[0] == [1, 2, 2, 2, 2]
    assert pressed(decision, [7, -3])[1].offers == ()
    assert pressed(decide([], BASKET), [ACCEPTED])[0] == [OVER]


def test_the_lines_are_those_the_till_says():
    decision = decide(THREE, BASKET)
    progress, told = begin(decision), []
    while progress.state == "offering":
        told.append(answer.offer(decision, progress, "en")["say"])
        progress = react(decision, progress, on_offer(decision, progress), "asked_more", 1)
    assert Keys(decision, "en", 0).lines == told


def test_a_key_press_allocates_nothing():
    decision = decide(THREE, BASKET)
    pads = [Keys(decision, "en", 5) for _ in range(3)]
    shown = [0] * 7
    heap_lock()
    try:
        for place in range(4):
            shown[place] = pads[0].press(ASKED_MORE, 900 + 250 * place)
        shown[4] = pads[1].press(ACCEPTED, 1200)
        shown[5] = pads[1].press(LEFT, 1300)
        shown[6] = pads[2].press(SKIPPED, 1400)
    finally:
        heap_unlock()
    assert shown == [1, 2, 2, 2, OVER, OVER, OVER]
    assert pads[0].heard(decision, begin(decision)).offers[1] == (decision.plan[1], "asked_more", 250)
