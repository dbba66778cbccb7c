"""What the cashier sees is what the till tells; a key is answered before the till knows. Runs on both interpreters."""

from firmware.peripherals.desk import FINISH, Desk
from firmware.peripherals.keypad import LARGE, Keypad
from pos_client.core.keypress import ACCEPTED, ASKED_MORE, LEFT, SKIPPED
from tests.firmware.fakes.bench import Bench
from tests.firmware.peripherals.locked import locked_heap
from tests.firmware.peripherals.pages import Characters, read
from tests.firmware.peripherals.tills import LAW, basket, make_till


class Place:
    """A till, a display and a cashier."""

    def __init__(self):
        self.till = make_till()
        self.screen = Characters("A02")
        self.desk = Desk(self.till, self.screen.display, self.screen.bench.ticks_ms)

    def put(self, name="one", price=10000):
        self.till.put(name, basket(price))
        self.desk.refresh()

    def press(self, reaction):
        self.screen.bench.sleep_ms(700)
        self.desk.key(LARGE + reaction)

    def seen(self):
        return [row.rstrip() for row in read(self.screen)]

    def state(self):
        return self.till.current()["state"]


def test_between_baskets_the_display_says_that_all_is_ready_and_how_the_link_is():
    assert Place().seen() == ["Ready for the next", "basket", "", "offline"]


def test_asking_for_more_shows_the_next_offer_before_the_till_has_heard_of_it():
    place = Place()
    place.put()
    assert place.seen()[0] == "Card 3%"
    place.press(ASKED_MORE)
    assert (place.seen()[0], place.state(), place.till.current()["offer"]["rung"]) == (
        "Spring 5%",
        "offering",
        0,
    )
    before = place.seen()
    place.desk.tell()
    assert place.till.current()["offer"]["rung"] == 1
    assert place.seen() == before


def test_every_frame_shown_ahead_is_the_one_the_till_confirms():
    place = Place()
    place.put()
    for label in ("Spring 5%", "Team 10%", "Team 10%", "Team 10%"):
        place.press(ASKED_MORE)
        ahead = place.seen()
        assert ahead[0] == label
        place.desk.tell()
        assert place.seen() == ahead
    assert place.state() == "top_reached"


def test_several_keys_before_the_till_hears_are_all_taken_with_their_times():
    place = Place()
    place.put()
    for reaction in (ASKED_MORE, ASKED_MORE, ACCEPTED, LEFT):
        place.press(reaction)
    assert place.seen()[0] == "Agreed"
    place.desk.tell()
    told = place.till.current()
    assert (told["state"], told["discount"]["amount"]) == ("settled", 1000)
    assert place.seen()[0] == "Agreed: Team 10%"


def test_left_and_skipped_are_said_at_once():
    for reaction, words, state in (
        (LEFT, "The customer leaves", "lost"),
        (SKIPPED, "No offer this time", "skipped"),
    ):
        place = Place()
        place.put()
        place.press(reaction)
        assert place.seen()[0] == words
        place.desk.tell()
        assert place.state() == state
        assert place.seen()[0] == words


def test_the_finish_key_closes_an_answered_checkout_and_no_other():
    place = Place()
    place.desk.key(FINISH)
    place.desk.tell()
    place.put()
    place.desk.key(FINISH)
    place.desk.tell()
    assert place.state() == "offering"
    place.press(ACCEPTED)
    place.desk.key(FINISH)
    place.desk.tell()
    assert place.state() == "closed"
    assert " ".join(place.seen()[:3]).split() == "sold €97.00. Ready for the next basket".split()


def test_a_reaction_to_an_offer_that_is_no_longer_on_the_table_is_dropped():
    place = Place()
    place.put(price=10000)
    place.press(ACCEPTED)
    place.till.put("one", basket(20000))  # by the point of sale, between key and till
    place.desk.tell()
    assert place.state() == "offering"
    assert place.seen()[3] == "to pay €194.00"


def test_a_disclosure_takes_turns_with_its_offer():
    place = Place()
    place.put()
    place.press(ASKED_MORE)
    place.desk.tell()
    offer = place.seen()
    place.desk.turn()
    assert " ".join(place.seen()[:3]).split() == LAW.split()
    place.desk.turn()
    assert place.seen() == offer


class Quiet:
    """A bus that takes everything and keeps nothing."""

    def writeto(self, address, data):
        return len(data)


class Level:
    """A pin with a pull-up."""

    def __init__(self):
        self.level = 1

    def value(self, level=None):
        return self.level


def test_a_thousand_keys_from_contact_to_display_allocate_nothing():
    bench, till = Bench(), make_till()
    large = tuple([Level() for _ in range(4)])
    keypad = Keypad(tuple([Level() for _ in range(4)]), tuple([Level() for _ in range(4)]), large)
    screen = Characters()
    screen.display._bus = Quiet()
    till.put("one", basket())
    desk = Desk(till, screen.display, bench.ticks_ms)
    reactions, answered = (ASKED_MORE, ASKED_MORE, ASKED_MORE, ACCEPTED), 0
    for _ in range(250):
        desk.refresh()
        with locked_heap() as heap:
            for reaction in reactions:
                for level in (0, 1):
                    large[reaction].level = level
                    for _ in range(6):
                        keypad.scan()
                number = keypad.pressed()
                desk.key(number)
                answered += number == LARGE + reaction
        assert heap.grown == 0
    assert answered == 1000
